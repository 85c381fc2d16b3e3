"""What stands around and between the tabs, in Chromium with HQ stopped: the header, links and the way back, further address
lines, the filters of activities, what a device can't change, a refused field with its reason, the filters of history."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.support.bench import Device, Hq, new_device, start_hq
from tests.support.browser import SLUGS, Visitor, chromium_browser, visit

pytestmark = pytest.mark.browser

HOUR_MS = 3_600_000
FILTERS = ("Fechadas", "Planejadas", "Abertas")


@dataclass(slots=True)
class Stage:
    hq: Hq
    ana: Device
    visitor: Visitor
    customer: str

    def tab(self, slug: str) -> Page:
        self.visitor.go(f"/customers/{self.customer}/{slug}")
        return self.visitor.page


@pytest.fixture(scope="module")
def stage(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("frame")
    hq = start_hq(folder / "hq")
    hq.add_company("Lusa", "PT")
    hq.add_territory("Lusa", "Norte")
    hq.add_user("Ana", "manager", "Lusa", ["Norte"])
    ana = new_device(hq, folder / "ana", "Ana")
    customer = ana.create("customer", name="Óptica Lusitânia")
    ana.create("customer_phone", customer_id=customer, value="22 340 18 77", is_main=True)
    ana.create("customer_email", customer_id=customer, value="geral@optica.example", is_main=True)
    ana.create("address", customer_id=customer, kind="delivery", line1="Rua das Flores, 5", city="Porto", country="PT")
    ana.sync()
    with hq.office.ledger.transaction() as tx:
        tx.update("customer", customer, {"credit_limit_minor": 500_000})
        tx.create("document", {
            "customer_id": customer, "kind": "invoice", "type_code": "380", "number": "FT 1/2026", "issued_on": "2026-10-01",
            "due_on": "2026-10-31", "currency": "EUR", "net_minor": 100_000, "tax_minor": 23_000, "gross_minor": 123_000,
            "withheld_minor": 0, "payable_minor": 123_000, "paid_minor": 0,
        })  # fmt: skip
    ana.sync()
    hq.stop()
    with chromium_browser(chromium) as browser:
        yield Stage(hq, ana, visit(browser, ana.start_ui()), customer)
    ana.kill_ui()


def test_the_header_keeps_the_essentials_in_view_on_every_tab(stage: Stage) -> None:
    number = str(stage.ana.dump()["customer"][stage.customer]["number"])
    for slug in SLUGS:
        page = stage.tab(slug)
        head = page.locator(".fb-head")
        for text in ("Óptica Lusitânia", number, "Ativo", "Lusa", "1.230,00", "5.000,00"):
            expect(head).to_contain_text(text)
        expect(head.get_by_role("link", name="Ligar")).to_have_attribute("href", "tel:+351223401877")
        expect(head.get_by_role("link", name="E-mail")).to_have_attribute("href", "mailto:geral@optica.example")
        expect(head.get_by_role("link", name="Mapa")).to_have_attribute("target", "_blank")
        expect(head.get_by_role("link", name="Nova atividade")).to_be_visible()
        page.mouse.wheel(0, 3000)
        expect(head).to_be_in_viewport()
    stage.ana.set("customer", stage.customer, website="https://optica.example")
    page = stage.tab("details")
    expect(page.locator(".fb-head")).to_contain_text("1 não sincronizada")


def test_a_link_opens_its_tab_and_the_browser_goes_back(stage: Stage) -> None:
    page = stage.tab("support")
    expect(page.locator('a.fb-tab[aria-current="page"]')).to_have_text(re.compile("Suporte ao cliente"))
    for slug in ("history", "details"):
        page.locator(f'a.fb-tab[href$="/{slug}"]').click()
        page.wait_for_url(f"**/{slug}")
    page.go_back()
    expect(page.locator('a.fb-tab[aria-current="page"]')).to_have_text(re.compile("Histórico"))
    page.go_back()
    expect(page.locator('a.fb-tab[aria-current="page"]')).to_have_text(re.compile("Suporte ao cliente"))
    assert page.url.endswith("/support")


def test_further_lines_secondary_addresses_and_fax_are_kept(stage: Stage) -> None:
    page = stage.tab("addresses")
    page.get_by_role("button", name="Editar", exact=True).click()
    for label, text in (("Endereço 2", "Armazém B"), ("Endereço 3", "Cais 4"), ("Fax", "22 340 18 78")):
        page.get_by_label(label, exact=True).first.fill(text)
    page.get_by_role("button", name="Adicionar endereço").click()
    expect(page.get_by_label("Endereço", exact=True)).to_have_count(2)
    page.get_by_label("Endereço", exact=True).last.fill("Rua Nova, 1")
    page.get_by_role("button", name="Salvar").click()
    delivery = page.locator("section", has=page.get_by_role("heading", name="Endereço de entrega", exact=True))
    for text in ("Rua das Flores, 5", "Armazém B", "Cais 4", "Fax", "22 340"):
        expect(delivery).to_contain_text(text)
    expect(page.get_by_text("Rua Nova, 1")).to_be_visible()
    expect(page.get_by_text("O mesmo que o endereço de entrega.")).to_be_visible()


def test_each_activity_is_in_exactly_one_filter_and_overdue_stands_out(stage: Stage) -> None:
    now = stage.ana.store.now()
    for title, values in {
        "Feita": {"kind": "task", "status": "closed"},
        "Anulada": {"kind": "call", "status": "cancelled"},
        "Atrasada": {"kind": "task", "due_at": now - 48 * HOUR_MS},
        "Sem data": {"kind": "task"},
        "Para a semana": {"kind": "appointment", "starts_at": now + 168 * HOUR_MS},
    }.items():
        stage.ana.create("activity", customer_id=stage.customer, title=title, **values)  # type: ignore[arg-type]
    page = stage.tab("activities")
    titles = ("Feita", "Anulada", "Atrasada", "Sem data", "Para a semana")
    expect(page.get_by_role("button", name=re.compile(r"^Todas\s*5$"))).to_be_visible()
    expected = {"Fechadas": {"Feita", "Anulada"}, "Planejadas": {"Para a semana"}, "Abertas": {"Atrasada", "Sem data"}}
    for name in FILTERS:
        page.get_by_role("button", name=re.compile(rf"^{name}\s*{len(expected[name])}$")).click()
        expect(page.get_by_role("button", name=re.compile(f"^{name}"))).to_have_attribute("aria-pressed", "true")
        for title in titles:
            expect(page.get_by_role("link", name=title, exact=True)).to_have_count(int(title in expected[name]))
    expect(
        page.locator(".fb-view").get_by_text("Atrasada", exact=True).and_(page.locator(".fb-chip, .fb-chip *"))
    ).to_have_count(1)


def test_billing_documents_and_products_can_not_be_changed_here(stage: Stage) -> None:
    page = stage.tab("documents")
    expect(page.locator("a.fb-cell-link")).to_be_visible()
    page.get_by_role("button", name="Editar", exact=True).click()
    page.get_by_role("group", name="Edições por salvar").wait_for()
    for slug in ("documents", "products", "revenue"):
        page.locator(f'a.fb-tab[href$="/{slug}"]').click()
        page.wait_for_url(f"**/{slug}")
        assert page.locator(".fb-body :is(input, textarea, [contenteditable]):not([type=search])").count() == 0, slug
        expect(
            page.locator(".fb-body").get_by_role("button", name=re.compile("^(Adicionar|Excluir|Novo|Nova)"))
        ).to_have_count(0)
    page.get_by_role("button", name="Cancelar").click()


def test_history_is_filtered_by_kind_person_and_period(stage: Stage) -> None:
    page = stage.tab("history")
    changes = page.locator("details.fb-change")
    expect(changes.filter(has_text="Ana").first).to_be_visible()
    whole = changes.count()
    page.get_by_text("Mais filtros").click()
    for label, option in (
        ("Usuário", "Escritório"),
        ("Tipo de alteração", "Alterações"),
        ("Tipo de registro", "^Endereço"),
    ):
        choices = page.get_by_role("group", name=label)
        choices.get_by_role("button", name=re.compile(option)).click()
        expect(choices.get_by_role("button", name=re.compile(option))).to_have_attribute("aria-pressed", "true")
        expect(changes.nth(whole - 1)).to_have_count(0)
        choices.get_by_role("button", name=re.compile("^Tod|^Tudo")).click()
        expect(changes.nth(whole - 1)).to_have_count(1)
    page.get_by_role("group", name="Período").get_by_role("button").last.click()
    expect(changes.first).to_be_visible()


def test_a_refused_field_stands_with_its_reason_where_it_was_typed(stage: Stage) -> None:
    stage.hq.start()
    stage.ana.offline(True)
    page = stage.tab("details")
    with stage.hq.office.ledger.transaction() as tx:
        tx.update("user", stage.hq.office.named(tx, "user", "Ana"), {"role": "support"})  # the office changed its mind
    page.get_by_role("button", name="Editar", exact=True).click()
    page.get_by_label("Nome da conta").fill("Óptica Recusada")
    page.get_by_role("button", name="Salvar", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Óptica Recusada")
    stage.ana.offline(False)
    field = page.locator(f'[data-f="{stage.customer}.name"]')
    expect(field).to_contain_text("Recusado", timeout=60_000)
    expect(field).to_contain_text("Óptica Recusada")
    expect(page.get_by_role("heading", level=1)).to_have_text("Óptica Lusitânia")
    expect(page.locator(".fb-head")).to_contain_text("recusad")
    assert stage.visitor.foreign == []
    assert stage.visitor.errors == []
