"""A rep edits a sheet in Chromium: read mode holds no input, edits span the tabs, nothing typed is lost or overwritten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from mobility_app.domain.fields import Plain
from tests.support.bench import Device, Hq, new_device, start_hq
from tests.support.browser import SLUGS, Visitor, chromium_browser, visit

pytestmark = pytest.mark.browser

NAME, SITE = "Nome da conta", "Site"
SYNC_MS = 30_000  # the app syncs by itself every few seconds, and soon after headquarters is back


@dataclass(slots=True)
class Stage:
    hq: Hq
    ana: Device
    rui: Device
    launch: str

    def customer(self, name: str) -> str:
        """A new customer of Rui's that Ana's device has received."""
        customer_id = self.rui.create("customer", name=name, notes="Primeira linha.")
        self.rui.create("customer_phone", customer_id=customer_id, value="+351 22 340 18 77", is_main=True)
        self.rui.sync()
        self.ana.sync()
        return customer_id

    def saved(self, customer_id: str, field: str) -> Plain:
        row = self.ana.store.read("customer", customer_id)
        assert row is not None
        return row[field]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with chromium_browser(chromium) as opened:
        yield opened


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("editing")
    hq = start_hq(folder / "hq")
    hq.add_company("Lusitânia", "PT")
    hq.add_territory("Lusitânia", "Porto")
    for name in ("Ana Silva", "Rui Costa"):
        hq.add_user(name, "manager", "Lusitânia", ["Porto"])
    ana, rui = new_device(hq, folder / "ana", "Ana Silva"), new_device(hq, folder / "rui", "Rui Costa")
    yield Stage(hq, ana, rui, ana.start_ui())
    ana.kill_ui()
    hq.kill()


@pytest.fixture(scope="module")
def visitor(browser: Browser, stage: Stage) -> Visitor:
    return visit(browser, stage.launch)


def sheet(stage: Stage, visitor: Visitor, name: str, tab: str = "details") -> tuple[Page, str]:
    customer_id = stage.customer(name)
    visitor.go(f"/customers/{customer_id}/{tab}")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(name)
    return visitor.page, customer_id


def edit(page: Page) -> None:
    page.get_by_role("button", name="Editar").click()
    page.get_by_label(NAME).wait_for()


def test_in_read_mode_nothing_is_an_input_and_editing_turns_it_to_one(stage: Stage, visitor: Visitor) -> None:
    page, _ = sheet(stage, visitor, "Livraria Leitura")
    for slug in SLUGS:
        page.locator(f'nav a.fb-tab[href$="/{slug}"], [role=navigation] a.fb-tab[href$="/{slug}"]').click()
        page.wait_for_url(f"**/{slug}")
        expect(page.locator('a.fb-tab[aria-current="page"]')).to_have_attribute(
            "href", page.url.removeprefix(visitor.base)
        )
        assert page.locator(".fb-view :is(input, textarea, select):not([type=checkbox], [type=file])").count() == 0, (
            slug
        )
        assert page.locator("body *").count() <= 400, slug
    page.locator('a.fb-tab[href$="/details"]').click()
    edit(page)
    expect(page.get_by_label(NAME)).to_have_value("Livraria Leitura")
    page.get_by_role("button", name="Cancelar").click()
    expect(page.get_by_label(NAME)).to_have_count(0)


def test_edits_span_the_tabs_and_are_saved_at_once(stage: Stage, visitor: Visitor) -> None:
    page, customer_id = sheet(stage, visitor, "Livraria Um")
    edit(page)
    page.get_by_label(NAME).fill("Livraria Dois")
    page.get_by_label(SITE).fill("https://dois.example")
    expect(page.get_by_text("2 alterações")).to_be_visible()
    page.locator('a.fb-tab[href$="/contacts"]').click()
    page.wait_for_url("**/contacts")
    expect(page.get_by_text("2 alterações")).to_be_visible()
    page.get_by_role("button", name="Salvar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Livraria Dois")
    assert stage.saved(customer_id, "name") == "Livraria Dois"
    assert stage.saved(customer_id, "website") == "https://dois.example"


def test_the_first_field_does_not_take_the_focus_from_who_types_already(stage: Stage, visitor: Visitor) -> None:
    page, customer_id = sheet(stage, visitor, "Livraria Sete")
    edit(page)
    page.get_by_label(SITE).focus()
    begin = f"fb.begin('f-customer-{customer_id}-name'); new Promise(done => setTimeout(done, 100))"
    page.evaluate(begin)  # what the program asks for when the form stands may arrive late
    expect(page.get_by_label(SITE)).to_be_focused()
    page.evaluate(f"document.activeElement.blur(); {begin}")
    expect(page.get_by_label(NAME)).to_be_focused()
    page.get_by_role("button", name="Cancelar").click()


def test_a_wrong_value_is_refused_at_its_field_and_nothing_is_saved(stage: Stage, visitor: Visitor) -> None:
    page, customer_id = sheet(stage, visitor, "Livraria Três")
    edit(page)
    page.get_by_label(NAME).fill("Livraria Quatro")
    page.get_by_label(SITE).fill("isto não é um site")
    expect(page.get_by_text("2 alterações")).to_be_visible()
    page.keyboard.press("Control+s")
    expect(page.get_by_role("alert").filter(has_text="Site:")).to_be_visible()
    expect(page.get_by_label(SITE)).to_be_focused()
    assert stage.saved(customer_id, "name") == "Livraria Três"
    page.get_by_role("button", name="Cancelar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Livraria Três")


def test_leaving_with_unsaved_edits_asks_first_and_coming_back_goes_on(stage: Stage, visitor: Visitor) -> None:
    page, customer_id = sheet(stage, visitor, "Livraria Cinco")
    edit(page)
    page.get_by_label(NAME).fill("Livraria Seis")
    expect(page.get_by_text("1 alteração", exact=True)).to_be_visible()
    page.get_by_role("navigation", name="Principal").get_by_role("link", name="Clientes", exact=True).click()
    question = page.get_by_role("dialog")
    question.get_by_role("button", name="Continuar a editar").click()
    expect(page.get_by_label(NAME)).to_have_value("Livraria Seis")
    page.get_by_role("navigation", name="Principal").get_by_role("link", name="Clientes", exact=True).click()
    question.get_by_role("button", name="Sair").click()
    page.wait_for_url("**/customers")
    page.goto(f"{visitor.base}/customers/{customer_id}")
    page.get_by_role("button", name="Continuar a editar").click()
    expect(page.get_by_label(NAME)).to_have_value("Livraria Seis")
    page.get_by_role("button", name="Salvar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Livraria Seis")
    assert stage.saved(customer_id, "name") == "Livraria Seis"


def test_a_tab_that_dies_leaves_its_edits_to_the_next(stage: Stage, visitor: Visitor, browser: Browser) -> None:
    page, _ = sheet(stage, visitor, "Livraria Sete")
    edit(page)
    page.get_by_label(NAME).fill("Livraria Oito")
    expect(page.get_by_text("1 alteração", exact=True)).to_be_visible()
    other = visitor.context.new_page()
    other.goto(page.url)
    other.get_by_role("heading", level=1).wait_for()
    expect(other.get_by_role("button", name="Continuar a editar")).to_have_count(0)
    address = page.url
    page.close(run_before_unload=False)
    other.get_by_role("button", name="Continuar a editar").click()
    expect(other.get_by_label(NAME)).to_have_value("Livraria Oito")
    other.get_by_role("button", name="Cancelar").click()
    assert other.url == address
    visitor.page = other


def test_a_sync_never_touches_the_field_that_somebody_is_typing_in(stage: Stage, visitor: Visitor) -> None:
    page, customer_id = sheet(stage, visitor, "Livraria Nove")
    edit(page)
    page.get_by_label(NAME).click()
    page.keyboard.type(" e Filhos")
    stage.rui.sync()
    stage.rui.set("customer", customer_id, name="Livraria do Rui", website="https://rui.example")
    stage.rui.sync()
    expect(page.get_by_label(SITE)).to_have_value("https://rui.example", timeout=SYNC_MS)  # untouched: it follows
    page.keyboard.type(", Lda")
    expect(page.get_by_label(NAME)).to_have_value("Livraria Nove e Filhos, Lda")
    expect(page.get_by_label(NAME)).to_be_focused()
    page.get_by_role("button", name=re.compile("Rui.*Livraria do Rui.*Usar o do outro")).click()
    expect(page.get_by_label(NAME)).to_have_value("Livraria do Rui")
    page.get_by_role("button", name="Cancelar").click()


def test_a_change_waits_visibly_until_headquarters_has_it(stage: Stage, visitor: Visitor) -> None:
    page, customer_id = sheet(stage, visitor, "Livraria Dez")
    stage.hq.stop()
    edit(page)
    page.get_by_label(NAME).fill("Livraria Onze")
    expect(page.get_by_text("1 alteração", exact=True)).to_be_visible()
    page.get_by_role("button", name="Salvar").click()
    field = page.locator(f'[data-f="{customer_id}.name"]')
    expect(field).to_contain_text("Não sincronizado")
    expect(page.locator(".fb-head").get_by_text("não sincronizada")).to_be_visible()
    stage.hq.start()
    expect(field).not_to_contain_text("Não sincronizado", timeout=SYNC_MS)
    assert stage.hq.dump()["customer"][customer_id]["name"] == "Livraria Onze"


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_width_scrolls_sideways_and_fingers_hit_their_target(
    stage: Stage, browser: Browser, visitor: Visitor, width: int
) -> None:
    page, _ = sheet(stage, visitor, f"Livraria com um nome comprido que não cabe numa linha só, Lda {width}")
    page.set_viewport_size({"width": width, "height": 844})
    for path in (page.url.removeprefix(visitor.base), "/customers", "/", "/sync", "/settings", "/customers/new"):
        visitor.go(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        if width < 1024:
            small = page.evaluate(
                "[...document.querySelectorAll('.fb-view button, .fb-view a, .fb-rail a')].filter(e => e.offsetParent)"
                ".filter(e => !e.matches('.fb-row-link, .fb-cell-link, .fb-chip, .fb-link'))"  # their ::after is larger
                ".map(e => [e.innerText || e.ariaLabel, e.getBoundingClientRect()])"
                ".filter(([t, r]) => r.height < 43.5 || r.width < 43.5).map(([t, r]) => `${t} ${r.width}x${r.height}`)"
            )
            assert small == [], path
    page.set_viewport_size({"width": 1280, "height": 800})


def test_a_list_is_left_and_found_again_where_it_was(stage: Stage, visitor: Visitor) -> None:
    page, _ = sheet(stage, visitor, "Livraria Achada")
    visitor.typed_at("/customers")
    page.keyboard.press("/")
    page.keyboard.type("livraria acha")
    expect(page.locator("tbody a")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Livraria Achada")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.wait_for_url("**/customers/*")
    page.go_back()
    expect(page.get_by_label("Procurar por nome")).to_have_value("livraria acha")
    expect(page.locator("tbody a")).to_have_count(1)
