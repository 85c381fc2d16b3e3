"""Open conflicts as people meet them: what was changed by two people, both values, who and when.

The fields of one group (a street and its town) win together, so what two people wrote of one is one conflict with several
fields. Called by the sheet's header and by the sync centre; settling is `store/actions/settle.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mobility_app.domain import registry
from mobility_app.domain.change import Row
from mobility_app.domain.fields import Plain
from mobility_app.store import identity
from mobility_app.store.records import Records
from mobility_app.store.store import Store

OPEN = "open"


class Further(NamedTuple):
    """Another field of the same group, with what each side wrote."""

    field: str
    winner: Plain
    loser: Plain


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two people changed one field, or one group of them. `winner` stands now; `mine` says which side the reader wrote
    ("" for neither). `base` is what both had seen. `gone`: the record was deleted while somebody changed it."""

    id: str
    winner: Plain
    loser: Plain
    winner_name: str
    loser_name: str
    winner_at: int
    loser_at: int
    mine: str
    base: Plain = None
    further: tuple[Further, ...] = ()
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A conflict with the field that it is about."""

    customer_id: str
    entity: str
    record_id: str
    field: str
    conflict: Conflict


def together(rows: Iterable[Row]) -> list[list[Row]]:
    """Rows of conflicts, those of one clash over one group in one list, in the order of their first."""
    found: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        one = registry.entity(str(row["entity"]))
        names = one.group(one.field(str(row["field"])))
        key = (row["record_id"], names, row["winner_user_id"], row["loser_user_id"], row["loser_at"])
        found.setdefault(key if len(names) > 1 else (row["id"],), []).append(row)
    return list(found.values())


def siblings(session: Records, row: Row) -> list[Row]:
    """The open conflicts of the same clash, this one among them."""
    rows = session.find("conflict", order="id", record_id=row["record_id"], state=OPEN)
    return next((some for some in together(rows) if any(one["id"] == row["id"] for one in some)), [row])


def found(session: Records, rows: list[Row]) -> list[Found]:
    """What these rows are about, for the person of this device."""
    rows = [row for row in rows if _known(row)]
    known = identity.read(session) if rows else None
    people = dict(session.rows('SELECT id, name FROM "user"')) if rows else {}
    return [_found(session, some, people, known.user_id if known else "") for some in together(rows)]


def one(store: Store, conflict_id: str) -> Found | None:
    """One conflict, or None where it is settled or not here."""
    with store.reading() as session:
        row = session.get("conflict", conflict_id)
        told = found(session, siblings(session, row)) if row and row["state"] == OPEN and _known(row) else []
        return told[0] if told else None


def _found(session: Records, rows: list[Row], people: Mapping[str, str], me: str) -> Found:
    row, entity, record_id = rows[0], str(rows[0]["entity"]), str(rows[0]["record_id"])
    conflict = Conflict(
        str(row["id"]), row["winner"], row["loser"], people.get(str(row["winner_user_id"]), ""),
        people.get(str(row["loser_user_id"]), ""), _instant(row["winner_at"]), _instant(row["loser_at"]),
        next((side for side in ("winner", "loser") if row[f"{side}_user_id"] == me), ""), row["base"],
        tuple(Further(str(one["field"]), one["winner"], one["loser"]) for one in rows[1:]),
        session.value(f'SELECT 1 FROM "{entity}" WHERE id=?', record_id) is None,
    )  # fmt: skip
    return Found(str(row["customer_id"] or ""), entity, record_id, str(row["field"]), conflict)


def _known(row: Row) -> bool:
    """Whether this version knows the field: a newer one may have added it."""
    names = {one.name: one.names for one in registry.ENTITIES}
    return str(row["field"]) in names.get(str(row["entity"]), ())


def _instant(value: Plain) -> int:
    return value if isinstance(value, int) else 0
