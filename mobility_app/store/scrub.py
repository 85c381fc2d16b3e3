"""The nightly look at a whole device, in pieces that hold nobody up: pages, tables against the kept sums, the search.

Called by the sync worker's thread when it has nothing to do, and by `mobility verify`. Where a table says otherwise than
the kept sums, the sums are made anew from the table: HQ's then differ at the next pull, the comparison finds the rows and
puts them right. Nothing is decided here about who is right; only the search, which is derived, is mended at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from mobility_app.domain import digests, registry
from mobility_app.store import digests as kept
from mobility_app.store import faults, identity, search, snapshot
from mobility_app.store.records import Records
from mobility_app.store.store import Store

EVERY_MS = 24 * 3_600_000
LAST, STEP = "scrubbed_at", "scrub_step"
TRIES = 3  # of one entity: a page that came meanwhile moves its sums


def due(store: Store) -> bool:
    """Whether a day has passed since the last one, by this device's clock; a clock that went back counts as one."""
    with store.reading() as session:
        last = int(identity.meta(session, LAST) or 0)
    return not 0 <= store.now() - last < EVERY_MS


def scrub(store: Store, stop: Callable[[], bool] = lambda: False) -> int:
    """Looks at everything. Returns how many faults were found. Where `stop` ends it, the next one goes on from there."""
    with store.reading() as session:
        begin, found = int(identity.meta(session, STEP) or 0), 0
    steps = _steps()
    for number in range(min(begin, len(steps) - 1), len(steps)):
        if stop():
            _note(store, **{STEP: str(number)})
            return found
        found += steps[number](store)
    _note(store, **{STEP: "0", LAST: str(store.now())})
    return found


def parentless(session: Records) -> list[str]:
    """A line for each record that hangs on one that is not there. On a device and at HQ."""
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
    return found


def _note(store: Store, **notes: str) -> None:
    with store.transaction() as session:
        for key, value in notes.items():
            identity.set_meta(session, key, value)


def _steps() -> list[Callable[[Store], int]]:
    entities = [partial(_entity, entity=one.name) for one in registry.ENTITIES]
    return [_paged, *entities, _searched]


def _paged(store: Store) -> int:
    with store.reading() as session:
        tables = [
            row[0] for row in session.rows("SELECT name FROM sqlite_schema WHERE type='table' AND sql IS NOT NULL")
        ]
    return _noted(store, faults.PAGES, list(_pages(store, tables)))


def _pages(store: Store, tables: list[str]) -> Iterator[str]:
    """What SQLite says of the pages, table by table: a check of all at once would be one long read."""
    with store.reading() as session:
        yield from (str(row[0]) for row in session.rows("PRAGMA cipher_integrity_check"))
    for table in tables:
        with store.reading() as session:
            yield from (str(row[0]) for row in session.rows(f'PRAGMA quick_check("{table}")') if row[0] != "ok")


def _noted(store: Store, kind: str, lines: list[str]) -> int:
    if lines:
        with store.transaction() as session:
            faults.note(session, store.now(), kind, stands={"said": "\n".join(lines[:20])})
    return len(lines)


def _entity(store: Store, entity: str) -> int:
    """Compares an entity's table with the kept sums, and makes them anew from the table. Returns 1 where they differ."""
    for _ in range(TRIES):
        before, fresh = _kept(store, entity), _fresh(store, entity)
        if fresh == before:
            return 0
        with store.transaction() as session:
            if _of(session, entity) == before:
                kept.replace(session, entity, fresh)
                identity.set_meta(session, "compared", "")
                return 1
    return 0


def drifted(store: Store) -> list[str]:
    """Entities whose table is not what their kept sums say, changed nowhere."""
    return [one.name for one in registry.ENTITIES if _kept(store, one.name) != _fresh(store, one.name)]


def _fresh(store: Store, entity: str) -> dict[str, int]:
    return kept.of_entity(store.reading, entity)


def _kept(store: Store, entity: str) -> dict[str, int]:
    with store.reading() as session:
        return _of(session, entity)


def _of(session: Records, entity: str) -> dict[str, int]:
    return {part: n for part, n in kept.read(session).items() if digests.entity_of(part) == entity and n}


def _searched(store: Store) -> int:
    """Customers that the search does not know and rows of it without a customer, made true again. Of what comes by a
    snapshot the words are still to be read: a round that was cut there goes on with them."""
    with store.reading() as session:
        astray = [] if snapshot.arriving(session) else unsearched(session)
    if astray:
        with store.transaction() as session:
            session.run("DELETE FROM search WHERE rowid NOT IN (SELECT rid FROM search_row)")
            search.refresh(session, astray)
            faults.note(session, store.now(), faults.SEARCH, stands={"customers": len(astray)})
    return len(astray)


def unsearched(session: Records) -> list[str]:
    """Customers that the search does not know, or knows though they are gone."""
    return [row[0] for row in session.rows(
        "SELECT id FROM customer WHERE id NOT IN (SELECT customer_id FROM search_row)"
        " UNION SELECT customer_id FROM search_row WHERE customer_id NOT IN (SELECT id FROM customer)"
    )]  # fmt: skip
