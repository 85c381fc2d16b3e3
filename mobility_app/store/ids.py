"""UUIDv7 ids, written as 32 hex digits: they sort by the time they were made, which nothing relies on."""

from __future__ import annotations

from collections.abc import Callable

Random = Callable[[int], bytes]


def uuid7(now_ms: int, random: Random) -> str:
    """A new id from a wall time in milliseconds and 10 random bytes."""
    tail = int.from_bytes(random(10))
    high = (max(now_ms, 0) & (2**48 - 1)) << 80
    low = (7 << 76) | ((tail >> 68) << 64) | (2 << 62) | (tail & (2**62 - 1))
    return f"{high | low:032x}"
