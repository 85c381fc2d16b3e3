"""What HQ remembers of each record beside its row: where it hangs, who touched it last, the version of each field.

Read and written by the ledger (`ledger.py`), many records in a few statements; judge and reach look at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from mobility_app.domain import digests
from mobility_app.store.database import Session

PENDING = 2**62  # the sequence number of a version that this transaction has yet to publish

_COLUMNS = (
    "id", "entity", "root_id", "stream", "seq", "device_id", "made_seq", "made_stamp", "made_device", "made_user",
    "deleted", "leads_to", "versions", "digest",
)  # fmt: skip


@dataclass(slots=True)
class State:
    """What HQ remembers of one record. A version is (sequence number, stamp, device)."""

    entity: str
    root_id: str | None
    stream: str
    seq: int
    device_id: str | None
    made: tuple[int, int, str | None]
    made_user: str | None
    deleted: bool = False
    leads_to: str | None = None
    versions: dict[str, tuple[int, int, str | None]] = field(default_factory=dict)
    digest: int = 0  # of the record as the log has it

    def version(self, names: tuple[str, ...]) -> tuple[int, int, str | None]:
        """The newest version of any of these fields."""
        return max((self.versions.get(name, self.made) for name in names), key=lambda version: version[0])


def read(session: Session, ids: Iterable[str]) -> dict[str, State]:
    """What is remembered of those of these records that ever were, deleted ones included."""
    sql = f"SELECT {','.join(_COLUMNS)} FROM record WHERE id IN ({{marks}})"
    return {row[0]: _state(row[1:]) for row in session.among(sql, sorted(ids))}


def write(session: Session, states: Mapping[str, State]) -> None:
    """Keeps these states by the ids of their records."""
    rows = [
        (
            record_id, state.entity, state.root_id, state.stream, state.seq, state.device_id, *state.made,
            state.made_user, int(state.deleted), state.leads_to, orjson.dumps(state.versions).decode(),
            digests.text(state.digest),
        )
        for record_id, state in states.items()
    ]  # fmt: skip
    sets = ",".join(f"{name}=excluded.{name}" for name in _COLUMNS[3:])
    session.many(
        f"INSERT INTO record ({','.join(_COLUMNS)}) VALUES ({','.join('?' * len(_COLUMNS))})"
        f" ON CONFLICT (id) DO UPDATE SET {sets}",
        rows,
    )


def _state(found: tuple[Any, ...]) -> State:
    entity, root, stream, seq, device, made_seq, made_stamp, made_device, user, deleted, leads_to, versions, digest = (
        found
    )
    kept: dict[str, list[int | str | None]] = orjson.loads(versions)
    plain = {
        name: (int(v[0] or 0), int(v[1] or 0), v[2] if isinstance(v[2], str) else None) for name, v in kept.items()
    }
    made = (made_seq, made_stamp, made_device)
    return State(entity, root, stream, seq, device, made, user, bool(deleted), leads_to, plain, int(digest, 16))
