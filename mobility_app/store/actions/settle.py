"""What a person decides about something that is not settled: a conflict, or a change that HQ refused.

A decision is an ordinary change of the field, made by somebody who saw both values, and the conflict's own state: so it
is settled for everybody who holds the customer. The fields of one group are decided together.
"""

from __future__ import annotations

from collections.abc import Iterable

from mobility_app.domain import registry
from mobility_app.domain.change import DISMISSED, REJECTED, Row
from mobility_app.errors import NotFound
from mobility_app.store.queries import conflicts
from mobility_app.store.store import LOCAL, Store, Touched
from mobility_app.store.writing import Writing

WINNER, LOSER = "winner", "loser"
SETTLED = "settled"
SEVERAL = frozenset({"customer_email", "customer_phone", "contact_email", "contact_phone"})  # a record may have both


def settle(store: Store, conflict_id: str, take: str) -> None:
    """Settles a conflict in one transaction. `take` "winner" leaves what stands, "loser" writes the other value, into a
    record that was deleted meanwhile once it is back.

    Raises NotFound where the conflict or its record is gone, InvalidValue, NotAllowed.
    """
    with store.writing() as tx:
        rows = _open(tx, conflict_id)
        entity, record_id = str(rows[0]["entity"]), str(rows[0]["record_id"])
        if take == LOSER:
            if tx.get(entity, record_id) is None:
                tx.restore(entity, record_id)
            tx.update(entity, record_id, {str(row["field"]): row["loser"] for row in rows})
        _settled(tx, rows)


def keep_both(store: Store, conflict_id: str) -> None:
    """Both stay: the value that lost becomes a record of its own beside the one that stands. For the entities of SEVERAL.

    Raises NotFound where the conflict or its record is gone, InvalidValue, NotAllowed.
    """
    with store.writing() as tx:
        rows = _open(tx, conflict_id)
        entity, record_id = str(rows[0]["entity"]), str(rows[0]["record_id"])
        row, one = tx.get(entity, record_id), registry.entity(entity)
        if row is None or entity not in SEVERAL:
            raise NotFound(entity, record_id)
        other = {name: row[name] for name in (one.parent, "label")} | {"is_main": False}
        tx.create(entity, other | {str(each["field"]): each["loser"] for each in rows})
        _settled(tx, rows)


def answered(tx: Writing, conflict_ids: Iterable[str]) -> None:
    """Somebody who saw these conflicts wrote a value of their own: nothing is left to choose."""
    for conflict_id in conflict_ids:
        row = tx.get("conflict", conflict_id)
        if row is not None and row["state"] == conflicts.OPEN:
            _settled(tx, conflicts.siblings(tx, row))


def _open(tx: Writing, conflict_id: str) -> list[Row]:
    row = tx.get("conflict", conflict_id)
    if row is None:
        raise NotFound("conflict", conflict_id)
    return conflicts.siblings(tx, row)


def _settled(tx: Writing, rows: list[Row]) -> None:
    for row in rows:
        tx.update("conflict", str(row["id"]), {"state": SETTLED})


def dismiss(store: Store, dseq: int) -> None:
    """The rep has read why HQ refused this change. It stays in the history and is marked no more."""
    with store.transaction() as session:
        row = session.one("SELECT root_id, entity, record_id FROM change WHERE dseq=? AND state=?", dseq, REJECTED)
        if row is None:
            return
        if row[0] and session.get("customer", row[0]) is None:  # it left: there is no history that this would stay in
            session.run("DELETE FROM change WHERE dseq=?", dseq)
        else:
            session.run("UPDATE change SET state=? WHERE dseq=?", DISMISSED, dseq)
    store.tell(Touched(frozenset({row[0]} - {None}), frozenset({(row[1], row[2])}), LOCAL))
