"""Tab "Files": what is attached to the customer, by kind and in an order, and what this device does with it.

Adding (`adding.py`) works in read mode only. Rows are `file_rows.py`; the cards at the side are `files_here.py`.
"""

from __future__ import annotations

from nicegui import ui

from mobility_app.store.queries import files as queries
from mobility_app.store.queries.files import NEWEST, FileList
from mobility_app.ui import lists
from mobility_app.ui.live import Live
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import N_
from mobility_app.ui.sheet import adding, file_rows, files_here, unsettled
from mobility_app.ui.sheet.file_facts import KINDS
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.tab import Tab

ORDERS = {NEWEST: N_("Date"), "name": N_("Name"), "size": N_("Size"), "expires": N_("Expiry")}


async def build(sheet: Sheet) -> None:
    """Draws the area for adding and the list."""
    await _View(sheet).show()


class _View:
    """The tab with its filter, order and place in the list."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet, self._first, self._kind, self._order = sheet, 0, "", NEWEST
        self._live: Live | None = None

    async def show(self) -> None:
        with ui.element("div").classes("fb-drop") as area:
            adding.catch_drops(self._sheet, area)
            self._live = await self._sheet.live(
                queries.of_customer, self._render, self._first, self._kind, self._order, on_act=self._act
            )

    async def _act(self, act: str, arg: str) -> None:
        assert self._live is not None
        match act:
            case "page":
                self._first = int(arg)
            case "kind":
                self._first, self._kind = 0, arg
            case "order" if arg in ORDERS:
                self._first, self._order = 0, arg
            case _:
                await file_rows.act(self._sheet, act, arg)
                if await files_here.act(self._sheet, act):
                    await self._live.refresh()
                return
        await self._live.show(self._first, self._kind, self._order)

    def _render(self, model: FileList) -> Html:
        return render(self._sheet, model, self._first, self._kind, self._order)


def render(sheet: Sheet, model: FileList, first: int, kind: str = "", order: str = NEWEST) -> Html:
    """The buttons for adding, a page of the list, and the cards of this device."""
    words = sheet.words
    head = adding.button(sheet, editing=sheet.session is not None or model.in_edit)
    refused = unsettled.not_taken(sheet, "file", model.known)
    side = h("div", files_here.cards(sheet, model), class_="fb-side")
    if not model.known:
        text = words("Contracts, pictures and other files of this customer stand here.")
        shown = lists.empty("file", words("No files"), text)
    else:
        shown = h("div", _tools(sheet, model, kind, order), _list(sheet, model, first), class_="fb-stack")
    return h("div", head, refused, h("div", shown, side, class_="fb-cols"), class_="fb-stack")


def _tools(sheet: Sheet, model: FileList, kind: str, order: str) -> Html | None:
    """Filter by kind, where there are several, and order."""
    words = sheet.words
    if len(model.known) < 2:
        return None
    kinds = [("", words("All"), len(model.known))]
    kinds += [(one, words(KINDS[one][1]), count) for one, count in model.kinds.items()]
    orders = [(one, words(text), None) for one, text in ORDERS.items()]
    by_kind = lists.segments(words("Kind of file"), kinds, kind, act="kind") if len(kinds) > 2 or kind else None
    return h("div", by_kind, lists.segments(words("Order"), orders, order, act="order"), class_="fb-bar fb-file-tools")


def _list(sheet: Sheet, model: FileList, first: int) -> Html:
    words = sheet.words
    if not model.rows:
        return lists.nothing(words("No file of this kind."))
    body = lists.rows(file_rows.rows(sheet, model.rows))
    pager = lists.pager(words, first, len(model.rows), model.total)
    return lists.card(words("Files"), body, pager, count=model.total, flush=True)


TAB = Tab("files", N_("Files"), build, count=lambda header: header.counts["files"])
