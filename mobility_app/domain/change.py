"""Change and Entry: the unit of capture, sync and history.

A Change is what a device did to one record and HQ has not yet confirmed. An Entry is a line of HQ's log. Both carry a
patch `{field: (before, after)}` of plain values. `fold` plays patches onto a record; it is what tables are made of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TypeAlias

import msgspec
import orjson

from mobility_app.domain.fields import Plain

Patch: TypeAlias = dict[str, tuple[Plain, Plain]]
Row: TypeAlias = dict[str, Plain]

CREATE, UPDATE, DELETE, RESTORE = "create", "update", "delete", "restore"
VOID = "void"  # between device and HQ: a number whose change is not offered again after a restore of HQ
LOST = "lost"  # HQ's log only: a value that lost against a concurrent one; folding skips it
CHANGE_KINDS = (CREATE, UPDATE, DELETE, RESTORE)
ENTRY_KINDS = (*CHANGE_KINDS, LOST)

OPEN, SENT, ACCEPTED, REJECTED, DISMISSED = "open", "sent", "accepted", "rejected", "dismissed"
MERGED = "merged"  # what HQ says of a field that it joined with another value, or passed by
PARKED = "parked"  # HQ is of a version that does not know it (store/parking.py)
PARKED_FROM = -(2**41)  # a parked change's number before it, added: below those of refused fields and notices
LIVE = (OPEN, SENT, ACCEPTED, PARKED)  # changes that lie over what HQ confirmed
DUPLICATE_SUSPECT = "duplicate_suspect"  # why HQ names an identifier that it took: another customer has it


class Change(msgspec.Struct, frozen=True):
    """One record's changed fields on a device. `dseq` counts the device's changes from 1 without a gap; `tx` groups
    what was saved together; `base` is the position of the record's stream that the author had seen; `version` is that of
    the program that wrote it (`versions.py`)."""

    dseq: int
    tx: int
    entity: str
    record_id: str
    kind: str
    patch: Patch
    base: int
    stamp: int
    at: int
    atomic: bool = False
    version: int = 1


class Entry(msgspec.Struct, frozen=True):
    """One line of a stream: commit-ordered, gap-free. `device_id` and `dseq` name the change that caused it, or are
    empty for HQ's own. `chain` is the hash of the root's entries up to this one, `salt` hides absent values."""

    stream: str
    seq: int
    txn: int
    entity: str
    record_id: str
    root_id: str | None
    kind: str
    patch: Patch
    stamp: int
    user_id: str | None
    device_id: str | None
    dseq: int | None
    at: int
    salt: str = ""
    chain: str = ""


def fold(row: Row | None, kind: str, patch: Mapping[str, tuple[Plain, Plain]]) -> Row | None:
    """The record after the change; None where it does not exist. Updating what is gone brings nothing back."""
    if kind == DELETE:
        return None
    if kind == LOST or (kind == UPDATE and row is None):
        return row
    after = dict(row or {})
    after.update({name: sides[1] for name, sides in patch.items()})
    return after


def canonical(value: object) -> bytes:
    """The one JSON text of a value: sorted keys, no spaces, UTF-8. Hashes and stored answers are made over it."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def commitment(salt: str, name: str, sides: tuple[Plain, Plain]) -> str:
    """What stands in the chain for one field: a reader who may not see the field still verifies the chain."""
    return hashlib.sha256(canonical([salt, name, list(sides)])).hexdigest()


def link(previous: str, entry: Entry, sealed: Mapping[str, str] | None = None) -> str:
    """The root's chain after `entry`. `sealed` holds commitments of fields that the reader was not given."""
    fields = {name: commitment(entry.salt, name, sides) for name, sides in entry.patch.items()}
    fields.update(sealed or {})
    leaf = [
        entry.stream, entry.seq, entry.entity, entry.record_id, entry.root_id, entry.kind, fields,
        entry.stamp, entry.user_id, entry.device_id, entry.dseq, entry.at,
    ]  # fmt: skip
    return hashlib.sha256(previous.encode() + canonical(leaf)).hexdigest()
