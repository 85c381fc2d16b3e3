"""Where this device's history has gaps that are no fault: HQ's log began later than what the device had received.

A note of its own: stream -> the horizons that were skipped. `sync/verify.py` writes it, `verify.py` asks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from mobility_app.store import identity
from mobility_app.store.records import Records

KEY = "horizons"
KEPT_MAX = 100  # of one stream, the newest


def keep(session: Records, behind: Mapping[str, int]) -> None:
    """Notes that the history of these streams begins anew after these numbers."""
    known = read(session)
    for stream, seq in behind.items():
        known[stream] = sorted({*known.get(stream, []), seq})[-KEPT_MAX:]
    identity.set_meta(session, KEY, json.dumps(known))


def read(session: Records) -> dict[str, list[int]]:
    """stream -> horizons."""
    found: dict[str, list[int]] = json.loads(identity.meta(session, KEY) or "{}")
    return found


def between(horizons: Mapping[str, list[int]], stream: str, before: int, after: int) -> bool:
    """Whether entries between these two numbers may be missing."""
    return any(before <= horizon < after for horizon in horizons.get(stream, ()))
