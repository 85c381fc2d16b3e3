"""Messages of a device's and of HQ's own life: enrolment, and what a device held of a life of HQ that is over.

Shared with HQ, as `protocol.py`. docs/protocol.md explains each with an example.
"""

from __future__ import annotations

import hashlib
from typing import Annotated

import msgspec

from mobility_app.domain.change import canonical
from mobility_app.domain.fields import Plain
from mobility_app.sync.protocol import Count, Message, Name, WireActor, WireChange, WireVerdict

EVIDENCE_MAX = 1_000  # entries in one testimony
HAVE_MAX = 50_000  # unsent changes of a device that renews itself
DIGEST_LETTERS = 24
SALVAGE_BATCH = 500


def digest(change: WireChange) -> str:
    """What tells two changes under one number apart."""
    return hashlib.sha256(canonical(msgspec.to_builtins(change))).hexdigest()


class EnrolRequest(Message, frozen=True):
    """A new device. `proof` signs the code with the new key."""

    code: Annotated[str, msgspec.Meta(max_length=200)]
    public_key: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    name: Annotated[str, msgspec.Meta(max_length=120)]
    proof: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}$")]


class EnrolAnswer(Message, frozen=True):
    """Who the device is from now on, and HQ's key, which must match the fingerprint in the code."""

    device_id: str
    device_number: int
    user_id: str
    hq_key: str
    actor: WireActor


class WireEntry(Message, frozen=True):
    """A line of a log that is over, as a device keeps it (`domain.change.Entry`)."""

    stream: str
    seq: int
    txn: int
    entity: str
    id: str
    kind: str
    patch: dict[str, tuple[Plain, Plain]]
    stamp: int
    at: int
    salt: str
    chain: str
    root: str | None = None
    user: str | None = None
    device: str | None = None
    dseq: int | None = None


class TestifyRequest(Message, frozen=True):
    """Entries of a life of HQ that is over, as this device received them. HQ notes them for the office and writes none
    of them into its log."""

    epoch: Name
    entries: Annotated[list[WireEntry], msgspec.Meta(min_length=1, max_length=EVIDENCE_MAX)]


class TestifyAnswer(Message, frozen=True):
    """How many of them were news to HQ."""

    noted: int


class RenewRequest(Message, frozen=True):
    """A device whose database was copied or put back asks to be a new one. Signed with the old key; `proof` signs the old
    device's id with the new one. `last`: the new device counts its changes from the next number on. `have`: its
    unsent changes, number -> start of the digest, so that those that HQ has already are not sent twice."""

    public_key: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    proof: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}$")]
    last: Count
    have: Annotated[dict[str, str], msgspec.Meta(max_length=HAVE_MAX)]


class RenewAnswer(Message, frozen=True):
    """Who the device is from now on, and HQ's verdicts on those changes that it has already, byte for byte."""

    device_id: str
    device_number: int
    known: list[WireVerdict]


class SalvageRequest(Message, frozen=True):
    """What a device that is no longer welcome had not sent. HQ lays it aside for the office and applies none of it.
    `last`: there is no more."""

    changes: Annotated[list[WireChange], msgspec.Meta(max_length=SALVAGE_BATCH)]
    last: bool = False


class WipedRequest(Message, frozen=True):
    """The device carried out the order to wipe itself."""


class DoneAnswer(Message, frozen=True):
    """HQ took it."""
