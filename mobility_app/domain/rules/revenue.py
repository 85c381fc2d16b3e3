"""Revenue of one customer from its billing documents: by category, by month, in cents that agree to the last one.

Called by the revenue queries, the CSV and the PDF. Net amounts, credit notes taken off in their own month, one currency
at a time. Where a document's lines do not add up to its net (a file with totals only), the rest counts as "no
category", so that pie, bars and documents agree. Nothing is forecast and nothing converted here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from mobility_app.domain.fields import Plain
from mobility_app.domain.rules.documents import sign
from mobility_app.errors import InvalidValue

NO_CATEGORY = ""  # shown as "Sem categoria"
ALLOWANCES = "allowances_and_charges"  # shown as "Abatimentos e encargos"


@dataclass(frozen=True, slots=True)
class Line:
    """One billed line of a document of that kind: ISO day, category, net in minor units (as stored: a credit note's is
    positive)."""

    issued_on: str
    kind: str
    category: str
    net_minor: int
    document_id: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """Days from and to, both included. Raises InvalidValue ends_before_start."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise InvalidValue("period", "end", "ends_before_start")

    def holds(self, day: str) -> bool:
        """Whether an ISO day lies in the period."""
        return self.start.isoformat() <= day <= self.end.isoformat()

    def year_before(self) -> Period:
        """The same days a year earlier. Whole months stay whole: to the end of February is to its end then, too."""
        end = _years_back(self.end)
        if self.start.day == 1 and (self.end + _DAY).day == 1:
            end = _month_end(end)
        return Period(_years_back(self.start), end)

    def months(self) -> list[str]:
        """ "YYYY-MM" of every month touched, in order."""
        first, last = self.start.year * 12 + self.start.month - 1, self.end.year * 12 + self.end.month - 1
        return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class Share:
    """A category with its net, and its percent of all positive ones (whole percents that add up to 100). A negative
    one has 0 percent: it is listed, not drawn."""

    category: str
    net_minor: int
    percent: int


@dataclass(frozen=True, slots=True)
class Revenue:
    """Everything that a view shows, from one sum: largest category first, every month of the period in order."""

    total_minor: int
    by_category: tuple[Share, ...]
    by_month: tuple[tuple[str, int], ...]


_DAY = timedelta(days=1)


def this_year(today: date, start_month: int = 1) -> Period:
    """The fiscal year that today lies in."""
    year = today.year if today.month >= start_month else today.year - 1
    return Period(date(year, start_month, 1), date(year + 1, start_month, 1) - _DAY)


def last_year(today: date, start_month: int = 1) -> Period:
    """The fiscal year before."""
    return this_year(_years_back(today), start_month)


def last_12_months(today: date) -> Period:
    """The twelve calendar months that end with this one."""
    month = today.year * 12 + today.month - 12
    return Period(date(month // 12, month % 12 + 1, 1), _month_end(today))


def lines_of(
    documents: Iterable[Mapping[str, Plain]], lines: Iterable[Mapping[str, Plain]]
) -> dict[str, tuple[Line, ...]]:
    """Currency -> what its documents billed. Rows are plain records of `document` (with id) and `document_line`; lines
    of documents that are not among them are left out. The lines of one document always add up to its net."""
    billed = {str(document["id"]): document for document in documents}
    found: dict[str, list[Line]] = {}
    rest = {document_id: _whole(document["net_minor"]) for document_id, document in billed.items()}

    def add(document_id: str, category: str, net: int) -> None:
        document = billed[document_id]
        line = Line(str(document["issued_on"]), str(document["kind"]), category, net, document_id)
        found.setdefault(str(document["currency"]), []).append(line)

    for line in lines:
        document_id = str(line["document_id"])
        if document_id in billed:
            net = _whole(line["net_minor"])
            rest[document_id] -= net
            add(document_id, str(line.get("category") or NO_CATEGORY).strip(), net)
    for document_id, net in rest.items():
        if net:
            add(document_id, NO_CATEGORY, net)
    return {currency: tuple(found[currency]) for currency in sorted(found)}


def summed(lines: Iterable[Line], period: Period) -> Revenue:
    """The revenue of a period, of lines of one currency."""
    categories: dict[str, int] = {}
    months = dict.fromkeys(period.months(), 0)
    for line in lines:
        if period.holds(line.issued_on):
            net = sign(line.kind) * line.net_minor
            categories[line.category] = categories.get(line.category, 0) + net
            months[line.issued_on[:7]] += net
    return Revenue(sum(months.values()), _shares(categories), tuple(months.items()))


def documents_behind(
    lines: Iterable[Line], period: Period, *, category: str | None = None, month: str | None = None
) -> frozenset[str]:
    """Ids of the documents behind a slice (`category`) or a bar (`month`, "YYYY-MM") or, with neither, all of them."""
    return frozenset(
        line.document_id
        for line in lines
        if period.holds(line.issued_on)
        and (category is None or line.category == category)
        and (month is None or line.issued_on.startswith(month))
    )


def _shares(categories: dict[str, int]) -> tuple[Share, ...]:
    """Largest first. Percents by largest remainder over what is positive."""
    ordered = sorted(categories.items(), key=lambda pair: (-pair[1], pair[0]))
    whole = sum(net for _, net in ordered if net > 0)
    if not whole:
        return tuple(Share(category, net, 0) for category, net in ordered)
    floors = {category: net * 100 // whole if net > 0 else 0 for category, net in ordered}
    rests = sorted(ordered, key=lambda pair: -(max(pair[1], 0) * 100 % whole))
    for category, _ in rests[: 100 - sum(floors.values())]:
        floors[category] += 1
    return tuple(Share(category, net, floors[category]) for category, net in ordered)


def _whole(value: Plain) -> int:
    return value if isinstance(value, int) else 0


def _years_back(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)


def _month_end(day: date) -> date:
    following = day.year * 12 + day.month
    return date(following // 12, following % 12 + 1, 1) - _DAY
