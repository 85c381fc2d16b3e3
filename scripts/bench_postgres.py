#!/usr/bin/env python3
"""HQ on a PostgreSQL server of this machine beside the same HQ on its file: pushes, a pull, and a raw transaction on each.

    python scripts/bench_postgres.py --rounds 7

The engines take turns; each figure is the best of the rounds, and the file's is its yardstick. Both sync to the disk.
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
from tests.support.cluster import Cluster
from tests.support.fleet import Fleet
from tests.support.forger import Forger, forged

CUSTOMERS, BATCH, RAW = 300, 100, 20


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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    cluster = Cluster(durable=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
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
