"""The list of customers: search as one types, filters, paging by key: the last page costs what the first does."""

from __future__ import annotations

from dataclasses import dataclass

from mobility_app.domain.change import LIVE
from mobility_app.store import search
from mobility_app.store.records import Records
from mobility_app.store.store import Store

PAGE_ROWS = 50
COUNT_MAX = 1_000  # more are not counted: nobody reads the number, and counting 100,000 encrypted rows takes long
STATUSES = ("active", "inactive", "all")

Key = tuple[str, str]  # sort key, customer id

_LIVE = ",".join(f"'{state}'" for state in LIVE)
_ROW = f"""c.id, c.name, c.number, c.status,
 (SELECT city FROM address a WHERE a.customer_id = c.id AND city IS NOT NULL
  ORDER BY kind = 'delivery' DESC, id LIMIT 1),
 (SELECT name FROM company o WHERE o.id = c.company_id),
 (SELECT COUNT(*) FROM change w WHERE w.root_id = c.id AND w.state IN ({_LIVE})),
 (SELECT COUNT(*) FROM change w WHERE w.root_id = c.id AND w.state = 'rejected'),
 (SELECT COUNT(*) FROM conflict x WHERE x.customer_id = c.id AND x.state = 'open')"""


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One customer as the list shows it; the last three are counts of what is not settled."""

    id: str
    name: str
    number: str
    status: str
    town: str
    company: str
    waiting: int
    refused: int
    conflicts: int


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


def page(
    store: Store, text: str = "", status: str = "active", *, after: Key | None = None, before: Key | None = None,
    offset: int = 0,
) -> CustomerPage:  # fmt: skip
    """Customers by name. With `text`: those it finds, best first, inactive ones too, paged by `offset`; without: those
    of a status, paged by `after` or `before`."""
    with store.reading() as session:
        companies = int(session.value("SELECT COUNT(*) FROM company"))
        if text.strip():
            return _found(session, text, offset, companies)
        return _listed(session, status, after, before, companies)


def _found(session: Records, text: str, offset: int, companies: int) -> CustomerPage:
    ids = search.find(session, text)
    part = ids[offset : offset + PAGE_ROWS]
    rows = {
        row[0]: _row(row) for row in session.among(f"SELECT {_ROW} FROM customer c WHERE c.id IN ({{marks}})", part)
    }
    shown = tuple(rows[one] for one in part if one in rows)
    return CustomerPage(shown, len(ids), companies, more=len(ids) >= search.CANDIDATES_MAX)


# LIMIT: a status that few customers have is looked for through all of them; an index on customer.status would end that.
def _listed(session: Records, status: str, after: Key | None, before: Key | None, companies: int) -> CustomerPage:
    where, params = ("", []) if status == "all" else ("c.status = ?", [status])
    counted = f"SELECT 1 FROM customer c {'WHERE ' + where if where else ''} LIMIT {COUNT_MAX + 1}"
    total = int(session.value(f"SELECT COUNT(*) FROM ({counted})", *params))
    key = after or before
    if key is not None:
        where = " AND ".join(filter(None, (where, f"(r.sort_key, r.customer_id) {'>' if after else '<'} (?, ?)")))
        params = [*params, *key]
    order = "DESC" if before and not after else "ASC"
    rows = session.rows(
        f"SELECT {_ROW}, r.sort_key FROM search_row r JOIN customer c ON c.id = r.customer_id"
        f" {'WHERE ' + where if where else ''} ORDER BY r.sort_key {order}, r.customer_id {order} LIMIT {PAGE_ROWS}",
        *params,
    )
    if order == "DESC":
        rows.reverse()
    keys = [(row[-1], row[0]) for row in rows]
    first, last = (keys[0], keys[-1]) if keys else (None, None)
    shown = tuple(_row(row) for row in rows)
    return CustomerPage(shown, min(total, COUNT_MAX), companies, first, last, more=total > COUNT_MAX)


def _row(found: tuple[object, ...]) -> CustomerRow:
    record_id, name, number, status, town, company = (str(value or "") for value in found[:6])
    waiting, refused, conflicts = (int(str(value)) for value in found[6:9])
    return CustomerRow(record_id, name, number, status, town, company, waiting, refused, conflicts)
