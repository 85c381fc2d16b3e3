"""What the customer list sorts and filters by, one row a customer beside the search index: plain facts, no view of now.

What depends on the day is kept as the instant from which it holds: the earliest due day of an unpaid invoice, the last
visit. So no row grows old by itself. Revenue is not among them: the last 12 months move every night, and a customer has
several currencies. Called by `search.py` alone, in the transaction that changed the data.
"""

from __future__ import annotations

import re

from mobility_app.domain.rules.folding import fold
from mobility_app.store.records import Records

COLUMNS = (
    "sort_key", "number_key", "town", "town_key", "status", "territory_id", "owner_id", "tickets", "due_on",
    "visited_at", "active_at",
)  # fmt: skip
NAMES = ",".join(COLUMNS)
INSERT = f"INSERT INTO search_row (customer_id,{NAMES}) VALUES ({','.join('?' * (len(COLUMNS) + 1))})"
UPDATE = f"UPDATE search_row SET {','.join(f'{name}=?' for name in COLUMNS)} WHERE rid=?"
LAST = "\uffff"  # a customer without a town comes after those with one
DIGITS_WIDTH = 12

_DIGITS = re.compile(r"\d+")
_TOWN = """SELECT customer_id, city FROM address WHERE city > '' AND customer_id IN ({marks})
 ORDER BY kind = 'delivery', id DESC"""
_TICKETS = "SELECT customer_id, COUNT(*) FROM ticket WHERE status = 'open' AND customer_id IN ({marks}) GROUP BY 1"
_DUE = """SELECT customer_id, MIN(due_on) FROM document WHERE kind = 'invoice' AND due_on > ''
 AND CASE WHEN payable_minor >= 0 THEN paid_minor ELSE -paid_minor END < ABS(payable_minor)
 AND customer_id IN ({marks}) GROUP BY 1"""
_DONE = """SELECT customer_id, MAX(COALESCE(starts_at, due_at)),
 MAX(CASE WHEN kind = 'appointment' THEN COALESCE(starts_at, due_at) END)
 FROM activity WHERE status = 'closed' AND customer_id IN ({marks}) GROUP BY 1"""

Fact = str | int | None


def natural(folded: str) -> str:
    """A folded number whose runs of digits sort by size: C-9 before C-10."""
    return _DIGITS.sub(lambda run: run[0].zfill(DIGITS_WIDTH), folded)


def rows(session: Records, wanted: list[str]) -> dict[str, tuple[Fact, ...]]:
    """The values of COLUMNS for each of these customers that exists, in five statements."""
    towns = dict(session.among(_TOWN, wanted))
    tickets = dict(session.among(_TICKETS, wanted))
    due = dict(session.among(_DUE, wanted))
    done = {one: (last or 0, visit or 0) for one, last, visit in session.among(_DONE, wanted)}
    found: dict[str, tuple[Fact, ...]] = {}
    for one, name, number, status, territory_id, owner_id in session.among(
        "SELECT id, name, number, status, territory_id, owner_id FROM customer WHERE id IN ({marks})", wanted
    ):
        key, town, (active, visited) = fold(str(name or "")), str(towns.get(one, "")), done.get(one, (0, 0))
        town_key = f"{fold(town) or LAST} {key}"
        found[one] = (
            key, natural(fold(str(number or ""))), town, town_key, str(status or ""), territory_id, owner_id,
            int(tickets.get(one, 0)), str(due.get(one, "")), visited, active,
        )  # fmt: skip
    return found
