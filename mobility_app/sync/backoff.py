"""How long to wait after a failure: exponential, with full jitter, bounded; and how often that wait may be cut short.

Pure arithmetic on seconds that the worker gives in. `jitter` draws from 0 up to 1.
"""

from __future__ import annotations

from collections.abc import Callable

FIRST_SECONDS, LEAST_SECONDS, MOST_SECONDS = 1.0, 0.5, 300.0
DOUBLINGS_MAX = 20
EXTRA_MAX = 5  # tries before their time that may come at once
EXTRA_EVERY_SECONDS = 30.0  # and then one more every so often: the budget of extra requests


class Backoff:
    """The wait after each failure in a row, and the budget of tries before their time."""

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter
        self._failures = 0
        self._extra, self._filled_at = float(EXTRA_MAX), 0.0

    def failed(self, asked_seconds: float = 0.0) -> float:
        """Another failure: how many seconds to wait. `asked_seconds`: HQ's Retry-After, never undercut."""
        self._failures += 1
        most = min(FIRST_SECONDS * float(2 ** min(self._failures, DOUBLINGS_MAX)), MOST_SECONDS)
        return max(LEAST_SECONDS, asked_seconds + most * self._jitter() if asked_seconds else most * self._jitter())

    def reset(self) -> None:
        """A success, or a person who asks: the next failure is the first again."""
        self._failures = 0

    def may_cut_short(self, now_seconds: float) -> bool:
        """Takes one try before its time out of the budget, where one is left."""
        grown = max(0.0, now_seconds - self._filled_at) / EXTRA_EVERY_SECONDS
        self._extra, self._filled_at = min(float(EXTRA_MAX), self._extra + grown), now_seconds
        if self._extra < 1:
            return False
        self._extra -= 1
        return True
