"""Revenue of one customer from its billing documents: by category, by month, in cents that agree to the last one.

Net amounts, credit notes taken off in their own month, one currency at a time. Where a document's lines do not add up
to its net (a file with totals only), the rest counts as "no category", so that pie, bars and documents agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from mobility_app.domain.rules.documents import sign

NO_CATEGORY = ""
ALLOWANCES = "allowances_and_charges"  # shown as "Abatimentos e encargos"


@dataclass(frozen=True, slots=True)
class Line:
    """One billed line of a document of that kind: day, category, net in minor units (positive as stored)."""

    issued_on: str
    kind: str
    category: str
    net_minor: int


@dataclass(frozen=True, slots=True)
class Period:
    """Days from and to, both included."""

    start: date
    end: date

    def year_before(self) -> Period:
        """The same days a year earlier (29 February becomes the 28th)."""
        return Period(_years_back(self.start), _years_back(self.end))

    def months(self) -> list[str]:
        """ "YYYY-MM" of every month touched, in order."""
        first, last = self.start.year * 12 + self.start.month - 1, self.end.year * 12 + self.end.month - 1
        return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class Share:
    """A category with its net, and its percent of all positive ones (whole percents that add up to 100)."""

    category: str
    net_minor: int
    percent: int


@dataclass(frozen=True, slots=True)
class Revenue:
    """Everything that a view shows, from one sum."""

    total_minor: int
    by_category: tuple[Share, ...]
    by_month: tuple[tuple[str, int], ...]


def this_year(today: date, start_month: int = 1) -> Period:
    """The fiscal year that today lies in."""
    year = today.year if today.month >= start_month else today.year - 1
    return Period(date(year, start_month, 1), _day_before(date(year + 1, start_month, 1)))


def last_year(today: date, start_month: int = 1) -> Period:
    """The fiscal year before."""
    return this_year(_years_back(today), start_month)


def last_12_months(today: date) -> Period:
    """The twelve calendar months that end with this one."""
    month = today.year * 12 + today.month - 12
    following = today.year * 12 + today.month
    return Period(date(month // 12, month % 12 + 1, 1), _day_before(date(following // 12, following % 12 + 1, 1)))


def summed(lines: Iterable[Line], period: Period) -> Revenue:
    """The revenue of a period."""
    start, end = period.start.isoformat(), period.end.isoformat()
    categories: dict[str, int] = {}
    months = dict.fromkeys(period.months(), 0)
    for line in lines:
        if start <= line.issued_on <= end:
            net = sign(line.kind) * line.net_minor
            categories[line.category] = categories.get(line.category, 0) + net
            months[line.issued_on[:7]] += net
    shares = _shares(categories)
    return Revenue(sum(months.values()), shares, tuple(months.items()))


def _shares(categories: dict[str, int]) -> tuple[Share, ...]:
    """Largest first. Percents by largest remainder over what is positive; a negative category is listed with 0."""
    ordered = sorted(categories.items(), key=lambda pair: (-pair[1], pair[0]))
    whole = sum(net for _, net in ordered if net > 0)
    if not whole:
        return tuple(Share(category, net, 0) for category, net in ordered)
    floors = {category: net * 100 // whole if net > 0 else 0 for category, net in ordered}
    rests = sorted(ordered, key=lambda pair: -(max(pair[1], 0) * 100 % whole))
    for category, _ in rests[: 100 - sum(floors.values())]:
        floors[category] += 1
    return tuple(Share(category, net, floors[category]) for category, net in ordered)


def _years_back(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)
