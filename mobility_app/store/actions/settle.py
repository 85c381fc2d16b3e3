"""What a person decides about something that is not settled: a conflict, or a change that HQ refused.

A decision is an ordinary change of the field, made by somebody who saw both values, and the conflict's own state: so it
is settled for everybody who holds the customer. The fields of one group are decided together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from mobility_app.domain import registry
from mobility_app.domain.change import DISMISSED, REJECTED, Row
from mobility_app.domain.fields import Merge
from mobility_app.errors import NotFound
from mobility_app.store import told
from mobility_app.store.actions import reopen
from mobility_app.store.queries import conflicts
from mobility_app.store.records import patch_plain
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


def accept(store: Store, dseq: int, field: str) -> None:
    """Its author has read what HQ made of a value, and leaves it so."""
    with store.transaction() as session:
        one = told.read(session, dseq, field)
    if one is not None:
        store.tell(Touched(frozenset({one.root_id} - {""}), frozenset({(one.entity, one.record_id)}), LOCAL))


def insist(store: Store, dseq: int, field: str, reason: str = "") -> None:
    """Its author has read what HQ made of a value, and writes it again, knowingly. `reason`: for what opens a closed
    request again, which is InvalidValue `reason_missing` without one.

    Raises NotFound where the record is gone, InvalidValue, NotAllowed."""
    with store.writing() as tx:
        one = told.read(tx, dseq, field)
        if one is not None:
            reopen.explain(tx, one.record_id, reason)
            tx.update(one.entity, one.record_id, {one.field: one.wanted})


def send_again(store: Store, dseq: int, reason: str = "") -> None:
    """Sends a refused change once more, as a new change on what stands now; the refused one is marked no more. `reason` as
    in `insist`.

    Raises NotFound where its record is gone, InvalidValue, NotAllowed where this device knows already that it won't do."""
    with store.writing() as tx:
        row = tx.one("SELECT entity, record_id, kind, patch FROM change WHERE dseq=? AND state=?", dseq, REJECTED)
        if row is None:
            return
        entity, record_id, kind = str(row[0]), str(row[1]), str(row[2])
        wanted = {name: sides[1] for name, sides in patch_plain(entity, json.loads(row[3])).items()}
        match kind:
            case "create":  # its number and its id were HQ's to refuse
                one = registry.entity(entity)
                own = {f.name for f in one.fields if not f.derived and f.merge is not Merge.HQ} - {"provisional_number"}
                tx.create(entity, {name: value for name, value in wanted.items() if name in own and value is not None})
            case "delete":
                tx.delete(entity, record_id)
            case "restore":
                tx.restore(entity, record_id)
            case _:
                reopen.explain(tx, record_id, reason)
                tx.update(entity, record_id, wanted)
        tx.run("UPDATE change SET state=? WHERE dseq=?", DISMISSED, dseq)
