"""Two threads that take turns at chosen statements, so that every order of their steps can be played, on a real server.

A `Turn` runs its work until the next statement that holds one of its `stops`, and waits there to be let on. A thread that
waits for a lock of the server's counts as stopped: who holds it is let on instead.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import combinations

import pytest

psycopg = pytest.importorskip("psycopg", reason="PostgreSQL's library is not installed")
LOOK_SECONDS = 0.005
STEP_SECONDS = 20.0
WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname=current_database() AND wait_event_type='Lock'"


def orders(first: int, second: int) -> Iterator[tuple[int, ...]]:
    """Every order of so many steps of two threads, 0 and 1."""
    total = first + second
    for places in combinations(range(total), first):
        yield tuple(0 if at in places else 1 for at in range(total))


class Turn:
    """One thread's work."""

    def __init__(self, work: Callable[[], object], stops: tuple[str, ...]) -> None:
        self._work, self._stops = work, stops
        self._go, self._here = threading.Semaphore(0), threading.Semaphore(0)
        self._started, self.done = False, False
        self.said: object = None
        self.failed: BaseException | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def watch(self, sql: str) -> None:
        """Called in the thread, before each statement."""
        if any(stop in sql for stop in self._stops):
            self._here.release()
            self._go.acquire()

    def step(self, waits: Callable[[], bool]) -> None:
        """Lets it run to its next stop or its end. Returns also where it waits for a lock."""
        if self.done:
            return
        if not self._started:
            self._started = True
            self.thread.start()
        elif not self._held:
            self._go.release()
        self._held = False
        for _ in range(int(STEP_SECONDS / LOOK_SECONDS)):
            if self._here.acquire(timeout=LOOK_SECONDS):
                return
            if waits():
                self._held = True
                return
        raise AssertionError("it neither goes on nor waits for a lock")

    _held = False  # waits for a lock, so it is not at a stop where it would have to be let on

    def _run(self) -> None:
        try:
            self.said = self._work()
        except BaseException as failed:  # noqa: BLE001 - told to whoever plays the stage
            self.failed = failed
        self.done = True
        self._here.release()


class Stage:
    """Plays two works in one order after the other. `watch` goes to the database that both use."""

    def __init__(self, address: str) -> None:
        self._look = psycopg.connect(address, autocommit=True)
        self._turns: dict[threading.Thread, Turn] = {}

    def watch(self, sql: str) -> None:
        turn = self._turns.get(threading.current_thread())
        if turn is not None:
            turn.watch(sql)

    def play(self, order: tuple[int, ...], *turns: Turn) -> None:
        """Raises what a work raised."""
        self._turns = {turn.thread: turn for turn in turns}
        for which in order:
            turns[which].step(self._waits)
        for _ in range(200):
            for turn in turns:
                turn.step(self._waits)
            if all(turn.done for turn in turns):
                break
        self._turns = {}
        for turn in turns:
            turn.thread.join()
            if turn.failed is not None:
                raise turn.failed

    def close(self) -> None:
        self._look.close()

    def _waits(self) -> bool:
        return self._look.execute(WAITING).fetchone() is not None
