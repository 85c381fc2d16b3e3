"""The rep's app by keyboard alone: skip link, search, tabs, editing, a dialog, check boxes, menus; on every view the focus
is seen, nothing covers it, it goes as the eye goes, and it gets out again."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser import Visitor
from tests.support.views import VIEWS, Stage, View
from tests.support.walk import STEPS_MAX, faults, stop, walk

pytestmark = pytest.mark.browser

NAME = "Padaria do Teclado"
SIZES = ((1280, 800), (390, 844), (640, 400))  # the desk, a phone, the desk at 200 %


@pytest.fixture(scope="module")
def bakery(everything: Stage, guest: Visitor) -> str:
    """A customer of this module alone."""
    return everything.device.create("customer", name=NAME)


def tab_to(page: Page, target: Locator) -> None:
    """Presses Tab until the target has the focus; what it passes has to be seen there."""
    for _ in range(STEPS_MAX):
        page.keyboard.press("Tab")
        if target.evaluate("(el) => el === document.activeElement"):
            at = stop(page)
            assert at is not None
            assert faults([at]) == []
            return
    raise AssertionError(f"Tab never comes to {target}")


# One that has nothing to go through, and one whose note covers what lies below it for a moment, and is held there.
LEFT_OUT = frozenset({"locked", "merged"})


@pytest.mark.parametrize("view", [view for view in VIEWS if view.name not in LEFT_OUT], ids=lambda view: view.name)
def test_tab_goes_through_a_view_as_the_eye_does(everything: Stage, guest: Visitor, view: View) -> None:
    page = everything.show(guest, view)
    found = []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        stops = walk(page)
        assert stops
        found += [f"{width} {one}" for one in faults(stops)]
    everything.leave(page)
    assert found == []


def test_the_skip_link_comes_first_and_leads_past_the_entries(guest: Visitor) -> None:
    guest.page.set_viewport_size({"width": 1280, "height": 800})
    guest.go("/customers")
    page = guest.page
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Ir para o conteúdo")
    expect(skip).to_be_focused()
    assert skip.evaluate("(el) => el.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#fb-view :focus")).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_text("Clientes")


def test_a_customer_is_searched_opened_edited_and_saved_without_a_mouse(
    everything: Stage, guest: Visitor, bakery: str
) -> None:
    page = guest.typed_at("/customers")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type(NAME)
    expect(page.locator("[data-arrows] a")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/customers/{bakery}*")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    tab_to(page, page.get_by_role("navigation", name="Ficha do cliente").get_by_role("link", name="Contatos"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/contacts")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/details")
    edit = page.get_by_role("button", name="Editar", exact=True)
    page.evaluate("document.activeElement.blur()")
    tab_to(page, edit)
    page.keyboard.press("Enter")
    name = page.get_by_label("Nome da conta")
    name.wait_for()
    tab_to(page, name)
    page.keyboard.press("End")
    page.keyboard.type(", Lda")
    expect(page.get_by_text("1 alteração", exact=True)).to_be_visible()
    page.keyboard.press("Control+s")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{NAME}, Lda")
    expect(edit).to_be_focused()
    assert everything.device.dump()["customer"][bakery]["name"] == f"{NAME}, Lda"


def test_a_dialog_takes_the_focus_keeps_it_and_gives_it_back(everything: Stage, guest: Visitor, bakery: str) -> None:
    page = guest.page
    guest.go(f"/customers/{bakery}/activities")
    opens = page.get_by_role("button", name="Nova tarefa")
    tab_to(page, opens)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Título").wait_for()
    for key in ("Tab", "Shift+Tab"):
        for _ in range(len(dialog.locator("input, button, textarea").all()) + 4):
            page.keyboard.press(key)
            assert dialog.evaluate("(el) => el.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opens).to_be_focused()
    page.keyboard.press("Enter")
    dialog.get_by_label("Título").wait_for()
    tab_to(page, dialog.get_by_label("Título"))
    page.keyboard.type("Levar o catálogo")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("link", name="Levar o catálogo")).to_be_visible()
    expect(dialog).to_have_count(0)
    expect(opens).to_be_focused()
    assert "Levar o catálogo" in {row["title"] for row in everything.device.dump()["activity"].values()}


def test_a_menu_opens_chooses_and_closes_without_its_dialog(guest: Visitor, bakery: str) -> None:
    page = guest.page
    guest.go(f"/customers/{bakery}/support")
    tab_to(page, page.get_by_role("button", name="Nova solicitação").first)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    choice = dialog.get_by_role("combobox", name="Prioridade")
    choice.wait_for()
    tab_to(page, choice)
    page.keyboard.press("Enter")
    expect(page.get_by_role("option")).to_have_count(3)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("option")).to_have_count(0)
    expect(choice).not_to_have_value("Normal")
    page.keyboard.press("Enter")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    expect(choice).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_space_turns_check_boxes_and_squares(everything: Stage, guest: Visitor) -> None:
    page = guest.page
    guest.go(f"/customers/{everything.ids['rich']}/details")
    page.get_by_role("button", name="Editar", exact=True).press("Enter")
    day = page.get_by_role("button", name="quarta-feira")
    day.wait_for()
    tab_to(page, day)
    was = day.get_attribute("aria-pressed")
    page.keyboard.press("Space")
    expect(day).to_have_attribute("aria-pressed", "false" if was == "true" else "true")
    expect(day).to_be_focused()
    main = page.get_by_role("checkbox", name="Telefone principal").first
    tab_to(page, main)
    was = main.get_attribute("aria-checked")
    page.keyboard.press("Space")
    expect(main).to_have_attribute("aria-checked", "false" if was == "true" else "true")
    everything.leave(page)
