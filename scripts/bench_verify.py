"""Figures of verification: the nightly look at a device against reading the same rows, what a comparison costs, and how much
of a device's database is neither business data nor its history. `bench.py verify` calls."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from mobility_app.domain import registry
from mobility_app.hq.demo import make
from mobility_app.hq.office import Office
from mobility_app.store import digests as kept
from mobility_app.store import scrub
from mobility_app.store.database import Session, sqlcipher
from mobility_app.store.store import Store, wall_ms
from mobility_app.sync.engine import Engine
from tests.support.fleet import Link

KEY = b"k" * 32
REPEATS = 3
Row = Callable[[str, float, str, str, float], None]


def _timed(work: Callable[[], object]) -> float:
    """Seconds of this process alone: on a busy machine the wall clock tells of the others."""
    began = time.process_time()
    work()
    return time.process_time() - began


def bench_verify(folder: Path, customers: int, row: Row) -> None:
    """A device that holds everything of a made HQ, in one process: what travels is counted, not timed."""
    from mobility_app.sync.enrolment import enrol

    office = Office(folder / "hq", now=wall_ms)
    make(office, customers=customers)
    with office.ledger.transaction() as tx:
        tx.create("user", {
            "name": "All", "role": "rep", "language": "pt", "company_ids": [str(one["id"]) for one in tx.find("company")],
            "territory_ids": [str(one["id"]) for one in tx.find("territory")],
        })  # fmt: skip
    store = Store(folder / "store.db", KEY)
    link = Link(lambda: office)
    enrol(store, link, "http://hq.test", office.invite("All"), "bench", office.random)
    engine = Engine(store, link)
    engine.round()
    with store.reading() as session:
        count = sum(int(session.value(f'SELECT COUNT(*) FROM "{one.name}"')) for one in registry.ENTITIES)
    looks, reads = [], []
    for _ in range(REPEATS):  # interleaved: one machine's mood is both figures' mood
        reads.append(_timed(lambda: _read(store)))
        looks.append(_timed(lambda: _sums(store)))
    row(f"scrub of {count:,} rows: their sums", statistics.median(looks) * 1e3, "ms", "SELECT * of them",
        statistics.median(reads) * 1e3)  # fmt: skip
    row("the same with pages, links and search", _timed(lambda: scrub.scrub(store)) * 1e3, "ms", "SELECT * of them",
        statistics.median(reads) * 1e3)  # fmt: skip
    _repair(store, engine, link, row)
    _room(store, row)
    store.close()


def _read(store: Store) -> int:
    with store.reading() as session:
        return sum(len(session.rows(f'SELECT * FROM "{one.name}"')) for one in registry.ENTITIES)


def _sums(store: Store) -> None:
    for one in registry.ENTITIES:
        kept.of_entity(store.reading, one.name)


def _repair(store: Store, engine: Engine, link: Link, row: Row) -> None:
    """One cell that changed: bytes both ways until it is right again."""
    with store.transaction() as session:
        session.run("UPDATE ctx SET applying=1")
        session.run("UPDATE contact SET first_name='rot' WHERE id=(SELECT MAX(id) FROM contact)")
        session.run("UPDATE ctx SET applying=0")
    scrub.scrub(store)
    link.requests.clear()
    done = engine.round()
    assert done.mended == 1
    travelled = sum(len(body) + len(reply.body) for target, body, reply in link.requests if target != "/v1/pull")
    with store.reading() as session:
        rows = session.rows("SELECT * FROM contact")
    row("one rotten cell put right, its fault told", travelled / 1e3, "kB", "JSON of its table",
        len(repr(rows)) / 1e3)  # fmt: skip


def _room(store: Store, row: Row) -> None:
    """Bytes of tables with their indexes, as what a packed copy shrinks by without them. History and search are what people
    look at: they are counted apart."""
    copy = store.path.with_name("copy.db")
    with store.reading() as session:
        session.run("VACUUM INTO ?", str(copy))
        tables = {
            name for (name,) in session.rows("SELECT name FROM sqlite_schema WHERE type='table' AND sql IS NOT NULL")
        }
    aside = {name for name in tables if name.startswith("search")}
    business = tables & set(registry.BY_NAME)
    metadata = {name for name in tables - aside - business - {"entry"} if not name.startswith("sqlite_")}
    database = sqlcipher(copy, KEY)
    with database.session() as session:
        triggers = session.rows("SELECT name FROM sqlite_schema WHERE type='trigger'")
        for (name,) in triggers:
            session.run(f"DROP TRIGGER {name}")
        sizes = [
            _without(session, doomed)
            for doomed in ({"search", "search_row"}, metadata, {"entry"} & tables, business)
        ]  # fmt: skip
    database.close()
    searched, noted, entries, data = sizes
    row("metadata on the device", noted / 1e3, "kB", "business tables", data / 1e3)
    row("its history (entries)", entries / 1e3, "kB", "business tables", data / 1e3)
    row("its search", searched / 1e3, "kB", "business tables", data / 1e3)


def _without(session: Session, tables: set[str]) -> int:
    """Bytes that go with these tables."""
    before = int(session.value("PRAGMA page_count"))
    for name in sorted(tables):
        session.run(f'DROP TABLE IF EXISTS "{name}"')
    session.run("VACUUM")
    return (before - int(session.value("PRAGMA page_count"))) * int(session.value("PRAGMA page_size"))
