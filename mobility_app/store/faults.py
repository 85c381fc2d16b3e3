"""What was found wrong on this device and put right: kept for the sync centre and `mobility verify`, told to HQ.

One line for each record or finding, with the fields that differed as they were and as they stand. `repair.py` and
`scrub.py` note them; `sync/verify.py` tells them. Of a customer that leaves the values go, the line stays.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from mobility_app.domain.change import Row
from mobility_app.store.records import Records

REPAIRED, DROPPED, MISSING, SUMS, PAGES, SEARCH, LINKS = (
    "repaired", "dropped", "missing", "sums", "pages", "search", "links",
)  # fmt: skip
KEPT_MAX = 1_000  # the newest; older ones that HQ was told of go


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `kind`: repaired (values were other than HQ's), missing (the record was not there), dropped (HQ has no
    such record), sums (only the kept sum was wrong), pages, links, search (what SQLite or the index says)."""

    number: int
    at: int
    kind: str
    entity: str
    record_id: str
    root_id: str | None
    was: Row
    stands: Row


def note(
    session: Records, at: int, kind: str, entity: str = "", record_id: str = "", root_id: str | None = None,
    was: Row | None = None, stands: Row | None = None,
) -> None:  # fmt: skip
    """Keeps a fault. Of two rows only what differs is kept."""
    before, after = was or {}, stands or {}
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    session.run(
        "INSERT INTO fault (at, kind, entity, record_id, root_id, was, stands) VALUES (?, ?, ?, ?, ?, ?, ?)",
        at, kind, entity, record_id, root_id,
        *(json.dumps({n: row.get(n) for n in names}, ensure_ascii=False) for row in (before, after)),
    )  # fmt: skip
    session.run("DELETE FROM fault WHERE told=1 AND number <= (SELECT MAX(number) FROM fault) - ?", KEPT_MAX)


def described(one: Fault) -> str:
    """One plain line, for the command line and the log."""
    at = datetime.fromtimestamp(one.at / 1000, UTC).isoformat(timespec="seconds")
    moved = ", ".join(f"{name}: {one.was.get(name)!r} -> {value!r}" for name, value in one.stands.items())
    return " ".join(part for part in (at, one.kind, one.entity, one.record_id, moved) if part)


def untold(session: Records, most: int) -> list[Fault]:
    """The oldest that HQ has not been told of."""
    return _read(session, "WHERE told=0 ORDER BY number LIMIT ?", most)


def newest(session: Records, most: int = 50) -> list[Fault]:
    """The newest, newest first."""
    return _read(session, "ORDER BY number DESC LIMIT ?", most)


def told(session: Records, upto: int) -> None:
    """HQ has them up to that number."""
    session.run("UPDATE fault SET told=1 WHERE told=0 AND number<=?", upto)


def _read(session: Records, rest: str, most: int) -> list[Fault]:
    return [
        Fault(row[0], row[1], row[2], row[3], row[4], row[5], json.loads(row[6]), json.loads(row[7]))
        for row in session.rows(
            f"SELECT number, at, kind, entity, record_id, root_id, was, stands FROM fault {rest}", most
        )
    ]
