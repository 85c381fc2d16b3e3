#!/usr/bin/env python3
"""HQ on a PostgreSQL server of this machine beside the same HQ on its file: pushes, a pull, and a raw transaction on each.

    python scripts/bench_postgres.py --rounds 7
    python scripts/bench_postgres.py --writers 16 --companies 8

The engines take turns; each figure is the best of the rounds, and the file's is its yardstick. Both sync to the disk. With
`--writers`: so many at once push edits to HQ, against as many connections that make the same UPDATEs without a log, and
against one writer alone, whom no lock holds up; a reader looks meanwhile whether numbers are exactly 1 to the head.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mobility_app.hq.database_settings import VARIABLE
from mobility_app.sync.protocol import WireCursor
from tests.support.cluster import Cluster, psycopg
from tests.support.fleet import Fleet
from tests.support.forger import Forger, forged
from tests.support.writers import Reader, Writers

CUSTOMERS, BATCH, RAW = 300, 100, 20
PUSHES = 12  # of each writer in a round


class Bench:
    """One HQ with customers, and a device's key."""

    def __init__(self, folder: Path, address: str) -> None:
        os.environ[VARIABLE] = address
        self.fleet = Fleet(folder)
        self.fleet.user("Ana")
        self.ana, self.number = Forger(self.fleet, "Ana"), 0
        company, territory = (self.fleet.id_of(*pair) for pair in (("company", "Lusa"), ("territory", "Norte")))
        with self.fleet.office.ledger.transaction() as tx:
            self.customers = [
                tx.create("customer", {
                    "name": f"C{at}", "company_id": company, "territory_id": territory, "currency": "EUR",
                })
                for at in range(CUSTOMERS)
            ]  # fmt: skip
        del os.environ[VARIABLE]

    def push(self, count: int) -> None:
        self.number += 1
        made = [
            forged("update", "customer", one, {"website": f"https://w{self.number}.example"}, stamp=self.number << 16)
            for one in self.customers[:count]
        ]
        assert all(verdict.state == "accepted" for verdict in self.ana.push(*made))

    def pull(self) -> None:
        assert len(self.ana.pull_all(WireCursor())[0]) > CUSTOMERS

    def raw(self) -> None:
        for at in range(RAW):
            with self.fleet.office.database.transaction() as session:
                session.run("UPDATE device SET seen_at=?", at)
                session.run(
                    "INSERT INTO hq_meta (k, v) VALUES (?, '')", f"bench{self.number}-{at}-{time.monotonic_ns()}"
                )


def many(options: argparse.Namespace, cluster: Cluster, folder: Path) -> None:
    """Prints changes a second of all writers, of one alone, and of plain UPDATEs of the same rows."""
    address = cluster.hq()
    writers = Writers(folder, address, options.writers, options.companies, offices=1)
    reader = Reader(address, writers.streams)
    reader.start()
    for edits, turns in ((1, PUSHES), (50, 2)):
        best = dict.fromkeys(("all", "one", "plain"), 0.0)
        for number in range(options.rounds):
            value = f"r{number}-{edits}"

            def push(who: int, value: str = value, edits: int = edits, turns: int = turns) -> None:
                for turn in range(turns):
                    writers.edit(who, f"{value}-{turn}", edits)

            def plain(who: int, value: str = value, edits: int = edits, turns: int = turns) -> None:
                customer = writers.customers[who % options.companies]
                with psycopg.connect(address, autocommit=True) as connection:
                    for turn in range(turns):
                        with connection.transaction():
                            connection.execute("SELECT set_config('mobility.applying', '1', true)")
                            for at in range(edits):
                                connection.execute(
                                    "UPDATE customer SET website=%s WHERE id=%s", (f"{value}-{turn}-{at}", customer)
                                )

            work = edits * turns * options.writers
            best["all"] = max(best["all"], work / _seconds(lambda push=push: writers.run(push)))
            best["one"] = max(best["one"], edits * turns / _seconds(lambda push=push: push(0)))
            best["plain"] = max(best["plain"], work / _seconds(lambda plain=plain: writers.run(plain)))
        print(
            f"{options.writers} writers, {options.companies} companies, {edits} edits a push: {best['all']:.0f} changes/s,"
            f" one alone {best['one']:.0f} ({best['all'] / best['one']:.2f}), UPDATEs without log {best['plain']:.0f}"
            f" ({best['all'] / best['plain']:.3f})", flush=True,
        )  # fmt: skip
    reader.end()
    print(
        f"numbers that a reader missed: {len(reader.missed)}, looks {reader.looks}, heads {sum(reader.last.values())}"
    )
    writers.close()


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    failed = work()
    assert not failed, failed
    return time.perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--writers", type=int, default=0)
    parser.add_argument("--companies", type=int, default=8)
    options = parser.parse_args()
    cluster = Cluster(durable=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            if options.writers:
                many(options, cluster, Path(folder))
                return 0
            file, server = Bench(Path(folder) / "file", ""), Bench(Path(folder) / "server", cluster.hq())
            for name, work in (
                ("a push of one edit", lambda bench: bench.push(1)),
                (f"a push of {BATCH} edits", lambda bench: bench.push(BATCH)),
                ("a pull of everything", Bench.pull),
                (f"{RAW} raw transactions", Bench.raw),
            ):
                on_file, on_server = _best(options.rounds, work, file, server)
                print(
                    f"{name}: file {on_file:.1f} ms, server {on_server:.1f} ms, ratio {on_server / on_file:.2f}",
                    flush=True,
                )
    finally:
        cluster.end()
    return 0


def _best(rounds: int, work: Callable[[Bench], None], *benches: Bench) -> list[float]:
    best = [float("inf")] * len(benches)
    for _ in range(rounds):
        for at, bench in enumerate(benches):
            began = time.perf_counter()
            work(bench)
            best[at] = min(best[at], (time.perf_counter() - began) * 1000)
    return best


if __name__ == "__main__":
    sys.exit(main())
