"""HQ's side of a sync and what travels: pages, pushes, idle rounds, saves meanwhile. `bench.py sync` calls it.

Figures that are Python's and SQLite's alone are processor time, best of several alternating rounds: other programs on the
machine then count for little. What a person waits for is measured by the clock.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import orjson
import requests

from mobility_app.domain.change import Change
from mobility_app.hq import devices
from mobility_app.hq.feed import Feed, Page
from mobility_app.hq.headquarters import Request, private_bytes
from mobility_app.hq.office import Office
from mobility_app.store.cursor import Cursor
from mobility_app.store.records import Records
from mobility_app.store.store import Store, wall_ms
from mobility_app.sync import protocol, signing
from mobility_app.sync.columns import of_rows
from mobility_app.sync.engine import Engine
from mobility_app.sync.protocol import PullAnswer, PushAnswer, PushRequest, WireActor, WireCursor
from mobility_app.sync.transport import HttpTransport
from tests.support.bench import Hq
from tests.support.forger import Forger, forged
from tests.support.lossy import Lossy

ROUNDS = 7
IDLE = 60
BATCH, PUSHES = 100, 5
SAVES = 300
PAGE_ROWS = 2_000

Row = Callable[[str, float, str, str, float], None]


def bench_wire(hq: Hq, store: Store, row: Row) -> None:
    """The figures over a filled HQ that runs as a process, and a device that holds all of it."""
    _pages(hq.office, row)
    _push(hq.office, row)
    _bytes(row)
    Engine(store, HttpTransport(hq.url)).round()
    _idle(hq, store, row)
    _felt(hq, store, row)


def _spent(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _both(work: Callable[[], object]) -> tuple[float, float]:
    """(processor time, time by the clock): the second waits for the disk, too."""
    spent = [0.0]
    by_clock = _timed(lambda: spent.append(_spent(work)))
    return spent[-1], by_clock


def _pages(office: Office, row: Row) -> None:
    """All entries that a user of all territories sees, page by page, beside as many rows read and written as JSON."""
    with office.ledger.reading() as session:
        actor = devices.actor(session, office.named(session, "user", "All"))
        count = 0

        def pages(encode: Callable[[PullAnswer], object]) -> None:
            nonlocal count
            at, count = Cursor("x", actor.role), 0
            while True:
                page = Feed(session, actor, "x").page(at)
                encode(_answer(page))
                count += len(page.lines)
                at = page.cursor
                if not page.more:
                    return

        figures: dict[str, list[float]] = {"packed": [], "as JSON": []}
        plain: list[float] = []
        for _ in range(ROUNDS):
            figures["packed"].append(_spent(lambda: pages(protocol.pack)))
            figures["as JSON"].append(_spent(lambda: pages(msgspec.json.encode)))
            plain.append(_spent(lambda: _plain(session)))
        rows = int(session.value("SELECT COUNT(*) FROM log"))
    for name, found in figures.items():
        row(
            f"pages of log entries at HQ, {name}",
            count / min(found),
            "entries/s",
            "SELECT and orjson",
            rows / min(plain),
        )


def _answer(page: Page) -> PullAnswer:
    to = page.cursor
    cursor = WireCursor(to.epoch, to.role, to.scopes, to.streams)
    return PullAnswer(WireActor("rep", [], [], "pt"), of_rows(page.lines, page.sealed), page.steps, cursor)


def _plain(session: Records) -> None:
    at = 0
    while found := session.rows("SELECT rowid, * FROM log WHERE rowid>? ORDER BY rowid LIMIT ?", at, PAGE_ROWS):
        orjson.dumps(found)
        at = found[-1][0]


class _Place:
    """Where a forger lives."""

    def __init__(self, office: Office) -> None:
        self.office, self.random = office, random.Random(1)


def _push(office: Office, row: Row) -> None:
    """Pushes of one-field changes, from bytes to bytes, beside the same update and the insert of as many log lines."""
    forger = Forger(_Place(office), "All")
    with office.ledger.reading() as session:
        ids = [str(found[0]) for found in session.rows("SELECT id FROM customer ORDER BY id LIMIT ?", BATCH)]
    ours, raw = [], []
    for number in range(ROUNDS):
        changes = []
        for part in range(PUSHES):
            for key in ids:
                values = {"website": f"https://{number}-{part}-{key[-6:]}.example"}
                changes.append(forged("update", "customer", key, values, stamp=wall_ms() << 16, at=wall_ms(),
                                      tx=forger.next + len(changes), dseq=forger.next + len(changes)))  # fmt: skip
        forger.next += len(changes)
        body = protocol.pack(PushRequest(protocol.in_columns(changes)))
        headers = signing.headers(private_bytes(forger.key).hex(), forger.device_id, "POST", "/v1/push", body)
        request = Request("POST", "/v1/push", headers, body)
        said: list[bytes] = []
        ours.append(_both(lambda r=request, s=said: s.append(office.headquarters.answer(r).body)))
        verdicts = protocol.unpack(said[0], PushAnswer, hostile=False).verdicts
        assert all(one.state == "accepted" for one in verdicts)
        raw.append(_both(lambda n=number: _raw(office, ids, n)))
    count = PUSHES * len(ids)
    for at, what in enumerate(("processor time", "with its commit on the disk")):
        figure, yardstick = (count / min(one[at] for one in found) for found in (ours, raw))
        row(f"pushed and judged at HQ, {what}", figure, "changes/s", "raw update, insert of a log line", yardstick)


def _raw(office: Office, ids: list[str], number: int) -> None:
    keys = [key for _ in range(PUSHES) for key in ids]
    lines = [
        ("raw", number * len(keys) + at, 1, "customer", key, key, "update", '{"website":[null,"https://x.example"]}', 1 << 50,
         "u" * 32, "d" * 32, at, 10**12, "a" * 16, "b" * 64) for at, key in enumerate(keys)
    ]  # fmt: skip
    with office.ledger.database.transaction() as session, office.ledger.database.applying(session):
        session.many("UPDATE customer SET website=? WHERE id=?", [(f"https://{number}.example", key) for key in keys])
        session.many(f"INSERT INTO log VALUES ({','.join('?' * 15)})", lines)


def _bytes(row: Row) -> None:
    """A batch of one-field changes as it travels, saved as one or each by itself, beside its JSON."""
    from mobility_app.store.ids import uuid7

    chance, start = random.Random(1), 1_790_000_000_000
    ids = [uuid7(start - 10**9 + number * 37, chance.randbytes) for number in range(BATCH)]
    for name, together in (("saved together", True), ("each saved by itself", False)):
        at, changes = start, []
        for number, key in enumerate(ids):
            at += 0 if together else chance.randrange(2_000, 60_000)
            patch = {"website": (None, f"https://{key[-6:]}.example")}
            changes.append(protocol.wire_change(Change(
                1_000 + number, 500 if together else 500 + number, "customer", key, "update", patch, 6_344, at << 16, at
            )))  # fmt: skip
        body = protocol.pack(PushRequest(protocol.in_columns(changes), "0a0a0a0a"))
        text = msgspec.json.encode(changes)
        row(f"bytes of a change of {BATCH}, {name}", len(body) / BATCH, "bytes", "its JSON", len(text) / BATCH)


def _idle(hq: Hq, store: Store, row: Row) -> None:
    """A round with nothing to do, beside a GET that asks HQ for nothing. Bytes are all that a proxy saw."""
    proxy = Lossy(hq.port)
    engine = Engine(store, HttpTransport(proxy.url))
    for _ in range(2):
        engine.round()
    before, stood = proxy.bytes, store.database.mark()
    done = engine.round()
    row("bytes of an idle round, headers and both ways", proxy.bytes - before, "bytes", "allowed", 1_000)
    print(
        f"requests of an idle round: {done.requests}, rows written: {0 if store.database.mark() == stood else 'some'}"
    )
    proxy.close()
    plain, session = Engine(store, HttpTransport(hq.url)), requests.Session()
    session.trust_env = False
    idle, bare = [], []
    for number in range(IDLE + 3):
        spent = _timed(plain.round), _timed(lambda: session.get(f"{hq.url}/health/live", timeout=5).content)
        if number >= 3:
            idle.append(spent[0])
            bare.append(spent[1])
    row(
        "nothing to do",
        statistics.median(idle) * 1e3,
        "ms",
        "bare GET on the same server",
        statistics.median(bare) * 1e3,
    )


_WRITES = (
    "import sys; from pathlib import Path; from mobility_app.hq.office import Office;"
    "from mobility_app.store.store import wall_ms\n"
    "office = Office(Path(sys.argv[1]), now=wall_ms); number = 0\n"
    "for line in sys.stdin:\n"
    "    number += 1\n"
    "    with office.ledger.transaction() as tx:\n"
    "        for row in tx.find('customer')[:200]:\n"
    "            tx.update('customer', str(row['id']), {'notes': f'note {number}'})\n"
    "    print(number, flush=True)\n"
)


def _felt(hq: Hq, store: Store, row: Row) -> None:
    """Saves of a person while pages come in, beside the same saves in quiet. HQ and who writes there have processes of
    their own; the sync runs on a thread of this one, as in the app."""
    with store.reading() as session:
        ids = [str(found[0]) for found in session.rows("SELECT id FROM customer ORDER BY id LIMIT ?", SAVES)]

    def save(key: str, text: str) -> None:
        with store.writing() as tx:
            tx.update("customer", key, {"website": text})

    def saves(mark: str) -> list[float]:
        spent = []
        for place in range(SAVES):
            text = f"https://{mark}{place}.example"
            spent.append(_timed(lambda p=place, t=text: save(ids[p % len(ids)], t)))
            time.sleep(0.01)
        return sorted(spent)

    quiet = saves("quiet")
    office = subprocess.Popen(
        [sys.executable, "-c", _WRITES, str(hq.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    engine, stop, pulled = Engine(store, HttpTransport(hq.url)), threading.Event(), [0]

    def sync() -> None:
        assert office.stdin is not None
        assert office.stdout is not None
        while not stop.is_set():
            office.stdin.write("\n")
            office.stdin.flush()
            office.stdout.readline()
            pulled[0] += engine.round().entries

    thread = threading.Thread(target=sync, daemon=True)
    thread.start()
    during = saves("busy")
    stop.set()
    thread.join()
    assert office.stdin is not None
    office.stdin.close()
    office.wait()
    print(f"entries that came in while {SAVES} saves were made: {pulled[0]:,}")
    for name, at in (("p50", 0.5), ("p99", 0.99)):
        row(f"a save during a sync, {name}", during[int(SAVES * at)] * 1e3, "ms", "the same without a sync",
            quiet[int(SAVES * at)] * 1e3)  # fmt: skip
