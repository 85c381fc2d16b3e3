"""What was found wrong on this device and put right, as the sync centre shows it: the newest, with names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mobility_app.domain.fields import Plain
from mobility_app.store import faults
from mobility_app.store.records import Records
from mobility_app.store.store import Store

ROWS_MAX = 10
_TITLES = ("name", "title", "first_name", "reference", "value", "line1", "code", "number")


@dataclass(frozen=True, slots=True)
class Mended:
    """One of them. `moved`: (field, before, after). `customer_id` is empty where the customer is not here (any more)."""

    at: int
    kind: str
    entity: str
    title: str
    customer_id: str
    customer_name: str
    moved: tuple[tuple[str, Plain, Plain], ...]
    names: Mapping[str, str]


def mended(store: Store) -> tuple[tuple[Mended, ...], int]:
    """(the newest, how many there are)."""
    with store.reading() as session:
        found = faults.newest(session, ROWS_MAX)
        if not found:
            return (), 0
        names = dict(session.rows(
            'SELECT id, name FROM "user" UNION ALL SELECT id, name FROM territory UNION ALL SELECT id, name FROM company'
        ))  # fmt: skip
        return tuple(_mended(session, one, names) for one in found), int(session.value("SELECT COUNT(*) FROM fault"))


def _mended(session: Records, one: faults.Fault, names: Mapping[str, str]) -> Mended:
    row = (session.get(one.entity, one.record_id) if one.entity and one.record_id else None) or {
        **one.was,
        **one.stands,
    }
    title = next((str(row[name]) for name in _TITLES if isinstance(row.get(name), str) and row[name]), "")
    customer = session.value("SELECT name FROM customer WHERE id=?", one.root_id)
    moved = tuple((name, one.was.get(name), after) for name, after in one.stands.items())
    about = str(customer or "") if one.entity != "customer" else ""
    return Mended(
        one.at, one.kind, one.entity, title, str(one.root_id) if customer else "", about,
        moved if one.kind == faults.REPAIRED else (), names,
    )  # fmt: skip
