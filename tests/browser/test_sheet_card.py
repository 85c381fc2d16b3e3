"""The card of a customer in Chromium with HQ stopped: details, addresses, contacts and a contact's own page are read,
edited, saved and found again after a reload; a second device's edit becomes a conflict that one tap settles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from mobility_app.domain.fields import Plain
from tests.support.bench import Device, Hq, new_device, start_hq
from tests.support.browser import Visitor, chromium_browser, visit

pytestmark = pytest.mark.browser

SYNC_MS = 30_000  # the app syncs by itself every few seconds, and soon after headquarters is back
OFFLINE_MS = 30_000  # until the app has noticed that headquarters is gone


@dataclass(slots=True)
class Stage:
    hq: Hq
    ana: Device
    rui: Device
    browser: Browser
    visitor: Visitor
    customer: str = ""
    phone: str = ""
    contact: str = ""

    @property
    def page(self) -> Page:
        return self.visitor.page

    def tab(self, slug: str) -> Page:
        self.visitor.go(f"/customers/{self.customer}/{slug}")
        return self.visitor.page

    def edit(self, slug: str) -> Page:
        page = self.tab(slug)
        page.get_by_role("button", name="Editar", exact=True).click()
        page.get_by_role("group", name="Edições por salvar").wait_for()
        return page

    def rows(self, entity: str) -> list[dict[str, Plain]]:
        return list(self.ana.dump()[entity].values())

    def one(self, entity: str, record_id: str) -> dict[str, Plain]:
        return self.ana.dump()[entity][record_id]


@pytest.fixture(scope="module")
def stage(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("card")
    hq = start_hq(folder / "hq")
    hq.add_company("Lusa", "PT")
    hq.add_territory("Lusa", "Norte")
    for name in ("Ana", "Rui"):
        hq.add_user(name, "manager", "Lusa", ["Norte"])
    ana, rui = new_device(hq, folder / "ana", "Ana"), new_device(hq, folder / "rui", "Rui")
    customer = ana.create("customer", name="Óptica Lusitânia", preferred_weekday=2, website="https://optica.example")
    ana.create("address", customer_id=customer, kind="delivery", line1="Rua das Flores, 5", postcode="4050-262",
               city="Porto", country="PT")  # fmt: skip
    phone = ana.create("customer_phone", customer_id=customer, value="22 340 18 77", is_main=True)
    ana.create("customer_email", customer_id=customer, value="geral@optica.example", is_main=True)
    contact = ana.create("contact", customer_id=customer, first_name="Marta", last_name="Ferreira", job_title="Compras")
    for name, person in (("Diretor", contact), ("Compras", None)):
        label = ana.create("label", name=name)
        if person:
            ana.create("contact_label", contact_id=person, label_id=label)
    ana.sync()
    rui.sync()
    with chromium_browser(chromium) as browser:
        visitor = visit(browser, ana.start_ui())
        yield Stage(hq, ana, rui, browser, visitor, customer, phone, contact)
    ana.kill_ui()
    hq.kill()


def test_the_card_is_read_without_headquarters(stage: Stage) -> None:
    stage.hq.stop()
    page = stage.tab("details")
    card = page.locator("section", has=page.get_by_role("heading", name="Conta", exact=True))
    expect(card).to_contain_text("Óptica Lusitânia")
    expect(card.locator(".fb-day-on")).to_have_text("Q")
    expect(card).to_contain_text("quarta-feira")
    expect(page.get_by_role("link", name="22 340 1877")).to_have_attribute("href", "tel:+351223401877")
    expect(page.get_by_role("link", name="geral@optica.example")).to_have_attribute(
        "href", "mailto:geral@optica.example"
    )
    site = page.get_by_role("link", name="https://optica.example")
    expect(site).to_have_attribute("target", "_blank")
    for absent in ("Retenção IRPF", "Dados compartilhados entre empresas"):
        expect(page.get_by_text(absent)).to_have_count(0)
    assert page.locator("#fb-view :is(input, textarea, select)").count() == 0


def test_a_whole_edit_is_saved_at_once_and_stands_after_a_reload(stage: Stage) -> None:
    page = stage.edit("details")
    page.get_by_label("Nome da conta").fill("Óptica Lusitânia & Filhos")
    page.get_by_role("button", name="sexta-feira").click()
    page.get_by_role("button", name="Adicionar telefone").click()
    second = page.get_by_role("group", name="Adicionar telefone")
    expect(second.get_by_label("Telefone", exact=False).first).to_be_focused()
    page.keyboard.type("91 234 56 78")
    second.get_by_label("Etiqueta").fill("Loja")
    page.get_by_label("Notas rápidas", exact=True).fill("Antes das 10 h.\nChave na receção.")
    page.get_by_role("button", name="Remover geral@optica.example").click()
    expect(page.get_by_text("5 alterações")).to_be_visible()
    page.get_by_role("button", name="Salvar").click()
    for _ in range(2):
        expect(page.get_by_role("heading", level=1)).to_have_text("Óptica Lusitânia & Filhos")
        expect(page.get_by_role("link", name="912 345 678")).to_have_attribute("href", "tel:+351912345678")
        expect(page.get_by_text("geral@optica.example")).to_have_count(0)
        expect(page.locator(f'[data-f="{stage.customer}.notes"]')).to_have_text("Antes das 10 h.\nChave na receção.")
        for name in ("name", "preferred_weekday"):
            expect(page.locator(f'[data-f="{stage.customer}.{name}"]')).to_contain_text("Não sincronizado")
        expect(page.locator(f'[data-f="{stage.customer}.website"]')).not_to_contain_text("Não sincronizado")
        page.reload()
    assert stage.one("customer", stage.customer)["preferred_weekday"] == 4


def test_a_line_taken_away_in_the_form_comes_back_with_one_tap(stage: Stage) -> None:
    page = stage.edit("details")
    page.get_by_role("button", name="Remover 22 340 18 77").click()
    expect(page.get_by_text("1 alteração", exact=True)).to_be_visible()
    page.get_by_role("button", name="Desfazer").click()
    expect(page.get_by_role("button", name="Remover 22 340 18 77")).to_be_visible()
    expect(page.get_by_text("Sem alterações")).to_be_visible()
    page.get_by_role("button", name="Cancelar").click()


def test_quick_notes_are_edited_from_their_own_card(stage: Stage) -> None:
    page = stage.tab("details")
    page.get_by_role("button", name="Modificar notas rápidas").click()
    notes = page.get_by_label("Notas rápidas", exact=True)
    expect(notes).to_be_focused()
    page.get_by_role("button", name="Cancelar").click()
    expect(notes).to_have_count(0)


def test_a_wrong_identifier_changes_nothing_until_somebody_says_why_it_stands(stage: Stage) -> None:
    page = stage.edit("details")
    page.get_by_label("Identificação da empresa").fill("503504565")
    page.get_by_label("Tipo de identificação").click()
    page.get_by_role("option", name="NIPC").click()
    page.get_by_role("button", name="Salvar").click()
    expect(page.get_by_role("alert").filter(has_text="Identificação da empresa")).to_be_visible()
    assert stage.one("customer", stage.customer)["identifier"] is None
    page.get_by_label("Motivo para manter esta identificação").fill("Certidão vista")
    page.get_by_role("button", name="Salvar").click()
    expect(page.get_by_text("503 504 565 · NIPC")).to_be_visible()
    expect(page.get_by_text("Certidão vista")).to_be_visible()


def test_an_address_is_copied_changed_deleted_and_brought_back_offline(stage: Stage) -> None:
    page = stage.tab("addresses")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    card = page.locator("section", has=page.get_by_role("heading", name="Endereço de entrega", exact=True))
    expect(card.get_by_text("O mapa precisa de rede")).to_be_visible(timeout=OFFLINE_MS)
    link = card.get_by_role("link", name="Mapa", exact=True)
    expect(link).to_have_attribute("href", re.compile(r"^https://www\.google\.com/maps/search/\?api=1&query=Rua"))
    expect(link).to_have_attribute("target", "_blank")
    expect(card.get_by_role("link", name="Aplicativo de mapas")).to_have_attribute("href", re.compile("^geo:0,0"))
    expect(page.get_by_text("O mesmo que o endereço de entrega.")).to_be_visible()
    card.get_by_text("Rua das Flores, 5").click()
    card.get_by_role("button", name="Copiar", exact=True).click()
    page.wait_for_function(
        "async () => (await navigator.clipboard.readText()) === 'Rua das Flores, 5\\n4050-262 Porto'"
    )
    card.get_by_role("button", name="Modificar", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Endereço", exact=True).fill("Rua Nova, 1")
    dialog.get_by_role("button", name="Salvar").click()
    expect(card.get_by_text("Rua Nova, 1")).to_be_visible()
    card.get_by_role("button", name="Excluir Endereço de entrega").click()
    page.get_by_role("button", name="Desfazer").click()
    expect(card.get_by_text("Rua Nova, 1")).to_be_visible()
    assert [row["line1"] for row in stage.rows("address")] == ["Rua Nova, 1"]


def test_contacts_are_filtered_by_label_and_deleted_with_a_way_back(stage: Stage) -> None:
    page = stage.tab("contacts")
    stage.ana.create("contact", customer_id=stage.customer, first_name="Nuno", last_name="Pinto")
    page.reload()
    label = page.get_by_role("button", name=re.compile(r"^Diretor\s*1$"))
    label.click()
    expect(label).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("link", name="Nuno Pinto", exact=True)).to_have_count(0)
    page.get_by_role("button", name=re.compile(r"^Todos\s*2$")).click()
    page.get_by_role("checkbox", name="Selecionar Nuno Pinto").click()
    page.get_by_role("button", name="Excluir os selecionados").click()
    expect(page.get_by_role("link", name="Nuno Pinto", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Desfazer").click()
    expect(page.get_by_role("link", name="Nuno Pinto", exact=True)).to_be_visible()


def own_page(stage: Stage) -> Page:
    page = stage.tab("contacts")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Editar Marta Ferreira").click()
    opened.value.get_by_role("heading", level=1).wait_for()
    assert opened.value.url.endswith(f"/contacts/{stage.contact}")
    return opened.value


def test_a_contact_is_edited_on_its_own_page_in_a_new_tab(stage: Stage) -> None:
    own = own_page(stage)
    assert own.locator("#fb-view :is(input, textarea, select)").count() == 0
    own.get_by_role("button", name="Editar", exact=True).click()
    own.get_by_label("Cargo").fill("Diretora")
    own.get_by_role("button", name="Adicionar e-mail").click()
    own.get_by_role("group", name="Adicionar e-mail").get_by_label("E-mail", exact=False).first.fill("não é um e-mail")
    expect(own.get_by_text("2 alterações")).to_be_visible()
    own.get_by_role("button", name="Salvar").click()
    expect(own.get_by_role("alert").filter(has_text="E-mail")).to_be_visible()
    assert stage.one("contact", stage.contact)["job_title"] == "Compras"
    own.get_by_role("group", name="Adicionar e-mail").get_by_label("E-mail", exact=False).first.fill(
        "marta@optica.example"
    )
    own.get_by_role("button", name="Salvar").click()
    expect(own.get_by_role("link", name="marta@optica.example")).to_be_visible()
    expect(own.locator(f'[data-f="{stage.contact}.job_title"]')).to_contain_text("Diretora")
    expect(stage.page.get_by_text("Diretora")).to_be_visible()
    own.close()


def test_a_dead_tab_leaves_the_edits_of_a_contact_to_the_next(stage: Stage) -> None:
    own = own_page(stage)
    own.get_by_role("button", name="Editar", exact=True).click()
    own.get_by_label("Cargo").fill("Diretora-geral")
    expect(own.get_by_text("1 alteração", exact=True)).to_be_visible()
    own.close(run_before_unload=False)
    again = own_page(stage)
    again.get_by_role("button", name="Continuar a editar").click()
    expect(again.get_by_label("Cargo")).to_have_value("Diretora-geral")
    again.get_by_role("button", name="Cancelar").click()
    expect(again.locator(f'[data-f="{stage.contact}.job_title"]')).to_contain_text("Diretora")
    again.close()


def test_leaving_a_contact_with_unsaved_edits_asks_first(stage: Stage) -> None:
    own = own_page(stage)
    own.get_by_role("button", name="Editar", exact=True).click()
    own.get_by_label("Cargo").fill("Outro")
    expect(own.get_by_text("1 alteração", exact=True)).to_be_visible()
    own.get_by_role("link", name="Óptica Lusitânia & Filhos").click()
    own.get_by_role("dialog").get_by_role("button", name="Continuar a editar").click()
    expect(own.get_by_label("Cargo")).to_have_value("Outro")
    own.get_by_role("button", name="Cancelar").click()
    own.close()


def test_a_contact_is_deleted_on_its_page_and_brought_back(stage: Stage) -> None:
    own = own_page(stage)
    own.get_by_role("button", name="Excluir contato").click()
    expect(own.get_by_role("heading", level=1)).to_have_text("Este contato foi excluído")
    own.get_by_role("button", name="Desfazer").click()
    expect(own.get_by_role("heading", level=1)).to_have_text("Marta Ferreira")
    assert [row["value"] for row in stage.rows("contact_email")] == ["marta@optica.example"]
    own.close()


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_width_scrolls_sideways_and_fingers_hit_their_target(stage: Stage, width: int) -> None:
    page = stage.page
    page.set_viewport_size({"width": width, "height": 844})
    for path in (*(f"/customers/{stage.customer}/{slug}" for slug in ("details", "addresses", "contacts")),
                 f"/contacts/{stage.contact}"):  # fmt: skip
        stage.visitor.go(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.locator("body *").count() <= 400, path
        if width < 1024:
            small = page.evaluate(
                "[...document.querySelectorAll('main button, main a, main summary')].filter(e => e.offsetParent)"
                ".filter(e => !e.matches('.fb-row-link, .fb-chip'))"  # their ::after is larger
                ".map(e => [e.innerText || e.ariaLabel, e.getBoundingClientRect()])"
                ".filter(([t, r]) => r.height < 43.5 || r.width < 43.5).map(([t, r]) => `${t} ${r.width}x${r.height}`)"
            )
            assert small == [], path
    page.set_viewport_size({"width": 1280, "height": 800})


def test_a_line_that_the_office_adds_appears_in_the_form_without_touching_what_is_typed(stage: Stage) -> None:
    stage.hq.start()
    page = stage.edit("details")
    page.get_by_label("Nome da conta").click()
    page.keyboard.press("End")
    page.keyboard.type(", Lda")
    stage.rui.sync()
    stage.rui.create("customer_phone", customer_id=stage.customer, value="+351 22 999 00 11")
    stage.rui.set("customer", stage.customer, website="https://rui.example")
    stage.rui.sync()
    expect(page.get_by_role("button", name="Remover +351 22 999 00 11")).to_be_visible(timeout=SYNC_MS)
    expect(page.get_by_label("Site")).to_have_value("https://rui.example")
    expect(page.get_by_label("Nome da conta")).to_be_focused()
    expect(page.get_by_label("Nome da conta")).to_have_value("Óptica Lusitânia & Filhos, Lda")
    page.get_by_role("button", name="Cancelar").click()
    expect(page.get_by_role("link", name="22 999 0011")).to_be_visible()


def test_what_two_devices_changed_is_shown_side_by_side_and_one_tap_takes_the_other(stage: Stage) -> None:
    page = stage.tab("details")
    waiting = page.locator(".fb-head").get_by_text("não sincronizada")
    expect(waiting).to_have_count(0, timeout=SYNC_MS)
    stage.rui.sync()
    stage.hq.stop()
    stage.rui.set("customer_phone", stage.phone, value="+351 22 340 18 88")
    page.get_by_role("button", name="Editar", exact=True).click()
    page.get_by_role("group", name="22 340 18 77").get_by_label("Telefone", exact=False).first.fill("+351 22 340 18 99")
    expect(page.get_by_text("1 alteração", exact=True)).to_be_visible()
    page.get_by_role("button", name="Salvar").click()
    expect(page.get_by_role("link", name="22 340 1899")).to_be_visible()
    stage.hq.start()
    stage.rui.sync()
    block = page.get_by_role("group", name="Telefone: alterado aqui e no escritório")
    expect(block).to_be_visible(timeout=SYNC_MS)
    expect(block).to_contain_text("+351 22 340 18 88")
    expect(block).to_contain_text("+351 22 340 18 99")
    expect(block).to_contain_text("Rui")
    (conflict,) = stage.rows("conflict")
    block.get_by_role("button").filter(has_text="Usar o do outro").click()
    expect(block).to_have_count(0)
    assert stage.one("customer_phone", stage.phone)["value"] == conflict["loser"]
    expect(waiting).to_have_count(0, timeout=SYNC_MS)
    stage.rui.sync()
    assert stage.rui.dump()["customer_phone"][stage.phone]["value"] == conflict["loser"]
    assert stage.hq.dump()["customer"] == stage.rui.dump()["customer"] == stage.ana.dump()["customer"]
    assert stage.visitor.foreign == []
    assert stage.visitor.errors == []
