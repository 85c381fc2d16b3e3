"""The lease: a device that has not met HQ for some days locks itself until it does. Nothing is erased, and what was not
sent is kept and sent then.

Time is counted, not read off: what passes between two looks at the clock is added up, and a clock that is put back takes
nothing away. A clock that ran ahead may lock too early; the next contact sets all that right. Called by the engine at each
answer of HQ (`met`) and by the screen as time goes by (`look`).
"""

from __future__ import annotations

import json
from typing import NamedTuple

from mobility_app.store import identity
from mobility_app.store.records import Records
from mobility_app.store.store import Store

KEY = "lease"  # a note of the store: [days, counted, mark]
SINCE = 3  # the version of the program (`domain/versions.py`) that knows of it
DAYS, LEAST_DAYS, MOST_DAYS = 14, 7, 90  # without a word of HQ's; what HQ may say
WARN_DAYS = 3  # before the end
DAY_MS = 86_400_000
KEEP_MS = 5 * 60_000  # counted time is put on the disk when so much has gathered
RENEW_MS = 3_600_000  # and a contact when the last one is so long ago: an idle round writes nothing


class Lease(NamedTuple):
    """How many days HQ allows, and how many milliseconds without it were counted up to `mark` (UTC ms of this clock)."""

    days: int = DAYS
    counted: int = 0
    mark: int = 0

    @property
    def over(self) -> bool:
        """Whether the device is to be locked."""
        return self.counted >= self.days * DAY_MS

    @property
    def days_away(self) -> int:
        """Whole days without contact."""
        return self.counted // DAY_MS

    @property
    def days_left(self) -> int:
        """Days until it locks, begun ones counted; 0 where it is over."""
        return max(0, -(-(self.days * DAY_MS - self.counted) // DAY_MS))

    @property
    def warns(self) -> bool:
        """Whether the end is near."""
        return not self.over and self.days_left <= WARN_DAYS

    def at(self, now: int) -> Lease:
        """The same a while later. Where the clock was put back, nothing is known to have passed."""
        return self._replace(counted=self.counted + max(0, now - self.mark), mark=now)


def look(store: Store) -> Lease:
    """How it stands now; counts what has passed since the last look."""
    now = store.now()
    with store.reading() as session:
        kept = _read(session)
    found = kept.at(now) if kept else Lease(mark=now)
    if kept is None or found.over != kept.over or found.counted - kept.counted >= KEEP_MS or now < kept.mark:
        with store.transaction() as session:
            kept = _read(session)  # again: HQ may have answered just now
            found = kept.at(now) if kept else found
            _keep(session, found)
    return found


def met(store: Store, days: int) -> None:
    """HQ has answered this device. `days`: what it allows, 0 where it says nothing about it."""
    now, days = store.now(), min(max(days, LEAST_DAYS), MOST_DAYS) if days else DAYS
    with store.reading() as session:
        kept = _read(session)
    if kept is None or kept.days != days or now < kept.mark or kept.at(now).counted >= RENEW_MS:
        with store.transaction() as session:
            _keep(session, Lease(days, 0, now))


def _read(session: Records) -> Lease | None:
    text = identity.meta(session, KEY)
    return Lease(*json.loads(text)) if text else None


def _keep(session: Records, lease: Lease) -> None:
    identity.set_meta(session, KEY, json.dumps(lease))
