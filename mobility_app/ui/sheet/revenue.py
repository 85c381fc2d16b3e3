"""Tab "Revenue": what the customer was billed, by category and by month, from the billing documents.

Donut, bars, figures, lists and tables all show one `RevenueView`; a slice, a bar or a line of them lists the documents
behind it; CSV has the same figures. The forecast comes from a process of its own while everything else stands already.
`RevenueTab` holds what is chosen in this browser tab; what it looks like is `revenue_markup.py`, `outlook_markup.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from nicegui import events, ui

from mobility_app.errors import InvalidValue, MobilityError
from mobility_app.outlook.history import MONTHS_MOST, Ask, Outlook
from mobility_app.store.queries import revenue as queries
from mobility_app.store.queries.months import months as whole_months
from mobility_app.store.queries.revenue import FROM_TO, Asked, BehindPage, RevenueView
from mobility_app.ui import charts
from mobility_app.ui.live import markup
from mobility_app.ui.markup import NOTHING, Html, h
from mobility_app.ui.names import N_
from mobility_app.ui.sheet import billing, outlook_markup
from mobility_app.ui.sheet import revenue_markup as look
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.revenue_markup import NAMES, Chosen
from mobility_app.ui.sheet.revenue_query import asked_in, keep_query, pairs_of, query_of
from mobility_app.ui.sheet.tab import Tab

DEBOUNCE_MS = 300


class RevenueTab:
    """The tab in one browser tab: what is chosen, what was loaded, and the elements that show it."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet, self.words = sheet, sheet.words
        self.asked, self.compare = _from_query(sheet.query)
        self.chosen: Chosen | None = None
        self.view: RevenueView | None = None
        self.page: BehindPage | None = None
        self._stack = ui.element("div").classes("fb-stack")
        self._parts: dict[str, ui.html] = {}
        self._first_month = 0
        self._ask_outlook = Ask("", ())
        self._calculation: asyncio.Future[None] | None = None  # kept, so that nobody collects it half done

    async def load(self) -> None:
        """Reads the figures and, where something is chosen, the documents behind it; then shows them."""
        asked, chosen = self.asked, self.chosen
        try:
            view = await self.sheet.read(queries.revenue, self.sheet.customer_id, asked, self.sheet.app.today())
        except InvalidValue as bad:
            if self._parts:
                self._wrong(bad)
                return
            self.asked = asked = Asked()  # an address with days that make no period
            view = await self.sheet.read(queries.revenue, self.sheet.customer_id, asked, self.sheet.app.today())
        page = await self._read_behind(view)
        if asked is self.asked and chosen is self.chosen and not self._stack.is_deleted:
            self.view, self.page = view, page
            self._show(view)
            if view.documents_ever:
                await self._foresee(view.currency)

    async def _read_behind(self, view: RevenueView) -> BehindPage | None:
        one = self.chosen
        if one is None:
            return None
        return await self.sheet.read(
            queries.behind, self.sheet.customer_id, view.currency, view.period, one.categories, one.month, one.first
        )

    # -- drawing

    def _show(self, view: RevenueView) -> None:
        if not view.documents_ever:
            self._stack.clear()
            self._parts = {}
            with self._stack:
                ui.html(look.none_yet(self.words), sanitize=False)
            return
        if not self._parts:
            self._stack.clear()
            with self._stack:
                self._draw()
        self._fill(view)

    def _draw(self) -> None:
        words = self.words
        self._parts = {"controls": markup(NOTHING, self._act)}
        self._range = ui.element("div").classes("fb-bar")
        self._parts["problem"] = ui.html("", sanitize=False).classes("fb-err").props("role=alert")
        self._parts["figures"] = markup(NOTHING)
        with ui.element("div").classes("fb-charts"):
            with self._card(words("By category")), ui.element("div").classes("fb-donut"):
                self._donut = self._chart("fb-chart-donut", self._slice_clicked)
                self._parts["legend"] = markup(NOTHING, self._act)
            with self._card(words("By month")):
                self._bars = self._chart("fb-chart-bars", self._bar_clicked)
                self._parts["colours"] = markup(NOTHING)
        self._parts["behind"] = markup(NOTHING, self._act)
        self._parts["outlook"] = markup(NOTHING, self._act)
        self._parts["tables"] = markup(NOTHING, self._act_tables)
        self._draw_range()

    def _card(self, title: str) -> ui.element:
        card = ui.element("section").classes("fb-card")
        with card:
            ui.html(h("div", h("h2", title), class_="fb-card-head"), sanitize=False)
            return ui.element("div").classes("fb-card-body")

    def _chart(self, name: str, clicked: Callable[[events.EChartPointClickEventArguments], Any]) -> ui.echart:
        chart = ui.echart({}, on_point_click=clicked, renderer="svg").classes(name)
        chart.props["aria-hidden"] = "true"  # the list and the tables say the same
        return chart

    def _fill(self, view: RevenueView) -> None:
        words, parts = self.words, look.slices_of(self.words, view)
        total = words.money(view.now.total_minor, view.currency)
        note = words.n("{n} month", "{n} months", len(view.now.by_month))
        before = look.bars_of(words, view.before.by_month) if self.compare else []
        names = (look.period_name(words, view, self.asked.name), words("Year before"))
        shown = {
            "colours": look.two_colours(*names) if self.compare else NOTHING,
            "controls": look.controls(words, view, self.asked, self._csv(), compare=self.compare),
            "problem": NOTHING,
            "figures": look.figures(words, view, self.asked.name),
            "legend": look.legend(words, parts, view.currency),
            "behind": self._behind(view),
            "tables": look.tables(words, view, compare=self.compare, first=self._first_month),
        }
        for name, content in shown.items():
            if self._parts[name].content != content:
                self._parts[name].set_content(content)
        _set(self._donut, charts.donut(words, parts, view.currency, total=total, note=note))
        months = look.bars_of(words, view.now.by_month)
        _set(self._bars, charts.bars(words, months, view.currency, before=before, names=names))

    async def _foresee(self, currency: str) -> None:
        """Shows the forecast where it is known, else that it is on its way; nothing waits for it."""
        found = await self.sheet.read(
            whole_months, self.sheet.customer_id, currency, self.sheet.app.today(), MONTHS_MOST
        )
        self._ask_outlook, outlooks = Ask(found.first, found.values), self.sheet.app.outlooks
        known = outlooks.known(self.sheet.customer_id, self._ask_outlook)
        self._show_outlook(currency, known)
        if self._ask_outlook.enough and known is None:
            self._calculation = asyncio.ensure_future(self._calculate(self._ask_outlook, currency))

    async def _calculate(self, ask: Ask, currency: str) -> None:
        try:
            found, failed = await self.sheet.app.outlooks.of(self.sheet.customer_id, ask), False
        except MobilityError:
            found, failed = None, True
        if ask == self._ask_outlook:  # else other figures came meanwhile
            self._show_outlook(currency, found, failed=failed)

    def _show_outlook(self, currency: str, found: Outlook | None, *, failed: bool = False) -> None:
        if "outlook" in self._parts and not self._stack.is_deleted:
            content = outlook_markup.card(self.words, self._ask_outlook, found, currency, failed=failed)
            if self._parts["outlook"].content != content:
                self._parts["outlook"].set_content(content)

    def _csv(self) -> str:
        """The address of the CSV with the figures that are shown."""
        return f"/exports/revenue/{self.sheet.customer_id}.csv{query_of(pairs_of(self.asked, compare=self.compare))}"

    def _behind(self, view: RevenueView) -> Html:
        if self.chosen is None or self.page is None:
            return NOTHING
        return look.behind_card(
            self.words, self.page, self.chosen, view.currency, lambda one: self.sheet.href("documents", one)
        )

    def _wrong(self, bad: InvalidValue) -> None:
        if self._parts and not self._stack.is_deleted:
            years = queries.MONTHS_MAX // 12
            text = (
                self.words("Choose at most {n} years.", n=years) if bad.reason == "too_many" else self.words.error(bad)
            )
            self._parts["problem"].set_content(h("span", text))

    def _draw_range(self) -> None:
        """The two days, only while a period of one's own is chosen: read mode holds no input otherwise."""
        self._range.clear()
        if self.asked.name != FROM_TO:
            self._range.set_visibility(False)
            return
        self._range.set_visibility(True)
        with self._range:
            for name, label in (("start", self.words.p("day", "From")), ("end", self.words.p("day", "To"))):
                with ui.element("div").classes("fb-input"):
                    own = f"revenue-{name}"
                    ui.html(h("div", h("label", label, for_=own), class_="fb-input-l"), sanitize=False)
                    field = ui.input(value=getattr(self.asked, name), on_change=self._day_changed(name))
                    field.props(f"outlined dense type=date for={own} debounce={DEBOUNCE_MS} hide-bottom-space")

    # -- what happens

    def _day_changed(self, name: str) -> Callable[[events.ValueChangeEventArguments[Any]], Any]:
        async def changed(event: events.ValueChangeEventArguments[Any]) -> None:
            self.chosen = None
            await self._ask(replace(self.asked, **{name: str(event.value or "")}))

        return changed

    async def _act(self, act: str, arg: str) -> None:
        view = self.view
        if view is None:
            return
        match act:
            case "period" if arg in NAMES:
                await self._ask_period(arg, view)
            case "currency":
                await self._ask(replace(self.asked, currency=arg))
            case "compare":
                self.compare = not self.compare
                self._remember()
                self._fill(view)
            case "slice":
                await self._pick_slice(int(arg))
            case "bar":
                await self._pick_bar(int(arg))
            case "category":
                await self._choose(Chosen(look.category_name(self.words, arg), (arg,)))
            case "page" if self.chosen and arg.isdecimal():
                await self._choose(replace(self.chosen, first=int(arg)))
            case "close":
                self.chosen = None
                await self.load()
            case "foresee":
                await self._foresee(view.currency)

    async def _act_tables(self, act: str, arg: str) -> None:
        """As `_act`; a page is one of the table's months here."""
        if act != "page":
            await self._act(act, arg)
        elif self.view is not None and arg.isdecimal() and int(arg) < len(self.view.now.by_month):
            self._first_month = int(arg)
            self._fill(self.view)

    async def _ask_period(self, name: str, view: RevenueView) -> None:
        start, end = view.period.start.isoformat(), view.period.end.isoformat()
        asked = (
            replace(self.asked, name=name, start=start, end=end) if name == FROM_TO else replace(self.asked, name=name)
        )
        self.chosen = None
        self.asked = asked
        self._draw_range()
        await self._ask(asked)

    async def _ask(self, asked: Asked) -> None:
        self.asked, self.chosen, self._first_month = asked, None, 0
        self._remember()
        await self.load()

    async def _slice_clicked(self, event: events.EChartPointClickEventArguments) -> None:
        await self._pick_slice(int(event.data_index))

    async def _bar_clicked(self, event: events.EChartPointClickEventArguments) -> None:
        if event.series_index == (1 if self.compare else 0):  # the paler ones belong to another period
            await self._pick_bar(int(event.data_index))

    async def _pick_slice(self, at: int) -> None:
        parts = look.slices_of(self.words, self.view) if self.view else []
        if 0 <= at < len(parts):
            await self._choose(Chosen(parts[at].name, parts[at].categories))

    async def _pick_bar(self, at: int) -> None:
        months = self.view.now.by_month if self.view else ()
        if 0 <= at < len(months):
            await self._choose(Chosen(look.month_name(self.words, months[at][0]), None, months[at][0]))

    async def _choose(self, chosen: Chosen) -> None:
        self.chosen = chosen
        await self.load()
        if self.page is not None:
            self.sheet.announce(self.words.n("{n} document", "{n} documents", self.page.total))
            self.sheet.window.run("document.getElementById('behind')?.scrollIntoView({block: 'nearest'})")

    def _remember(self) -> None:
        """Keeps the choice in the address, so that coming back from a document finds it."""
        self.sheet.window.run(keep_query(pairs_of(self.asked, compare=self.compare)))


def _from_query(query: Mapping[str, str]) -> tuple[Asked, bool]:
    asked = asked_in(query)
    if asked.name == FROM_TO and not (_is_day(asked.start) and _is_day(asked.end)):
        asked = Asked()
    return asked, query.get("compare") == "1"


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _set(chart: ui.echart, options: dict[str, Any]) -> None:
    if chart.options != options:
        chart.options.clear()
        chart.options.update(options)
        chart.update()


async def build(sheet: Sheet) -> None:
    """Draws the tab; it cannot be edited, so both modes look the same."""
    if not billing.sees(sheet.app.actor, sheet.header):
        ui.html(billing.unseen(sheet.words, sheet.app.actor, sheet.header), sanitize=False)
        return
    tab = RevenueTab(sheet)
    await tab.load()
    sheet.on_change(tab.load)


TAB = Tab("revenue", N_("Revenue"), build)
