"""Customers as lines of a table: the columns of `rules/customer_columns.py`, for the export and for what an import compares.

Of several telephones, e-mails and addresses a line holds the main one: marked main, or a delivery address, else the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mobility_app.domain.rules.customer_columns import OF_ADDRESS, OF_CUSTOMER
from mobility_app.store import search
from mobility_app.store.queries import customers
from mobility_app.store.queries.customers import Filters
from mobility_app.store.records import Records
from mobility_app.store.store import Store

CHUNK = 500

_CUSTOMER = f"""SELECT c.id, c.number, {",".join(f"c.{name}" for name in OF_CUSTOMER)}, t.name, u.name, o.country
 FROM customer c LEFT JOIN territory t ON t.id = c.territory_id LEFT JOIN "user" u ON u.id = c.owner_id
 LEFT JOIN company o ON o.id = c.company_id WHERE c.id IN ({{marks}})"""
_REACH = "SELECT customer_id, id, value FROM customer_{0} WHERE customer_id IN ({{marks}}) ORDER BY is_main, id DESC"
_ADDRESS = f"""SELECT customer_id, id, {",".join(OF_ADDRESS)} FROM address WHERE customer_id IN ({{marks}})
 ORDER BY kind = 'delivery', id DESC"""


@dataclass(slots=True)
class Card:
    """One customer: column -> text as stored, and the records that its telephone, e-mail and address come from."""

    id: str
    values: dict[str, str] = field(default_factory=dict)
    records: dict[str, str] = field(default_factory=dict)  # entity -> id


def cards(session: Records, ids: Iterable[str]) -> dict[str, Card]:
    """Those of these customers that exist, in four statements."""
    wanted, found = list(ids), dict[str, Card]()
    for one, number, *own, territory, owner, country in session.among(_CUSTOMER, wanted):
        values = {"number": number, "territory": territory, "owner": owner, "company_country": country}
        values |= dict(zip(OF_CUSTOMER, own, strict=True))
        found[one] = Card(
            one, {name: str(value or "") for name, value in values.items()} | {"company_country": country}
        )
    for kind in ("phone", "email"):
        for one, record_id, value in session.among(_REACH.format(kind), wanted):
            if one in found:  # the last one counts: it is main, or the oldest
                found[one].values[kind], found[one].records[f"customer_{kind}"] = str(value or ""), record_id
    for one, record_id, *lines in session.among(_ADDRESS, wanted):
        if one in found:
            found[one].values |= {name: str(value or "") for name, value in zip(OF_ADDRESS, lines, strict=True)}
            found[one].records["address"] = record_id
    return found


def exported(store: Store, text: str, filters: Filters) -> Iterator[list[Card]]:
    """All customers of a list, in its order, CHUNK at a time. Each chunk is read for itself: a long read would keep the
    write-ahead log from being folded in."""
    if text.strip():
        rids = _found(store, text, filters)
        for start in range(0, len(rids), CHUNK):
            with store.reading() as session:
                yield _chunk(session, rids[start : start + CHUNK])
        return
    last: customers.Key | None = None
    with store.reading() as session:
        total = customers.count(session, filters)
    while True:  # ends: each turn goes on behind the last key
        with store.reading() as session:
            keys = customers.listed(session, filters, total, CHUNK, after=last)
            if not keys:
                return
            chunk = _chunk(session, [rid for _, rid in keys])
        yield chunk
        last = keys[-1]


def _found(store: Store, text: str, filters: Filters) -> list[int]:
    """All rows that a text finds, by name; the list itself shows the first few."""
    query = search.match(text)
    where, params = filters.condition(status=False)
    if not query:
        return []
    sql = (
        "SELECT r.rid FROM search CROSS JOIN search_row r ON r.rid = search.rowid WHERE search MATCH ?"
        f"{' AND ' + where if where else ''} ORDER BY r.sort_key, r.rid"
    )
    with store.reading() as session:
        return [row[0] for row in session.rows(sql, query, *params)]


def _chunk(session: Records, rids: list[int]) -> list[Card]:
    ids = dict(session.among("SELECT rid, customer_id FROM search_row WHERE rid IN ({marks})", rids))
    found = cards(session, ids.values())
    return [found[ids[rid]] for rid in rids if rid in ids and ids[rid] in found]
