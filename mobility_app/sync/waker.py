"""The thread that waits at HQ's door: one long request, answered when there is something to pull.

It asks only while the worker's rounds succeed, and never itself decides to sync. Where something on the way cuts long
requests although rounds work, it asks for shorter ones, in the end for none (the worker then polls), remembers that in
the store and tries the long ones again later, after longer each time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from mobility_app.errors import MobilityError
from mobility_app.store import identity
from mobility_app.store.database import EngineError
from mobility_app.store.store import Store
from mobility_app.sync.engine import Engine, Heard

LENGTHS_SECONDS = (50, 20, 8)  # each drawn a fifth longer or shorter
SPREAD = 0.2
LONGEST_SECONDS = 59  # the usual proxy gives up at 60
CUTS_MAX = 3  # in a row, rounds working in between: then a step shorter
AGAIN_FIRST_MS, AGAIN_MAX_MS = 10 * 60_000, 4 * 60 * 60_000
EARLY_SECONDS = 2.0  # after an empty answer before its time: HQ ends, or somebody answers in its place
KEPT = "long_poll"  # "<step> <when to try the first step again> <wait after that>"

logger = logging.getLogger("mobility.sync")


class Waker:
    """Calls `news()` when a pull would bring something, `doubt()` when its request broke: a round tells which it was."""

    def __init__(self, store: Store, engine: Engine, jitter: Callable[[], float], clock: Callable[[], float]) -> None:
        self._store, self._engine, self._jitter, self._clock = store, engine, jitter, clock
        self._go, self._stop = threading.Event(), threading.Event()
        self.news: Callable[[], None] = lambda: None
        self.doubt: Callable[[], None] = lambda: None
        self._step, self._again_at, self._again_ms = 0, 0, AGAIN_FIRST_MS
        self._cuts = 0
        self._thread = threading.Thread(target=self._run, name="waker", daemon=True)

    def start(self) -> None:
        """Starts the thread; it waits for `go`."""
        self._remember()
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread. A request under way is left to its time-out: the thread holds nothing open meanwhile."""
        self._stop.set()
        self._go.set()

    def go(self, on: bool) -> None:
        """A round has succeeded: it may ask. Or (`on` False) rounds fail, or HQ shall not be asked."""
        (self._go.set if on else self._go.clear)()

    @property
    def waits(self) -> bool:
        """Whether long requests work here, so that nobody needs to poll."""
        return self._step < len(LENGTHS_SECONDS) or self._store.now() >= self._again_at

    def _run(self) -> None:
        while not self._stop.is_set():
            self._go.wait()
            if self._stop.is_set():
                return
            if not self.waits:
                self._go.clear()
                continue
            self._once()

    def _once(self) -> None:
        if self._step and self._store.now() >= self._again_at:
            self._step = 0
        spread = 1 + SPREAD * (2 * self._jitter() - 1)
        seconds = min(LONGEST_SECONDS, round(LENGTHS_SECONDS[self._step] * spread))
        began = self._clock()
        try:
            heard = self._engine.news(seconds)
        except Exception as error:  # whatever it was: a round tells, and after three in a row this device asks for less
            if not self._stop.is_set():
                if not isinstance(error, MobilityError):
                    logger.error("wake failed: %s", type(error).__name__, exc_info=error)
                self._cut()
            return
        if self._stop.is_set():
            return
        self._cuts = 0
        if heard is Heard.NEWS:
            self._go.clear()
            self.news()
        elif heard is Heard.PASSED:
            return  # a round was quicker: what comes next must not wait
        elif self._clock() - began < seconds - EARLY_SECONDS:
            self._stop.wait(EARLY_SECONDS)
        elif self._step == 0 and self._again_at:
            self._keep(0, 0, AGAIN_FIRST_MS)

    def _cut(self) -> None:
        self._go.clear()
        self._cuts += 1
        if self._cuts >= CUTS_MAX:
            self._cuts = 0
            first = self._step == 0
            wait = min(self._again_ms * 2, AGAIN_MAX_MS) if first and self._again_at else self._again_ms
            self._keep(self._step + 1, self._store.now() + wait if first else self._again_at, wait)
        self.doubt()

    def _remember(self) -> None:
        with self._store.reading() as session:
            kept = (identity.meta(session, KEPT) or "").split()
        if len(kept) == 3 and all(part.isdecimal() for part in kept):
            self._step, self._again_at, self._again_ms = (int(part) for part in kept)
            self._step = min(self._step, len(LENGTHS_SECONDS))

    def _keep(self, step: int, again_at: int, again_ms: int) -> None:
        self._step, self._again_at, self._again_ms = step, again_at, again_ms
        try:
            with self._store.transaction() as session:
                identity.set_meta(session, KEPT, f"{step} {again_at} {again_ms}")
        except (MobilityError, EngineError) as error:  # it holds until the program ends; the next start finds out anew
            logger.error("wake: not kept: %s", type(error).__name__, exc_info=error)
