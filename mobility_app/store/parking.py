"""Parked changes: what this device knows and its HQ does not yet. Kept, shown and told; sent when HQ has caught up.

HQ says its version with its pages where it is another one, and refuses a push that holds what it does not know (409
`hq_older`). What it does not know of a change then leaves the queue, so that nothing behind it waits: the number travels
as void, or with the fields that HQ knows, and the rest is kept under a number far below zero, still lying over what HQ
confirmed. Unparked, it gets a new number. A saved whole that stands or falls as one is parked whole; so is what hangs
on a record that HQ is yet to hear of. Called by `engine.py` between requests.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from mobility_app.domain import versions
from mobility_app.domain.change import CREATE, OPEN, PARKED, PARKED_FROM, SENT, UPDATE, VOID, Change
from mobility_app.store import again, identity, overlay
from mobility_app.store.outgoing import NOT_OPEN
from mobility_app.store.records import Records, patch_plain
from mobility_app.store.store import Store

HQ_VERSION = "hq_version"  # a note: the version that HQ last told, where it was ever another one
SPARED = "spared"  # a note: HQ was newer once, so the history here may lack lines

_ROW = "tx, entity, record_id, root_id, kind, patch, base, stamp, user_id, at, atomic, version"


def heard(store: Store, told: int) -> bool:
    """HQ is of that version (0: of this program's). Whether parked changes can be sent now."""
    version = told or versions.VERSION
    with store.reading() as session:
        noted = identity.meta(session, HQ_VERSION)
    if noted == str(version) or (noted is None and version == versions.VERSION):
        return False
    with store.transaction() as session:
        identity.set_meta(session, HQ_VERSION, str(version))
        if version > versions.VERSION:
            identity.set_meta(session, SPARED, "1")
        return _unpark(session, version)


def settle(store: Store) -> None:
    """Parks what was saved since and HQ, as last heard, does not know. Writes nothing where there is nothing."""
    with store.reading() as session:
        version = int(identity.meta(session, HQ_VERSION) or versions.VERSION)
        if version >= versions.VERSION or not _unknown(_waiting(session, (OPEN,)), version):
            return
    with store.transaction() as session:
        _park(session, version, (OPEN,))


def refused(store: Store, version: int) -> bool:
    """HQ refused a push: it is of that version. Nothing of it was judged. Returns whether something was parked."""
    with store.transaction() as session:
        identity.set_meta(session, HQ_VERSION, str(version))
        return _park(session, version, (OPEN, SENT))


def _waiting(session: Records, states: tuple[str, ...]) -> list[Change]:
    rows = session.rows(
        f"SELECT dseq, {_ROW} FROM change WHERE dseq>0 AND state IN ({','.join('?' * len(states))}) UNION ALL"
        f" SELECT dseq, {_ROW} FROM kept WHERE again=1 AND kind!=? ORDER BY dseq",
        *states, VOID,
    )  # fmt: skip
    return [_change(row) for row in rows]


def _change(row: tuple[Any, ...]) -> Change:
    dseq, tx, entity, record_id, _, kind, patch, base, stamp, _, at, atomic, version = row
    plain = patch_plain(entity, json.loads(patch))
    return Change(dseq, tx, entity, record_id, kind, plain, base, stamp, at, bool(atomic), version)


def _unknown(changes: Iterable[Change], version: int) -> list[Change]:
    return [change for change in changes if versions.unknown(change, version)]


def _park(session: Records, version: int, states: tuple[str, ...]) -> bool:
    waiting = _waiting(session, states)
    whole = {change.tx for change in _unknown(waiting, version) if change.atomic}
    heard_of = f"SELECT record_id FROM change WHERE {NOT_OPEN} AND state=? AND kind!=?"
    unheard = {row[0] for row in session.rows(heard_of, PARKED, UPDATE)}
    parked = False
    for change in waiting:
        blind = versions.unknown(change, version)
        hangs = change.record_id in unheard or any(
            side in unheard for _, side in change.patch.values() if isinstance(side, str)
        )
        fields = blind if change.kind in (CREATE, UPDATE) else blind & {versions.RECORD}
        if hangs or versions.RECORD in blind or change.tx in whole or (fields and fields == set(change.patch)):
            _move(session, change)
            unheard |= {change.record_id} if change.kind != UPDATE else set()
        elif blind:
            _split(session, change, blind, keep=bool(fields))
        parked = parked or bool(blind) or hangs or change.tx in whole
    return parked


def _move(session: Records, change: Change) -> None:
    """Parks all of a change; its number travels as void."""
    if not session.value("SELECT 1 FROM change WHERE dseq=?", change.dseq):  # it was offered again to another life
        overlay.keep(session, change.entity, [change.record_id])
        session.run(
            f"INSERT INTO change (dseq, {_ROW}, state) SELECT dseq, {_ROW}, ? FROM kept WHERE dseq=?",
            OPEN, change.dseq,
        )  # fmt: skip
        session.run("DELETE FROM kept WHERE dseq=?", change.dseq)
    session.run(
        "UPDATE change SET dseq=?, state=?, verdict=NULL, out_stream=NULL, out_seq=NULL WHERE dseq=?",
        PARKED_FROM + change.dseq, PARKED, change.dseq,
    )  # fmt: skip
    again.void(session, change.dseq)


def _split(session: Records, change: Change, blind: frozenset[str], *, keep: bool) -> None:
    """Leaves what HQ knows under the number, parks the rest where it is an author's word (`keep`)."""
    table = "change" if session.value("SELECT 1 FROM change WHERE dseq=?", change.dseq) else "kept"
    patch = json.loads(session.value(f"SELECT patch FROM {table} WHERE dseq=?", change.dseq))
    known = {name: sides for name, sides in patch.items() if name not in blind}
    session.run(f"UPDATE {table} SET patch=? WHERE dseq=?", _text(known), change.dseq)
    if keep:
        session.run(
            f"INSERT INTO change (dseq, {_ROW}, state) SELECT ?, tx, entity, record_id, root_id, ?, ?, base, stamp,"
            f" user_id, at, 0, version, ? FROM {table} WHERE dseq=?",
            PARKED_FROM + change.dseq, UPDATE, _text({name: patch[name] for name in blind}), PARKED, change.dseq,
        )  # fmt: skip


def _text(patch: dict[str, object]) -> str:
    return json.dumps(patch, ensure_ascii=False, separators=(",", ":"))


def _unpark(session: Records, version: int) -> bool:
    """Gives parked changes new numbers, in the order in which they were made; what HQ still does not know is parked again."""
    rows = session.rows(f"SELECT dseq, {_ROW} FROM change WHERE {NOT_OPEN} AND state=? ORDER BY dseq", PARKED)
    if len(_unknown((_change(row) for row in rows), version)) == len(rows):
        return False
    for _, _, entity, record_id, *_ in rows:
        overlay.keep(session, entity, [record_id])
    for dseq, *_ in rows:
        session.run(f"INSERT INTO change ({_ROW}, state) SELECT {_ROW}, ? FROM change WHERE dseq=?", OPEN, dseq)
        session.run("DELETE FROM change WHERE dseq=?", dseq)
    _park(session, version, (OPEN,))
    return True
