#!/usr/bin/env python3
"""The workload that peers were measured with, played by two of our devices over a real HQ, beside its floor.

    python scripts/bench_peers.py --customers 1000

N customers, each with 2 addresses, 3 contacts and 5 activities. A: an empty device gets everything. B: single-field
edits of distinct records go up and are judged. C: the second device gets them, with their history. D: nothing to do.
E: two devices edit different fields of the same customers. F: one save. The floor of the same run does B to D and F with
the same values on plain SQLite files over HTTP: no log, no verdict, no rights, no encryption. Bytes are those of bodies,
both ways, counted where the transport is called: headers are left out for both.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sqlite3
import statistics
import sys
import tempfile
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import requests
import zstandard
from bench import KEY, row, timed

from mobility_app.domain.change import Row
from mobility_app.hq.office import Office
from mobility_app.store.store import Store
from mobility_app.sync.engine import Engine
from mobility_app.sync.enrolment import enrol
from mobility_app.sync.transport import HttpTransport, Reply
from tests.support.bench import start_hq

SEED, ROOM, SAVE = 20_260_101, 200, 100  # ROOM: customers in a transaction of HQ; SAVE: edits in one of a device
FIELDS = {"customer": "website", "address": "city", "contact": "job_title", "activity": "title"}
WORDS = [
    "visit",
    "order",
    "price",
    "list",
    "call",
    "back",
    "samples",
    "quarter",
    "delivery",
    "offer",
    "contract",
    "training",
    "fair",
    "premium",
    "summer",
]
Edit = tuple[str, str, str, str | int]  # entity, id, field, value


class Counting:
    """A transport that counts the bytes of bodies, both ways."""

    def __init__(self, url: str) -> None:
        self._inner, self.count = HttpTransport(url), 0

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        reply = self._inner.send(method, target, headers, body)
        self.count += len(body) + len(reply.body)
        return reply


def text(chance: random.Random, words: int) -> str:
    """Some words."""
    return " ".join(chance.choice(WORDS) for _ in range(words))


def fill(office: Office, customers: int, chance: random.Random) -> None:
    """A company, its manager, and customers with all that hangs on them."""
    office.add_company("Peers", "PT")
    territory = office.add_territory("Peers", "One")
    office.add_user("Rep", "manager", "Peers", ["One"], "rep@peers.example")
    for start in range(0, customers, ROOM):
        with office.ledger.transaction(silent=True) as tx:
            company = str(tx.find("company", name="Peers")[0]["id"])
            for number in range(start, min(customers, start + ROOM)):
                one = tx.create("customer", {
                    "name": f"{text(chance, 2)} {number}", "number": f"C-{number}", "company_id": company,
                    "territory_id": territory, "currency": "EUR", "language": "pt", "notes": text(chance, 20),
                })  # fmt: skip
                for _ in range(2):
                    place = {"line1": text(chance, 2), "postcode": str(chance.randrange(1000, 9999)), "city": "Porto"}
                    tx.create("address", {"customer_id": one, **place})
                for _ in range(3):
                    who: Row = {"first_name": text(chance, 1), "last_name": text(chance, 1), "job_title": "buyer"}
                    tx.create("contact", {"customer_id": one, **who})
                for _ in range(5):
                    what: Row = {"kind": "task", "title": text(chance, 5), "notes": text(chance, 20)}
                    tx.create("activity", {"customer_id": one, **what})


def device(folder: Path, name: str, office: Office, url: str) -> tuple[Store, Engine, Counting]:
    """An enrolled device, empty."""
    (folder / name).mkdir()
    store, transport = Store(folder / name / "store.db", KEY), Counting(url)
    enrol(store, transport, url, office.invite("Rep"), name, os.urandom)
    return store, Engine(store, transport), transport


def chosen(store: Store, most: int, chance: random.Random) -> list[Edit]:
    """Edits of distinct records of all four kinds."""
    with store.reading() as session:
        ids = [(entity, found[0]) for entity in FIELDS for found in session.rows(f'SELECT id FROM "{entity}"')]
    picked = chance.sample(ids, min(most, len(ids)))
    return [
        (entity, one, FIELDS[entity], f"https://{text(chance, 1)}{at}.example" if entity == "customer" else
         f"edit {at} {text(chance, 4)}")
        for at, (entity, one) in enumerate(picked)
    ]  # fmt: skip


def save(store: Store, edits: list[Edit]) -> None:
    """Types the edits, some at a time."""
    for start in range(0, len(edits), SAVE):
        with store.writing() as tx:
            for entity, one, name, value in edits[start : start + SAVE]:
                tx.update(entity, one, {name: value})


class Floor:
    """Two SQLite files and a bare HTTP server between them."""

    def __init__(self, folder: Path, edits: list[Edit]) -> None:
        self.body = zstandard.compress(json.dumps(edits, separators=(",", ":")).encode(), 3)
        self.files = [self._made(folder / f"floor-{side}.db", edits) for side in ("hq", "device")]
        floor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version, wbufsize, disable_nagle_algorithm = "HTTP/1.1", 65_536, True

            def log_message(self, *args: object) -> None:
                """Says nothing."""

            def _say(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                self._say(floor.body if self.path == "/edits" else b"{}")

            def do_POST(self) -> None:
                floor.apply(0, self.rfile.read(int(self.headers["content-length"])))
                self._say(b"{}")

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.session = requests.Session()
        self.session.trust_env = False

    def _made(self, path: Path, edits: list[Edit]) -> sqlite3.Connection:
        file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        file.executescript("PRAGMA journal_mode=wal; PRAGMA synchronous=full;")
        for entity, name in FIELDS.items():
            file.execute(f"CREATE TABLE {entity} (id TEXT PRIMARY KEY, notes TEXT, {name} TEXT)")
        file.execute("BEGIN")
        for entity, one, _, _ in edits:
            file.execute(f"INSERT INTO {entity} VALUES (?, ?, '')", (one, "x" * 300))
        file.execute("COMMIT")
        return file

    def apply(self, side: int, body: bytes) -> None:
        """Parses and updates, one transaction."""
        self.files[side].execute("BEGIN")
        for entity, one, name, value in json.loads(zstandard.decompress(body)):
            self.files[side].execute(f"UPDATE {entity} SET {name}=? WHERE id=?", (value, one))
        self.files[side].execute("COMMIT")

    def push(self) -> None:
        """B of the floor."""
        self.session.post(f"{self.url}/edits", data=self.body, timeout=60).raise_for_status()

    def pull(self) -> None:
        """C of the floor."""
        self.apply(1, self.session.get(f"{self.url}/edits", timeout=60).content)


def play(folder: Path, customers: int, most: int) -> None:
    """All steps, printed."""
    chance = random.Random(SEED)
    hq = start_hq(folder / "hq")
    fill(hq.office, customers, chance)
    one, up, sent = device(folder, "one", hq.office, hq.url)
    two, down, came = device(folder, "two", hq.office, hq.url)
    up.round()
    came.count = 0
    print(f"A  {customers * 11 / timed(down.round):,.0f} records/s, {came.count / customers / 11:.0f} bytes a record")
    edits = chosen(one, most, chance)
    floor = Floor(folder, edits)
    save(one, edits)
    sent.count = came.count = 0
    for what, ours, bare, counted in (("B  push", up, floor.push, sent), ("C  pull", down, floor.pull, came)):
        figure, yardstick = len(edits) / timed(ours.round), len(edits) / timed(bare)
        row(f"{what}, {counted.count / len(edits):.1f} bytes an edit", figure, "edits/s",
            f"floor, {len(floor.body) / len(edits):.1f} bytes", yardstick)  # fmt: skip
    missing = sum((two.read(entity, key) or {}).get(name) != value for entity, key, name, value in edits)
    print(f"   edits that the second device does not show: {missing}")
    for engine in (up, down):
        engine.round()
    sent.count = 0
    idle = statistics.median(timed(up.round) for _ in range(11))
    bare = statistics.median(timed(lambda: floor.session.get(floor.url, timeout=60).content) for _ in range(11))
    row(f"D  nothing to do, {sent.count / 11:.0f} bytes", idle * 1e3, "ms", "floor", bare * 1e3)
    _both(one, two, up, down, min(1_000, customers))
    ours = statistics.median(timed(lambda e=e: save(one, [e])) for e in edits[:100])
    plain = statistics.median(timed(lambda e=e: floor.apply(1, zstandard.compress(json.dumps([e]).encode()))) for e in edits[:100])  # fmt: skip  # noqa: E501
    row("F  one save", ours * 1e3, "ms", "floor", plain * 1e3)
    for store in (one, two):
        store.close()
    floor.server.shutdown()
    hq.stop()


def _both(one: Store, two: Store, up: Engine, down: Engine, count: int) -> None:
    with one.reading() as session:
        ids = [found[0] for found in session.rows("SELECT id FROM customer ORDER BY id LIMIT ?", count)]
    save(one, [("customer", key, "website", f"https://e{at}.example") for at, key in enumerate(ids)])
    save(two, [("customer", key, "payment_term_days", 7) for key in ids])
    for engine in (up, down, up):
        engine.round()
    wanted = [(store.read("customer", key) or {}) for store in (one, two) for key in ids]
    kept = sum(
        str(found.get("website")).startswith("https://e") and found["payment_term_days"] == 7 for found in wanted
    )
    print(f"E  both edits kept on {kept} of {len(wanted)} pictures")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000)
    parser.add_argument("--edits", type=int, default=1_000)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mobility-peers-"))
    try:
        play(folder, options.customers, options.edits)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
