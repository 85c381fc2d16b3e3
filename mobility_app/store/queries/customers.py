"""The list of customers: search as one types, filters, four orders; at 100,000 a page costs what it does at 100.

A filter that lets few through is answered from an index over what is filtered by and sorted afterwards; one that lets
many through walks the order's own index, which finds a page soon. Pages follow each other by key, so the last costs what
the first does. A page is six statements. What the list sorts and filters by is kept by `store/list_rows.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mobility_app.domain.change import LIVE
from mobility_app.store import search
from mobility_app.store.records import Records
from mobility_app.store.search import Narrow
from mobility_app.store.store import Store

PAGE_ROWS = 50
FEW_MAX = 2_000  # so many are sorted for each page; more are not counted, for nobody reads the number
STATUSES = ("active", "inactive", "all")
SORTS = {"name": "sort_key", "number": "number_key", "town": "town_key", "active": "active_at"}
UNVISITED_DAYS = 90
DAY_MS = 86_400_000

Key = tuple[str | int, int]  # what the list is sorted by, number of the row

_LIVE = ",".join(f"'{state}'" for state in LIVE)
_ROW = f"""r.rid, c.id, c.name, c.number, c.status, r.town,
 (SELECT name FROM company o WHERE o.id = c.company_id), (SELECT name FROM "user" u WHERE u.id = c.owner_id),
 r.active_at, r.tickets, r.due_on,
 (SELECT COUNT(*) FROM change w WHERE w.root_id = c.id AND w.state IN ({_LIVE})),
 (SELECT COUNT(*) FROM change w WHERE w.root_id = c.id AND w.state = 'rejected'),
 (SELECT COUNT(*) FROM conflict x WHERE x.customer_id = c.id AND x.state = 'open')"""
_NEXT = """SELECT customer_id, MIN(COALESCE(starts_at, due_at)) FROM activity
 WHERE status = 'open' AND COALESCE(starts_at, due_at) >= ? AND customer_id IN ({marks}) GROUP BY customer_id"""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list shows and in which order. Empty ids and False mean no such filter. `now` in UTC milliseconds and
    `today` as an ISO day decide what is overdue and who was not visited for UNVISITED_DAYS."""

    status: str = "active"
    territory_id: str = ""
    owner_id: str = ""
    tickets: bool = False
    overdue: bool = False
    unvisited: bool = False
    sort: str = "name"
    descending: bool = False
    now: int = 0
    today: str = ""

    @property
    def narrowed(self) -> bool:
        """Whether anything beside the status is asked for."""
        return bool(self.territory_id or self.owner_id or self.tickets or self.overdue or self.unvisited)

    def condition(self, *, status: bool = True) -> tuple[str, tuple[str | int, ...]]:
        """SQL over `r`, a row of search_row, with its parameters; "" where everything goes through."""
        parts: list[tuple[str, tuple[str | int, ...]]] = []
        if status and self.status != "all":
            parts.append(("r.status = ?", (self.status,)))
        if self.territory_id:
            parts.append(("r.territory_id = ?", (self.territory_id,)))
        if self.owner_id:
            parts.append(("r.owner_id = ?", (self.owner_id,)))
        if self.tickets:
            parts.append(("r.tickets > 0", ()))
        if self.overdue:
            parts.append(("r.due_on > '' AND r.due_on < ?", (self.today,)))
        if self.unvisited:
            parts.append(("r.visited_at < ?", (self.now - UNVISITED_DAYS * DAY_MS,)))
        return " AND ".join(sql for sql, _ in parts), tuple(value for _, values in parts for value in values)

    @property
    def index(self) -> str:
        """The index that finds the fewest."""
        if self.tickets or self.overdue:
            return "search_row_tickets" if self.tickets else "search_row_due"
        return "search_row_owner" if self.owner_id else "search_row_filters"


EVERYBODY = Filters()


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One customer as the list shows it. Instants in UTC milliseconds, 0 where there is none; `due_on` is the earliest
    due day of an unpaid invoice, or ""; the last three are counts of what is not settled."""

    id: str
    name: str
    number: str
    status: str
    town: str
    company: str
    owner: str
    active_at: int
    tickets: int
    due_on: str
    waiting: int
    refused: int
    conflicts: int
    next_at: int


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """A page of the list. `first` and `last` are the keys to page back and on from; `more` says that there are more
    than the `total` that was counted."""

    rows: tuple[CustomerRow, ...]
    total: int
    companies: int
    first: Key | None = None
    last: Key | None = None
    more: bool = False


@dataclass(frozen=True, slots=True)
class Choices:
    """What the list may be filtered by: territories as (id, name), and whether more than one person owns customers."""

    territories: tuple[tuple[str, str], ...]
    others: bool


def page(
    store: Store, text: str = "", filters: Filters = EVERYBODY, *, after: Key | None = None, before: Key | None = None,
    offset: int = 0,
) -> CustomerPage:  # fmt: skip
    """A page of customers. With `text`: those it finds, best first, inactive ones too, paged by `offset`; without: all
    that the filters let through, paged by `after` or `before`."""
    with store.searching() if text.strip() else store.reading() as session:
        companies = int(session.value("SELECT COUNT(*) FROM company"))
        if text.strip():
            rids = found(session, text, filters)
            shown = _shown(session, rids[offset : offset + PAGE_ROWS], filters.now)
            return CustomerPage(shown, len(rids), companies, more=len(rids) >= search.HITS_MAX)
        total = count(session, filters)
        keys = listed(session, filters, total, PAGE_ROWS, after, before)
        shown = _shown(session, [rid for _, rid in keys], filters.now)
    first, last = (keys[0], keys[-1]) if keys else (None, None)
    return CustomerPage(shown, min(total, FEW_MAX), companies, first, last, more=total > FEW_MAX)


def choices(store: Store) -> Choices:
    """What there is to filter by."""
    with store.reading() as session:
        territories = session.rows(
            "SELECT t.id, t.name FROM territory t WHERE EXISTS (SELECT 1 FROM customer c WHERE c.territory_id = t.id)"
            " ORDER BY t.name, t.id"
        )
        people = session.value('SELECT COUNT(*) FROM "user"')
    return Choices(tuple((one, str(name or "")) for one, name in territories), people > 1)


def found(session: Records, text: str, filters: Filters) -> list[int]:
    """Rows that a text finds, best first, at most search.HITS_MAX. Whether they are active is not asked."""
    where, params = filters.condition(status=False)
    few = bool(where) and count(session, replace(filters, status="all")) <= FEW_MAX
    return search.hits(session, text, Narrow(where, params, filters.index if few else ""))


def count(session: Records, filters: Filters) -> int:
    """How many the filters let through, counted up to FEW_MAX + 1."""
    where, params = filters.condition()
    source = f"search_row r INDEXED BY {filters.index} WHERE {where}" if where else "search_row r"
    return int(session.value(f"SELECT COUNT(*) FROM (SELECT 1 FROM {source} LIMIT {FEW_MAX + 1})", *params))


def listed(
    session: Records, filters: Filters, total: int, limit: int, after: Key | None = None, before: Key | None = None
) -> list[Key]:
    """Keys of the rows of one page, in the order of the list. `total` as `count` gave it decides the way."""
    where, params = filters.condition()
    column, down = SORTS[filters.sort], filters.descending
    few = bool(where) and total <= FEW_MAX
    by = f"+r.{column}" if few else f"r.{column}"
    if few:
        source = (
            f"search_row r WHERE r.rid IN (SELECT r.rid FROM search_row r INDEXED BY {filters.index} WHERE {where})"
        )
    else:
        source = f"search_row r INDEXED BY search_row_{filters.sort} WHERE {where or '1'}"
    key = after or before
    if key is not None:
        back = after is None
        source += f" AND ({by}, r.rid) {'<' if back != down else '>'} (?, ?)"
        params, down = (*params, *key), back != down
    order = "DESC" if down else "ASC"
    rows = session.rows(
        f"SELECT r.{column}, r.rid FROM {source} ORDER BY {by} {order}, r.rid {order} LIMIT {limit}", *params
    )
    return [(row[0], row[1]) for row in (reversed(rows) if down != filters.descending else rows)]


def _shown(session: Records, wanted: list[int], now: int) -> tuple[CustomerRow, ...]:
    """The rows of these numbers, in this order."""
    sql = f"SELECT {_ROW} FROM search_row r JOIN customer c ON c.id = r.customer_id WHERE r.rid IN ({{marks}})"
    rows = {row[0]: row for row in session.among(sql, wanted)}
    ids = [row[1] for row in rows.values()]
    coming = dict(session.among(_NEXT, ids, now))
    return tuple(_row(rows[one], coming) for one in wanted if one in rows)


def _row(found: tuple[object, ...], coming: dict[str, int]) -> CustomerRow:
    _, record_id, name, number, status, town, company, owner = (str(value or "") for value in found[:8])
    active_at, tickets, due_on = int(str(found[8])), int(str(found[9])), str(found[10])
    waiting, refused, conflicts = (int(str(value)) for value in found[11:14])
    return CustomerRow(
        record_id, name, number, status, town, company, owner, active_at, tickets, due_on, waiting, refused, conflicts,
        int(coming.get(record_id, 0)),
    )  # fmt: skip
