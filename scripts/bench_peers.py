#!/usr/bin/env python3
"""The workload that peers were measured with, played by two of our devices over a real HQ, beside its floor.

    python scripts/bench_peers.py --customers 1000
    python scripts/bench_peers.py --data FOLDER --lines results.jsonl --repetition 1     # their files, a line a figure

A: an empty device gets everything: rows, words of the search and history, from what HQ made ahead; beside it, when the
last row is there. B: edits go up, are judged, and their verdicts are on the disk; beside it, until their own entries are
back too. C: the second device gets them, with their history. D: nothing to do. E: two devices edit different fields of the
same customers. F: one save. The floor of the same run does A to D and F with the same values (`peers_floor.py`).

Bytes are all that passed the loopback, headers of TCP and IP included, where this process has a network of its own
(`unshare -n`, as the peers' are run); else those of our bodies alone. Processor seconds: this process and HQ's.
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
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import peers_work
from bench import KEY
from peers_floor import Floor
from peers_work import Edit, Work

from mobility_app.hq.office import Office
from mobility_app.store.store import Store
from mobility_app.sync.engine import Engine
from mobility_app.sync.enrolment import enrol
from mobility_app.sync.status import TAKING
from mobility_app.sync.transport import HttpTransport, Reply
from tests.support.bench import start_hq

ALL, ROWS = "A initial", "A rows are there"  # ours: everything, and the moment at which the sheet has every record
SAVE = 100  # edits in one transaction of a device
IDLE, SAVES = 11, 100  # times


class Counting:
    """A transport that counts the bytes of bodies, both ways."""

    def __init__(self, url: str, figures: Figures) -> None:
        self._inner, self._figures = HttpTransport(url), figures

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        reply = self._inner.send(method, target, headers, body)
        self._figures.count(len(body) + len(reply.body))
        return reply


@dataclass(slots=True)
class Figures:
    """Takes the figures of one side, prints them, and writes a line for each where a file is named."""

    side: str
    customers: int
    repetition: int
    lines: Path | None
    process: int = 0  # HQ's
    bodies: int = 0
    taken: dict[str, float] = field(default_factory=dict)  # phase -> things a second, or milliseconds
    worked: dict[str, float] = field(default_factory=dict)  # phase -> processor seconds

    def count(self, size: int) -> None:
        """So many bytes of a body have travelled."""
        self.bodies += size

    def phase(self, phase: str, count: int, work: Callable[[], object]) -> None:
        """Times one run of the work that handles `count` things."""
        passed, cpu, began = self._passed(), self._cpu(), time.perf_counter()
        work()
        wall = time.perf_counter() - began
        time.sleep(0.05)  # what is still on its way
        spent = self._cpu() - cpu
        # the better one of a phase that is played twice
        self.taken[phase] = max(self.taken.get(phase, 0.0), count / wall)
        self.worked[phase] = min(self.worked.get(phase, spent), spent)
        self._line(
            phase=phase, count=count, wall_s=round(wall, 4), rate=round(count / wall), cpu_s=round(spent, 3),
            bytes=self._passed() - passed,
        )  # fmt: skip

    def each(self, phase: str, times: int, work: Callable[[int], object]) -> None:
        """The median of many runs, in milliseconds."""
        spent, passed = [], []
        for number in range(times):
            before, began = self._passed(), time.perf_counter()
            work(number)
            spent.append((time.perf_counter() - began) * 1e3)
            time.sleep(0.01)
            passed.append(self._passed() - before)
        self.taken[phase] = statistics.median(spent)
        p95 = sorted(spent)[int(len(spent) * 0.95)]
        self._line(
            phase=phase,
            ms=round(self.taken[phase], 3),
            p95=round(p95, 3),
            bytes=round(statistics.median(passed)),
            count=times,
        )

    def said(self, **values: object) -> None:
        """What is no time."""
        self._line(**values)

    def _line(self, **values: object) -> None:
        line = {"peer": self.side, "n": self.customers, "rep": self.repetition, **values, "load1": os.getloadavg()[0]}
        print(json.dumps(line), flush=True)
        if self.lines is not None:
            with self.lines.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def _passed(self) -> int:
        return _loopback() if _alone() else self.bodies

    def _cpu(self) -> float:
        own = time.process_time()
        try:
            told = Path(f"/proc/{self.process}/stat").read_text().rsplit(") ", 1)[1].split()
        except OSError:
            return own
        return own + (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _devices() -> list[str]:
    try:
        return Path("/proc/net/dev").read_text().splitlines()[2:]
    except OSError:
        return []


def _alone() -> bool:
    """Whether this process has a network of its own, in which nothing but the loopback is."""
    return [line.split(":")[0].strip() for line in _devices()] == ["lo"]


def _loopback() -> int:
    return int(_devices()[0].split(":")[1].split()[0])


def device(folder: Path, name: str, office: Office, url: str, figures: Figures) -> tuple[Store, Engine]:
    """An enrolled device, empty."""
    (folder / name).mkdir()
    store, transport = Store(folder / name / "store.db", KEY), Counting(url, figures)
    enrol(store, transport, url, office.invite("Rep"), name, os.urandom)
    return store, Engine(store, transport)


def save(store: Store, edits: list[Edit]) -> None:
    """Types the edits, some at a time."""
    for start in range(0, len(edits), SAVE):
        with store.writing() as tx:
            for entity, one, name, value in edits[start : start + SAVE]:
                tx.update(entity, one, {name: value})


def shown(store: Store, edits: list[Edit]) -> int:
    """How many of the edits a device shows."""
    return sum((store.read(entity, key) or {}).get(name) == value for entity, key, name, value in edits)


def play(folder: Path, work: Work, figures: Figures) -> None:
    """All steps of ours."""
    hq = start_hq(folder / "hq")
    assert hq.process is not None
    figures.process = hq.process.pid
    ids = peers_work.fill(hq.office, work)
    hq.office.headquarters.snapshots.keep_fresh()
    edits = {size: peers_work.edits(found, ids) for size, found in work.edits.items()}
    one, up = device(folder, "one", hq.office, hq.url, figures)
    two, down = device(folder, "two", hq.office, hq.url, figures)
    _first(up, work, figures)
    _first(down, work, figures)
    figures.each("D noop", IDLE, lambda _: up.round())
    singles = peers_work.edits(work.edits[1_000][:SAVES], ids, "before ")
    figures.each("F local write", SAVES, lambda at: save(one, [singles[at]]))
    up.round()
    down.round()
    for size, found in edits.items():
        save(one, found)
        figures.phase(f"B push {size}", size, lambda: up.round(fetch=False))
        figures.phase(f"C pull {size}", size, down.round)
        figures.phase(f"own entries of {size} back", size, up.round)
        figures.said(phase=f"check {size}", ok=shown(two, found), of=size)
    pairs = [peers_work.edits(list(side), ids) for side in zip(*work.conflict, strict=True)]
    save(one, pairs[0])
    save(two, pairs[1])
    figures.phase("E conflict", len(work.conflict), lambda: [engine.round() for engine in (up, down, up)])
    kept = [shown(store, pair) for store in (one, two) for pair in pairs]
    both, of = min(kept), len(work.conflict)
    figures.said(phase="E conflict", both=both, hidden=of - both, of=of, field_merge=True)
    for store in (one, two):
        store.close()
    hq.stop()


def _first(engine: Engine, work: Work, figures: Figures) -> None:
    began, ends = time.perf_counter(), []

    def progress(doing: str, done: int, total: int) -> None:
        if doing == TAKING and done >= total and not ends:
            ends.append(time.perf_counter() - began)

    engine.progress = progress
    figures.phase(ALL, work.records, engine.round)
    engine.progress = lambda doing, done, total: None
    if ends:
        rate = work.records / ends[0]
        figures.taken[ROWS] = max(figures.taken.get(ROWS, 0.0), rate)
        figures.said(phase=ROWS, count=work.records, wall_s=round(ends[0], 4), rate=round(rate))


def bare(folder: Path, work: Work, figures: Figures, *, encrypted: bool) -> None:
    """All steps of the floor."""
    floor = Floor(folder, work, figures.count, encrypted=encrypted)
    for _ in range(2):
        figures.phase(ALL, work.records, floor.first)
    figures.each("D noop", IDLE, lambda _: floor.idle())
    figures.each("F local write", SAVES, floor.save)
    for size in work.edits:
        figures.phase(f"B push {size}", size, lambda size=size: floor.push(size))
        figures.phase(f"C pull {size}", size, lambda size=size: floor.pull(size))
    floor.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000, help="of a workload that is made here")
    parser.add_argument("--data", type=Path, help="a folder with the peers' workload")
    parser.add_argument("--lines", type=Path, help="a file to which each figure is added as a line of JSON")
    parser.add_argument("--repetition", type=int, default=1)
    options = parser.parse_args()
    work = peers_work.read(options.data) if options.data else peers_work.made(options.customers)
    folder = Path(tempfile.mkdtemp(prefix="mobility-peers-"))
    sides = [
        Figures(side, work.customers, options.repetition, options.lines)
        for side in ("mobility", "floor, plain", "floor, encrypted")
    ]
    try:
        for number, side in enumerate(sides):
            (folder / str(number)).mkdir()
            if number:
                bare(folder / str(number), work, side, encrypted=number == 2)
            else:
                play(folder / str(number), work, side)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, taken in (("time", [side.taken for side in sides]), ("processor", [side.worked for side in sides])):
        ours, plain, encrypted = taken
        for phase in ours:
            floor = ALL if phase == ROWS else phase  # all that the floor does is to have the rows there
            if floor not in plain:
                continue
            turned = name == "processor"  # more of it is worse, more things a second are better
            ratios = [
                (other[floor] / ours[phase]) if turned else ours[phase] / other[floor] for other in (plain, encrypted)
            ]
            print(f"{name:<10} {phase:<16} {ratios[0]:6.2f} of the plain floor {ratios[1]:6.2f} of the encrypted one")
    return 0


if __name__ == "__main__":
    sys.exit(main())
