"""What the tab "Revenue" shows, as markup: controls, figures, the list beside the donut, tables, documents behind. Pure.

Everything comes from one `RevenueView` and so agrees to the cent. `sheet/revenue.py` puts it on the screen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from mobility_app.domain.rules.revenue import ALLOWANCES, NO_CATEGORY
from mobility_app.store.queries.revenue import FROM_TO, LAST_12, LAST_YEAR, THIS_YEAR, Asked, BehindPage, RevenueView
from mobility_app.ui import charts, lists
from mobility_app.ui.charts import Bar, Slice
from mobility_app.ui.lists import Column, Line
from mobility_app.ui.markup import Html, h, icon
from mobility_app.ui.names import N_
from mobility_app.ui.words import Words

NAMES = MappingProxyType({
    LAST_12: N_("Last 12 months"), THIS_YEAR: N_("This year"), LAST_YEAR: N_("Last year"), FROM_TO: N_("From–to"),
})  # fmt: skip
CATEGORIES = MappingProxyType({NO_CATEGORY: N_("No category"), ALLOWANCES: N_("Allowances and charges")})
SHORT_MONTHS = 12  # up to so many months are named without their year
MONTH_ROWS = 24  # of the table on one page: a view holds 400 elements


def category_name(words: Words, category: str) -> str:
    """A category as people read it; the two that documents do not name themselves are translated."""
    return words(CATEGORIES[category]) if category in CATEGORIES else category


def month_name(words: Words, month: str) -> str:
    """ "2026-11" as people read it."""
    return words.month(f"{month}-01")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A slice or a bar: its name, its categories (None for a bar), its month, and the offset of the page shown."""

    name: str
    categories: tuple[str, ...] | None = None
    month: str = ""
    first: int = 0


def slices_of(words: Words, view: RevenueView) -> list[Slice]:
    """What the donut draws and the list beside it says."""
    return charts.slices(view.now.by_category, lambda one: category_name(words, one), words.p("category", "Other"))


def bars_of(words: Words, months: tuple[tuple[str, int], ...]) -> list[Bar]:
    """The bars of months ("YYYY-MM", minor)."""
    short = words.month_short if len(months) <= SHORT_MONTHS else words.month
    return [Bar(short(f"{month}-01"), month_name(words, month), minor) for month, minor in months]


def controls(words: Words, view: RevenueView, asked: Asked, csv: str, *, compare: bool) -> Html:
    """Period, comparison, the figures as CSV (address `csv`) and, where there are several, the currency."""
    periods = lists.segments(
        words("Period"), [(name, words(text), None) for name, text in NAMES.items()], asked.name, act="period"
    )
    against = h(
        "button", icon("check") if compare else None, h("span", words("Compare with the year before")), type="button",
        class_="fb-btn", data_act="compare", aria_pressed=str(compare).lower(),
    )  # fmt: skip
    money = None
    if len(view.currencies) > 1:
        money = lists.segments(
            words("Currency"), [(one, one, None) for one in view.currencies], view.currency, act="currency"
        )
    days = h("span", _days(words, view), class_="fb-meta fb-num")
    saved = lists.download("CSV", csv, words("CSV of these figures"))
    return h("div", periods, money, against, saved, days, class_="fb-bar")


def _days(words: Words, view: RevenueView) -> str:
    return f"{words.date(view.period.start)} – {words.date(view.period.end)}"


def period_name(words: Words, view: RevenueView, name: str) -> str:
    """What the period is called: by its name, one of the person's own by its days."""
    return _days(words, view) if name == FROM_TO else words(NAMES[name])


def two_colours(now: str, before: str) -> Html:
    """Which bars are which, while two years are compared."""
    pairs = (("fb-swatch fb-swatch-now", now), ("fb-swatch fb-swatch-before", before))
    return h("div", [h("span", h("span", class_=look), text) for look, text in pairs], class_="fb-legend-line")


def figures(words: Words, view: RevenueView, name: str) -> Html:
    """The three headline figures."""
    cash, best = view.currency, view.best
    average = words.n("over {n} month, net of credit notes", "over {n} months, net of credit notes", view.months_begun)
    return h(
        "div",
        lists.figure(period_name(words, view, name), words.money(view.now.total_minor, cash), _change(words, view)),
        lists.figure(words("Average month"), words.money(view.average_minor, cash), average),
        lists.figure(
            words("Best month"), month_name(words, best[0]) if best else "–",
            words.money(best[1], cash) if best else words("No month with revenue"),
        ),
        class_="fb-grid-3",
    )  # fmt: skip


def _change(words: Words, view: RevenueView) -> str:
    percent = view.change_percent
    if percent is None:
        return words("Nothing in the year before to compare with")
    change = f"{'+' if percent > 0 else ''}{words.percent(percent)}"
    if view.still_runs:
        return words("{change} on the same days a year before", change=change)
    return words("{change} on the year before", change=change)


def legend(words: Words, parts: list[Slice], currency: str) -> Html:
    """The list beside the donut: its text version. Percents add up to 100; what is negative is listed, not drawn."""
    if not parts:
        return h("p", words("No revenue in this period."), class_="fb-meta")
    rows = [
        h(
            "li",
            h("button", part.name, type="button", class_="fb-pick", data_act="slice", data_arg=str(at - 1)),
            h("span", words.money(part.minor, currency), class_="fb-row-amount"),
            h("span", words.percent(part.percent) if part.drawn else "–", class_="fb-pct"),
            class_=f"fb-slice-{at if part.drawn else 'none'}",
        )
        for at, part in enumerate(parts, 1)
    ]
    return h("ul", rows, class_="fb-legend")


def tables(words: Words, view: RevenueView, *, compare: bool, first: int = 0) -> Html:
    """The same figures as two tables, for people who can't use the picture. `first`: the month on top of its page."""
    by_month = _by_month(words, view, compare, first)
    return h("div", by_month, _by_category(words, view, compare), class_="fb-charts fb-figs")


def _by_month(words: Words, view: RevenueView, compare: bool, first: int) -> Html:
    cash = view.currency
    before = [minor for _, minor in view.before.by_month]
    lines = []
    for at, (month, minor) in list(enumerate(view.now.by_month))[first : first + MONTH_ROWS]:
        cells: list[Html | str] = [_pick(month_name(words, month), "bar", str(at)), words.money(minor, cash)]
        if compare:
            cells.append(words.money(before[at] if at < len(before) else 0, cash))
        lines.append(Line(cells))
    pager = lists.pager(words, first, len(lines), len(view.now.by_month), size=MONTH_ROWS)
    return _table(words, words("Revenue by month"), words("Month"), lines, view, compare, pager=pager)


def _by_category(words: Words, view: RevenueView, compare: bool) -> Html:
    cash, percent = view.currency, {one.category: one.percent for one in view.now.by_category}
    now = {one.category: one.net_minor for one in view.now.by_category}
    before = {one.category: one.net_minor for one in view.before.by_category}
    listed = {part.categories[0] for part in slices_of(words, view) if len(part.categories) == 1}
    lines = []
    for category in dict.fromkeys([*now, *(before if compare else ())]):
        name: Html | str = category_name(words, category)
        if category not in listed:  # the list beside the donut has a button for the others
            name = _pick(str(name), "category", category)
        share = words.percent(percent[category]) if percent.get(category) else "–"
        cells: list[Html | str] = [name, words.money(now.get(category, 0), cash), share]
        if compare:
            cells.append(words.money(before.get(category, 0), cash))
        lines.append(Line(cells))
    return _table(words, words("Revenue by category"), words("Category"), lines, view, compare, share=True)


def _table(
    words: Words,
    title: str,
    first: str,
    lines: list[Line],
    view: RevenueView,
    compare: bool,
    *,
    share: bool = False,
    pager: Html | None = None,
) -> Html:
    columns = [Column(first), Column(words("Net amount"), right=True)]
    total: list[Html | str] = [words("Total"), words.money(view.now.total_minor, view.currency)]
    if share:
        columns.append(Column(words("Share"), right=True))
        total.append(words.percent(100) if any(one.percent for one in view.now.by_category) else "–")
    if compare:
        columns.append(Column(words("Year before"), right=True))
        total.append(words.money(view.before.total_minor, view.currency))
    return lists.card(title, lists.table(title, columns, lines, total=Line(total)), pager, flush=True)


def _pick(text: str, act: str, arg: str) -> Html:
    return h("button", text, type="button", class_="fb-pick", data_act=act, data_arg=arg)


def behind_card(
    words: Words, page: BehindPage, chosen: Chosen, currency: str, href: Callable[[str], str]
) -> Html:  # fmt: skip
    """The documents behind a slice or a bar, each with what it brings to it, and their sum."""
    close = lists.icon_button("x", words("Close the documents of {name}", name=chosen.name), act="close")
    title = words("Documents: {name}", name=chosen.name)
    if not page.rows:
        return lists.card(
            title, lists.nothing(words("No document is behind this.")), actions=close, id="behind", flush=True
        )
    rows = [
        lists.row(
            one.number, f"{words.choice('document', 'kind', one.kind)} · {words.date(one.issued_on)}",
            href=href(one.id), lead=lists.tile("receipt"),
            end=h("span", words.money(one.net_minor, currency), class_="fb-row-amount"),
        )
        for one in page.rows
    ]  # fmt: skip
    total = lists.row(
        words("Total"), None, end=h("span", words.money(page.net_minor, currency), class_="fb-row-amount")
    )
    pager = lists.pager(words, chosen.first, len(page.rows), page.total)
    return lists.card(
        title, lists.rows(*rows, total), pager, actions=close, count=words.number(page.total), id="behind", flush=True
    )


def none_yet(words: Words) -> Html:
    """A customer that was never billed."""
    return lists.empty("chart-pie", words("No revenue"), words("Figures come with the first billing document."))
