"""The list of customers: search at every key, filters, four orders, fifty lines as one piece of markup, keys to move
about. Where it stands is kept in the window, so that coming back finds it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nicegui import events, ui

from mobility_app.domain import access
from mobility_app.store.queries import arriving as arriving_queries
from mobility_app.store.queries import customers as queries
from mobility_app.store.queries.arriving import Coming
from mobility_app.store.queries.customers import Choices, CustomerPage, Filters
from mobility_app.store.store import Touched
from mobility_app.ui import arriving, customer_rows, lists, new_customer
from mobility_app.ui.live import Live, markup
from mobility_app.ui.markup import NOTHING, Html, h, icon
from mobility_app.ui.unfinished import Left
from mobility_app.ui.window import ListPlace, Window

SEARCH_DEBOUNCE_MS = 40
QUERY_MAX = 200
WAITING_ROWS = 8  # of the skeleton


async def build(window: Window) -> None:
    """Draws the view where it stood when it was left."""
    held = ui.html(lists.skeleton(WAITING_ROWS, window.words("Customers")), sanitize=False).classes("fb-page")
    try:
        choices = await window.app.read(queries.choices)
        begun = await window.app.read(new_customer.left, window.app)
    finally:
        held.delete()
    await CustomerList(window, choices, begun).show()


class CustomerList:
    """The list in one browser tab."""

    def __init__(self, window: Window, choices: Choices, begun: Left | None) -> None:
        self._window = window
        self._place: ListPlace = window.place
        self._pick: ui.select | None = None
        words, actor = window.words, window.app.actor
        self._may_create = actor is not None and access.may(actor.role, "customer", "create")
        window.title(words("Customers"))
        with ui.element("div").classes("fb-page"), ui.element("div").classes("fb-stack"):
            markup(lists.page_head(words("Customers"), *self._actions()))
            if begun is not None:
                markup(new_customer.offer(words, begun, window.app.now()))
            self._arriving = Live(self._coming, self._arrived_so_far)
            with ui.element("div").classes("fb-tools"):
                self._search_field()
                if len(choices.territories) > 1:
                    self._territory(choices)
            self._live = Live(self._load, self._render, self._act)
            self._live.hold(lists.skeleton(WAITING_ROWS))
        window.follow(self._heard)

    async def show(self) -> None:
        """Loads and draws."""
        await self._arriving.show()
        await self._live.show(self._place.text, self._filters(), self._place.args)

    def _actions(self) -> list[Html]:
        words = self._window.words
        if not self._may_create:
            return []
        bring = lists.button(words("Import CSV"), href="/customers/import", symbol="upload", kind="ghost")
        return [
            h("div", bring, class_="fb-wide-only"),
            lists.button(words("New customer"), href="/customers/new", symbol="plus", kind="primary"),
        ]

    def _search_field(self) -> None:
        words = self._window.words
        name = words("Search by name, number, town, contact, telephone or e-mail")
        with ui.element("div").classes("fb-search").props("role=search data-search"):
            ui.html(icon("search"), sanitize=False, tag="span")
            field = ui.input(value=self._place.text, placeholder=words("Search customers"), on_change=self._typed)
            field.props(f"outlined dense clearable type=search debounce={SEARCH_DEBOUNCE_MS} maxlength={QUERY_MAX}")
            field.props["aria-label"] = name

    def _territory(self, choices: Choices) -> None:
        words = self._window.words

        async def chosen(event: events.ValueChangeEventArguments[Any]) -> None:
            if str(event.value or "") != self._place.filters.territory_id:
                await self._ask(territory_id=str(event.value or ""))

        options = {"": words("All territories"), **dict(choices.territories)}
        known = self._place.filters.territory_id
        self._pick = ui.select(options, value=known if known in options else "", on_change=chosen)
        self._pick.classes("fb-pick-one").props("outlined dense options-dense")
        self._pick.props["aria-label"] = words("Territory")

    def _filters(self) -> Filters:
        app = self._window.app
        return replace(self._place.filters, now=app.now() // 60_000 * 60_000, today=app.today().isoformat())

    async def _load(self, text: str, filters: Filters, args: dict[str, Any]) -> CustomerPage:
        return await self._window.app.read(lambda store: queries.page(store, text, filters, **args))

    async def _typed(self, event: events.ValueChangeEventArguments[Any]) -> None:
        self._place.text = str(event.value or "")[:QUERY_MAX]
        await self._from_start()

    async def _ask(self, **filters: object) -> None:
        self._place.filters = replace(self._place.filters, **filters)  # type: ignore[arg-type]
        await self._from_start()

    async def _from_start(self) -> None:
        self._place.args, self._place.first = {}, 0
        await self.show()
        self._window.announce(customer_rows.counted(self._window.words, self._live.model))

    async def _act(self, act: str, arg: str) -> None:
        filters = self._place.filters
        if act == "status" and arg in queries.STATUSES:
            await self._ask(status=arg)
        elif act == "toggle" and arg in customer_rows.TOGGLES:
            await self._toggle(arg, not customer_rows.toggled(filters, arg))
        elif act == "sort" and arg in queries.SORTS:
            fresh = arg == "active"  # the newest first
            down = not filters.descending if filters.sort == arg else fresh
            self._place.filters = replace(filters, sort=arg, descending=down)
            await self._from_start()
        elif act == "clear":
            await self._ask(territory_id="", owner_id="", tickets=False, overdue=False, unvisited=False)
            if self._pick is not None:
                self._pick.set_value("")
        elif act == "page" and arg.isdecimal():
            await self._turn(int(arg))

    async def _toggle(self, name: str, on: bool) -> None:
        actor = self._window.app.actor
        if name != "mine":
            await self._ask(**{name: on})
        elif actor is not None:
            await self._ask(owner_id=actor.user_id if on else "")

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

    async def _coming(self) -> Coming | None:
        return await self._window.app.read(arriving_queries.coming)

    def _arrived_so_far(self, coming: Coming | None) -> Html:
        return arriving.card(self._window.words, coming, self._window.app.status) or NOTHING

    async def _heard(self, touched: Touched) -> None:
        if not self._window.app.locked:
            await self._arriving.refresh()
            await self._live.refresh("sync")

    def _render(self, page: CustomerPage) -> Html:
        place = self._place
        return customer_rows.render(
            self._window.words, page, place.text, self._filters(), place.first, self._may_create
        )
