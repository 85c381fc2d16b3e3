"""Contacts whole, in Chromium, with HQ stopped: chosen across pages, written to, put on lists, handed out and taken in as
vCards; mailing lists with a page of their own; what was queued reaches HQ once it is back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from mobility_app.domain.fields import Plain
from mobility_app.domain.rules import vcards
from mobility_app.store.queries.contacts import PAGE_ROWS
from tests.support.bench import Device, Hq, new_device, start_hq
from tests.support.browser import Visitor, chromium_browser, visit

pytestmark = pytest.mark.browser

SYNC_MS = 30_000  # the app syncs by itself soon after headquarters is back
CROWD = PAGE_ROWS + 6
CARDS = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Concei=C3=A7=C3=A3o;Jo=C3=A3o;;;
TEL;CELL:912 345 678
EMAIL;INTERNET:joao@optica.example
END:VCARD
BEGIN:VCARD
VERSION:3.0
FN:Marta Fereira
EMAIL:isto não é
CATEGORIES:Imprensa
END:VCARD
BEGIN:VCARD
VERSION:4.0
TITLE:Ninguém
END:VCARD
BEGIN:VCARD
FN:Sem fim
"""


@dataclass(slots=True)
class Stage:
    hq: Hq
    ana: Device
    visitor: Visitor
    customer: str
    other: str
    contacts: list[str]

    @property
    def page(self) -> Page:
        return self.visitor.page

    def tab(self) -> Page:
        self.visitor.go(f"/customers/{self.customer}/contacts")
        return self.page

    def rows(self, entity: str) -> list[dict[str, Plain]]:
        return list(self.ana.dump()[entity].values())


@pytest.fixture(scope="module")
def stage(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("contacts")
    hq = start_hq(folder / "hq")
    hq.add_company("Lusa", "PT")
    hq.add_territory("Lusa", "Norte")
    hq.add_user("Ana", "manager", "Lusa", ["Norte"])
    ana = new_device(hq, folder / "ana", "Ana")
    customer, other = ana.create("customer", name="Óptica Lusitânia"), ana.create("customer", name="Padaria Central")
    director = ana.create("label", name="Diretor")
    contacts = []
    for n in range(CROWD):
        one = ana.create(
            "contact", customer_id=customer, first_name=f"Pessoa {n:02d}", job_title="Compras", opted_out=n == 3
        )
        if n != 2:
            ana.create("contact_email", contact_id=one, value=f"p{n}@optica.example", is_main=True)
        if n >= CROWD - 4:
            ana.create("contact_label", contact_id=one, label_id=director)
        contacts.append(one)
    ana.create("contact", customer_id=customer, first_name="Marta", last_name="Ferreira")
    baker = ana.create("contact", customer_id=other, first_name="Rui", last_name="Pão")
    ana.create("contact_email", contact_id=baker, value="rui@padaria.example", is_main=True)
    ana.create("mailing_list_member", contact_id=baker, mailing_list_id=ana.create("mailing_list", name="Novidades"))
    ana.sync()
    hq.stop()
    with chromium_browser(chromium) as browser:
        visitor = visit(browser, ana.start_ui())
        yield Stage(hq, ana, visitor, customer, other, contacts)
    ana.kill_ui()
    hq.kill()


def box(page: Page, name: str) -> Locator:
    return page.get_by_role("checkbox", name=name, exact=True)


def bar(page: Page) -> Locator:
    return page.get_by_role("group", name="Contatos selecionados")


def test_contacts_are_chosen_one_by_one_by_label_and_beyond_the_page(stage: Stage) -> None:
    page = stage.tab()
    expect(bar(page)).to_have_count(0)
    box(page, "Selecionar Pessoa 00").focus()
    page.keyboard.press("Space")
    expect(box(page, "Selecionar Pessoa 00")).to_be_checked()
    expect(box(page, "Selecionar Pessoa 00")).to_be_focused()
    expect(bar(page)).to_contain_text("1 selecionado")
    page.get_by_role("button", name=re.compile(r"^Diretor\s*4$")).click()
    box(page, "Selecionar todos os 4 contatos").click()
    expect(bar(page)).to_contain_text("5 selecionados")
    page.get_by_role("button", name=re.compile(r"^Todos")).click()
    page.get_by_role("button", name="Página seguinte").click()
    expect(box(page, f"Selecionar Pessoa {CROWD - 1}")).to_be_checked()
    box(page, f"Selecionar todos os {CROWD + 1} contatos").click()
    expect(bar(page)).to_contain_text(f"{CROWD + 1} selecionados")
    bar(page).get_by_role("button", name="Limpar seleção").click()
    expect(bar(page)).to_have_count(0)


def test_a_message_is_written_offline_kept_while_typing_and_queued_once(stage: Stage) -> None:
    page = stage.tab()
    for n in range(4):
        box(page, f"Selecionar Pessoa 0{n}").click()
    bar(page).get_by_role("button", name="Enviar e-mail").click()
    dialog = page.get_by_role("dialog", name="Nova mensagem")
    expect(dialog).to_contain_text("Para 2 contatos · Pessoa 00 e Pessoa 01")
    expect(dialog).to_contain_text("Não recebe, sem endereço de e-mail: Pessoa 02")
    expect(dialog).to_contain_text("Não recebe, não quer mensagens: Pessoa 03")
    dialog.get_by_label("Assunto").fill("Nova coleção")
    dialog.get_by_label("Texto da mensagem").fill("Bom dia,\nsegue o catálogo.")
    link = dialog.get_by_role("link", name="Abrir no programa de e-mail")
    expect(link).to_have_attribute(
        "href", re.compile(r"bcc=p0@optica\.example,p1@optica\.example&subject=Nova.*%0D%0Asegue")
    )
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.reload()
    box(page, "Selecionar Pessoa 00").click()
    bar(page).get_by_role("button", name="Enviar e-mail").click()
    expect(dialog.get_by_label("Assunto")).to_have_value("Nova coleção")
    expect(dialog.get_by_label("Texto da mensagem")).to_have_value("Bom dia,\nsegue o catálogo.")
    expect(dialog).to_contain_text("Continue aqui")
    dialog.get_by_label("Assunto").fill("")
    dialog.get_by_role("button", name="Enviar").click()
    expect(dialog.get_by_label("Assunto")).to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_label("Assunto")).to_be_focused()
    dialog.get_by_label("Assunto").fill("Coleção nova")
    expect(dialog.get_by_label("Assunto")).to_have_attribute("aria-invalid", "false")
    dialog.get_by_role("button", name="Enviar").click()
    expect(page.get_by_text("segue na próxima sincronização")).to_be_visible()
    expect(bar(page)).to_have_count(0)
    expect(page.get_by_role("heading", name="Últimas mensagens")).to_be_visible()
    (message,) = stage.rows("message")
    assert (message["subject"], message["contact_ids"], message["state"]) == (
        "Coleção nova",
        stage.contacts[:1],
        "waiting",
    )
    box(page, "Selecionar Pessoa 00").click()
    bar(page).get_by_role("button", name="Enviar e-mail").click()
    expect(dialog.get_by_label("Assunto")).to_have_value("")
    dialog.get_by_role("button", name="Descartar").click()
    expect(dialog).to_have_count(0)


def test_too_much_for_the_mail_program_is_copied(stage: Stage) -> None:
    page = stage.tab()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    box(page, "Selecionar Pessoa 00").click()
    bar(page).get_by_role("button", name="Enviar e-mail").click()
    dialog = page.get_by_role("dialog", name="Nova mensagem")
    dialog.get_by_label("Texto da mensagem").fill("palavra " * 400)
    dialog.get_by_role("button", name="Copiar endereços").click()
    page.wait_for_function("async () => (await navigator.clipboard.readText()) === 'p0@optica.example'")
    expect(dialog.get_by_role("link", name="Abrir no programa de e-mail")).to_have_count(0)
    dialog.get_by_role("button", name="Descartar").click()


def test_contacts_go_on_a_list_that_is_known_and_on_a_new_one(stage: Stage) -> None:
    page = stage.tab()
    box(page, "Selecionar Pessoa 00").click()
    bar(page).get_by_role("button", name="Adicionar à lista de envio").click()
    dialog = page.get_by_role("dialog", name="Adicionar à lista de envio")
    dialog.get_by_role("button", name="Novidades").click()
    expect(page.get_by_text("1 contato adicionado a Novidades")).to_be_visible()
    for name in ("Selecionar Pessoa 00", "Selecionar Pessoa 01"):
        box(page, name).click()
    bar(page).get_by_role("button", name="Adicionar à lista de envio").click()
    dialog.get_by_role("button", name="Novidades").click()
    expect(page.get_by_text("1 contato adicionado a Novidades · 1 já estava na lista")).to_be_visible()
    page.get_by_role("button", name="Desfazer").last.click()
    box(page, "Selecionar Pessoa 04").click()
    bar(page).get_by_role("button", name="Adicionar à lista de envio").click()
    dialog.get_by_role("button", name="Criar e adicionar").click()
    expect(dialog.get_by_role("alert").filter(has_text="Preencha este campo")).to_be_visible()
    dialog.get_by_label("Nova lista").fill("novidades")
    dialog.get_by_role("button", name="Criar e adicionar").click()
    expect(dialog.get_by_role("alert").filter(has_text="já está em uso")).to_be_visible()
    dialog.get_by_label("Nova lista").fill("Feira")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 contato adicionado a Feira")).to_be_visible()
    assert sorted(str(row["name"]) for row in stage.rows("mailing_list")) == ["Feira", "Novidades"]
    assert len(stage.rows("mailing_list_member")) == 3


def test_a_list_is_written_to_renamed_emptied_deleted_and_brought_back(stage: Stage) -> None:
    page = stage.tab()
    page.get_by_role("link", name="Listas de envio").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Listas de envio")
    page.get_by_role("link", name="Novidades").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Novidades")
    expect(page.get_by_role("link", name="Rui Pão")).to_be_visible()
    page.get_by_role("button", name="Escrever para a lista").click()
    dialog = page.get_by_role("dialog", name="Nova mensagem")
    expect(dialog).to_contain_text("Para 2 contatos · Pessoa 00 e Rui Pão")
    dialog.get_by_label("Assunto").fill("A todos")
    dialog.get_by_label("Texto da mensagem").fill("Olá")
    dialog.get_by_role("button", name="Enviar").click()
    expect(page.get_by_text("A mensagem para 2 contatos segue")).to_be_visible()
    assert {row["customer_id"] for row in stage.rows("message") if row["subject"] == "A todos"} == {
        stage.customer,
        stage.other,
    }
    page.get_by_role("button", name="Renomear").click()
    page.get_by_role("dialog").get_by_label("Nome").fill("Novidades 2027")
    page.get_by_role("dialog").get_by_role("button", name="Salvar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Novidades 2027")
    page.get_by_role("button", name="Remover Rui Pão").click()
    expect(page.get_by_role("link", name="Rui Pão")).to_have_count(0)
    page.get_by_role("button", name="Desfazer").click()
    expect(page.get_by_role("link", name="Rui Pão")).to_be_visible()
    page.get_by_role("button", name="Excluir lista").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Esta lista foi excluída")
    page.get_by_role("button", name="Desfazer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Novidades 2027")
    expect(page.get_by_role("link", name="Rui Pão")).to_be_visible()
    stage.visitor.go("/lists")
    page.get_by_role("button", name="Nova lista").click()
    page.get_by_role("dialog").get_by_label("Nome").fill("Imprensa")
    page.get_by_role("dialog").get_by_role("button", name="Salvar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Imprensa")
    expect(page.get_by_text("Não há ninguém nesta lista")).to_be_visible()


def test_vcards_of_the_chosen_are_downloaded_and_nothing_plain_stays(stage: Stage) -> None:
    page = stage.tab()
    box(page, "Selecionar Pessoa 05").click()
    with page.expect_download() as waiting:
        bar(page).get_by_role("button", name="Exportar os selecionados como vCards").click()
    assert waiting.value.suggested_filename == "Óptica Lusitânia.vcf"
    (card,) = vcards.read(Path(waiting.value.path()).read_bytes()).cards
    assert (card.name, card.emails[0].value) == ("Pessoa 05", "p5@optica.example")
    box(page, "Selecionar Pessoa 05").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Exportar vCards").click()
    assert len(vcards.read(Path(waiting.value.path()).read_bytes()).cards) == CROWD + 1
    for path in stage.ana.folder.rglob("*"):
        assert not path.is_file() or b"p5@optica.example" not in path.read_bytes(), path


def test_a_vcard_file_is_shown_before_anything_is_made(stage: Stage, tmp_path: Path) -> None:
    page = stage.tab()
    page.get_by_role("link", name="Importar vCards").click()
    file = tmp_path / "contatos.vcf"
    file.write_text(CARDS, "utf-8")
    page.locator("#fb-cards").set_input_files(file)
    expect(page.get_by_text("vCard 3: não nomeia ninguém")).to_be_visible()
    expect(page.get_by_text("vCard 4, Sem fim: não tem fim")).to_be_visible()
    first = page.get_by_role("listitem").filter(has=page.get_by_role("checkbox")).first
    expect(first).to_contain_text("Marta Fereira")
    expect(first).to_contain_text("Parece Marta Ferreira")
    expect(first).to_contain_text("Fica de fora: isto não é")
    expect(box(page, "Selecionar Marta Fereira")).not_to_be_checked()
    expect(box(page, "Selecionar João Conceição")).to_be_checked()
    assert not any(row["first_name"] == "João" for row in stage.rows("contact"))
    page.get_by_role("button", name="Adicionar 1 contato").click()
    expect(page.get_by_role("link", name="João Conceição", exact=True)).to_be_visible()
    assert [row["e164"] for row in stage.rows("contact_phone")] == ["+351912345678"]
    page.get_by_role("button", name="Desfazer").click()
    expect(page.get_by_role("link", name="João Conceição", exact=True)).to_have_count(0)


def test_pasted_cards_and_a_file_that_is_too_large(stage: Stage, tmp_path: Path) -> None:
    page = stage.page
    stage.visitor.go(f"/customers/{stage.customer}/contacts/import")
    large = tmp_path / "grande.vcf"
    large.write_bytes(b"x" * (vcards.BYTES_MAX + 1))
    page.locator("#fb-cards").set_input_files(large)
    expect(page.get_by_role("alert").filter(has_text="mais de 1 MB")).to_be_visible()
    several = tmp_path / "muitos.vcf"
    several.write_text(
        "".join(f"BEGIN:VCARD\nFN:Cartão {n:03d}\nNOTE:{'x' * 900}\nEND:VCARD\n" for n in range(900)), "utf-8"
    )
    page.locator("#fb-cards").set_input_files(several)
    expect(page.get_by_role("button", name="Adicionar 900 contatos")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="mais de 1 MB")).to_have_count(0)
    page.get_by_label("Ou cole o texto de vCards").fill("BEGIN:VCARD\nFN:Colada\nEND:VCARD")
    page.get_by_role("button", name="Mostrar os vCards colados").click()
    expect(page.get_by_role("button", name="Adicionar 1 contato")).to_be_visible()
    page.get_by_role("link", name="Voltar aos contatos").click()
    expect(page.get_by_role("button", name="Adicionar contato")).to_be_visible()


def test_a_contacts_page_makes_a_label_puts_it_on_a_list_writes_and_hands_it_out(stage: Stage) -> None:
    page = stage.page
    stage.visitor.go(f"/contacts/{stage.contacts[6]}")
    page.get_by_role("button", name="Nova etiqueta").click()
    page.get_by_role("dialog").get_by_label("Nome").fill("Imprensa")
    page.get_by_role("dialog").get_by_role("button", name="Salvar").click()
    expect(page.get_by_role("button", name="Imprensa")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Adicionar à lista de envio").click()
    page.get_by_role("dialog").get_by_role("button", name="Feira").click()
    expect(page.get_by_role("link", name="Feira")).to_be_visible()
    page.get_by_role("button", name="Retirar de Feira").click()
    expect(page.get_by_role("link", name="Feira")).to_have_count(0)
    page.get_by_role("button", name="Desfazer").last.click()
    expect(page.get_by_role("link", name="Feira")).to_be_visible()
    page.get_by_role("button", name="Enviar e-mail").click()
    dialog = page.get_by_role("dialog", name="Nova mensagem")
    dialog.get_by_label("Assunto").fill("Para si")
    dialog.get_by_label("Texto da mensagem").fill("Olá")
    dialog.get_by_role("button", name="Enviar").click()
    expect(page.get_by_role("heading", name="Últimas mensagens")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Exportar Pessoa 06 como vCard").click()
    assert waiting.value.suggested_filename == "Pessoa 06.vcf"


def test_two_tabs_write_two_messages_and_neither_overwrites_the_other(stage: Stage) -> None:
    first, where = stage.page, f"/contacts/{stage.contacts[5]}"
    stage.visitor.go(where)
    second = stage.visitor.context.new_page()
    try:
        second.goto(stage.visitor.base + where)
        subjects = [_begun(page) for page in (first, second)]
        for page, subject, text in zip((first, second), subjects, ("Da primeira aba", "Da segunda aba"), strict=True):
            expect(subject).to_have_value("")
            subject.fill(text)
            page.keyboard.press("Escape")  # at once: before the input would tell of itself what was typed
        for page in (first, second):
            expect(page.get_by_role("dialog")).to_have_count(0)
        found = []
        for page in (first, second):  # which of them a tab goes on with is not the point
            expect(subject := _begun(page)).not_to_have_value("")
            found.append(subject.input_value())
        assert sorted(found) == ["Da primeira aba", "Da segunda aba"]
        for page in (first, second):
            page.get_by_role("dialog").get_by_role("button", name="Descartar").click()
            expect(page.get_by_role("dialog")).to_have_count(0)
    finally:
        second.close()


def _begun(page: Page) -> Locator:
    """The subject of a new message on a contact's page."""
    page.get_by_role("button", name="Enviar e-mail").click()
    return page.get_by_role("dialog", name="Nova mensagem").get_by_label("Assunto")


def test_several_are_deleted_and_brought_back_together(stage: Stage) -> None:
    page = stage.tab()
    for n in (7, 8):
        box(page, f"Selecionar Pessoa 0{n}").click()
    bar(page).get_by_role("button", name="Excluir os selecionados").click()
    expect(page.get_by_text("2 contatos excluídos")).to_be_visible()
    expect(page.get_by_role("link", name="Pessoa 07", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Desfazer").click()
    expect(page.get_by_role("link", name="Pessoa 07", exact=True)).to_be_visible()
    assert any(row["value"] == "p8@optica.example" for row in stage.rows("contact_email"))


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_full_views_fit_their_width_their_elements_and_fingers(stage: Stage, width: int) -> None:
    page = stage.page
    page.set_viewport_size({"width": width, "height": 844})
    made = next(iter(stage.ana.dump()["mailing_list"]))
    customer = f"/customers/{stage.customer}/contacts"
    for path in (customer, f"{customer}/import", "/lists", f"/lists/{made}", f"/contacts/{stage.contacts[6]}"):
        stage.visitor.go(path)
        if path == customer:
            box(page, "Selecionar Pessoa 00").click()
            expect(bar(page)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.locator("body *").count() <= 400, path
        if width < 1024:
            small = page.evaluate(
                "[...document.querySelectorAll('main button, main a, main input')].filter(e => e.offsetParent)"
                ".filter(e => !e.matches('.fb-row-link, .fb-chip'))"  # their ::after is larger
                ".map(e => [e.innerText || e.ariaLabel, e.getBoundingClientRect()])"
                ".filter(([t, r]) => r.height < 43.5 || r.width < 43.5).map(([t, r]) => `${t} ${r.width}x${r.height}`)"
            )
            assert small == [], path
    page.set_viewport_size({"width": 1280, "height": 800})


def test_what_was_done_offline_reaches_headquarters_when_it_is_back(stage: Stage) -> None:
    stage.hq.start()
    page = stage.tab()
    expect(page.locator(".fb-head").get_by_text("não sincronizadas")).to_have_count(0, timeout=SYNC_MS)
    stage.ana.sync()
    mine, theirs = stage.ana.dump(), stage.hq.dump()
    for entity in ("contact", "label", "contact_label", "mailing_list", "mailing_list_member", "message"):
        assert set(mine[entity]) == set(theirs[entity]), entity
    assert len([row for row in theirs["message"].values() if row["subject"] == "A todos"]) == 2
    assert stage.visitor.foreign == []
    assert stage.visitor.errors == []
