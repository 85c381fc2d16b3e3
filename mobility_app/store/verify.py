"""Whether a device's store is whole: pages, history chain of every customer, rows equal to what history makes, and all
tables equal to the sums that HQ's are compared with; the search, and that nothing hangs on what is not there.

Where HQ's log begins later than what this device had received (`horizons.py`), history has a gap that is no fault: the
chain is taken up anew there, and what stands is vouched for by the sums. Nothing is changed here.
"""

from __future__ import annotations

import json

from mobility_app.domain import access, registry
from mobility_app.domain.change import CREATE, Entry, Row, fold, link
from mobility_app.errors import StoreDamaged
from mobility_app.store import horizons, identity, overlay, scrub
from mobility_app.store.cursor import Cursor
from mobility_app.store.records import Records, entry_of
from mobility_app.store.store import Store

_ENTRY = (
    "stream, seq, txn, entity, record_id, root_id, kind, patch, stamp, user_id, device_id, dseq, at, salt, chain,"
    " sealed"
)


def faults(store: Store, root_id: str | None = None) -> list[str]:
    """One line for each fault, none where all is well; a database that can't be read is one.

    With `root_id` only that customer's history is looked at. A history that this device holds in part (another company's
    shared customer) is passed over: it has links that this device never sees.
    """
    try:
        return _faults(store, root_id)
    except StoreDamaged as damaged:
        return [str(damaged)]


def _faults(store: Store, root_id: str | None) -> list[str]:
    with store.reading() as session:
        found = [] if root_id else _pages(session)
        where, params = ("WHERE root_id=?", (root_id,)) if root_id else ("", ())
        rows = session.rows(f"SELECT {_ENTRY} FROM entry {where} ORDER BY stream, seq", *params)
        entries = [(entry_of(row), row[15]) for row in rows]
        found += _broken(session, entries)
        if root_id:
            return found
        found += [*_drift(session, [e for e, _ in entries]), *_astray(session)]
    return found + [f"{entity}: the table differs from its sum" for entity in scrub.drifted(store)]


def _astray(session: Records) -> list[str]:
    """Records whose parent is not there, and customers that the search does not know, or knows too many."""
    found = []
    for one in registry.ENTITIES:
        if one.parent:
            parent = one.field(one.parent).refers
            found += [
                f"{one.name} {record_id}: its {parent} is not there"
                for (record_id,) in session.rows(
                    f'SELECT id FROM "{one.name}" WHERE {one.parent} IS NOT NULL'
                    f' AND {one.parent} NOT IN (SELECT id FROM "{parent}")'
                )
            ]
    return found + [
        f"customer {record_id}: the search does not have it as it is" for record_id in scrub.unsearched(session)
    ]


def _pages(session: Records) -> list[str]:
    found = [str(row[0]) for row in session.rows("PRAGMA cipher_integrity_check")]
    return found + [str(row[0]) for row in session.rows("PRAGMA quick_check") if row[0] != "ok"]


def _broken(session: Records, entries: list[tuple[Entry, str | None]]) -> list[str]:
    partial, gaps = _partly_seen(session), horizons.read(session)
    found, chains, last = list[str](), dict[str, str](), dict[str, int]()
    for entry, sealed in entries:
        if entry.root_id is None or entry.root_id in partial:
            continue
        anew = horizons.between(gaps, entry.stream, last.get(entry.root_id, 0), entry.seq)
        last[entry.root_id] = entry.seq
        if not anew and link(chains.get(entry.root_id, ""), entry, json.loads(sealed or "{}")) != entry.chain:
            found.append(f"history of {entry.root_id}: entry {entry.seq} was altered, or one before it was")
        chains[entry.root_id] = entry.chain
    return found


def _partly_seen(session: Records) -> set[str]:
    """Customers whose chain has links that this device never sees: of those that are only shared with it, master data
    alone comes; to a role that may not see every kind of record (support sees no billing), no history comes whole."""
    role = json.loads(identity.meta(session, "actor") or "{}").get("role", "rep")
    every = session.rows("SELECT id, territory_id FROM customer")
    if any(not access.may(role, one.right, "read") for one in registry.ENTITIES):
        return {row[0] for row in every}
    held = {scope.removeprefix("t:") for scope in Cursor.read(session).scopes if scope.startswith("t:")}
    return {row[0] for row in every if row[1] not in held}


def _drift(session: Records, entries: list[Entry]) -> list[str]:
    rows: dict[tuple[str, str], Row | None] = {}
    latest = {stream: max(numbers) for stream, numbers in horizons.read(session).items()}
    partly = set[tuple[str, str]]()  # of these the log may have lost entries before we had them
    for entry in entries:
        pair = (entry.entity, entry.record_id)
        if entry.seq <= latest.get(entry.stream, 0) or (pair not in rows and entry.kind != CREATE):
            partly.add(pair)
        rows[pair] = fold(rows.get(pair), entry.kind, entry.patch)
    found = []
    for (entity, record_id), row in rows.items():
        if (entity, record_id) in partly and latest:
            continue
        based, base = overlay.base(session, entity, record_id)
        have = base if based else session.get(entity, record_id)
        names = registry.entity(entity).names
        wanted = {name: row.get(name) for name in names} if row is not None else None
        if wanted != ({name: have.get(name) for name in names} if have is not None else None):
            found.append(f"{entity} {record_id}: the table differs from the history")
    return found
