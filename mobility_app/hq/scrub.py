"""The nightly look at HQ's own tables, in pieces: pages, every record against what the log makes of it, every scope's sums.

What differs is noted as a fault, once, and reported; it is put right by a person's command alone (`mend`): the record is
folded anew from the log and written as that says. Called by `nightly.py`, `mobility hq scrub` and `mobility hq mend`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from mobility_app.domain import digests, registry
from mobility_app.domain.change import Row, fold
from mobility_app.hq import digests as sums
from mobility_app.hq import faults, horizon
from mobility_app.hq.ledger import Ledger
from mobility_app.store.records import Records, patch_plain

Drift = tuple[str, str]  # (entity, record)
Finding = tuple[str, str, str, str]


def scrub(ledger: Ledger, stop: Callable[[], bool] = lambda: False) -> list[str]:
    """Looks at everything and notes faults. Returns a line for each; none where `stop` ended it early."""
    found = look(ledger, stop)
    if found:
        with ledger.database.transaction() as opened:
            session = Records(opened.engine, opened.watch)
            for kind, entity, record_id, line in found:
                faults.note(session, ledger.now(), kind, entity, record_id, {"said": line})
    return [line for *_, line in found]


def look(ledger: Ledger, stop: Callable[[], bool] = lambda: False) -> list[Finding]:
    """What is wrong, noted nowhere: (kind, entity, record, line)."""
    found: list[Finding] = []
    for step in (_pages(ledger), _drifts(ledger), _scopes(ledger)):
        for one in step:
            if stop():
                return []
            if one is not None:
                found.append(one)
    return found


def _pages(ledger: Ledger) -> Iterator[Finding | None]:
    for table, wrong in ledger.database.pages():
        yield (faults.PAGES, table, "", f"{table}: {wrong}") if wrong else None


def _drifts(ledger: Ledger) -> Iterator[Finding | None]:
    for entity, record_id in drifted(ledger):
        line = f"{entity} {record_id}: the table differs from the log"
        yield (faults.DRIFT, entity, record_id, line) if record_id else None


def drifted(ledger: Ledger) -> Iterator[Drift]:
    """Records whose table is not what the log makes of them; ("", "") after each piece that was looked at."""
    for one in registry.ENTITIES:
        after, last = "", False
        while not last:
            with ledger.reading() as session:
                piece, after = sums.piece(session, one, after)
            last = not after
            for record_id, _, found, kept in piece:
                if kept != digests.text(sum(found.values())):
                    yield one.name, record_id
            yield "", ""
        with ledger.reading() as session:
            lost = session.rows(
                "SELECT id FROM record WHERE entity=? AND deleted=0 AND leads_to IS NULL"
                f' AND id NOT IN (SELECT id FROM "{one.name}")',
                one.name,
            )
        for (record_id,) in lost:
            yield one.name, record_id


def _scopes(ledger: Ledger) -> Iterator[Finding | None]:
    """Each scope's sum against the digests of its records, a scope at a time."""
    with ledger.reading() as session:
        names = [row[0] for row in session.rows("SELECT DISTINCT scope FROM digest ORDER BY scope")]
    for scope in names:
        with ledger.reading() as session:
            bad = sums.scope_total(session, scope) != sums.scope_records(session, scope)
        yield (faults.SUMS, scope, "", f"scope {scope}: its sums are not those of its records") if bad else None


def mend(ledger: Ledger) -> list[str]:
    """Puts every drifted record back to what the log says, and the sums anew. Returns a line for each."""
    doomed = [pair for pair in drifted(ledger) if pair[0]]
    said = []
    with ledger.database.transaction() as opened, ledger.database.applying(opened):
        session = Records(opened.engine, opened.watch)
        for entity, record_id in doomed:
            said.append(_mend(session, ledger, entity, record_id))
        sums.renew(session)
        faults.mended_sums(session)
    return said


def _mend(session: Records, ledger: Ledger, entity: str, record_id: str) -> str:
    was, row = session.get(entity, record_id), folded(session, ledger, entity, record_id)
    session.remove(entity, record_id)
    if row is not None:
        session.insert(entity, record_id, row)
    own = digests.text(sum(digests.of_row(entity, record_id, row).values()))
    session.run("UPDATE record SET digest=? WHERE id=?", own, record_id)
    faults.note(session, ledger.now(), faults.DRIFT, entity, record_id)
    names = [n for n in registry.entity(entity).names if (was or {}).get(n) != (row or {}).get(n)]
    before, after = ({n: (one or {}).get(n) for n in names} for one in (was, row))
    faults.mended(session, faults.DRIFT, entity, record_id, before, after)
    return f"{entity} {record_id}: {json.dumps(before, ensure_ascii=False)} -> {json.dumps(after, ensure_ascii=False)}"


def folded(session: Records, ledger: Ledger, entity: str, record_id: str) -> Row | None:
    """The record as the log makes it, archives included."""
    row: Row | None = None
    for kind, patch in horizon.entries_of(session, ledger, record_id):
        row = fold(row, kind, patch_plain(entity, json.loads(patch)))
    return {name: row.get(name) for name in registry.entity(entity).names} if row is not None else None
