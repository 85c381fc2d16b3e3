"""The mailing lists of the rep's companies: how many members are on this device, a new one, the way to each."""

from __future__ import annotations

from nicegui import ui

from mobility_app.domain import access
from mobility_app.store.actions import mailing
from mobility_app.store.queries import mailing_lists as queries
from mobility_app.store.queries.mailing_lists import PAGE_ROWS, ListPage
from mobility_app.store.store import Touched
from mobility_app.ui import lists, naming
from mobility_app.ui.context import App
from mobility_app.ui.live import Live
from mobility_app.ui.markup import Html, h
from mobility_app.ui.window import Window
from mobility_app.ui.words import Words

WAITING_ROWS = 4  # of the skeleton


async def build(window: Window) -> None:
    """Draws the lists and follows them."""
    window.title(window.words("Mailing lists"))
    with ui.element("div").classes("fb-page"):
        await _View(window).show()


class _View:
    """The view in one browser tab, with its place."""

    def __init__(self, window: Window) -> None:
        self._window, self._first = window, 0
        self._live = Live(self._load, self._render, self._act)
        self._live.hold(lists.skeleton(WAITING_ROWS, window.words("Mailing lists")))
        window.follow(self._heard)

    async def show(self) -> None:
        await self._live.show(self._first)

    async def _load(self, first: int) -> ListPage:
        return await self._window.app.read(queries.page, first)

    def _render(self, model: ListPage) -> Html:
        return render(self._window.words, model, may=may(self._window.app, "create"))

    async def _act(self, act: str, arg: str) -> None:
        if act == "page" and arg.isdecimal():
            self._first = int(arg)
            await self.show()
        elif act == "add":
            await self._add()

    async def _add(self) -> None:
        window, made = self._window, list[str]()
        actor = window.app.actor
        company_id = actor.company_ids[0] if actor and actor.company_ids else ""

        async def save(name: str) -> None:
            made.append(await window.app.write(lambda tx: mailing.new_list(tx, company_id, name)))

        if await naming.ask(window, window.words("New list"), save):
            window.go(f"/lists/{made[-1]}")

    async def _heard(self, touched: Touched) -> None:
        if not self._window.app.locked:
            await self._live.refresh("sync")


def may(app: App, verb: str) -> bool:
    """Whether the person may do this with mailing lists."""
    return app.actor is not None and access.may(app.actor.role, "lists", verb)


def render(words: Words, model: ListPage, *, may: bool) -> Html:
    """A page of the lists."""
    new = lists.button(words("New list"), act="add", symbol="plus", kind="primary") if may else None
    head = lists.page_head(words("Mailing lists"), new)
    if not model.total:
        text = words(
            "Lists of contacts that are written to together. Choose contacts at a customer and add them to one."
        )
        return h("div", head, lists.empty("send", words("No mailing lists"), text), class_="fb-stack")
    rows = [
        lists.row(
            row.name,
            " · ".join(filter(None, (words.n("{n} contact", "{n} contacts", row.members),
                                     row.company if model.companies > 1 else ""))),
            href=f"/lists/{row.id}", lead=lists.tile("send"),
        )
        for row in model.rows
    ]  # fmt: skip
    pager = lists.pager(words, model.first, len(model.rows), model.total, size=PAGE_ROWS)
    card = h("section", lists.rows(rows), pager, class_="fb-card", aria_label=words("Mailing lists"))
    return h("div", head, card, class_="fb-stack")
