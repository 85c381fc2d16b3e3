"""What the command palette finds: customers by the search index, contacts by name, and the customers opened last.

Called at every key: a few statements, each bounded. Contacts are looked for among the customers that the index finds,
which knows their contacts' names too, so nothing is looked through however many there are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from mobility_app.domain.rules.folding import fold
from mobility_app.store import identity, search
from mobility_app.store.records import Records
from mobility_app.store.store import Store

CUSTOMERS_MAX, CONTACTS_MAX, RECENT_MAX = 12, 8, 8
LOOK_MAX = 60  # customers whose contacts are looked at
KEY = "recent_customers"


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer that was found or opened."""

    id: str
    name: str
    number: str
    town: str
    status: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact whose name begins, word for word, as typed."""

    id: str
    name: str
    customer_name: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, best first."""

    customers: tuple[Customer, ...]
    contacts: tuple[Contact, ...] = ()


_CUSTOMER = """SELECT c.id, c.name, COALESCE(c.number, c.provisional_number, ''), COALESCE((SELECT city FROM address a
 WHERE a.customer_id = c.id AND city IS NOT NULL ORDER BY kind = 'delivery' DESC, id LIMIT 1), ''), c.status
 FROM customer c WHERE c.id IN ({marks})"""
_CONTACT = """SELECT t.id, t.first_name, t.last_name, c.name, t.customer_id FROM contact t
 JOIN customer c ON c.id = t.customer_id WHERE t.customer_id IN ({marks})"""


def found(store: Store, text: str) -> Found:
    """Customers and contacts for what was typed so far; without a text, the customers opened last."""
    if not text.strip():
        with store.reading() as session:
            return Found(_customers(session, _recent(session)))
    with store.searching() as session:
        ids = search.find(session, text)[:LOOK_MAX]
        return Found(_customers(session, ids[:CUSTOMERS_MAX]), _contacts(session, ids, text))


def opened(store: Store, customer_id: str) -> None:
    """Remembers that this customer was opened just now."""
    with store.transaction() as session:
        ids = [customer_id, *(one for one in _recent(session) if one != customer_id)]
        identity.set_meta(session, KEY, json.dumps(ids[:RECENT_MAX]))


def _recent(session: Records) -> list[str]:
    kept = json.loads(identity.meta(session, KEY) or "[]")
    return [str(one) for one in kept][:RECENT_MAX]


def _customers(session: Records, ids: list[str]) -> tuple[Customer, ...]:
    rows = {row[0]: Customer(*row) for row in session.among(_CUSTOMER, ids)}
    return tuple(rows[one] for one in ids if one in rows)


def _contacts(session: Records, ids: list[str], text: str) -> tuple[Contact, ...]:
    wanted = fold(text).split()
    places = {one: place for place, one in enumerate(ids)}
    hits = []
    for contact_id, first, last, customer_name, customer_id in session.among(_CONTACT, ids):
        name = " ".join(part for part in (first, last) if part)
        parts = fold(name).split()
        if all(any(part.startswith(word) for part in parts) for word in wanted):
            hits.append((places[customer_id], contact_id, Contact(contact_id, name, str(customer_name))))
    return tuple(hit[2] for hit in sorted(hits)[:CONTACTS_MAX])
