"""Verdict: HQ's answer to one change of a device, and how those of its fields add up. The judge gives it."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from mobility_app.domain.change import MERGED, Patch
from mobility_app.hq.reach import REJECTED

ACCEPTED, SUPERSEDED = "accepted", "superseded"
_GRAVITY = (ACCEPTED, MERGED, SUPERSEDED)


class Verdict(msgspec.Struct, frozen=True):
    """HQ's answer to one change. `fields`: field -> (state, reason) for those that were not simply accepted.
    `stream` and `seq`: the change stays open on the device until it has received that stream up to there."""

    dseq: int
    state: str
    reason: str = ""
    fields: dict[str, tuple[str, str]] = {}
    stream: str = ""
    seq: int = 0
    leads_to: str = ""
    clamped: bool = False


def elsewhere(verdict: Verdict, record_id: str) -> Verdict:
    """The verdict on a change of a record that was merged: it says where the change went."""
    if verdict.state == REJECTED:
        return verdict
    state = MERGED if verdict.state == ACCEPTED else verdict.state
    return replace(verdict, state=state, reason="merged_record", leads_to=record_id)


def summed(dseq: int, patch: Patch, fates: dict[str, tuple[str, str]]) -> Verdict:
    """The verdict on a whole update, from what became of each field."""
    moved = [name for name, (before, after) in patch.items() if before != after] or list(patch)
    refused = [name for name in moved if fates.get(name, ("", ""))[0] == REJECTED]
    if moved and len(refused) == len(moved):
        return Verdict(dseq, REJECTED, fates[refused[0]][1], fates)
    states = [state for state, _ in fates.values() if state != REJECTED]
    return Verdict(dseq, max(states, key=_GRAVITY.index, default=ACCEPTED), fields=fates)
