"""What devices read and wrote, recorded while a seed plays, and judged against HQ's log afterwards (invariant 9).

Every written value is unlike all others, so a value names its version. Judged: nobody reads what nobody wrote; no device
sees a field go back to an older version, nor to one older than its own that HQ took; what a device wrote stands in the
log after everything it had read.

Each life of HQ has a log of its own, and a reading is judged by that of the life that its device followed. From one life to
the next a field may go back as far as what both share: what HQ lost there its author alone brings again. A disk that was put
back begins a history of its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from mobility_app.domain.change import LIVE, LOST
from mobility_app.store.cursor import Cursor
from mobility_app.store.records import Records
from mobility_app.store.store import Store
from tests.support.invariants import Violation
from tests.support.simulated.typed import Typed

WATCHED = ("name", "website")  # of customers: each value written once
_LIVE = ",".join(f"'{state}'" for state in LIVE)
Cell = tuple[str, str]  # record, field


@dataclass(slots=True)
class Reading:
    """All watched cells of one device at one moment. `own`: cells that its open changes lie over; `wrote`: the numbers
    of its changes so far; `life`: of HQ, which it followed."""

    device: str
    life: int
    cells: dict[Cell, str]
    own: set[Cell]
    wrote: int


@dataclass(slots=True)
class Log:
    """What the log of one life of HQ says of the watched cells."""

    versions: dict[tuple[Cell, str], list[int]] = field(default_factory=dict)
    stands: dict[str, dict[int, int]] = field(default_factory=dict)  # device -> its change -> where it stands
    taken: dict[str, list[tuple[int, Cell, int]]] = field(default_factory=dict)  # device -> (change, cell, where)
    streams: dict[str, str] = field(default_factory=dict)  # record -> its stream

    def newest(self, cell: Cell, upto: int) -> int:
        """Where the newest version of a cell stands up to that number; 0 where there is none."""
        found = [seq for (one, _), seqs in self.versions.items() if one == cell for seq in seqs if seq <= upto]
        return max(found, default=0)

    @classmethod
    def read(cls, hq: Records) -> Log:
        """As it stands now."""
        log = cls()
        for stream, seq, record, kind, patch, device, dseq in hq.rows(
            "SELECT stream, seq, record_id, kind, patch, device_id, dseq FROM log WHERE entity='customer' ORDER BY seq"
        ):
            log.streams[record] = stream
            log.stands.setdefault(device, {})[dseq] = seq
            if kind != LOST:
                for name, sides in json.loads(patch).items():
                    log.versions.setdefault(((record, name), sides[1]), []).append(seq)
                    log.taken.setdefault(device, []).append((dseq, (record, name), seq))
        return log


@dataclass(slots=True)
class History:
    """The readings of each disk of each device, in their order, and the logs of the lives of HQ that are over."""

    disks: dict[str, list[list[Reading]]] = field(default_factory=dict)
    logs: list[Log] = field(default_factory=list)

    def read(self, name: str, store: Store, typed: Typed) -> None:
        """Records what the device shows now."""
        known = store.identity()
        with store.reading() as session:
            rows = session.rows("SELECT id, name, website FROM customer")
            live = session.rows(f"SELECT record_id, patch FROM change WHERE state IN ({_LIVE}) AND entity='customer'")
            wrote = int(session.value("SELECT seq FROM sqlite_sequence WHERE name='change'") or 0)
            life = typed.life(Cursor.read(session).epoch) if typed.heads else 0
        own = {(record, name) for record, patch in live for name in json.loads(patch)}
        cells = {
            (row[0], name): row[at]
            for row in rows
            for at, name in enumerate(WATCHED, start=1)
            if isinstance(row[at], str)
        }
        reading = Reading(known.device_id if known else "", life, cells, own, wrote)
        self.disks.setdefault(name, [[]])[-1].append(reading)

    def put_back(self, name: str) -> None:
        """The device goes on from a copy of its disk."""
        self.disks.setdefault(name, []).append([])

    def judge(self, hq: Records, typed: Typed) -> None:
        """Raises Violation 9."""
        logs = [*self.logs, Log.read(hq)]
        for name, disks in self.disks.items():
            for readings in disks:
                if readings:
                    _judge(name, readings, logs, typed)


def _judge(name: str, readings: list[Reading], logs: list[Log], typed: Typed) -> None:
    last: dict[Cell, int] = {}
    life, wrote = readings[0].life, {readings[0].device: readings[0].wrote}
    for reading in readings:
        log, device = logs[reading.life], reading.device
        if reading.life != life:
            last = {
                cell: log.newest(cell, min(seq, typed.shared(life, reading.life, log.streams.get(cell[0], ""))))
                for cell, seq in last.items()
            }
            life = reading.life
        before = wrote.setdefault(device, reading.wrote)
        if reading.wrote > before:
            own = [last[cell] for cell in last if cell in reading.own]
            stands = [seq for dseq, seq in log.stands.get(device, {}).items() if before < dseq <= reading.wrote]
            if own and stands and max(own) > min(stands):
                raise Violation(f"9: {name} wrote after reading, and the log has it the other way round")
        wrote[device] = max(before, reading.wrote)
        for cell in set(last) - set(reading.cells):
            del last[cell]  # the customer left or was deleted: what comes again is another reading
        floor = {
            cell: seq for one, upto in wrote.items() for dseq, cell, seq in log.taken.get(one, ())
            if dseq <= upto and typed.on(one, dseq) == cell[0]
        }  # fmt: skip
        for cell, value in reading.cells.items():
            if cell in reading.own:
                continue
            found = log.versions.get((cell, value))
            if found is None:
                raise Violation(f"9: {name} shows a {cell[1]} that nobody wrote: {value}")
            if found[-1] < floor.get(cell, 0):
                raise Violation(f"9: {name} shows a {cell[1]} older than its own, which HQ took: {value}")
            if found[-1] < last.get(cell, 0):
                raise Violation(f"9: {name} saw {cell[1]} go back to {value}")
            last[cell] = max(last.get(cell, 0), next(seq for seq in found if seq >= last.get(cell, 0)))
