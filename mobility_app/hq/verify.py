"""Whether HQ's log is whole: gap-free numbers, an unbroken chain for every customer, tables equal to its fold."""

from __future__ import annotations

from mobility_app.domain import registry
from mobility_app.domain.change import Entry, Row, fold, link
from mobility_app.hq.ledger import Ledger
from mobility_app.store.records import Records, entry_of

_LOG = "stream, seq, txn, entity, record_id, root_id, kind, patch, stamp, user_id, device_id, dseq, at, salt, chain"


def faults(ledger: Ledger) -> list[str]:
    """One line for each fault, none where all is well."""
    with ledger.reading() as session:
        entries = _entries(session)
        return [*_gaps(session, entries), *_broken(entries), *_drift(session, entries)]


def _entries(session: Records) -> list[Entry]:
    rows = session.rows(f"SELECT {_LOG} FROM log ORDER BY stream, seq")
    return [entry_of(row) for row in rows]


def _gaps(session: Records, entries: list[Entry]) -> list[str]:
    found = []
    for stream, head in session.rows("SELECT id, head FROM stream"):
        seqs = [entry.seq for entry in entries if entry.stream == stream]
        if seqs != list(range(1, head + 1)):
            found.append(f"stream {stream}: entries are missing (head {head}, {len(seqs)} entries)")
    return found


def _broken(entries: list[Entry]) -> list[str]:
    found, chains = list[str](), dict[str, str]()
    for entry in entries:
        key = entry.root_id or entry.stream
        expected = link(chains.get(key, ""), entry)
        if expected != entry.chain:
            found.append(f"stream {entry.stream}, entry {entry.seq}: altered, or one before it was")
        chains[key] = entry.chain
    return found


def _drift(session: Records, entries: list[Entry]) -> list[str]:
    rows: dict[tuple[str, str], Row | None] = {}
    for entry in entries:
        pair = (entry.entity, entry.record_id)
        rows[pair] = fold(rows.get(pair), entry.kind, entry.patch)
    found = []
    for one in registry.ENTITIES:
        standing = {str(row["id"]): row for row in session.find(one.name)}
        for (entity, record_id), row in rows.items():
            if entity != one.name:
                continue
            have = standing.pop(record_id, None)
            wanted = {name: row.get(name) for name in one.names} if row is not None else None
            if wanted != ({name: have[name] for name in one.names} if have else None):
                found.append(f"{entity} {record_id}: the table differs from the log")
        found += [f"{one.name} {record_id}: not in the log" for record_id in standing]
    return found
