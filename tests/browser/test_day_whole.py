"""A rep's day with HQ stopped: Today, the palette and keys, a brief on paper, settings, and a lock that keeps the draft."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from mobility_app.hq.demo import make
from tests.support.bench import Device, new_device, start_hq
from tests.support.browser import Visitor, chromium_browser, visit

pytestmark = pytest.mark.browser

HOUR = 3_600_000
LOCKED_MS = 150_000  # one idle minute, and what the watch takes to notice


@dataclass(slots=True)
class Stage:
    ana: Device
    customer: str
    name: str
    number: str


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with chromium_browser(chromium) as opened:
        yield opened


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("day")
    hq = start_hq(folder / "hq")
    make(hq.office, customers=20)
    ana, rui = new_device(hq, folder / "ana", "Ana Silva"), new_device(hq, folder / "rui", "Rui Costa")
    with ana.store.reading() as session:
        customer = str(session.value(
            "SELECT c.id FROM customer c JOIN document d ON d.customer_id=c.id WHERE c.territory_id IN"
            " (SELECT id FROM territory WHERE name='Norte') AND c.status='active' GROUP BY c.id ORDER BY COUNT(*) DESC LIMIT 1"
        ))  # fmt: skip
        me = session.value("SELECT id FROM user WHERE name='Ana Silva'")
    now = ana.store.now()
    ana.create("activity", customer_id=customer, kind="appointment", title="Visita de outono", status="closed",
               starts_at=now - 48 * HOUR, ends_at=now - 47 * HOUR, assignee_id=me, outcome="Pediu amostras")  # fmt: skip
    ana.create("activity", customer_id=customer, kind="appointment", title="Apresentar o catálogo", starts_at=now - HOUR,
               ends_at=now + 8 * HOUR, place="Loja da Rua do Carmo", assignee_id=me)  # fmt: skip
    rui.set("customer", customer, website="https://loja-nova.example")
    rui.sync()
    ana.sync()
    hq.stop()
    row = ana.dump()["customer"][customer]
    yield Stage(ana, customer, str(row["name"]), str(row["number"]))
    ana.kill_ui()


@pytest.fixture(scope="module")
def visitor(browser: Browser, stage: Stage) -> Visitor:
    return visit(browser, stage.ana.start_ui())


def sheet_stands(page: Page, stage: Stage) -> None:
    page.wait_for_url(f"**/customers/{stage.customer}**")
    expect(page.get_by_role("heading", level=1)).to_have_text(stage.name)


def test_today_names_time_and_place_and_a_row_is_closed_and_opened_again(stage: Stage, visitor: Visitor) -> None:
    page = visitor.typed_at("/")
    row = page.get_by_role("listitem").filter(has_text="Apresentar o catálogo")
    expect(row).to_contain_text(stage.name)
    expect(row).to_contain_text("Loja da Rua do Carmo")
    row.get_by_role("button", name="Fechar Apresentar o catálogo").click()
    expect(row).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.get_by_role("button", name="Desfazer").click()
    expect(row).to_have_count(1)
    row.get_by_role("link", name=f"Resumo da visita de {stage.name}").click()
    page.wait_for_url(f"**/customers/{stage.customer}/brief")
    assert visitor.foreign == []


def test_the_brief_is_one_page_of_paper_that_holds_the_facts(stage: Stage, visitor: Visitor) -> None:
    page = visitor.typed_at(f"/customers/{stage.customer}/brief")
    expect(page.get_by_role("button", name="Imprimir")).to_be_visible()
    paper = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(paper.pages) == 1
    width, height = paper.pages[0].mediabox.width, paper.pages[0].mediabox.height
    assert (round(float(width)), round(float(height))) == (595, 842)  # A4
    said = " ".join(paper.pages[0].extract_text().split())
    for fact in (stage.name, stage.number, "Apresentar o catálogo", "Loja da Rua do Carmo", "Visita de outono", "Pediu amostras",
                 "https://loja-nova.example", "Rui Costa", "Crédito", "Ana Silva"):  # fmt: skip
        assert fact in said, fact
    for screen in ("Imprimir", "Abrir a ficha", "Sincronização", "Você está sem rede"):
        assert screen not in said, screen


def test_the_palette_finds_by_keyboard_alone_and_gives_the_focus_back(stage: Stage, visitor: Visitor) -> None:
    page = visitor.typed_at("/customers")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Encontrar um cliente ou fazer algo")
    expect(field).to_be_focused()
    page.keyboard.type(stage.number.lower())
    page.keyboard.press("Enter")
    sheet_stands(page, stage)
    expect(field).not_to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()

    edit = page.get_by_role("button", name="Editar").first
    edit.focus()
    page.keyboard.press("Control+k")
    first, second = page.get_by_role("option").nth(0), page.get_by_role("option").nth(1)
    expect(first).to_contain_text(stage.name)  # opened last
    expect(first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(second).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", str(second.get_attribute("id")))
    page.keyboard.press("Escape")
    expect(field).not_to_be_visible()
    expect(edit).to_be_focused()

    page.keyboard.press("Control+k")
    page.keyboard.type("nova chamada")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Nova chamada")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Nova chamada")).not_to_be_visible()
    assert visitor.foreign == []


def test_unsaved_edits_are_asked_about_before_the_palette_leads_away(stage: Stage, visitor: Visitor) -> None:
    page = visitor.typed_at(f"/customers/{stage.customer}/details")
    page.get_by_role("button", name="Editar").first.click()
    page.get_by_label("Nome da conta").fill("Outro nome")
    expect(page.get_by_text("1 alteração", exact=False).first).to_be_visible()
    page.get_by_role("button", name="Procurar", exact=True).click()
    page.keyboard.type("hoje")
    expect(page.get_by_role("option", name="Hoje")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Continuar a editar").click()
    assert "/details" in page.url
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Cancelar").first.click()
    expect(page.get_by_label("Nome da conta")).to_have_count(0)


def test_keys_open_help_and_tabs_but_never_while_one_types_and_can_be_turned_off(
    stage: Stage, visitor: Visitor
) -> None:
    page = visitor.typed_at(f"/customers/{stage.customer}/details")
    help_ = page.get_by_role("dialog", name="Teclado")
    page.keyboard.press("?")
    expect(help_).to_contain_text("Encontrar um cliente ou fazer algo")
    page.keyboard.press("Escape")
    expect(help_).not_to_be_visible()
    page.keyboard.press("4")
    page.wait_for_url("**/activities")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/customers")
    search = page.get_by_role("searchbox").first
    expect(search).to_be_visible()
    page.keyboard.press("/")
    expect(search).to_be_focused()
    page.keyboard.type("g?e4")
    expect(search).to_have_value("g?e4")
    expect(help_).not_to_be_visible()
    visitor.typed_at("/settings")
    page.get_by_role("button", name="Desligadas").click()
    expect(page.get_by_role("button", name="Desligadas")).to_have_attribute("aria-pressed", "true")
    page.locator("html[data-keys]").wait_for()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    assert page.url.endswith("/settings")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Ligadas", exact=True).click()
    expect(page.get_by_role("button", name="Ligadas", exact=True)).to_have_attribute("aria-pressed", "true")


def test_language_and_look_hold_at_once(visitor: Visitor) -> None:
    page = visitor.typed_at("/settings")
    page.get_by_role("button", name="Español").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ajustes")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    page.get_by_role("button", name="Português").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Configurações")
    page.get_by_role("button", name="Escuro").click()
    expect(page.locator("body.body--dark")).to_have_count(1)
    page.get_by_role("button", name="Como o sistema").click()
    expect(page.locator("body.body--dark")).to_have_count(0)


def test_the_idle_lock_keeps_the_draft_and_offers_it_after_another_passphrase_opened(
    stage: Stage, visitor: Visitor
) -> None:
    page = visitor.typed_at("/settings")
    page.get_by_role("button", name="Alterar a frase-senha").click()
    dialog = page.get_by_role("dialog", name="Alterar a frase-senha")
    dialog.get_by_label("Frase-senha atual").fill(stage.ana.passphrase)
    dialog.get_by_label("Nova frase-senha", exact=True).fill("curta")
    dialog.get_by_label("Nova frase-senha outra vez").fill("curta")
    dialog.get_by_role("button", name="Alterar a frase-senha").click()
    expect(dialog.get_by_role("alert")).to_contain_text("curt")
    dialog.get_by_label("Nova frase-senha", exact=True).fill("outra frase bem comprida")
    dialog.get_by_label("Nova frase-senha outra vez").fill("outra frase bem comprida")
    dialog.get_by_role("button", name="Alterar a frase-senha").click()
    expect(dialog).not_to_be_visible()
    page.get_by_role("button", name="1 min", exact=True).click()
    expect(page.get_by_role("button", name="1 min", exact=True)).to_have_attribute("aria-pressed", "true")

    visitor.go(f"/customers/{stage.customer}/details")
    page.get_by_role("button", name="Editar").first.click()
    page.get_by_label("Nome da conta").fill("Nome a meio da escrita")
    expect(page.get_by_role("button", name="Salvar")).to_be_visible()
    passphrase = page.get_by_label("Frase-senha")
    expect(passphrase).to_be_visible(timeout=LOCKED_MS)
    assert stage.name not in page.content()
    passphrase.fill("outra frase bem comprida")
    passphrase.press("Enter")
    page.get_by_role("button", name="Continuar a editar").click(timeout=60_000)
    expect(page.get_by_label("Nome da conta")).to_have_value("Nome a meio da escrita")
    page.get_by_role("button", name="Cancelar").first.click()
    assert visitor.foreign == []
    assert visitor.errors == []
