"""The list of customers: search at every key, status filter, fifty rows as one piece of markup, keys to move about."""

from __future__ import annotations

from typing import Any

from nicegui import events, ui

from mobility_app.store.queries import customers as queries
from mobility_app.store.queries.customers import PAGE_ROWS, CustomerPage, CustomerRow
from mobility_app.ui import lists
from mobility_app.ui.live import Live, markup
from mobility_app.ui.markup import Html, h, icon
from mobility_app.ui.window import ListPlace, Window
from mobility_app.ui.words import Words

SEARCH_DEBOUNCE_MS = 100
QUERY_MAX = 200


async def build(window: Window) -> None:
    """Draws the view where it stood when it was left."""
    await CustomerList(window).show()


class CustomerList:
    """The list in one browser tab. Where it stands is kept in the window, so that coming back finds it."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._place: ListPlace = window.place
        words = window.words
        window.title(words("Customers"))
        with ui.element("div").classes("fb-page"), ui.element("div").classes("fb-stack"):
            new = lists.button(words("New customer"), href="/customers/new", symbol="plus", kind="primary")
            markup(lists.page_head(words("Customers"), new))
            self._search = self._search_field()
            self._live = Live(self._load, self._render, self._act)
        window.app.changed.subscribe(self._heard)
        window.on_leave(lambda: window.app.changed.unsubscribe(self._heard))

    async def show(self) -> None:
        """Loads and draws."""
        await self._live.show(self._place.text, self._place.status, self._place.args)

    def _search_field(self) -> ui.input:
        words = self._window.words
        name = words("Search by name, number, town, contact, telephone or e-mail")
        with ui.element("div").classes("fb-search").props("role=search data-search"):
            ui.html(icon("search"), sanitize=False, tag="span")
            field = ui.input(value=self._place.text, placeholder=words("Search customers"), on_change=self._typed)
            field.props(f"outlined dense clearable type=search debounce={SEARCH_DEBOUNCE_MS} maxlength={QUERY_MAX}")
            field.props["aria-label"] = name
        return field

    async def _load(self, text: str, status: str, args: dict[str, Any]) -> CustomerPage:
        return await self._window.app.read(lambda store: queries.page(store, text, status, **args))

    async def _typed(self, event: events.ValueChangeEventArguments[Any]) -> None:
        self._place.text = str(event.value or "")[:QUERY_MAX]
        await self._from_start()
        page: CustomerPage = self._live.model
        self._window.announce(self._window.words.n("{n} customer", "{n} customers", page.total))

    async def _from_start(self) -> None:
        self._place.args, self._place.first = {}, 0
        await self.show()

    async def _act(self, act: str, arg: str) -> None:
        if act == "filter" and arg in queries.STATUSES:
            self._place.status = arg
            await self._from_start()
        elif act == "page" and arg.isdecimal():
            await self._turn(int(arg))

    async def _turn(self, first: int) -> None:
        page: CustomerPage = self._live.model
        if self._place.text.strip():
            self._place.args = {"offset": first}
        else:
            self._place.args = {"after": page.last} if first > self._place.first else {"before": page.first}
        if first == 0:
            self._place.args = {}
        self._place.first = first
        await self.show()
        self._window.run("window.scrollTo(0, 0)")

    async def _heard(self) -> None:
        if not self._window.app.locked:
            await self._live.refresh("sync")

    def _render(self, page: CustomerPage) -> Html:
        words, place = self._window.words, self._place
        if place.text.strip():
            head = None
        else:
            names = ((words("Active")), words("Inactive"), words("All"))
            options = [(value, name, None) for value, name in zip(queries.STATUSES, names, strict=True)]
            head = lists.segments(words("Status"), options, place.status)
        if not page.rows:
            return h("div", head, self._nothing(page), class_="fb-stack")
        rows = h("div", [row(words, one, page.companies) for one in page.rows], data_arrows=True)
        pager = lists.pager(
            words, place.first, len(page.rows), page.total, size=PAGE_ROWS, more=page.more and not place.text.strip()
        )
        return h(
            "div", head, h("section", rows, pager, class_="fb-card", aria_label=words("Customers")), class_="fb-stack"
        )

    def _nothing(self, page: CustomerPage) -> Html:
        words, text = self._window.words, self._place.text.strip()
        if text:
            said = words("No customer matches “{text}”. Check the spelling or search by number.", text=text)
            return lists.nothing(said)
        if self._place.status == "active" and page.total == 0:
            new = lists.button(words("New customer"), href="/customers/new", symbol="plus")
            return lists.empty("users", words("No customers yet"), words("They come with the first sync."), new)
        return lists.nothing(words("No customer here."))


def row(words: Words, one: CustomerRow, companies: int = 1) -> Html:
    """One customer of a list. The whole row is the link."""
    meta = " · ".join(part for part in (one.number, one.town, one.company if companies > 1 else "") if part)
    chips = []
    if one.status != "active":
        chips.append(lists.chip(words.choice("customer", "status", one.status), small=True))
    if one.conflicts:
        chips.append(lists.chip(words("Conflict"), "bad", "git-compare-arrows", small=True))
    elif one.refused:
        chips.append(lists.chip(words("Refused"), "bad", "circle-x", small=True))
    elif one.waiting:
        chips.append(lists.chip(words("Not synced"), "warn", "cloud-upload", small=True))
    main = h(
        "span",
        h("span", one.name, class_="fb-row-t"),
        h("span", meta, class_="fb-row-m"),
        class_="fb-row-main",
    )
    face = lists.avatar(one.name, active=one.status == "active")
    return h("a", face, main, chips, class_="fb-row", href=f"/customers/{one.id}")
