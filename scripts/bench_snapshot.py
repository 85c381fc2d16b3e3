"""Figures of a first sync by snapshot: decode and apply beside a raw insert of the same rows, bytes beside their JSON, and what
a person waits for a save meanwhile. `bench.py snapshot` calls."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from mobility_app.domain import registry
from mobility_app.hq.demo import make
from mobility_app.hq.office import Office
from mobility_app.store import snapshot
from mobility_app.store.database import Database, sqlcipher
from mobility_app.store.store import Store, wall_ms
from mobility_app.sync import first, frames
from mobility_app.sync.engine import Engine
from mobility_app.sync.enrolment import enrol
from mobility_app.sync.transport import HttpTransport
from tests.support.bench import Hq, start_hq

KEY = b"k" * 32
REPEATS = 5
SAVES = 60  # at least, of the quiet ones
SAVE_EVERY_SECONDS = 0.05
Row = Callable[[str, float, str, str, float], None]
Rows = dict[tuple[str, tuple[str, ...]], list[tuple[object, ...]]]


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of this process and of the clock on the wall."""
    processor, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - processor, time.perf_counter() - wall


def bench_snapshot(folder: Path, customers: int, row: Row) -> None:
    """Rows and bytes in this process, where nothing but the work is measured; what a person sees, with HQ as a process."""
    office = Office(folder / "hq", now=wall_ms)
    make(office, customers=customers)
    with office.ledger.transaction() as tx:
        tx.create("user", {
            "name": "All", "role": "rep", "language": "pt", "company_ids": [str(one["id"]) for one in tx.find("company")],
            "territory_ids": [str(one["id"]) for one in tx.find("territory")],
        })  # fmt: skip
    with office.database.transaction() as session:  # made data come with theirs: how long do they take?
        session.run("DELETE FROM snapshot")
        session.run("DELETE FROM snapshot_piece")
    made = _timed(office.headquarters.snapshots.keep_fresh)
    pieces = _pieces(office)
    rows = _rows([body for bodies in pieces.values() for body in bodies])
    count = sum(map(len, rows.values()))
    print(
        f"{count:,} rows of {customers:,} customers in {sum(map(len, pieces.values()))} pieces, made in {made[1]:.1f} s"
    )
    text = sum(len(msgspec.json.encode(one)) for found in rows.values() for one in found)
    row("bytes of a snapshot", sum(map(len, [b for bodies in pieces.values() for b in bodies])) / count, "bytes/row",
        "JSON of the same rows, values alone", text / count)  # fmt: skip
    _applying(folder, pieces, rows, count, row)
    office.database.close()
    _as_a_person_sees_it(folder, row)


def _pieces(office: Office) -> dict[str, list[bytes]]:
    """scope -> bodies of the newest snapshot that a rep is given."""
    with office.ledger.reading() as session:
        found = session.rows(
            "SELECT scope, body FROM snapshot_piece WHERE scope LIKE 't:%' AND profile=? ORDER BY scope, seq, number",
            session.value("SELECT MIN(profile) FROM snapshot"),
        )
    pieces: dict[str, list[bytes]] = {}
    for scope, body in found:
        pieces.setdefault(scope, []).append(bytes(body))
    return pieces


def _rows(bodies: list[bytes]) -> Rows:
    """(entity, columns) -> rows, all columns of the entity."""
    found: Rows = {}
    for body in bodies:
        for part in frames.unpack(body).parts:
            for table in part.tables:
                names = ("id", *registry.entity(table.entity).names)
                by_name = dict(zip(table.names, table.values, strict=True))
                empty = [None] * len(table.values[0])
                columns = [by_name.get(name, empty) for name in names]
                found.setdefault((table.entity, names), []).extend(zip(*columns, strict=True))
    return found


def _applying(folder: Path, pieces: dict[str, list[bytes]], rows: Rows, count: int, row: Row) -> None:
    ours, raw = list[tuple[float, float]](), list[tuple[float, float]]()
    Store(folder / "empty.db", KEY).close()
    for number in range(REPEATS):  # interleaved: one machine's mood is both figures' mood
        raw.append(_raw(folder / f"raw{number}.db", folder / "empty.db", rows))
        ours.append(_taken(folder / f"store{number}.db", folder / "empty.db", pieces))
    for at, what in enumerate(("processor", "wall")):
        mine, theirs = (min(one[at] for one in found) for found in (ours, raw))
        row(f"decode and apply ({what})", count / mine, "rows/s", "raw insert, one transaction", count / theirs)


def _raw(path: Path, empty: Path, rows: Rows) -> tuple[float, float]:
    """The same tables with their indexes, encrypted, without triggers."""
    shutil.copy(empty, path)
    database = sqlcipher(path, KEY)
    with database.transaction() as session:
        for (name,) in session.rows("SELECT name FROM sqlite_master WHERE type='trigger'"):
            session.run(f"DROP TRIGGER {name}")
    spent = _timed(lambda: _insert(database, rows))
    database.close()
    path.unlink()
    return spent


def _insert(database: Database, rows: Rows) -> None:
    with database.transaction() as session:
        for (entity, names), found in rows.items():
            session.many(f'INSERT INTO "{entity}" ({",".join(names)}) VALUES ({",".join("?" * len(names))})', found)


def _taken(path: Path, empty: Path, pieces: dict[str, list[bytes]]) -> tuple[float, float]:
    shutil.copy(empty, path)
    store = Store(path, KEY)
    with store.transaction() as session:
        offers = {scope: ("stream", 1, 1, len(bodies)) for scope, bodies in pieces.items()}
        snapshot.note(session, offers, [])

    def fetch(target: str, asked: object) -> bytes:
        return pieces[asked.scope][asked.number]  # type: ignore[attr-defined]

    def take() -> None:
        while first.next_piece(store, fetch, "nobody", lambda: None):
            pass

    spent = _timed(take)
    store.close()
    path.unlink()
    return spent


def _as_a_person_sees_it(folder: Path, row: Row) -> None:
    hq = start_hq(folder / "hq")
    try:
        whole = _timeline(_enrolled(folder, hq, "quiet"), hq)
        print("first sync, seconds until: " + ", ".join(f"{what} {at:.2f}" for what, at in whole.items()))
        during, quiet = _saves(_enrolled(folder, hq, "busy"), hq)
        for share in (0.5, 0.99):
            row(f"a save during the first sync, p{share * 100:.0f} of {len(during)}", _at(during, share) * 1e3, "ms",
                "the same afterwards", _at(quiet, share) * 1e3)  # fmt: skip
    finally:
        hq.stop()


def _at(spent: list[float], share: float) -> float:
    return sorted(spent)[int(len(spent) * share)]


def _enrolled(folder: Path, hq: Hq, name: str) -> Store:
    store = Store(folder / f"{name}.db", KEY)
    enrol(store, HttpTransport(hq.url), hq.url, hq.office.invite("All"), name, os.urandom)
    return store


def _timeline(store: Store, hq: Hq) -> dict[str, float]:
    """When the first customer is there, when all are, when all are found by their words, when history is whole."""
    engine, seen, began = Engine(store, HttpTransport(hq.url)), dict[str, float](), time.perf_counter()

    def look(sql: str) -> None:
        spent = time.perf_counter() - began
        if sql.startswith("UPDATE arriving"):
            seen.setdefault("first customers", spent)
            seen["all customers"] = spent
        elif sql.startswith("INSERT INTO search ("):
            seen["found by words"] = spent

    store.database.watch = look
    engine.round()
    store.database.watch = None
    while engine.round().entries:
        pass
    return {**seen, "two years of history": time.perf_counter() - began}


def _saves(store: Store, hq: Hq) -> tuple[list[float], list[float]]:
    """Seconds of saves of a person while everything comes, and afterwards."""
    engine, done = Engine(store, HttpTransport(hq.url)), threading.Event()

    def sync() -> None:
        while engine.round().entries:
            pass
        done.set()

    def save(number: int) -> float | None:
        with store.reading() as session:
            found = session.value("SELECT id FROM customer ORDER BY id LIMIT 1")
        if found is None:
            return None
        began = time.perf_counter()
        with store.writing() as tx:
            tx.update("customer", found, {"website": f"https://{number}.example"})
        return time.perf_counter() - began

    thread = threading.Thread(target=sync)
    thread.start()
    during, number = list[float](), 0
    while not done.is_set():
        spent = save(number)
        number += 1
        during += [spent] if spent is not None else []
        time.sleep(SAVE_EVERY_SECONDS)
    thread.join()
    quiet = list[float]()
    for number in range(max(len(during), SAVES)):
        spent = save(number)
        quiet += [spent] if spent is not None else []
        time.sleep(SAVE_EVERY_SECONDS)
    return during, quiet
