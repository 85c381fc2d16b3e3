"""What a customer stopped buying: things billed regularly for a year, and not any more.

Called by the visit brief. The quiet time is the last QUIET_MONTHS months up to today; the year is the 12 months before
it, cut into months that begin on the quiet time's own day of the month. A thing (a product, a category) was bought
regularly when it was billed in REGULAR_MONTHS of those months or more: what is bought once a quarter counts, what is
bought once a year does not. It has lapsed when, besides, nothing of it was billed in the quiet time. A month counts
where more was billed than credited, so an order that was taken back is none. Nothing is guessed about why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

QUIET_MONTHS = 3
YEAR_MONTHS = 12
REGULAR_MONTHS = 4


@dataclass(frozen=True, slots=True)
class Sale:
    """What one day brought of one thing, in minor units; credit notes are negative."""

    thing: str
    day: date
    net_minor: int


@dataclass(frozen=True, slots=True)
class Lapsed:
    """A thing that is not bought any more: in how many months of the year it was, its last day in it, and what a month
    with it brought, in whole minor units, rounded down."""

    thing: str
    months: int
    last_on: date
    usual_minor: int


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def first_day(today: date) -> date:
    """The earliest day that is looked at."""
    return months_before(today, QUIET_MONTHS + YEAR_MONTHS)


def lapsed(sales: Iterable[Sale], today: date) -> list[Lapsed]:
    """What was bought regularly and is not any more, what brought most first. Days after today and before the year
    count for nothing."""
    edges = [months_before(today, QUIET_MONTHS + months) for months in range(YEAR_MONTHS + 1)]
    year: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    quiet: dict[str, int] = defaultdict(int)
    last: dict[str, date] = {}
    for sale in sales:
        if edges[0] < sale.day <= today:
            quiet[sale.thing] += sale.net_minor
        elif edges[-1] < sale.day <= edges[0]:
            month = next(place for place in range(YEAR_MONTHS) if edges[place + 1] < sale.day)
            year[sale.thing][month] += sale.net_minor
            if sale.net_minor > 0:
                last[sale.thing] = max(sale.day, last.get(sale.thing, sale.day))
    found = []
    for thing, months in year.items():
        bought = [net for net in months.values() if net > 0]
        if len(bought) >= REGULAR_MONTHS and quiet[thing] <= 0:
            found.append(Lapsed(thing, len(bought), last[thing], sum(bought) // len(bought)))
    return sorted(found, key=lambda one: (-one.usual_minor * one.months, one.thing))
