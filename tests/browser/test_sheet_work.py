"""A rep's work on the sheet in Chromium with HQ stopped: activities, requests, files, contacts, addresses, history."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.bench import Device, Hq, new_device, start_hq
from tests.support.browser import Visitor, chromium_browser, visit

pytestmark = pytest.mark.browser
NEWS_MS = 90_000  # after a minute offline the next try is not further away than this


@dataclass(slots=True)
class Stage:
    hq: Hq
    ana: Device
    rui: Device
    customer: str
    phone: str
    visitor: Visitor
    folder: Path

    @property
    def page(self) -> Page:
        return self.visitor.page

    def tab(self, slug: str) -> Page:
        self.visitor.go(f"/customers/{self.customer}/{slug}")
        return self.visitor.page

    def rows(self, entity: str) -> list[dict[str, object]]:
        return list(self.ana.dump()[entity].values())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def stage(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("work")
    hq = start_hq(folder / "hq")
    hq.add_company("Lusa", "PT")
    hq.add_territory("Lusa", "Norte")
    for name in ("Ana", "Rui"):
        hq.add_user(name, "rep", "Lusa", ["Norte"])
    ana, rui = new_device(hq, folder / "ana", "Ana"), new_device(hq, folder / "rui", "Rui")
    customer = ana.create("customer", name="Óptica Lusitânia", preferred_weekday=2)
    phone = ana.create("customer_phone", customer_id=customer, value="+351 22 340 18 77", is_main=True)
    ana.create("label", name="Diretor")
    ana.sync()
    rui.sync()
    rui.set("customer_phone", phone, value="+351 22 340 18 88")
    ana.set("customer_phone", phone, value="+351 22 340 18 99")
    rui.sync()
    ana.sync()
    hq.stop()
    with chromium_browser(chromium) as browser:
        yield Stage(hq, ana, rui, customer, phone, visit(browser, ana.start_ui()), folder)
    ana.kill_ui()
    hq.kill()


def test_an_activity_is_added_closed_deleted_and_brought_back(stage: Stage) -> None:
    page = stage.tab("activities")
    page.get_by_role("button", name="Nova chamada").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Salvar").click()
    expect(dialog.locator(".fb-err").first).to_be_visible()
    assert stage.rows("activity") == []
    dialog.get_by_label("Título").fill("Confirmar a encomenda")
    dialog.get_by_role("button", name="Salvar").click()
    expect(page.get_by_text("Confirmar a encomenda").first).to_be_visible()
    (row,) = stage.rows("activity")
    assert (row["kind"], row["status"], row["direction"]) == ("call", "open", "made")
    expect(page.get_by_role("button", name=re.compile(r"^Abertas\s*1$"))).to_be_visible()
    page.get_by_role("button", name="Fechar Confirmar a encomenda").click()
    expect(page.get_by_role("button", name=re.compile(r"^Fechadas\s*1$"))).to_be_visible()
    page.get_by_role("button", name="Excluir Confirmar a encomenda").click()
    page.get_by_role("button", name="Desfazer").click()
    expect(page.get_by_role("button", name="Reabrir Confirmar a encomenda")).to_be_visible()
    assert [row["status"] for row in stage.rows("activity")] == ["closed"]


def test_an_activity_opens_to_a_page_of_its_own_where_people_take_part_and_it_goes(stage: Stage) -> None:
    with stage.ana.store.writing() as tx:
        one = tx.create("activity", {"customer_id": stage.customer, "kind": "task", "title": "Enviar amostras"})
    page = stage.tab("activities")
    page.get_by_role("link", name="Enviar amostras").click()
    page.wait_for_url(f"**/activities/{one}")
    page.get_by_role("button", name="Adicionar participante").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Salvar").click()
    expect(dialog.locator(".fb-err").first).to_be_visible()
    dialog.get_by_label("Da nossa empresa").click()
    page.get_by_role("option", name="Rui").click()
    dialog.get_by_role("button", name="Salvar").click()
    expect(page.get_by_role("button", name="Remover Rui")).to_be_visible()
    page.get_by_role("button", name="Editar atividade").click()
    page.get_by_role("dialog").get_by_label("Notas").fill("Caixa pequena")
    page.get_by_role("dialog").get_by_role("button", name="Salvar").click()
    expect(page.get_by_text("Caixa pequena")).to_be_visible()
    page.get_by_role("button", name="Excluir atividade").click()
    page.wait_for_url(f"**/customers/{stage.customer}/activities")
    expect(page.get_by_role("link", name="Enviar amostras")).to_have_count(0)
    page.get_by_role("button", name="Desfazer").click()
    expect(page.get_by_role("link", name="Enviar amostras")).to_be_visible()
    assert len(stage.rows("activity_participant")) == 1


def test_the_header_leads_straight_to_a_new_activity(stage: Stage) -> None:
    page = stage.tab("details")
    page.get_by_role("link", name="Nova atividade").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Título")).to_be_visible()
    dialog.get_by_role("button", name="Cancelar").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_new_appointment_is_proposed_on_the_preferred_weekday(stage: Stage) -> None:
    page = stage.tab("activities")
    page.get_by_role("button", name="Novo compromisso").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Título").fill("Visita trimestral")
    dialog.get_by_role("button", name="Salvar").click()
    expect(page.get_by_role("button", name=re.compile(r"^Planejadas\s*1$"))).to_be_visible()
    from datetime import datetime

    start = next(str(row["starts_at"]) for row in stage.rows("activity") if row["kind"] == "appointment")
    assert datetime.fromisoformat(start).weekday() == 2


def test_a_request_goes_from_new_to_closed_and_is_reopened(stage: Stage) -> None:
    page = stage.tab("support")
    page.get_by_role("button", name="Nova solicitação").first.click()
    page.get_by_role("dialog").get_by_label("Descrição").fill("Terminal não liga")
    page.get_by_role("dialog").get_by_role("button", name="Salvar").click()
    page.wait_for_url(f"**/customers/{stage.customer}/support/*")
    (ticket,) = stage.rows("ticket")
    expect(page.get_by_role("heading", name=str(ticket["reference"]))).to_be_visible()
    page.get_by_role("button", name="Adicionar nota").click()
    page.get_by_role("dialog").get_by_label("Texto").fill("Peça encomendada")
    page.get_by_role("dialog").get_by_role("button", name="Salvar").click()
    expect(page.get_by_text("Peça encomendada")).to_be_visible()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Selecionar um arquivo").click()
    chooser.value.set_files({"name": "foto da avaria.txt", "mimeType": "text/plain", "buffer": b"x" * 50_000})
    expect(page.get_by_role("link", name="Baixar foto da avaria.txt")).to_be_visible()
    assert [row["label"] for row in stage.rows("file")] == [ticket["reference"]]
    page.get_by_role("button", name=re.compile(r"^100\s*%$")).click()
    expect(page.get_by_text("Progresso passou a 100")).to_be_visible()
    page.get_by_role("button", name="Reabrir").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Salvar").click()
    expect(dialog.get_by_role("alert")).not_to_be_empty()  # not without a reason
    dialog.get_by_label("Motivo").fill("Voltou a falhar")
    dialog.get_by_role("button", name="Salvar").click()
    expect(page.get_by_text("Voltou a falhar")).to_be_visible()
    expect(page.get_by_text("Aberta").first).to_be_visible()
    (ticket,) = stage.rows("ticket")
    assert (ticket["status"], ticket["progress_percent"] != 100) == ("open", True)


def test_a_file_is_added_in_read_mode_only_and_comes_back_byte_for_byte(stage: Stage) -> None:
    page = stage.tab("files")
    source = stage.folder / "guia de remessa.txt"
    source.write_bytes("Entregue às 10h\n".encode() * 20_000)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Selecionar um arquivo").click()
    chooser.value.set_files(source)
    expect(page.get_by_text("guia de remessa.txt").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Baixar guia de remessa.txt").click()
    assert Path(download.value.path()).read_bytes() == source.read_bytes()
    page.get_by_role("button", name="Editar", exact=True).click()
    expect(page.get_by_role("button", name="Selecionar um arquivo")).to_be_disabled()
    expect(page.get_by_text("Termine a edição para adicionar arquivos.")).to_be_visible()
    _drop(page, "largado.txt")
    expect(page.get_by_text("largado.txt")).to_have_count(0)
    page.get_by_role("button", name="Cancelar").click()
    expect(page.get_by_role("button", name="Selecionar um arquivo")).to_be_enabled()
    _drop(page, "largado.txt")
    expect(page.get_by_role("link", name="Baixar largado.txt")).to_be_visible()
    expect(page.locator("#fb-upload")).to_be_hidden()
    page.get_by_role("button", name="Excluir guia de remessa.txt").click()
    page.get_by_role("dialog").get_by_role("button", name="Excluir guia de remessa.txt").click()
    page.get_by_role("button", name="Desfazer").click()
    expect(page.get_by_role("link", name="Baixar guia de remessa.txt")).to_be_visible()


def _drop(page: Page, name: str) -> None:
    """Drops a small text file on the tab, as a browser's own drag would; fails where the browser would leave the page."""
    caught = page.evaluate(
        """(name) => {
          const data = new DataTransfer();
          data.items.add(new File(["largado"], name, {type: "text/plain"}));
          const options = {dataTransfer: data, bubbles: true, cancelable: true};
          const area = document.querySelector(".fb-drop");
          return ["dragover", "drop"].every((kind) => !area.dispatchEvent(new DragEvent(kind, options)));
        }""",
        name,
    )
    assert caught


def test_a_contact_is_added_and_its_own_page_opens_in_a_new_tab(stage: Stage) -> None:
    page = stage.tab("contacts")
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Adicionar contato").first.click()
        page.get_by_role("dialog").get_by_label("Nome", exact=True).fill("Marta")
        page.get_by_role("dialog").get_by_label("Sobrenome").fill("Ferreira")
        page.get_by_role("dialog").get_by_role("button", name="Salvar").click()
    own = opened.value
    expect(own.get_by_role("heading", level=1)).to_have_text("Marta Ferreira")
    own.get_by_role("button", name="Diretor").click()
    own.locator("section", has=own.get_by_role("heading", name="E-mails")).get_by_role(
        "button", name="Adicionar"
    ).click()
    own.get_by_role("dialog").get_by_label("E-mail").fill("no address")
    own.get_by_role("dialog").get_by_role("button", name="Salvar").click()
    expect(own.get_by_role("dialog").locator(".fb-err").first).to_be_visible()
    own.get_by_role("dialog").get_by_label("E-mail").fill("marta@lusitania.example")
    own.get_by_role("dialog").get_by_role("button", name="Salvar").click()
    expect(own.get_by_role("link", name="marta@lusitania.example")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile(r"^Diretor\s*1$"))).to_be_visible()
    expect(page.get_by_role("link", name="Escrever para Marta Ferreira")).to_be_visible()
    own.close()


def test_an_address_is_edited_with_the_sheet_and_saved_in_one_go(stage: Stage) -> None:
    page = stage.tab("addresses")
    page.get_by_role("button", name="Editar", exact=True).click()
    page.get_by_role("button", name="Adicionar endereço").click()
    page.get_by_label("Linha 1").or_(page.get_by_label("Endereço", exact=True)).first.fill("Rua das Flores, 5")
    page.get_by_label("Localidade").or_(page.get_by_label("Cidade")).first.fill("Porto")
    page.get_by_label("País").first.fill("PT")
    page.get_by_role("button", name="Salvar").click()
    expect(page.get_by_text("Rua das Flores, 5").first).to_be_visible()
    (row,) = stage.rows("address")
    assert (row["line1"], row["city"], row["country"]) == ("Rua das Flores, 5", "Porto", "PT")
    link = page.locator("main").get_by_role("link", name="Mapa", exact=True).last
    expect(link).to_have_attribute("href", re.compile(r"^https://www\.google\.com/maps/search/\?api=1&query="))
    expect(link).to_have_attribute("target", "_blank")
    expect(page.get_by_text("O mapa precisa de rede").first).to_be_visible()


def test_a_conflict_stands_at_its_telephone_and_one_tap_takes_the_other(stage: Stage) -> None:
    page = stage.tab("details")
    block = page.locator(".fb-conflict").first
    expect(block).to_contain_text("Rui")
    expect(block.get_by_role("button")).to_have_count(3)  # either, or both
    (conflict,) = stage.rows("conflict")
    block.get_by_role("button").filter(has_text=re.compile("Usar o do outro|Usar este valor")).click()
    expect(page.locator(".fb-conflict")).to_have_count(0)
    assert stage.ana.dump()["customer_phone"][stage.phone]["value"] == conflict["loser"]
    assert [row["state"] for row in stage.rows("conflict")] == ["settled"]


def test_history_shows_both_sides_puts_a_value_back_and_verifies(stage: Stage) -> None:
    stage.ana.set("customer", stage.customer, website="https://old.example")
    stage.ana.set("customer", stage.customer, website="https://new.example")
    page = stage.tab("history")
    change = page.locator("details.fb-change").first
    change.locator("summary").click()
    expect(change.locator("del")).to_have_text("https://old.example")
    expect(change.locator("ins")).to_have_text("https://new.example")
    change.get_by_role("button", name=re.compile("^Repor")).click()
    expect(page.get_by_text("O valor anterior voltou")).to_be_visible()
    expect(page.locator("details[open] ins")).to_have_text("https://new.example")  # a refresh leaves it open
    assert stage.ana.dump()["customer"][stage.customer]["website"] == "https://old.example"
    page.get_by_role("button", name="Verificar histórico").click()
    expect(page.get_by_text("O histórico está íntegro.")).to_be_visible()


def test_what_a_sync_brings_stands_in_the_open_tab_without_a_reload(stage: Stage) -> None:
    page = stage.tab("activities")
    page.evaluate("window.stayed = true")
    stage.hq.start()
    stage.rui.create("activity", customer_id=stage.customer, kind="task", title="Rever contrato do Rui")
    stage.rui.sync()
    expect(page.get_by_role("link", name="Rever contrato do Rui")).to_be_visible(timeout=NEWS_MS)
    expect(page.get_by_text("Não sincronizado")).to_have_count(0, timeout=NEWS_MS)
    assert page.evaluate("window.stayed")


def test_everything_done_offline_reaches_headquarters_and_the_second_device(stage: Stage) -> None:
    stage.visitor.page.close()
    stage.ana.kill_ui()
    stage.ana.sync()
    stage.rui.sync()
    hq, rui = stage.hq.dump(), stage.rui.dump()
    for entity in (
        "activity",
        "ticket",
        "ticket_entry",
        "contact",
        "contact_email",
        "contact_label",
        "address",
        "file",
    ):
        assert hq[entity] == rui[entity] == stage.ana.dump()[entity] != {}, entity
    assert stage.visitor.foreign == []
    assert stage.visitor.errors == []
