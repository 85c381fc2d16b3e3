"""Which of the three lists an activity stands in, what is overdue, and the next preferred weekday.

Called by the activities tab, Today and the sheet's counts. Instants are UTC milliseconds since 1970; days are the
reader's own, so the caller says what day it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from mobility_app.domain.fields import Plain

CLOSED, PLANNED, OPEN = "closed", "planned", "open"


def when(activity: Mapping[str, Plain]) -> int | None:
    """The instant that an activity stands for: its start, else when it is due."""
    start = activity.get("starts_at")
    moment = start if start is not None else activity.get("due_at")
    return moment if isinstance(moment, int) else None


def group_of(activity: Mapping[str, Plain], now: int) -> str:
    """closed: closed or cancelled. planned: not closed and in the future. open: the rest, overdue included. Every
    activity is in exactly one."""
    if activity.get("status") in ("closed", "cancelled"):
        return CLOSED
    moment = when(activity)
    return PLANNED if moment is not None and moment > now else OPEN


def overdue(activity: Mapping[str, Plain], now: int) -> bool:
    """Open, and its moment has passed: its end where it has one, so that a meeting under way is not late."""
    end = activity.get("ends_at")
    moment = end if isinstance(end, int) else when(activity)
    return group_of(activity, now) == OPEN and moment is not None and moment < now


def counts(activities: Iterable[Mapping[str, Plain]], now: int) -> dict[str, int]:
    """How many stand in each list; they add up to all."""
    found = {CLOSED: 0, PLANNED: 0, OPEN: 0}
    for activity in activities:
        found[group_of(activity, now)] += 1
    return found


def next_weekday(preferred: int | None, today: date) -> date:
    """The next day after today on the preferred weekday (0 = Monday); tomorrow where none is preferred."""
    if preferred is None:
        return today + timedelta(days=1)
    return today + timedelta(days=(preferred - today.weekday() - 1) % 7 + 1)
