"""How quickly news travel, and what waiting for them costs. `bench.py live` calls it. (What an idle round costs and whether
a person feels a sync is said by `bench_wire.py`.)"""

from __future__ import annotations

import os
import statistics
import threading
import time
from pathlib import Path

from mobility_app.hq.demo import make
from mobility_app.hq.office import Office
from mobility_app.store.store import Store
from mobility_app.sync.engine import Engine
from mobility_app.sync.enrolment import enrol
from mobility_app.sync.status import ONLINE, Board
from mobility_app.sync.transport import HttpTransport
from mobility_app.sync.waker import Waker
from mobility_app.sync.worker import SyncWorker
from tests.support.bench import start_hq
from tests.support.lossy import Lossy

KEY = b"k" * 32
SAVES = 60
PATIENCE_SECONDS = 30


def bench_live(folder: Path, customers: int) -> None:
    """The figures of liveness, over real HTTP on the loopback."""
    hq = start_hq(folder / "hq")
    make(hq.office, customers=customers)
    _everybody(hq.office)
    ana, rui = [_device(folder / name, hq.office, hq.url) for name in ("ana", "rui")]
    for store in (ana, rui):
        Engine(store, HttpTransport(hq.url)).round()
    _wake(ana, hq.port)
    _travel(ana, rui, hq.url)
    for store in (ana, rui):
        store.close()
    hq.stop()


def _row(what: str, figure: float, unit: str, yardstick: str, other: float) -> None:
    print(f"{what:<44} {figure:>12,.2f} {unit:<10} {yardstick:<38} {other:>12,.2f}   ratio {figure / other:.2f}")


def _everybody(office: Office) -> None:
    with office.ledger.transaction() as tx:
        tx.create("user", {
            "name": "All", "role": "rep", "language": "pt",
            "company_ids": [str(one["id"]) for one in tx.find("company")],
            "territory_ids": [str(one["id"]) for one in tx.find("territory")],
        })  # fmt: skip


def _device(folder: Path, office: Office, url: str) -> Store:
    folder.mkdir()
    store = Store(folder / "store.db", KEY)
    enrol(store, HttpTransport(url), url, office.invite("All"), folder.name, os.urandom)
    return store


def _wake(store: Store, port: int) -> None:
    proxy = Lossy(port)
    engine = Engine(store, HttpTransport(proxy.url))
    engine.round()
    before = proxy.bytes
    engine.news(0)
    print(f"a wake without news: {proxy.bytes - before} bytes with headers, both ways, each 50 s")
    proxy.close()


def _worker(store: Store, url: str) -> SyncWorker:
    board, ready = Board(), threading.Event()
    board.listen(lambda status: ready.set() if status.state == ONLINE else None)
    waker = Waker(store, Engine(store, HttpTransport(url, 80)), lambda: 0.5, time.monotonic)
    worker = SyncWorker(store, Engine(store, HttpTransport(url)), board, lambda: 0.5, waker)
    worker.start()
    ready.wait(PATIENCE_SECONDS)
    return worker


def _travel(ana: Store, rui: Store, url: str) -> None:
    workers = [_worker(store, url) for store in (ana, rui)]
    with ana.reading() as session:
        customer = str(session.value("SELECT id FROM customer ORDER BY id LIMIT 1"))
    seen = threading.Event()
    rui.listen(lambda touched: seen.set() if customer in touched.roots and touched.source == "sync" else None)
    spent = []
    for number in range(SAVES):
        seen.clear()
        with ana.writing() as tx:
            tx.update("customer", customer, {"website": f"https://{number}.example"})
        began = time.perf_counter()
        assert seen.wait(PATIENCE_SECONDS), "never seen there"
        spent.append(time.perf_counter() - began)
        time.sleep(0.3)
    for worker in workers:
        worker.stop()
    spent.sort()
    _row("save here -> seen there, p50", statistics.median(spent), "s", "allowed", 1.0)
    _row("save here -> seen there, p99", spent[int(len(spent) * 0.99)], "s", "allowed", 3.0)
