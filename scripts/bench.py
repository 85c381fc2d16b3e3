#!/usr/bin/env python3
"""Measures and prints: figure, yardstick of the same run, ratio. Nothing is asserted: machines are noisy, ratios are not.

    python scripts/bench.py store --customers 2000
    python scripts/bench.py sync --customers 1000
    python scripts/bench.py ui --customers 10000
    python scripts/bench.py files
    python scripts/bench.py verify --customers 5000
    python scripts/bench.py snapshot --customers 400
    python scripts/bench.py apply --customers 4000

Run with the environment's Python (.venv). Each figure is the median of several interleaved repetitions.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mobility_app.hq.demo import make
from mobility_app.hq.office import Office
from mobility_app.store import identity, search
from mobility_app.store.database import sqlcipher
from mobility_app.store.identity import Identity
from mobility_app.store.store import Store
from mobility_app.sync import protocol
from mobility_app.sync.engine import Engine
from mobility_app.sync.enrolment import enrol
from mobility_app.sync.transport import HttpTransport

ROUNDS_MAX = 100
REPEATS = 5
KEY = b"k" * 32
UPDATE = "UPDATE customer SET website=? WHERE id=?"
COMPANY, TERRITORY, USER = "c" * 32, "7" * 32, "d" * 32


def timed(work: Callable[[], object]) -> float:
    """Seconds that one run of the work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def worked(work: Callable[[], object]) -> float:
    """Seconds of processor time that one run of the work takes, of all threads: what other programs do counts less."""
    began = time.process_time()
    work()
    return time.process_time() - began


def row(what: str, figure: float, unit: str, yardstick: str, other: float) -> None:
    """One line: the figure, its yardstick, figure : yardstick."""
    print(f"{what:<44} {figure:>12,.2f} {unit:<10} {yardstick:<38} {other:>12,.2f}   ratio {figure / other:.2f}")


def device(folder: Path) -> Store:
    """A store of a rep without an HQ."""
    store = Store(folder / "store.db", KEY)
    with store.transaction() as session:
        session.run("UPDATE ctx SET applying=1")
        session.insert("company", COMPANY, {"name": "Lusa", "country": "PT", "currency": "EUR"})
        session.run("UPDATE ctx SET applying=0")
        identity.keep(session, Identity("device", 1, USER, "http://127.0.0.1:1", "", ""))
        reach = {"role": "rep", "company_ids": [COMPANY], "territory_ids": [TERRITORY]}
        identity.set_meta(session, "actor", json.dumps(reach))
    return store


def bench_store(folder: Path, customers: int) -> None:
    """Writes, triggers and search of one device."""
    store = device(folder)
    with store.writing() as tx:
        ids = [tx.create("customer", {"name": f"Customer {n} Óptica", "notes": "x" * 80}) for n in range(customers)]
    with store.reading() as session:  # the yardstick: the same table with its indexes and rows, encrypted, no triggers
        made = [found[0] for found in session.rows(
            "SELECT sql FROM sqlite_master WHERE tbl_name='customer' AND type IN ('table', 'index') AND sql IS NOT NULL"
            " ORDER BY type DESC"
        )]  # fmt: skip
        rows = session.rows("SELECT * FROM customer")
    plain = sqlcipher(folder / "plain.db", KEY)
    with plain.transaction() as session:
        for sql in made:
            session.run(sql)
        session.many(f"INSERT INTO customer VALUES ({','.join('?' * len(rows[0]))})", rows)
    figures: dict[str, list[float]] = {name: [] for name in ("captured", "raw", "muted", "save", "commit", "search")}
    for number in range(REPEATS):
        values = [(f"https://{number}-{place}.example", key) for place, key in enumerate(ids)]

        def captured(values: list[tuple[str, str]] = values) -> None:
            with store.transaction() as session:
                session.run("UPDATE ctx SET user_id=?, tx=tx+1", USER)
                session.many(UPDATE, values)
                session.run("UPDATE ctx SET user_id=NULL")

        def raw(values: list[tuple[str, str]] = values) -> None:
            with plain.transaction() as session:
                session.many(UPDATE, values)

        figures["captured"].append(worked(captured))
        figures["raw"].append(worked(raw))
        figures["save"].append(
            statistics.median(timed(lambda n=n, r=number: _save(store, ids[n], r)) for n in range(30))
        )
        figures["commit"].append(
            statistics.median(timed(lambda n=n, r=number: _commit(plain, ids[n], r)) for n in range(30))
        )
        with store.reading() as session:
            figures["search"].append(
                statistics.median(timed(lambda n=n: search.find(session, f"customer {n}")) for n in range(100))
            )
    middle = {name: statistics.median(found) for name, found in figures.items() if found}
    row(
        "update with change log, processor time",
        customers / middle["captured"],
        "rows/s",
        "executemany, same table and indexes",
        customers / middle["raw"],
    )
    row(
        "one save: checks, log, search, fsync",
        middle["save"] * 1e3,
        "ms",
        "one raw UPDATE with its fsync",
        middle["commit"] * 1e3,
    )
    row("search as typed", middle["search"] * 1e3, "ms", "one raw UPDATE with its fsync", middle["commit"] * 1e3)
    store.close()
    plain.close()


def _save(store: Store, key: str, number: int) -> None:
    with store.writing() as tx:
        tx.update("customer", key, {"name": f"Saved {number} {key[:4]}"})


def _commit(plain: object, key: str, number: int) -> None:
    with plain.transaction() as session:  # type: ignore[attr-defined]
        session.run("UPDATE customer SET name=? WHERE id=?", f"Saved {number}", key)


def bench_sync(folder: Path, customers: int) -> None:
    """First sync, pushes, pulls and idle rounds over a real HQ process."""
    from bench_wire import bench_wire

    from tests.support.bench import start_hq

    hq = start_hq(folder / "hq")
    made = timed(lambda: make(hq.office, customers=customers))
    records = sum(len(rows) for rows in hq.dump().values())
    print(f"{records:,} records of {customers:,} customers made in {made:.1f} s")
    with hq.office.ledger.transaction() as tx:
        company = tx.find("company")
        tx.create("user", {
            "name": "All", "role": "rep", "language": "pt", "company_ids": [str(one["id"]) for one in company],
            "territory_ids": [str(one["id"]) for one in tx.find("territory")],
        })  # fmt: skip
    stores = [_enrolled(folder / name, hq.office, hq.url) for name in ("one", "two")]
    engines = [Engine(store, HttpTransport(hq.url)) for store in stores]
    first = timed(lambda: _all_of_it(engines[0]))
    _all_of_it(engines[1])
    raw = _raw_insert(folder, stores[0])
    row("first sync, words and history too", records / first, "records/s", "raw insert of the same rows", records / raw)
    _edits(engines, stores, min(customers, 500), "edits")
    bench_wire(hq, stores[0], row)
    for store in stores:
        store.close()
    hq.stop()


def _all_of_it(engine: Engine) -> None:
    """Rounds until one brings nothing: a round takes a share of the history."""
    for _ in range(ROUNDS_MAX):
        if not engine.round().entries:
            return


def _enrolled(folder: Path, office: Office, url: str) -> Store:
    folder.mkdir()
    store = Store(folder / "store.db", KEY)
    enrol(store, HttpTransport(url), url, office.invite("All"), folder.name, os.urandom)
    return store


def _raw_insert(folder: Path, store: Store) -> float:
    plain = sqlcipher(folder / "raw.db", KEY)
    with store.reading() as session:
        rows = session.rows("SELECT record_id, entity, patch FROM entry WHERE kind='create'")
    with plain.transaction() as session:
        session.run("CREATE TABLE t (id CHAR(32) PRIMARY KEY, entity TEXT, patch TEXT)")

    def insert() -> None:
        with plain.transaction() as session:
            session.many("INSERT INTO t VALUES (?, ?, ?)", rows)

    spent = timed(insert)
    plain.close()
    return spent


def _edits(engines: list[Engine], stores: list[Store], count: int, what: str) -> None:
    with stores[0].reading() as session:
        ids = [found[0] for found in session.rows("SELECT id FROM customer ORDER BY id LIMIT ?", count)]
    with stores[0].writing() as tx:
        for key in ids:
            tx.update("customer", key, {"website": f"https://{key[-6:]}.example"})
    up = timed(engines[0].round)
    down = timed(engines[1].round)
    assert engines[0].last_push is not None
    body = engines[0].last_push[1]
    text = protocol.decoded(body, "zstd")
    row(
        f"{len(ids)} {what} pushed and judged",
        len(ids) / up,
        "changes/s",
        "the same pulled and applied",
        len(ids) / down,
    )
    row("bytes of an edit, up", len(body) / len(ids), "bytes", "its JSON", len(text) / len(ids))


def _ui(folder: Path, customers: int) -> None:
    from bench_ui import bench_ui  # a browser driver, which the others do without

    bench_ui(folder, customers)


def _files(folder: Path, customers: int) -> None:
    from bench_files import bench_files

    bench_files(folder, customers)


def _verify(folder: Path, customers: int) -> None:
    from bench_verify import bench_verify

    bench_verify(folder, customers, row)


def _apply(folder: Path, customers: int) -> None:
    from bench_apply import bench_apply

    bench_apply(folder, customers, row)


def _live(folder: Path, customers: int) -> None:
    from bench_live import bench_live  # the lossy proxy, which the others do without

    bench_live(folder, customers)


def _snapshot(folder: Path, customers: int) -> None:
    from bench_snapshot import bench_snapshot

    bench_snapshot(folder, customers, row)


STEPS = {
    "store": bench_store, "sync": bench_sync, "ui": _ui, "files": _files, "verify": _verify, "live": _live,
    "snapshot": _snapshot, "apply": _apply,
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=tuple(STEPS))
    parser.add_argument("--customers", type=int, default=1000)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mobility-bench-"))
    try:
        STEPS[options.what](folder, options.customers)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
