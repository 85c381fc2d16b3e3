"""Every line of the tab "Details" in Chromium: numbers, identifiers, credit, status, sharing, currency, payment, withholding,
ledger account, language, notes of two people. HQ is stopped but where a line needs what a sync brings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.bench import Device, Hq, new_device, start_hq
from tests.support.browser import Visitor, chromium_browser, visit

pytestmark = pytest.mark.browser

SYNC_MS = 30_000
CREDIT, SHARED, IRPF, ACCOUNT = (
    "Limite de crédito",
    "Dados compartilhados entre empresas",
    "Retenção IRPF",
    "Conta contábil",
)


@dataclass(slots=True)
class Stage:
    """Ana is a manager and Carla an accountant of the Portuguese company, Pepe a manager and Adela an admin of both."""

    hq: Hq
    browser: Browser
    devices: dict[str, Device]
    visitors: dict[str, Visitor] = field(default_factory=dict)

    def page(self, who: str) -> Page:
        """That person's app, started when it is first looked at."""
        if who not in self.visitors:
            self.visitors[who] = visit(self.browser, self.devices[who].start_ui())
        return self.visitors[who].page

    def details(self, who: str, customer: str) -> Page:
        page = self.page(who)
        self.visitors[who].go(f"/customers/{customer}/details")
        return page

    def edit(self, who: str, customer: str) -> Page:
        page = self.details(who, customer)
        page.get_by_role("button", name="Editar", exact=True).click()
        page.get_by_role("group", name="Edições por salvar").wait_for()
        return page

    def customer(self, who: str = "Ana", **values: object) -> str:
        return self.devices[who].create("customer", **{"name": "Óptica Lusitânia", **values})  # type: ignore[arg-type]

    def exchange(self, *people: str) -> None:
        """Those sync, in turn, and the first once more."""
        for who in (*people, people[0]):
            self.devices[who].sync()


@pytest.fixture(scope="module")
def stage(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("details")
    hq = start_hq(folder / "hq")
    for company, country, territory in (("Lusa", "PT", "Porto"), ("Ibérica", "ES", "Madrid")):
        hq.add_company(company, country)
        hq.add_territory(company, territory)
    hq.add_user("Ana", "manager", "Lusa", ["Porto"])
    hq.add_user("Carla", "accountant", "Lusa", [])
    hq.add_user("Pepe", "manager", "Ibérica", ["Madrid"])
    hq.add_user("Adela", "admin", "Lusa", [])
    devices = {who: new_device(hq, folder / who.lower(), who) for who in ("Ana", "Carla", "Pepe", "Adela")}
    with chromium_browser(chromium) as browser:
        yield Stage(hq, browser, devices)
    for device in devices.values():
        device.kill_ui()
    hq.kill()


def save(page: Page) -> None:
    page.get_by_role("button", name="Salvar", exact=True).click()


def saved(page: Page) -> None:
    save(page)
    expect(page.get_by_role("group", name="Edições por salvar")).to_have_count(0)


def shown(page: Page, customer: str, name: str) -> Locator:
    return page.locator(f'[data-f="{customer}.{name}"]')


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


def test_a_provisional_number_stands_until_the_final_one_and_both_find_the_customer(stage: Stage) -> None:
    stage.devices["Ana"].offline(True)
    customer = stage.customer(name="Óptica Provisória")
    page = stage.details("Ana", customer)
    provisional = str(stage.devices["Ana"].dump()["customer"][customer]["provisional_number"])
    expect(page.locator(".fb-head")).to_contain_text(provisional)
    expect(page.get_by_text("Provisório", exact=True)).to_be_visible()
    stage.devices["Ana"].offline(False)
    expect(page.locator(".fb-head")).not_to_contain_text(provisional, timeout=SYNC_MS)
    expect(page.get_by_text("Provisório", exact=True)).to_have_count(0)
    number = str(stage.devices["Ana"].dump()["customer"][customer]["number"])
    expect(page.locator(".fb-head")).to_contain_text(number)
    for wanted in (provisional, number):
        stage.visitors["Ana"].go("/customers")
        page.get_by_role("searchbox").first.fill(wanted)
        expect(page.get_by_role("link", name="Óptica Provisória")).to_be_visible()


IDENTIFIERS = (
    ("NIPC", "503504565", "503504564", "503 504 564"),
    ("NIF", "54362315X", "54362315K", "54362315K"),
    ("CIF", "J99216583", "J99216582", "J99216582"),
    ("SIREN", "552008444", "552008443", "552 008 443"),
    ("SIRET", "73282932000075", "73282932000074", "732 829 320 00074"),
    ("CNPJ", "16727230000198", "16727230000197", "16.727.230/0001-97"),
    ("CPF", "39053344706", "39053344705", "390.533.447-05"),
    ("Número de IVA da UE", "PT503504565", "PT503504564", "PT503504564"),
    ("Outro", "", "Qualquer coisa 12/B", "Qualquer coisa 12/B"),
)


def test_each_kind_of_identifier_is_checked_digit_by_digit_offline(stage: Stage) -> None:
    customer = stage.customer()
    for kind, wrong, right, text in IDENTIFIERS:
        page = stage.edit("Ana", customer)
        choose(page, "Tipo de identificação", kind)
        field = page.get_by_label("Identificação da empresa", exact=True)
        if wrong:
            field.fill(wrong)
            save(page)
            expect(page.get_by_role("alert").filter(has_text="Identificação da empresa")).to_be_visible()
        field.fill(right)
        saved(page)
        expect(shown(page, customer, "identifier")).to_contain_text(f"{text} · {kind}")
    for kind, right, text in (
        ("CNPJ", "12ABC34501DE35", "12.ABC.345/01DE-35"),
        ("SIRET", "35600000009075", "356 000 000 09075"),
    ):
        page = stage.edit("Ana", customer)
        choose(page, "Tipo de identificação", kind)
        page.get_by_label("Identificação da empresa", exact=True).fill(right)
        saved(page)
        expect(shown(page, customer, "identifier")).to_contain_text(text)


def test_the_credit_limit_is_for_those_who_may_and_none_is_not_zero(stage: Stage) -> None:
    customer = stage.customer(name="Óptica Crédito")
    stage.exchange("Ana", "Carla")
    page = stage.edit("Carla", customer)
    page.get_by_label(CREDIT, exact=True).fill("0")
    saved(page)
    expect(shown(page, customer, "credit_limit_minor")).to_contain_text("0,00")
    expect(page.get_by_text("Livre")).to_be_visible()
    page = stage.edit("Carla", customer)
    page.get_by_label(CREDIT, exact=True).fill("3.000,50")
    saved(page)
    assert stage.devices["Carla"].dump()["customer"][customer]["credit_limit_minor"] == 300050
    expect(page.locator(".fb-head")).to_contain_text("3.000,50")
    page = stage.edit("Carla", customer)
    page.get_by_label(CREDIT, exact=True).fill("")
    saved(page)
    assert stage.devices["Carla"].dump()["customer"][customer]["credit_limit_minor"] is None
    expect(shown(page, customer, "credit_limit_minor")).to_contain_text("Não definido")
    page = stage.edit("Ana", customer)
    expect(page.get_by_label("Nome da conta")).to_be_visible()
    expect(page.get_by_label(CREDIT, exact=True)).to_have_count(0)  # a manager reads it
    page.get_by_role("button", name="Cancelar").click()


def test_an_inactive_customer_leaves_the_lists_and_is_found_with_a_mark(stage: Stage) -> None:
    customer = stage.customer(name="Retrosaria Fechada")
    page = stage.edit("Ana", customer)
    choose(page, "Status", "Inativo")
    saved(page)
    expect(page.locator(".fb-head").get_by_text("Inativo")).to_be_visible()
    stage.visitors["Ana"].go("/customers")
    expect(page.get_by_role("link", name="Óptica Lusitânia").first).to_be_visible()
    expect(page.get_by_role("link", name="Retrosaria Fechada")).to_have_count(0)
    page.get_by_role("searchbox").first.fill("retrosaria")
    found = page.get_by_role("link", name="Retrosaria Fechada")
    expect(found).to_be_visible()
    expect(page.locator(".fb-view").get_by_text("Inativo", exact=True).last).to_be_visible()


def test_sharing_gives_other_companies_the_master_data_and_never_the_billing(stage: Stage) -> None:
    customer = stage.customer(name="Óptica Partilhada")
    stage.devices["Ana"].create("customer_phone", customer_id=customer, value="+351 22 340 18 77", is_main=True)
    stage.devices["Ana"].create("activity", customer_id=customer, kind="task", title="Só nossa")
    stage.exchange("Ana", "Adela", "Pepe")
    assert customer not in stage.devices["Pepe"].dump()["customer"]
    page = stage.edit("Adela", customer)
    page.get_by_role("checkbox", name=SHARED).click()
    saved(page)
    stage.exchange("Adela", "Pepe")
    theirs = stage.details("Pepe", customer)
    expect(theirs.get_by_role("heading", level=1)).to_have_text("Óptica Partilhada")
    expect(theirs.get_by_role("link", name="22 340 1877")).to_be_visible()
    dump = stage.devices["Pepe"].dump()
    assert dump["activity"] == {}
    assert dump["document"] == {}
    stage.devices["Adela"].set("customer", customer, shared=False)
    stage.exchange("Adela", "Pepe")
    stage.visitors["Pepe"].go(f"/customers/{customer}")
    expect(theirs.get_by_role("heading", level=1)).to_have_text("Este cliente não está neste dispositivo")


def test_the_currency_decides_how_every_amount_of_the_sheet_is_written(stage: Stage) -> None:
    customer = stage.customer(name="Óptica Coroa")
    stage.exchange("Ana", "Carla")
    page = stage.edit("Carla", customer)
    page.get_by_label("Moeda", exact=True).click()
    page.get_by_label("Moeda", exact=True).fill("JPY")
    page.get_by_role("option", name="JPY – Iene japonês", exact=True).click()
    page.get_by_label(CREDIT, exact=True).fill("250000")
    saved(page)
    assert stage.devices["Carla"].dump()["customer"][customer]["currency"] == "JPY"
    expect(shown(page, customer, "credit_limit_minor")).to_contain_text("250.000")
    expect(shown(page, customer, "credit_limit_minor")).not_to_contain_text(",00")
    expect(page.locator(".fb-head")).to_contain_text("JP")
    assert "€" not in page.locator(".fb-head").inner_text()


def test_method_and_term_of_payment_are_kept(stage: Stage) -> None:
    customer = stage.customer(name="Óptica Prazo")
    page = stage.edit("Ana", customer)
    choose(page, "Pagamento", "Débito direto")
    page.get_by_label("Prazo de pagamento").fill("45")
    saved(page)
    expect(page.locator(".fb-view")).to_contain_text("Débito direto")
    expect(page.locator(".fb-view")).to_contain_text("45 dias")


def test_the_withholding_stands_only_where_a_spanish_company_sells(stage: Stage) -> None:
    theirs = stage.devices["Pepe"].create("customer", name="Óptica Madrid")
    page = stage.details("Pepe", theirs)
    expect(page.get_by_text(IRPF)).to_be_visible()
    ours = stage.customer(name="Óptica Porto")
    page = stage.details("Ana", ours)
    expect(page.get_by_text("Conta contábil")).to_be_visible()
    expect(page.get_by_text(IRPF)).to_have_count(0)
    page = stage.edit("Ana", ours)
    expect(page.get_by_text(IRPF)).to_have_count(0)
    page.get_by_role("button", name="Cancelar").click()
    stage.visitors["Ana"].go(f"/customers/{ours}/history")
    expect(page.get_by_text(IRPF)).to_have_count(0)


def test_the_ledger_account_must_fit_the_pattern_of_the_office(stage: Stage) -> None:
    with stage.hq.office.ledger.transaction() as tx:
        company = stage.hq.office.named(tx, "company", "Lusa")
        tx.update("company", company, {"ledger_account_pattern": r"21\d{4}"})
    customer = stage.customer(name="Óptica Conta")
    stage.exchange("Ana", "Carla")
    page = stage.edit("Carla", customer)
    page.get_by_label(ACCOUNT, exact=True).fill("99")
    save(page)
    expect(page.get_by_role("alert").filter(has_text=ACCOUNT)).to_be_visible()
    page.get_by_label(ACCOUNT, exact=True).fill("211234")
    saved(page)
    expect(shown(page, customer, "ledger_account")).to_contain_text("211234")


def test_the_language_is_chosen_for_each_customer(stage: Stage) -> None:
    customer = stage.customer(name="Óptica Língua")
    page = stage.edit("Ana", customer)
    page.get_by_label("Idioma de comunicação", exact=True).click()
    page.get_by_label("Idioma de comunicação", exact=True).fill("fran")
    page.get_by_role("option", name="francês", exact=True).click()
    saved(page)
    assert stage.devices["Ana"].dump()["customer"][customer]["language"] == "fr"
    expect(shown(page, customer, "language")).to_contain_text("francês")
    expect(page.get_by_role("button", name="Editar", exact=True)).to_be_visible()  # the screen stays as it was


def test_different_lines_of_the_notes_by_two_people_are_both_kept(stage: Stage) -> None:
    customer = stage.customer(name="Óptica Notas", notes="Porta azul.\nTocar duas vezes.", shared=False)
    stage.exchange("Ana", "Adela")
    page = stage.edit("Ana", customer)
    notes = page.get_by_label("Notas rápidas", exact=True)
    notes.fill("Porta verde.\nTocar duas vezes.")
    expect(page.get_by_text("1 alteração", exact=True)).to_be_visible()
    other = new_device(stage.hq, stage.devices["Ana"].folder.parent / "ana-2", "Ana")
    other.set("customer", customer, notes="Porta azul.\nTocar três vezes.")
    other.sync()
    saved(page)
    expect(shown(page, customer, "notes")).to_have_text("Porta verde.\nTocar três vezes.", timeout=SYNC_MS)
    for who, visitor in stage.visitors.items():
        assert visitor.foreign == []
        if who != "Pepe":  # who asked for a customer that had left, which is answered with 404
            assert visitor.errors == []
        assert all("404" in text for text in visitor.errors)
