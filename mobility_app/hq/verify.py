"""Whether HQ is whole: pages, gap-free numbers, an unbroken chain for every customer, tables equal to the log's fold, kept
sums equal to the tables, no record without the one that it hangs on. Archive and log are read as one."""

from __future__ import annotations

from mobility_app.domain import registry
from mobility_app.domain.change import Entry, Row, fold, link
from mobility_app.hq import horizon
from mobility_app.hq.ledger import Ledger
from mobility_app.hq.scrub import look
from mobility_app.store.records import Records, entry_of
from mobility_app.store.scrub import parentless


def faults(ledger: Ledger) -> list[str]:
    """One line for each fault, none where all is well."""
    with ledger.reading() as session:
        entries = [entry_of(row) for row in horizon.whole(session, ledger)]
        found = [*_gaps(session, entries), *_broken(session, entries), *_drift(session, entries), *parentless(session)]
    return [*found, *(line for kind, *_, line in look(ledger) if kind != "drift")]


def _gaps(session: Records, entries: list[Entry]) -> list[str]:
    found = []
    for stream, head, behind in session.rows("SELECT id, head, horizon FROM stream"):
        seqs = [entry.seq for entry in entries if entry.stream == stream]
        if seqs != list(range(1, head + 1)):
            line = f"stream {stream}: entries are missing (head {head}, {len(seqs)} entries)"
            found.append(f"{line}; is the archive there? Its horizon is {behind}" if behind else line)
    return found


def _broken(session: Records, entries: list[Entry]) -> list[str]:
    found, chains = list[str](), dict[str, str]()
    for entry in entries:
        key = entry.root_id or entry.stream
        expected = link(chains.get(key, ""), entry)
        if expected != entry.chain:
            found.append(f"stream {entry.stream}, entry {entry.seq}: altered, or one before it was")
        chains[key] = entry.chain
    kept = dict(session.rows("SELECT id, hash FROM chain"))
    ends = [key for key in {**kept, **chains} if kept.get(key) != chains.get(key)]
    return found + [f"chain {key}: its last entries are missing" for key in ends]


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
