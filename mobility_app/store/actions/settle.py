"""What a person decides about something that is not settled: a conflict, or a change that HQ refused."""

from __future__ import annotations

from mobility_app.domain.change import DISMISSED, REJECTED
from mobility_app.errors import NotFound
from mobility_app.store.store import LOCAL, Store, Touched

WINNER, LOSER = "winner", "loser"


def settle(store: Store, conflict_id: str, take: str) -> None:
    """Settles a conflict in one transaction. `take` "winner" leaves what stands, "loser" writes the other value.

    Raises NotFound where the conflict or its record is gone, InvalidValue, NotAllowed.
    """
    with store.writing() as tx:
        conflict = tx.get("conflict", conflict_id)
        if conflict is None:
            raise NotFound("conflict", conflict_id)
        if take == LOSER:
            tx.update(str(conflict["entity"]), str(conflict["record_id"]), {str(conflict["field"]): conflict["loser"]})
        tx.update("conflict", conflict_id, {"state": "settled"})


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
