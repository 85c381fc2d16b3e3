"""Rows that HQ sent because this device's were otherwise, into the store: data, sums and faults in one transaction.

Only what differs was sent. A record with open changes over it is put right underneath them; one that only this device
has goes, unless open changes lie over it: then it stays until HQ has judged them. Nothing here is captured.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from mobility_app.domain import registry
from mobility_app.domain.change import LIVE, Row
from mobility_app.store import faults
from mobility_app.store.apply import applying, part
from mobility_app.store.entries import Taking
from mobility_app.store.overlay import Pair, Pictures
from mobility_app.store.records import Records
from mobility_app.store.store import Store, Touched

_LIVE = ",".join(f"'{state}'" for state in LIVE)


@dataclass(frozen=True, slots=True)
class Sent:
    """A record as HQ has it, in plain values; empty fields may be left out."""

    record_id: str
    root_id: str | None
    values: Row


def repair(
    store: Store, entity: str, rows: Iterable[Sent], gone: Collection[str], known: Collection[str], *, expected: bool
) -> tuple[int, int]:
    """Puts records right. `known`: the fields that HQ knows, the others stay. `expected`: they were to come this way, so
    that they are no faults. Returns (how many were changed, how many were left because open changes lie over them)."""
    names = registry.entity(entity).names
    with applying(store) as session:
        taking, left = Taking(session, Pictures(session)), 0
        for one in rows:
            stood = _confirmed(taking, entity, one.record_id) or {}
            row = {name: one.values.get(name) if name in known else stood.get(name) for name in names}
            _put(taking, store.now(), (entity, one.record_id), one.root_id, row, expected=expected)
        for record_id in gone:
            if _open(session, entity, record_id):
                left += 1
            else:
                _drop(taking, store.now(), (entity, record_id), expected=expected)
        roots = frozenset(root for root in taking.touched.values() if root)
        taking.reworded |= roots
        taking.end()
    if gone:
        store.scour()
    store.tell(Touched(roots, frozenset(taking.touched), "sync"))
    return len(taking.touched), left


def _put(taking: Taking, at: int, pair: Pair, root: str | None, row: Row, *, expected: bool) -> None:
    (entity, record_id), session = pair, taking.session
    before = _confirmed(taking, *pair)
    taking.tally.moved(entity, record_id, before, row)
    taking.touched[pair] = root
    if taking.pictures.read(entity, [record_id]):
        taking.pictures.put(entity, record_id, row)
    else:
        session.hold(entity, {record_id: row})
    if not expected:
        kind = faults.MISSING if before is None else faults.REPAIRED
        faults.note(session, at, kind, entity, record_id, root, was=before, stands=row)


def _drop(taking: Taking, at: int, pair: Pair, *, expected: bool) -> None:
    """Takes away what HQ does not have for this device. A customer goes as one that leaves, with all that hangs on it."""
    (entity, record_id), session = pair, taking.session
    before = _confirmed(taking, *pair)
    if before is None:
        return
    root = session.root_of(entity, record_id, before)
    if entity == "customer":
        part(taking, "leave", record_id)
    else:
        taking.tally.moved(entity, record_id, before, None)
        session.remove(entity, record_id)
        taking.touched[pair] = root
    if expected:
        session.run("DELETE FROM entry WHERE entity=? AND record_id=?", entity, record_id)
    else:
        faults.note(session, at, faults.DROPPED, entity, record_id, root, was=before if entity != "customer" else {})


def _confirmed(taking: Taking, entity: str, record_id: str) -> Row | None:
    """The record as HQ confirmed it, without its id."""
    under = taking.pictures.read(entity, [record_id])
    found = under[record_id] if under else taking.session.get(entity, record_id)
    return {name: found.get(name) for name in registry.entity(entity).names} if found is not None else None


def _open(session: Records, entity: str, record_id: str) -> bool:
    sql = f"SELECT 1 FROM change WHERE entity=? AND record_id=? AND state IN ({_LIVE}) LIMIT 1"
    return session.value(sql, entity, record_id) is not None
