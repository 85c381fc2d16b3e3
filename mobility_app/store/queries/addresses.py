"""Addresses of a customer in the order in which people look for them: delivery, billing, then the secondary ones."""

from __future__ import annotations

from dataclasses import dataclass

from mobility_app.domain.change import Row
from mobility_app.store.store import Store

KINDS = ("delivery", "billing", "other")


@dataclass(frozen=True, slots=True)
class AddressBook:
    """All addresses, ordered. `missing`: "delivery" or "billing" where only the other of the two is there, so that one
    place is both; else empty."""

    rows: tuple[Row, ...]
    missing: str


def addresses(store: Store, customer_id: str) -> AddressBook:
    """The addresses of a customer, at most as many as one sheet shows."""
    with store.reading() as session:
        found = session.find("address", customer_id=customer_id)
    return AddressBook(tuple(sorted(found, key=order)), _missing({str(row["kind"]) for row in found}))


def order(row: Row) -> tuple[int, str]:
    """Sorts addresses: by kind, then as they were made."""
    kind = str(row["kind"])
    return KINDS.index(kind) if kind in KINDS else len(KINDS), str(row["id"])


def _missing(kinds: set[str]) -> str:
    absent = [kind for kind in ("delivery", "billing") if kind not in kinds]
    return absent[0] if len(absent) == 1 else ""
