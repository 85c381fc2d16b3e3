"""How far a first sync by snapshot is: what the screen says while customers are on their way, also offline and after a
restart."""

from __future__ import annotations

from dataclasses import dataclass

from mobility_app.store import snapshot
from mobility_app.store.store import Store


@dataclass(frozen=True, slots=True)
class Coming:
    """Customers that are here, of those that were promised."""

    here: int
    total: int


def coming(store: Store) -> Coming | None:
    """None where nothing is on its way."""
    with store.reading() as session:
        found = snapshot.arriving(session)
    total = sum(one.customers for one in found)
    return Coming(min(sum(one.done for one in found), total), total) if total else None
