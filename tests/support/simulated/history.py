"""What devices read and wrote, recorded while a seed plays, and judged against HQ's log afterwards (invariant 9).

Every written value is unlike all others, so a value names its version. Judged: nobody reads what nobody wrote; no device
sees a field go back to an older version, nor to one older than its own that HQ took; what a device wrote stands in the
log after everything it had read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from mobility_app.domain.change import LIVE, LOST
from mobility_app.store.records import Records
from mobility_app.store.store import Store
from tests.support.invariants import Violation

WATCHED = ("name", "website")  # of customers: each value written once
_LIVE = ",".join(f"'{state}'" for state in LIVE)
Cell = tuple[str, str]  # record, field


@dataclass(slots=True)
class Reading:
    """All watched cells of one device at one moment. `own`: cells that its open changes lie over; `wrote`: the numbers
    of its changes so far."""

    cells: dict[Cell, str]
    own: set[Cell]
    wrote: int


@dataclass(slots=True)
class History:
    """The readings of each device, in their order."""

    readings: dict[str, list[Reading]] = field(default_factory=dict)

    def read(self, name: str, store: Store) -> None:
        """Records what the device shows now."""
        with store.reading() as session:
            rows = session.rows("SELECT id, name, website FROM customer")
            live = session.rows(f"SELECT record_id, patch FROM change WHERE state IN ({_LIVE}) AND entity='customer'")
            wrote = int(session.value("SELECT seq FROM sqlite_sequence WHERE name='change'") or 0)
        own = {(record, name) for record, patch in live for name in json.loads(patch)}
        cells = {
            (row[0], name): row[at]
            for row in rows
            for at, name in enumerate(WATCHED, start=1)
            if isinstance(row[at], str)
        }
        self.readings.setdefault(name, []).append(Reading(cells, own, wrote))

    def judge(self, hq: Records, devices: dict[str, str]) -> None:
        """Raises Violation 9. `devices`: name -> its id at HQ."""
        versions: dict[tuple[Cell, str], list[int]] = {}
        stands: dict[tuple[str, int], int] = {}
        taken: dict[str, list[tuple[int, Cell, int]]] = {}
        for seq, record, kind, patch, device, dseq in hq.rows(
            "SELECT seq, record_id, kind, patch, device_id, dseq FROM log WHERE entity='customer' ORDER BY seq"
        ):
            stands[(device, dseq)] = max(seq, stands.get((device, dseq), 0))
            if kind != LOST:
                for name, sides in json.loads(patch).items():
                    versions.setdefault(((record, name), sides[1]), []).append(seq)
                    taken.setdefault(device, []).append((dseq, (record, name), seq))
        for name, readings in self.readings.items():
            self._judge(name, devices[name], readings, versions, stands, taken.get(devices[name], []))

    def _judge(
        self, name: str, device: str, readings: list[Reading], versions: dict[tuple[Cell, str], list[int]],
        stands: dict[tuple[str, int], int], taken: list[tuple[int, Cell, int]],
    ) -> None:  # fmt: skip
        last: dict[Cell, int] = {}
        wrote = readings[0].wrote
        for reading in readings:
            for dseq in range(wrote + 1, reading.wrote + 1):
                seq = stands.get((device, dseq))
                own = {cell for cell in last if cell in reading.own}
                if seq is not None and any(last[cell] > seq for cell in own):
                    raise Violation(f"9: {name} wrote after reading, and the log has it the other way round")
            wrote = max(wrote, reading.wrote)
            for cell in set(last) - set(reading.cells):
                del last[cell]  # the customer left or was deleted: what comes again is another reading
            floor = {cell: seq for dseq, cell, seq in taken if dseq <= wrote}
            for cell, value in reading.cells.items():
                if cell in reading.own:
                    continue
                found = versions.get((cell, value))
                if found is None:
                    raise Violation(f"9: {name} shows a {cell[1]} that nobody wrote: {value}")
                if found[-1] < floor.get(cell, 0):
                    raise Violation(f"9: {name} shows a {cell[1]} older than its own, which HQ took: {value}")
                if found[-1] < last.get(cell, 0):
                    raise Violation(f"9: {name} saw {cell[1]} go back to {value}")
                last[cell] = max(last.get(cell, 0), next(seq for seq in found if seq >= last.get(cell, 0)))
