"""Messages of a device's and of HQ's own life: enrolment, and what a device held of a life of HQ that is over.

Shared with HQ, as `protocol.py`. docs/protocol.md explains each with an example.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from mobility_app.sync.protocol import Message, Name, WireActor, WireEntry

EVIDENCE_MAX = 1_000  # entries in one testimony


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


class TestifyRequest(Message, frozen=True):
    """Entries of a life of HQ that is over, as this device received them. HQ notes them for the office and writes none
    of them into its log."""

    epoch: Name
    entries: Annotated[list[WireEntry], msgspec.Meta(min_length=1, max_length=EVIDENCE_MAX)]


class TestifyAnswer(Message, frozen=True):
    """How many of them were news to HQ."""

    noted: int
