"""Threads that write one after the other, in the order in which they came. `store.py` holds one.

SQLite alone lets who waits look again after 1 to 100 ms, so a sync that writes again at once can keep a person's save out
for long. Work of several steps looks at `awaited` between them and ends early.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_SECONDS = 30.0  # then somebody goes in without a turn, and the database decides


class Turns:
    """A lock with a queue. Who is in goes in again."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._queue: deque[threading.Lock] = deque()
        self._taken = False
        self._inside = 0  # the thread whose turn it is

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for a turn."""
        return bool(self._queue)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A block in which no other thread has a turn."""
        me = threading.get_ident()
        if self._inside == me or not self._come():
            yield
            return
        self._inside = me
        try:
            yield
        finally:
            self._leave()

    def _come(self) -> bool:
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            mine = threading.Lock()
            mine.acquire()
            self._queue.append(mine)
        came = False
        try:
            came = mine.acquire(timeout=PATIENCE_SECONDS)
        finally:
            with self._guard:
                if not came and mine in self._queue:
                    self._queue.remove(mine)
                else:
                    came = True  # it was handed over meanwhile
        return came

    def _leave(self) -> None:
        with self._guard:
            self._inside = 0
            if self._queue:
                self._queue.popleft().release()
            else:
                self._taken = False
