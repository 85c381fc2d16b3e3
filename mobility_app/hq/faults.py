"""What was found wrong, on devices and here: kept for the office, told by `mobility hq verify` and `hq faults`.

A device numbers its faults; telling one twice keeps it once. HQ's own have no device. A fault of a table here is kept
until the table is what the log says again; then it is `mended`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from mobility_app.domain.change import Row
from mobility_app.store.records import Records
from mobility_app.sync.protocol import WireFault

KEPT_MAX = 5_000  # of one device, the newest
DRIFT, SUMS, PAGES = "drift", "sums", "pages"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `device_id` empty: HQ's own. `was`, `stands`: the fields that differed."""

    device_id: str
    number: int
    at: int
    kind: str
    entity: str
    record_id: str
    was: Row
    stands: Row
    mended: bool


def told(session: Records, device_id: str, faults: Iterable[WireFault]) -> int:
    """Keeps what a device tells of itself. Returns the number up to which it is kept."""
    upto = 0
    for one in faults:
        session.run(
            "INSERT INTO fault (device_id, number, at, kind, entity, record_id, root_id, was, stands, mended)"
            " VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ?, 1) ON CONFLICT (device_id, number) DO NOTHING",
            device_id, one.number, one.at, one.kind, one.entity, one.id, _text(one.was), _text(one.stands),
        )  # fmt: skip
        upto = max(upto, one.number)
    oldest = "SELECT MAX(number) FROM fault WHERE device_id=?"
    session.run(f"DELETE FROM fault WHERE device_id=? AND number <= ({oldest}) - ?", device_id, device_id, KEPT_MAX)
    return upto


def note(
    session: Records, at: int, kind: str, entity: str = "", record_id: str = "", stands: Row | None = None
) -> None:
    """Keeps a fault of HQ's own, once as long as it is not mended."""
    known = "SELECT 1 FROM fault WHERE device_id='' AND kind=? AND entity=? AND record_id=? AND mended=0"
    if session.value(known, kind, entity, record_id):
        return
    number = int(session.value("SELECT COALESCE(MAX(number), 0) + 1 FROM fault WHERE device_id=''"))
    session.run(
        "INSERT INTO fault (device_id, number, at, kind, entity, record_id, root_id, was, stands, mended)"
        " VALUES ('', ?, ?, ?, ?, ?, NULL, '{}', ?, 0)",
        number, at, kind, entity, record_id, _text(stands or {}),
    )  # fmt: skip


def mended(session: Records, kind: str, entity: str, record_id: str, was: Row, stands: Row) -> None:
    """A fault of HQ's own is put right: the fields that differed as the table had them, and as they stand."""
    session.run(
        "UPDATE fault SET mended=1, was=?, stands=? WHERE device_id='' AND kind=? AND entity=? AND record_id=? AND mended=0",
        _text(was), _text(stands), kind, entity, record_id,
    )  # fmt: skip


def mended_sums(session: Records) -> None:
    """All sums were made anew."""
    session.run("UPDATE fault SET mended=1 WHERE device_id='' AND kind=?", SUMS)


def newest(session: Records, most: int = 100) -> list[Fault]:
    """The newest faults, those that still stand first."""
    return [
        Fault(row[0], row[1], row[2], row[3], row[4], row[5], json.loads(row[6]), json.loads(row[7]), bool(row[8]))
        for row in session.rows(
            "SELECT device_id, number, at, kind, entity, record_id, was, stands, mended FROM fault"
            " ORDER BY mended, at DESC, number DESC LIMIT ?",
            most,
        )
    ]


def _text(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False)
