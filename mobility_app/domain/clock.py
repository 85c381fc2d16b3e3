"""The hybrid logical clock: one 63-bit number that always grows, close to the wall clock when that can be trusted.

A stamp is `milliseconds << 16 | counter`. Stores keep the highest stamp they saw in the same transaction as the data.
Stamps decide only between two edits made without seeing each other; sequence is decided by causality.
"""

from __future__ import annotations

COUNTER_BITS = 16
AHEAD_MAX_MS = 5 * 60 * 1000  # HQ clamps what is further in the future
_STAMP_MAX = 2**63 - 1


def first(wall_ms: int) -> int:
    """The lowest stamp of that millisecond. Walls before 1970 count as 1970: a clock never stops anybody."""
    return min(max(wall_ms, 0) << COUNTER_BITS, _STAMP_MAX - (1 << COUNTER_BITS))


def tick(last: int, wall_ms: int) -> int:
    """The next stamp after `last` at that wall time. A full counter borrows from the milliseconds."""
    return max(last + 1, first(wall_ms))


def seen(last: int, other: int) -> int:
    """The highest of both: what a store remembers after receiving `other`."""
    return max(last, other)


def clamped(stamp: int, wall_ms: int) -> int:
    """The stamp as HQ keeps it: never more than five minutes ahead of HQ's own wall clock."""
    ceiling = first(wall_ms + AHEAD_MAX_MS)
    return first(wall_ms) if stamp > ceiling else max(stamp, 0)


def wall(stamp: int) -> int:
    """Milliseconds since 1970 inside a stamp."""
    return stamp >> COUNTER_BITS
