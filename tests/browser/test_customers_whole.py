"""The customer list, a new customer and CSV in Chromium, with headquarters stopped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from mobility_app.store import drafts
from mobility_app.ui.new_customer import PLACE
from tests.support.bench import Device, new_device, start_hq
from tests.support.browser import Visitor, chromium_browser, visit
from tests.support.crowd import fill
from tests.support.waiting import until

pytestmark = pytest.mark.browser

SEARCH = "Procurar por nome, número"
ELEMENTS_MAX = 400


@dataclass(slots=True)
class Stage:
    ana: Device
    visitor: Visitor
    browser: Browser

    @property
    def page(self) -> Page:
        return self.visitor.page


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("customers")
    hq = start_hq(folder / "hq")
    hq.add_company("Lusitânia", "PT")
    for name in ("Porto", "Minho"):
        hq.add_territory("Lusitânia", name)
    hq.add_user("Ana Silva", "rep", "Lusitânia", ["Porto", "Minho"])
    ana = new_device(hq, folder / "ana", "Ana Silva")
    hq.stop()
    fill(ana.store, 230, deep=5)
    with chromium_browser(chromium) as browser:
        yield Stage(ana, visit(browser, ana.start_ui()), browser)
    ana.kill_ui()


def rows(page: Page) -> list[str]:
    return page.locator("tbody a").all_inner_texts()


def test_the_list_is_walked_by_keyboard_to_its_end_and_found_again(stage: Stage) -> None:
    page = stage.page
    stage.visitor.typed_at("/customers")
    expect(page.locator("tbody tr")).to_have_count(50)
    assert page.evaluate("document.querySelectorAll('.fb-view *').length") <= ELEMENTS_MAX
    first = rows(page)
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    expect(page.locator("tbody a").first).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator("tbody a").last).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("PageDown")
    expect(page.locator(".fb-pager")).to_contain_text("51 a 100")
    expect(page.locator("tbody a").first).to_be_focused()
    second = rows(page)
    assert not set(first[-1:]) & set(second[1:])
    chosen = second[0]
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(chosen)
    page.wait_for_url("**/customers/*")
    page.go_back()
    expect(page.locator(".fb-pager")).to_contain_text("51 a 100")
    assert rows(page) == second
    page.locator("tbody a").first.focus()
    page.keyboard.press("PageUp")
    expect(page.locator(".fb-pager")).to_contain_text("1 a 50")
    assert rows(page) == first


def test_filters_orders_and_half_a_telephone_find_customers(stage: Stage) -> None:
    page, ana = stage.page, stage.ana
    stage.visitor.go("/customers")
    page.get_by_role("button", name="Solicitações abertas").click()
    expect(page.locator("tbody tr")).to_have_count(5)
    expect(page.locator("#fb-say")).to_have_text("5 clientes")
    page.get_by_role("button", name="Solicitações abertas").click()
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_role("button", name="Número", exact=True).click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Número")
    expect(page.locator("tbody tr").first).to_contain_text("C-000000")
    page.get_by_role("button", name="Número", exact=True).click()
    expect(page.locator("tbody tr").first).to_contain_text("C-000229")
    with ana.store.reading() as db:
        e164, name = db.rows(
            "SELECT p.e164, c.name FROM customer_phone p JOIN customer c ON c.id = p.customer_id WHERE c.number='C-000017'"
        )[0]
    page.get_by_label(SEARCH).fill(f"{e164[6:9]} {e164[9:]}")
    expect(page.get_by_role("link", name=name, exact=True).first).to_be_visible()
    page.get_by_label(SEARCH).fill("isto não há")
    expect(page.get_by_text("Nenhum cliente corresponde a “isto não há”.")).to_be_visible()
    page.get_by_label(SEARCH).fill("")
    expect(page.locator("tbody tr")).to_have_count(50)


def test_a_new_customer_shows_its_like_asks_once_and_outlives_a_kill(stage: Stage) -> None:
    page, ana = stage.page, stage.ana
    there = ana.create("customer", name="Óptica Boavista, Lda")
    stage.visitor.go("/customers/new")
    page.get_by_label("Nome da conta").fill("optica boavista")
    alike = page.get_by_role("link", name="Óptica Boavista, Lda")
    expect(alike).to_have_attribute("href", f"/customers/{there}")
    expect(page.get_by_text("mesmo nome")).to_be_visible()
    page.get_by_label("Telefone").fill("22 340 18 77")

    def kept() -> bool:
        with ana.store.reading() as db:
            found = {str(draft.value) for draft in drafts.kept(db, PLACE)}
        return any("22 340 18 77" in value for value in found) and any("optica boavista" in value for value in found)

    until(kept)
    ana.kill_ui()
    stage.visitor.context.close()
    stage.visitor = visit(stage.browser, ana.start_ui())
    page = stage.page
    stage.visitor.go("/customers")
    page.get_by_role("link", name="Continuar").click()
    expect(page.get_by_label("Nome da conta")).to_have_value("optica boavista")
    expect(page.get_by_label("Telefone")).to_have_value("22 340 18 77")
    page.get_by_label("Cidade").fill("Porto")
    page.get_by_label("E-mail").fill("isto não é")
    page.get_by_role("button", name="Salvar").click()
    dialog = page.get_by_role("dialog", name="Este cliente talvez já exista")
    expect(dialog).to_contain_text("mesmo nome")
    dialog.get_by_role("button", name="Salvar como novo cliente").click()
    expect(page.get_by_text("Corrija os campos marcados")).to_be_visible()
    page.get_by_label("E-mail").fill("geral@boavista.example")
    page.get_by_role("button", name="Salvar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("optica boavista")
    with ana.store.reading() as db:
        (row,) = db.find("customer", name="optica boavista")
        assert re.match(r"T-\d+-\d+", str(row["number"]))
        assert [one["e164"] for one in db.find("customer_phone", customer_id=row["id"])] == ["+351223401877"]
        assert [one["city"] for one in db.find("address", customer_id=row["id"])] == ["Porto"]
        assert drafts.kept(db, PLACE) == []
    stage.visitor.go("/customers")
    expect(page.get_by_role("link", name="Continuar")).to_have_count(0)


def test_a_list_goes_out_is_changed_in_a_spreadsheet_and_comes_back(stage: Stage, tmp_path: Path) -> None:
    page, ana = stage.page, stage.ana
    stage.visitor.go("/customers")
    page.get_by_role("button", name="Todos", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Exportar CSV").click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    with ana.store.reading() as db:
        count = int(db.value("SELECT COUNT(*) FROM customer"))
        before = db.find("customer", number="C-000003")[0]
    assert len(text.splitlines()) == count + 1
    lines = [line.replace(f"C-000003;{before['name']};", "C-000003;Nome da Planilha;") for line in text.splitlines()]
    width = lines[0].count(";")
    path = tmp_path / "clientes.csv"
    path.write_bytes("\r\n".join([*lines, ";".join(["C-XX", "Ninguém"]) + ";" * (width - 1), ""]).encode("cp1252"))
    page.get_by_role("link", name="Importar CSV").click()
    page.locator("#fb-import-file").set_input_files(path)
    page.get_by_role("button", name="Verificar as linhas").click()
    expect(page.get_by_role("button", name="Importar 1 cliente", exact=True)).to_be_visible(timeout=30_000)
    with ana.store.reading() as db:
        assert db.find("customer", number="C-000003")[0]["name"] == before["name"]
    page.get_by_role("button", name="A alterar").click()
    expect(page.get_by_text(f"Nome da conta: {before['name']} → Nome da Planilha")).to_be_visible()
    page.get_by_role("button", name="Não aceitas").click()
    expect(page.get_by_text("Nenhum cliente aqui tem este número.")).to_be_visible()
    assert page.evaluate("document.querySelectorAll('.fb-view *').length") <= ELEMENTS_MAX
    page.get_by_role("button", name="Importar 1 cliente", exact=True).click()
    expect(page.locator(".fb-notice").get_by_text("A importação terminou.")).to_be_visible(timeout=30_000)
    with ana.store.reading() as db:
        assert db.find("customer", number="C-000003")[0]["name"] == "Nome da Planilha"
    with page.expect_download() as download:
        page.get_by_role("link", name="Baixar as linhas não aceitas").click()
    assert "C-XX;Ninguém" in Path(download.value.path()).read_text("utf-8-sig")
    broken = tmp_path / "torto.csv"
    broken.write_text("a;b\n1;2;3\n")
    page.get_by_role("button", name="Outro arquivo").click()
    page.locator("#fb-import-file").set_input_files(broken)
    expect(page.get_by_text("A linha 2 tem 3 células, o cabeçalho tem 2.")).to_be_visible()
    assert stage.visitor.foreign == []
