"""Revenue of one customer for the screen: sums by month, kind and category come from SQL, the rest is domain/rules.

Called by the revenue tab. However many lines a customer has, they are grouped in the database and never read one by
one: 5,000 lines are three statements and some dozens of rows. Amounts in minor units of one currency, credit notes
taken off. Nothing is forecast and nothing converted here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from mobility_app.domain.rules import revenue as rules
from mobility_app.domain.rules.documents import sign
from mobility_app.domain.rules.revenue import NO_CATEGORY, Line, Period, Revenue
from mobility_app.errors import InvalidValue
from mobility_app.store.records import Records
from mobility_app.store.store import Store

LAST_12, THIS_YEAR, LAST_YEAR, FROM_TO = "last_12", "this_year", "last_year", "from_to"
PERIODS = (LAST_12, THIS_YEAR, LAST_YEAR, FROM_TO)
MONTHS_MAX = 60  # months that one view shows
PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see: a period by name, with ISO days for `from_to`; an empty currency is the customer's."""

    name: str = LAST_12
    start: str = ""
    end: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class RevenueView:
    """The figures of a period and of the year before. `currencies`: those of the customer's documents, its own first.
    `months_begun`: months of the period that have begun, at least 1. `before_so_far_minor`: what the year before held
    up to the same day, where the period still runs; else its whole sum. `documents` counts those behind the figures,
    `documents_ever` all of that customer."""

    currency: str
    currencies: tuple[str, ...]
    period: Period
    now: Revenue
    before: Revenue
    before_so_far_minor: int
    still_runs: bool
    months_begun: int
    documents: int
    documents_ever: int

    @property
    def average_minor(self) -> int:
        """The sum over the months that have begun, rounded half up."""
        return _rounded(Decimal(self.now.total_minor) / self.months_begun)

    @property
    def best(self) -> tuple[str, int] | None:
        """("YYYY-MM", minor) of the month with most, the first of equals; None where no month has any."""
        found = max(self.now.by_month, key=lambda pair: pair[1], default=None)
        return found if found and found[1] > 0 else None

    @property
    def change_percent(self) -> int | None:
        """By how many whole percents it is more than the year before; None where that was nothing or less."""
        if self.before_so_far_minor <= 0:
            return None
        more = Decimal(self.now.total_minor - self.before_so_far_minor)
        return _rounded(more * 100 / self.before_so_far_minor)


@dataclass(frozen=True, slots=True)
class Behind:
    """One document behind a slice or a bar, with what it brings to that: credit notes take off."""

    id: str
    number: str
    kind: str
    issued_on: str
    net_minor: int


@dataclass(frozen=True, slots=True)
class BehindPage:
    """A page of them, newest first, with the number and the sum of all."""

    rows: tuple[Behind, ...]
    total: int
    net_minor: int


_WHERE = "d.customer_id = ? AND d.currency = ? AND d.issued_on BETWEEN ? AND ?"
_LINES = f"""SELECT MIN(d.issued_on), substr(d.issued_on, 1, 7) AS month, d.kind, TRIM(COALESCE(l.category, '')) AS name,
 SUM(l.net_minor) FROM document d JOIN document_line l ON l.document_id = d.id
 WHERE {_WHERE} GROUP BY month, d.kind, name"""
_DOCUMENTS = f"""SELECT MIN(d.issued_on), substr(d.issued_on, 1, 7) AS month, d.kind, SUM(d.net_minor), COUNT(*)
 FROM document d WHERE {_WHERE} GROUP BY month, d.kind"""
_ABOUT = """SELECT c.currency, COALESCE(o.fiscal_year_start_month, 1), (SELECT COUNT(*) FROM document
 WHERE customer_id = c.id) FROM customer c LEFT JOIN company o ON o.id = c.company_id WHERE c.id = ?"""


def revenue(store: Store, customer_id: str, asked: Asked, today: date) -> RevenueView:
    """The figures of a customer. Raises InvalidValue not_a_day or ends_before_start for the days of `from_to`, and
    too_many for more than MONTHS_MAX months."""
    with store.reading() as session:
        own, first_month, ever = session.one(_ABOUT, customer_id) or ("EUR", 1, 0)
        period = period_of(asked, today, first_month)
        used = [row[0] for row in session.rows(
            "SELECT DISTINCT currency FROM document WHERE customer_id=? ORDER BY currency", customer_id
        )]  # fmt: skip
        own = own or "EUR"
        currencies = tuple(dict.fromkeys([own, *used]))
        currency = asked.currency if asked.currency in currencies else own
        lines, documents = _grouped(session, customer_id, currency, period)
        past, _ = _grouped(session, customer_id, currency, period.year_before())
        before = rules.summed(past, period.year_before())
        so_far, still_runs = before.total_minor, period.start <= today < period.end
        if still_runs:
            so_far = _total(session, customer_id, currency, Period(period.start, today).year_before())
    begun = sum(month <= today.isoformat()[:7] for month in period.months())
    return RevenueView(
        currency, currencies, period, rules.summed(lines, period), before, so_far, still_runs, max(1, begun), documents,
        ever,
    )  # fmt: skip


def period_of(asked: Asked, today: date, first_month: int = 1) -> Period:
    """The days that are meant. Raises InvalidValue."""
    match asked.name:
        case "this_year":
            return rules.this_year(today, first_month)
        case "last_year":
            return rules.last_year(today, first_month)
        case "from_to":
            period = Period(_day("start", asked.start), _day("end", asked.end))
            if (period.end.year - period.start.year) * 12 + period.end.month - period.start.month >= MONTHS_MAX:
                raise InvalidValue("period", "end", "too_many")
            return period
        case _:
            return rules.last_12_months(today)


def _day(field: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidValue("period", field, "not_a_day") from None
    if day.year < 1900:  # half-typed years; the year before must exist, too
        raise InvalidValue("period", field, "not_a_day")
    return day


def _grouped(session: Records, customer_id: str, currency: str, period: Period) -> tuple[list[Line], int]:
    """What was billed, one line for each month, kind and category, and how many documents are behind it. Where lines do
    not add up to their documents, the rest has no category."""
    params = (customer_id, currency, period.start.isoformat(), period.end.isoformat())
    whole = session.rows(_DOCUMENTS, *params)
    rest = {(month, kind): net for _, month, kind, net, _ in whole}
    lines = []
    for day, month, kind, category, net in session.rows(_LINES, *params):
        lines.append(Line(day, kind, category, net))
        rest[(month, kind)] -= net
    lines += [
        Line(day, kind, NO_CATEGORY, rest[(month, kind)]) for day, month, kind, *_ in whole if rest[(month, kind)]
    ]
    return lines, sum(row[4] for row in whole)


def _total(session: Records, customer_id: str, currency: str, period: Period) -> int:
    rows = session.rows(
        f"SELECT d.kind, SUM(d.net_minor) FROM document d WHERE {_WHERE} GROUP BY d.kind",
        customer_id, currency, period.start.isoformat(), period.end.isoformat(),
    )  # fmt: skip
    return sum(sign(kind) * int(net) for kind, net in rows)


def behind(
    store: Store, customer_id: str, currency: str, period: Period, categories: Sequence[str] | None, month: str = "",
    first: int = 0,
) -> BehindPage:  # fmt: skip
    """The documents behind a slice (`categories`, several for "Other"), a bar (`month`, "YYYY-MM"), or all of a period.
    What they bring adds up to the slice or the bar."""
    with store.reading() as session:
        rows = session.rows(_behind_sql(categories), *_behind_params(customer_id, currency, period, categories, month),
                            PAGE_ROWS, max(0, first))  # fmt: skip
    found = tuple(Behind(*row[:5]) for row in rows)
    return BehindPage(found, rows[0][5] if rows else 0, rows[0][6] if rows else 0)


def _behind_params(
    customer_id: str, currency: str, period: Period, categories: Sequence[str] | None, month: str
) -> tuple[object, ...]:
    names = tuple(categories or ())
    days = (customer_id, currency, period.start.isoformat(), period.end.isoformat(), f"{month}%")
    return (*names, *names, *days)


def _behind_sql(categories: Sequence[str] | None) -> str:
    """One row for each document: what it brings, and beside it (by window) the number and the sum of all."""
    marks = ",".join("?" * len(categories or ()))
    named = f"TRIM(COALESCE(l.category, '')) IN ({marks})"
    rest = "d.net_minor - COALESCE(SUM(l.net_minor), 0)" if NO_CATEGORY in (categories or ()) else "0"
    if categories is None:
        join, part, kept = "", "d.net_minor", "1"
    else:
        join = "LEFT JOIN document_line l ON l.document_id = d.id"
        part = f"COALESCE(SUM(CASE WHEN {named} THEN l.net_minor END), 0) + {rest}"
        kept = f"(COUNT(CASE WHEN l.id IS NOT NULL AND {named} THEN 1 END) + ({rest} != 0))"
    return f"""WITH found AS (SELECT d.id, d.number, d.kind, d.issued_on,
 ({part}) * CASE d.kind WHEN 'credit_note' THEN -1 ELSE 1 END AS net, {kept} AS kept
 FROM document d {join} WHERE {_WHERE} AND d.issued_on LIKE ? GROUP BY d.id)
 SELECT id, number, kind, issued_on, net, COUNT(*) OVER (), SUM(net) OVER () FROM found WHERE kept > 0
 ORDER BY issued_on DESC, number DESC, id LIMIT ? OFFSET ?"""


def _rounded(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))
