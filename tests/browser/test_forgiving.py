"""Editing that forgives, in Chromium: two tabs are two editors, a form outlives kill -9 and Escape, deletes are undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from mobility_app.store import drafts
from tests.support.bench import Device, Hq, new_device, start_hq
from tests.support.browser import Visitor, chromium_browser, visit
from tests.support.waiting import until

pytestmark = pytest.mark.browser

NAME = "Nome da conta"


@dataclass(slots=True)
class Stage:
    hq: Hq
    ana: Device
    visitor: Visitor
    browser: Browser

    def customer(self, name: str) -> str:
        return self.ana.create("customer", name=name)

    def killed_and_started_again(self) -> None:
        self.ana.kill_ui()
        self.visitor.context.close()
        self.visitor = visit(self.browser, self.ana.start_ui())


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("forgiving")
    hq = start_hq(folder / "hq")
    hq.add_company("Lusitânia", "PT")
    hq.add_territory("Lusitânia", "Porto")
    hq.add_user("Ana Silva", "manager", "Lusitânia", ["Porto"])
    ana = new_device(hq, folder / "ana", "Ana Silva")
    hq.stop()
    with chromium_browser(chromium) as browser:
        yield Stage(hq, ana, visit(browser, ana.start_ui()), browser)
    ana.kill_ui()


def drafted(stage: Stage, customer_id: str, text: str) -> None:
    """Waits until what was typed is on the disk."""

    def kept() -> bool:
        with stage.ana.store.reading() as session:
            return any(text in str(draft.value) for draft in drafts.kept(session, customer_id))

    until(kept)


def edit(page: Page) -> None:
    page.get_by_role("button", name="Editar", exact=True).click()
    page.get_by_label(NAME).wait_for()


def test_two_browser_tabs_are_two_editors(stage: Stage) -> None:
    customer = stage.customer("Padaria Um")
    first, visitor = stage.visitor.page, stage.visitor
    visitor.go(f"/customers/{customer}")
    second = visitor.context.new_page()
    second.goto(first.url)
    for page, name in ((first, "Padaria da Primeira"), (second, "Padaria da Segunda")):
        edit(page)
        page.get_by_label(NAME).fill(name)
        expect(page.get_by_text("1 alteração", exact=True)).to_be_visible()
    first.get_by_role("button", name="Salvar").click()
    expect(first.get_by_role("heading", level=1)).to_have_text("Padaria da Primeira")
    expect(second.get_by_text("Nome da conta: alterado nesse meio-tempo")).to_be_visible()
    second.get_by_role("button", name="Salvar").click()
    expect(second.get_by_role("alert").filter(has_text="Escolha qual valor fica")).to_be_visible()
    expect(second.get_by_label(NAME)).to_have_value("Padaria da Segunda")
    expect(first.get_by_role("heading", level=1)).to_have_text("Padaria da Primeira")
    second.get_by_role("button", name="Manter o meu").click()
    second.get_by_role("button", name="Salvar").click()
    for page in (second, first):
        expect(page.get_by_role("heading", level=1)).to_have_text("Padaria da Segunda")
    second.close()


def test_a_note_half_typed_outlives_kill_9(stage: Stage) -> None:
    customer = stage.customer("Padaria Dois")
    request = stage.ana.create("ticket", customer_id=customer, description="Forno avariado")
    stage.visitor.go(f"/customers/{customer}/support/{request}")
    page = stage.visitor.page
    page.get_by_role("button", name="Adicionar nota").click()
    text = "O técnico vem na sexta, a resistência já foi pedida"
    page.get_by_role("dialog").get_by_role("textbox").fill(text)
    drafted(stage, customer, text)
    stage.killed_and_started_again()
    page = stage.visitor.page
    stage.visitor.go(f"/customers/{customer}")
    expect(page.get_by_text("começou hoje")).to_be_visible()
    page.get_by_role("link", name="Continuar", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox")).to_have_value(text)
    expect(dialog.get_by_text("Continue aqui")).to_be_visible()
    dialog.get_by_role("button", name="Salvar").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".fb-view").get_by_text(text)).to_be_visible()
    expect(page.get_by_text("começou hoje")).to_have_count(0)


def test_escape_keeps_what_was_typed_and_cancel_gives_it_up(stage: Stage) -> None:
    customer = stage.customer("Padaria Três")
    stage.visitor.go(f"/customers/{customer}/support")
    page = stage.visitor.page
    for leave, left in (("Escape", "Cliente sem luz"), ("Cancelar", "")):
        page.get_by_role("button", name="Nova solicitação").click()
        field = page.get_by_role("dialog").get_by_role("textbox").first
        if leave == "Escape":
            field.fill("Cliente sem luz")
            drafted(stage, customer, "Cliente sem luz")
            page.keyboard.press("Escape")
        else:
            expect(field).to_have_value("Cliente sem luz")
            page.get_by_role("dialog").get_by_role("button", name="Cancelar").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_text("começou hoje")).to_have_count(1 if left else 0)
    page.get_by_role("button", name="Nova solicitação").click()
    expect(page.get_by_role("dialog").get_by_role("textbox").first).to_have_value("")
    page.get_by_role("dialog").get_by_role("button", name="Cancelar").click()


def test_a_delete_is_undone(stage: Stage) -> None:
    customer = stage.customer("Padaria Quatro")
    stage.ana.create("activity", customer_id=customer, kind="task", title="Levar amostras")
    stage.visitor.go(f"/customers/{customer}/activities")
    page = stage.visitor.page
    page.get_by_role("button", name="Excluir Levar amostras").click()
    expect(page.get_by_role("link", name="Levar amostras")).to_have_count(0)
    page.get_by_role("button", name="Desfazer").click()
    expect(page.get_by_role("link", name="Levar amostras")).to_be_visible()
