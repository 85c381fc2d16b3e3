"""What a CSV holds: the rows of revenue and of billing documents, from the same models as the screen. Pure.

Called by `routes`. Amounts are numbers in the currency that stands beside them, days are ISO days.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from mobility_app.domain.rules import money
from mobility_app.domain.rules.csv_text import Cell
from mobility_app.domain.rules.revenue import Period
from mobility_app.store.queries.documents import ExportRow
from mobility_app.store.queries.revenue import RevenueView
from mobility_app.ui.sheet.documents import STATE_NAMES
from mobility_app.ui.sheet.revenue_markup import category_name
from mobility_app.ui.words import Words

Rows = list[list[Cell]]


def revenue_rows(words: Words, view: RevenueView, *, compare: bool) -> Rows:
    """A line for each month, each category and the total; with the year before where it is compared."""
    month, category, total = words("Month"), words("Category"), words("Total")
    head: list[Cell] = [
        words("Figure"), words("Name"), words.p("day", "From"), words.p("day", "To"), words("Currency"),
        words("Net amount"),
    ]  # fmt: skip
    before_months = [minor for _, minor in view.before.by_month]
    before = {one.category: one.net_minor for one in view.before.by_category}
    now = {one.category: one.net_minor for one in view.now.by_category}
    rows: Rows = [[*head, words("Year before")] if compare else head]

    def add(figure: str, name: str, days: Period, minor: int, earlier: int) -> None:
        amounts: list[Cell] = [money.decimal(minor, view.currency)]
        if compare:
            amounts.append(money.decimal(earlier, view.currency))
        rows.append([figure, name, days.start.isoformat(), days.end.isoformat(), view.currency, *amounts])

    for at, (name, minor) in enumerate(view.now.by_month):
        add(month, name, _part(view.period, name), minor, before_months[at] if at < len(before_months) else 0)
    for one in dict.fromkeys([*now, *(before if compare else ())]):
        add(category, category_name(words, one), view.period, now.get(one, 0), before.get(one, 0))
    add(total, "", view.period, view.now.total_minor, view.before.total_minor)
    return rows


def _part(period: Period, month: str) -> Period:
    """The days of a month ("YYYY-MM") that lie in the period."""
    first = date.fromisoformat(f"{month}-01")
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    last = date.fromordinal(following.toordinal() - 1)
    return Period(max(first, period.start), min(last, period.end))


def document_rows(words: Words, found: tuple[ExportRow, ...], *, irpf: bool) -> Rows:
    """A line for each document, amounts with their sign in sums: a credit note takes off."""
    names = ["number", "kind", "issued_on", "due_on", "currency", "net_minor", "tax_minor", "gross_minor"]
    names += ["withheld_minor"] if irpf else []
    names += ["payable_minor", "paid_minor"]
    rows: Rows = [[*(words.field("document", name) for name in names), words("Still open"), words("Payment")]]
    for one in found:
        amounts: list[int] = [one.net_minor, one.tax_minor, one.gross_minor]
        amounts += [one.withheld_minor] if irpf else []
        amounts += [one.payable_minor, one.paid_minor, one.payable_minor - one.paid_minor]
        decimals: list[Decimal] = [money.decimal(minor, one.currency) for minor in amounts]
        kind = words.choice("document", "kind", one.kind)
        rows.append(
            [one.number, kind, one.issued_on, one.due_on, one.currency, *decimals, words(STATE_NAMES[one.state])]
        )
    return rows
