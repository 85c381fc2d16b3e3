"""The rep's app in Chromium with HQ stopped: ten tabs, nothing leaves the machine; and what a sync brings shows at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from mobility_app.hq.demo import make
from tests.support.bench import Device, Hq, new_device, start_hq
from tests.support.browser import LABELS, SLUGS, Visitor, chromium_browser, visit

pytestmark = pytest.mark.browser


@dataclass(slots=True)
class Stage:
    hq: Hq
    ana: Device
    rui: Device
    customer: str
    launch: str


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with chromium_browser(chromium) as opened:
        yield opened


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("stage")
    hq = start_hq(folder / "hq")
    make(hq.office, customers=30)
    ana, rui = new_device(hq, folder / "ana", "Ana Silva"), new_device(hq, folder / "rui", "Rui Costa")
    with ana.store.reading() as session:
        customer = session.value(
            "SELECT c.id FROM customer c JOIN document d ON d.customer_id=c.id WHERE c.territory_id IN"
            " (SELECT id FROM territory WHERE name='Norte') GROUP BY c.id ORDER BY COUNT(*) DESC LIMIT 1"
        )
    yield Stage(hq, ana, rui, customer, ana.start_ui())
    ana.kill_ui()
    hq.kill()


@pytest.fixture(scope="module")
def visitor(browser: Browser, stage: Stage) -> Visitor:
    return visit(browser, stage.launch)


def test_ten_tabs_stand_with_headquarters_stopped_and_no_request_leaves_the_loopback(
    stage: Stage, visitor: Visitor
) -> None:
    stage.hq.stop()
    name = str(stage.ana.dump()["customer"][stage.customer]["name"])
    page = visitor.page
    for slug, label in zip(SLUGS, LABELS, strict=True):
        visitor.go(f"/customers/{stage.customer}/{slug}")
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        current = page.get_by_role("navigation", name="Ficha do cliente").locator('a[aria-current="page"]')
        expect(current).to_contain_text(label)
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        assert page.locator("main").count() == 1
    page.get_by_role("link", name=LABELS[1]).first.click()
    page.wait_for_url(f"**/customers/{stage.customer}/addresses")
    page.go_back()
    page.wait_for_url(f"**/customers/{stage.customer}/history")
    assert visitor.foreign == []
    assert visitor.errors == []
    stage.hq.start()


def test_a_change_that_comes_by_sync_appears_in_the_open_sheet_without_a_reload(stage: Stage, visitor: Visitor) -> None:
    visitor.go(f"/customers/{stage.customer}/details")
    page = visitor.page
    page.evaluate("window.stillHere = true")
    stage.rui.sync()
    stage.rui.set("customer", stage.customer, website="https://came-by-sync.example")
    stage.rui.sync()
    expect(page.get_by_text("came-by-sync.example").first).to_be_visible(timeout=30_000)
    assert page.evaluate("window.stillHere") is True


def test_read_mode_holds_no_input_and_editing_keeps_what_was_typed_over_a_kill(stage: Stage, browser: Browser) -> None:
    stage.ana.stop_ui()
    stage.launch = stage.ana.start_ui()
    first = visit(browser, stage.launch)
    first.go(f"/customers/{stage.customer}/details")
    sheet = first.page.locator("#fb-view")
    assert sheet.locator("input, textarea, select").count() == 0
    first.page.get_by_role("button", name="Editar").first.click()
    field = first.page.get_by_label("Nome da conta")
    field.fill("Ótica Nova")
    first.page.wait_for_function("() => true")
    expect(first.page.get_by_role("button", name="Salvar")).to_be_visible()
    _wait_for_draft(stage)
    stage.ana.kill_ui()
    stage.launch = stage.ana.start_ui()
    again = visit(browser, stage.launch)
    again.go(f"/customers/{stage.customer}/details")
    again.page.get_by_role("button", name="Continuar").first.click()
    expect(again.page.get_by_label("Nome da conta")).to_have_value("Ótica Nova")
    again.page.get_by_role("button", name="Salvar").click()
    expect(again.page.get_by_role("heading", level=1)).to_have_text("Ótica Nova")
    assert stage.ana.dump()["customer"][stage.customer]["name"] == "Ótica Nova"


def _wait_for_draft(stage: Stage) -> None:
    from tests.support.bench import select_wait

    for _ in range(200):
        with stage.ana.store.reading() as session:
            if session.value("SELECT COUNT(*) FROM draft WHERE value LIKE '%Nova%'"):
                return
        select_wait(0.05)
    raise AssertionError("no draft was kept")


def test_search_answers_at_every_key_and_opens_by_keyboard(stage: Stage, browser: Browser) -> None:
    stage.ana.stop_ui()
    stage.launch = stage.ana.start_ui()
    visitor = visit(browser, stage.launch)
    visitor.go("/customers")
    number = str(stage.ana.dump()["customer"][stage.customer]["number"])
    visitor.page.get_by_role("searchbox").first.press_sequentially(number.lower())
    rows = visitor.page.locator("[data-arrows] a")
    expect(rows).to_have_count(1)
    expect(visitor.page.locator("tbody tr")).to_contain_text(number)
    visitor.page.keyboard.press("ArrowDown")
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(f"**/customers/{stage.customer}*")


def test_the_locked_page_holds_no_customer(stage: Stage, browser: Browser) -> None:
    stage.ana.stop_ui()
    stage.launch = stage.ana.start_ui()
    visitor = visit(browser, stage.launch)
    name = str(stage.ana.dump()["customer"][stage.customer]["name"])
    visitor.go(f"/customers/{stage.customer}/details")
    other = visitor.context.new_page()
    other.goto(visitor.base + "/settings")
    other.get_by_role("button", name="Bloquear agora").click()
    passphrase = other.get_by_label("Frase-senha")
    expect(passphrase).to_be_visible()
    expect(visitor.page.get_by_label("Frase-senha")).to_be_visible()
    assert name not in visitor.page.content()
    passphrase.fill("not the passphrase")
    passphrase.press("Enter")
    expect(other.get_by_role("alert").filter(has_text="errada")).to_be_visible()
    passphrase.fill(stage.ana.passphrase)
    passphrase.press("Enter")
    expect(other.get_by_role("heading", level=1)).to_be_visible()
    expect(passphrase).to_have_count(0)


def test_no_file_of_the_device_holds_a_readable_word_of_a_customer(stage: Stage) -> None:
    """Typed, saved, killed, locked: after all that, database, logs, drafts and the web server's own folder are silent."""
    stage.ana.kill_ui()
    names = [str(row["name"]) for row in stage.ana.dump()["customer"].values()]
    words = [name for name in names if len(name) >= 8]  # three letters stand in a megabyte of noise by chance
    assert words
    words += ["came-by-sync.example", "Ótica Nova", stage.ana.passphrase]
    looked = 0
    for path in stage.ana.folder.rglob("*"):
        if path.is_file():
            content, looked = path.read_bytes(), looked + 1
            for word in words:
                assert word.encode() not in content, (path, word)
    assert looked >= 3
