"""A day of edits: real device processes and a real HQ behind the lossy proxy, all of them killed every few seconds.

At the end the weather clears, everybody syncs until HQ, stopped, stands where the devices stand, and the books are checked:
every change that was said to be saved has one verdict and stands in the log once, both sides are whole, each device holds
exactly what HQ lets it see.
"""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from mobility_app.errors import Unreachable
from mobility_app.hq.verify import faults as hq_faults
from mobility_app.store import identity
from mobility_app.store.cursor import Cursor
from mobility_app.store.verify import faults as device_faults
from tests.support import invariants
from tests.support.bench import ROOT, Device, Hq, environment, new_device, select_wait, start_hq
from tests.support.lossy import Lossy, Plan, weather

NAMES = ("Ana", "Rui", "Eva", "Gil")
KILL_SECONDS = (5.0, 20.0)
SETTLE_ROUNDS, STOPS_MAX = 50, 10


@dataclass(slots=True)
class Day:
    """What a day was: saves, changes, verdicts, kills, what befell connections, seconds until all was quiet."""

    saves: int = 0
    changes: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    connections: Counter[str] = field(default_factory=Counter)
    settled_seconds: float = 0.0


@dataclass(slots=True)
class _Rep:
    """One device and its process."""

    device: Device
    pause: float
    said: list[int] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    def start(self, seed: int) -> None:
        with (self.device.folder / "rep.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.rep", str(self.device.folder), str(seed), str(self.pause)],
                cwd=ROOT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        assert self.process.stdin is not None
        self.process.stdin.write(self.device.passphrase + "\n")
        self.process.stdin.flush()
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()

    def kill(self) -> None:
        assert self.process is not None
        assert self.process.poll() is None, f"a rep ended without being killed: {self.device.folder / 'rep.log'}"
        self.process.kill()
        self.process.wait()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.said += [int(line) for line in process.stdout if line.endswith("\n")]


def play(folder: Path, seconds: float, *, devices: int = 2, pause: float = 0.3, seed: int = 1) -> Day:
    """Plays a day of so many seconds in an empty folder. Raises AssertionError or Violation where the books are wrong."""
    chance, day = random.Random(seed), Day()
    hq = start_hq(folder / "hq")
    hq.add_company("Lusa", "PT")
    hq.add_territory("Lusa", "Norte")
    reps = []
    for name in NAMES[:devices]:
        hq.add_user(name, "rep", "Lusa", ["Norte"])
        reps.append(_Rep(new_device(hq, folder / name.lower(), name), pause))
    for number in range(3):
        reps[0].device.create("customer", name=f"Cliente {number}", notes="a\nb\nc")
    for rep in reps:
        rep.device.sync()
    proxy = Lossy(hq.port, lambda: weather(chance))
    for rep in reps:
        with rep.device.store.transaction() as session:
            known = identity.read(session)
            assert known is not None
            identity.keep(session, replace(known, hq_url=proxy.url))
        rep.device.store.close()
    try:
        _work(hq, reps, chance, seconds, day)
    finally:
        for rep in reps:
            if rep.process is not None:
                rep.kill()
        proxy.plan = Plan
        proxy.hang_up()
        hq.kill()
    began = time.monotonic()
    _agree(hq, [rep.device for rep in reps])
    day.settled_seconds = time.monotonic() - began
    day.connections = proxy.seen
    proxy.close()
    _check(hq, reps, day)
    return day


def _work(hq: Hq, reps: list[_Rep], chance: random.Random, seconds: float, day: Day) -> None:
    seeds = iter(range(chance.randrange(10**6), 10**9))
    for rep in reps:
        rep.start(next(seeds))

    def hq_dies() -> None:
        hq.kill()
        day.kills["hq"] += 1
        hq.start()

    def dies(rep: _Rep) -> Callable[[], None]:
        def once() -> None:
            rep.kill()
            day.kills["device"] += 1
            rep.start(next(seeds))

        return once

    now = time.monotonic()
    acts = [hq_dies, *(dies(rep) for rep in reps)]
    due = [now + chance.uniform(*KILL_SECONDS) for _ in acts]
    end = now + seconds
    while time.monotonic() < end:
        index = min(range(len(acts)), key=due.__getitem__)
        while (left := min(due[index], end) - time.monotonic()) > 0:
            select_wait(min(left, 1.0))
        if due[index] < end:
            acts[index]()
        due[index] = time.monotonic() + chance.uniform(*KILL_SECONDS)


def _agree(hq: Hq, devices: list[Device]) -> None:
    """Syncs until all is quiet, then stops HQ. Where it has written of its own meanwhile (what became of its mails), once
    more: only what stands at the same place can be compared."""
    behind: dict[str, list[tuple[str, int, int]]] = {}
    for _ in range(STOPS_MAX):
        hq.start()
        _settle(hq, devices)
        hq.mails()
        _settle(hq, devices)
        hq.stop()
        behind = {device.folder.name: found for device in devices if (found := _behind(hq, device))}
        if not behind:
            return
    raise AssertionError(f"HQ does not come to rest; device: stream, where it stands, where HQ does: {behind}")


def _behind(hq: Hq, device: Device) -> list[tuple[str, int, int]]:
    """(stream, where the device stands, where HQ stands) of the streams that it has not read to the end."""
    with device.store.reading() as session, hq.office.ledger.reading() as office:
        at = Cursor.read(session).streams
        heads = {str(stream): int(head) for stream, head in office.rows("SELECT id, head FROM stream")}
    return [(stream, seq, heads[stream]) for stream, seq in at.items() if seq != heads[stream]]


def _settle(hq: Hq, devices: list[Device]) -> None:
    for place, device in enumerate(devices):
        devices[place] = Device(device.folder, device.passphrase, hq.url)
    quiet = False
    for _ in range(SETTLE_ROUNDS):
        done = []
        for device in devices:
            try:
                done.append(device.sync())
            except Unreachable:
                select_wait(0.2)
        quiet, was = len(done) == len(devices) and not any(one.pushed or one.entries for one in done), quiet
        if quiet and was:
            return
    raise AssertionError(f"not quiet after {SETTLE_ROUNDS} rounds")


def _check(hq: Hq, reps: list[_Rep], day: Day) -> None:
    with hq.office.ledger.reading() as session:
        invariants.streams(session)
        invariants.folds(session)
    assert hq_faults(hq.office.ledger) == []
    for rep in reps:
        device = Device(rep.device.folder, rep.device.passphrase, hq.url)
        known = device.store.identity()
        assert known is not None
        with device.store.reading() as session:
            last = int(session.value("SELECT seq FROM sqlite_sequence WHERE name='change'") or 0)
            left = session.value("SELECT COUNT(*) FROM change WHERE state IN ('open', 'sent')")
        assert left == 0, f"{left} changes of {known.device_id} have no verdict"
        assert last >= max(rep.said, default=0), "a change that was said to be saved is gone"
        with hq.office.ledger.reading() as session:
            day.verdicts += invariants.accounted(session, device.folder.name, known.device_id, range(1, last + 1))
        invariants.pulled_exactly(device.folder.name, device.store, hq.office)
        assert device_faults(device.store) == []
        day.saves += len(rep.said)
        day.changes += last
        device.store.close()
