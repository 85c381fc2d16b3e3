"""Whether a device's store is whole: pages, history chain of every customer, rows equal to what history makes, and all
tables equal to the sums that HQ's are compared with; the search, and that nothing hangs on what is not there.

Where HQ's log begins later than what this device had received (`horizons.py`), history has a gap that is no fault: the
chain is taken up anew there, and what stands is vouched for by the sums. Nothing is changed here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from mobility_app.domain import access, registry, versions
from mobility_app.domain.change import CREATE, RESTORE, Entry, Row, fold, link
from mobility_app.errors import StoreDamaged
from mobility_app.store import horizons, identity, overlay, parking, scrub
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
        found += _broken(session, entries, root_id)
        if root_id:
            return found
        found += [*_drift(session, [e for e, _ in entries]), *_astray(session)]
    return found + [f"{entity}: the table differs from its sum" for entity in scrub.drifted(store)]


def _astray(session: Records) -> list[str]:
    """Records whose parent is not there, and customers that the search does not know, or knows too many."""
    return scrub.parentless(session) + [
        f"customer {record_id}: the search does not have it as it is" for record_id in scrub.unsearched(session)
    ]


def _pages(session: Records) -> list[str]:
    found = [str(row[0]) for row in session.rows("PRAGMA cipher_integrity_check")]
    return found + [str(row[0]) for row in session.rows("PRAGMA quick_check") if row[0] != "ok"]


def _broken(session: Records, entries: list[tuple[Entry, str | None]], only: str | None = None) -> list[str]:
    partial, gaps, anchors = _partly_seen(session), horizons.read(session), _anchors(session, only)
    found, last = list[str](), dict[str, int]()
    chains = {root: floor for root, (_, _, floor) in anchors.items()}
    for entry, sealed in entries:
        if entry.root_id is None or entry.root_id in partial:
            continue
        at, chain, _ = anchors.get(entry.root_id, (0, "", ""))
        if entry.seq > at and chain:
            if chains[entry.root_id] != chain:
                found.append(f"history of {entry.root_id}: before entry {entry.seq} it is not what HQ vouched for")
            del anchors[entry.root_id]
        anew = horizons.between(gaps, entry.stream, last.get(entry.root_id, 0), entry.seq)
        last[entry.root_id] = entry.seq
        if not anew and link(chains.get(entry.root_id, ""), entry, json.loads(sealed or "{}")) != entry.chain:
            found.append(f"history of {entry.root_id}: entry {entry.seq} was altered, or one before it was")
        chains[entry.root_id] = entry.chain
    late = [root for root, (_, chain, _) in anchors.items() if chain and root not in partial and chains[root] != chain]
    return found + [f"history of {root}: its end is not what HQ vouched for" for root in late]


def _anchors(session: Records, only: str | None) -> dict[str, tuple[int, str, str]]:
    """Of customers that came by snapshot: (up to which number, the chain's hash there, the hash before the first entry
    that this device holds)."""
    rows = session.rows(
        "SELECT root_id, whole_seq, chain, floor_chain FROM anchor WHERE whole_seq > 0 AND root_id = COALESCE(?, root_id)",
        only,
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def _partly_seen(session: Records) -> set[str]:
    """Customers whose chain has links that this device never sees: of those that are only shared with it, master data
    alone comes; to a role that may not see every kind of record (support sees no billing), no history comes whole; nor
    did it to a device whose HQ was newer once."""
    role = json.loads(identity.meta(session, "actor") or "{}").get("role", "rep")
    spared = identity.meta(session, parking.SPARED)
    every = session.rows("SELECT id, territory_id FROM customer")
    if spared or any(not access.may(role, one.right, "read") for one in registry.ENTITIES):
        return {row[0] for row in every}
    whole = {scope for scope, (_, sub) in Cursor.read(session).scopes.items() if sub == 0}  # nothing on its way
    return {row[0] for row in every if f"t:{row[1]}" not in whole}


def _drift(session: Records, entries: list[Entry]) -> list[str]:
    """Records that are not what their entries make. Of one whose first entries are not here, the fields that the others
    name are compared."""
    rows: dict[tuple[str, str], Row | None] = {}
    latest = {stream: max(numbers) for stream, numbers in horizons.read(session).items()}
    partly = set[tuple[str, str]]()  # of these the log may have lost entries before we had them
    begun = set[tuple[str, str]]()  # of these the first entries are not here, or not yet
    for entry in entries:
        pair = (entry.entity, entry.record_id)
        if entry.seq <= latest.get(entry.stream, 0) or (pair not in rows and entry.kind != CREATE):
            partly.add(pair)
        if pair not in rows and entry.kind not in (CREATE, RESTORE):
            begun.add(pair)
            rows[pair] = {}
        rows[pair] = fold(rows.get(pair), entry.kind, entry.patch)
        if rows[pair] is None:
            begun.discard(pair)
    found = []
    for (entity, record_id), row in rows.items():
        if ((entity, record_id) in partly and latest) or row == {}:
            continue
        based, base = overlay.base(session, entity, record_id)
        have = base if based else session.get(entity, record_id)
        names: Iterable[str] = registry.entity(entity).names
        if (entity, record_id) in begun and row is not None:
            names = row
        elif row is not None:  # a field that came with a later version may have come as rows: the sums vouch for it
            names = [name for name in names if name in row or versions.since(entity, name) == versions.FIRST]
        wanted = {name: row.get(name) for name in names} if row is not None else None
        if wanted != ({name: have.get(name) for name in names} if have is not None else None):
            found.append(f"{entity} {record_id}: the table differs from the history")
    return found
