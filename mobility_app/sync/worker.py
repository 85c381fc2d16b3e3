"""The thread that decides when to sync: soon after a save, when HQ has news (`waker.py`), now and then otherwise, and
when the network is back.

After a failure it waits longer each time (`backoff.py`). Meanwhile it knocks at HQ's door with a bare connection: when
that opens after having been shut, the network is back, and it tries at once. On a metered network it sends what is saved
promptly, and fetches every quarter of an hour.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from mobility_app.errors import MobilityError, NotEnrolled, Refused, Unreachable
from mobility_app.store import identity
from mobility_app.store.store import LOCAL, Store, Touched
from mobility_app.sync import verify
from mobility_app.sync.backoff import Backoff
from mobility_app.sync.engine import Engine
from mobility_app.sync.status import METERED_SWITCH, OFFLINE, ONLINE, STOPPED, SYNCING, Board, Progress
from mobility_app.sync.waker import Waker

POLL_SECONDS = 20.0  # where HQ can't wake this device
REST_SECONDS = 15 * 60.0  # where it can, or where the network is metered
SETTLE_SECONDS, SETTLE_MAX = 0.1, 5  # after a save: more may follow at once
KNOCK_SECONDS, KNOCK_TIMEOUT_SECONDS = 2.0, 1.0
STOP_SECONDS = 30
PROGRESS_SECONDS = 0.25  # between two pictures of it
LAST_SYNC, KEEP_EVERY_MS = "last_sync_at", 5 * 60_000
OFFLINE_SWITCH = "offline"  # a note of the store
AWAY = frozenset({"network", "cut"})  # HQ's port may be shut: it is worth knocking

logger = logging.getLogger("mobility.sync")


class SyncWorker:
    """Runs rounds of an engine on its own thread until stopped. Without a waker it polls."""

    def __init__(
        self, store: Store, engine: Engine, board: Board, jitter: Callable[[], float], waker: Waker | None = None
    ) -> None:
        self._store, self._engine, self._board, self._waker = store, engine, board, waker
        self._backoff = Backoff(jitter)
        self._wake, self._stop = threading.Event(), threading.Event()
        self._saved, self._tapped = False, False
        self._asked = True  # the next round fetches, metered or not
        self._kept_at = 0
        self._shown_at = 0.0
        self._unlisten = store.listen(self._heard)
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)
        engine.progress = self._progress
        if waker is not None:
            waker.news, waker.doubt = self._news, self._news

    def start(self) -> None:
        """Starts the thread."""
        with self._store.reading() as session:
            self._kept_at = int(identity.meta(session, LAST_SYNC) or 0)
        self._board.update(last_sync_at=self._kept_at or None)
        if self._waker is not None:
            self._waker.start()
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread after the step it is in."""
        self._unlisten()
        self._stop.set()
        self._wake.set()
        if self._waker is not None:
            self._waker.stop()
        if self._thread.is_alive():
            self._thread.join(timeout=STOP_SECONDS)
        self._keep_time(0)

    def now(self) -> None:
        """Somebody wants a sync now."""
        self._backoff.reset()
        self._asked = self._tapped = True
        self._wake.set()

    def _news(self) -> None:
        self._asked = True
        self._wake.set()

    def _heard(self, touched: Touched) -> None:
        if touched.source == LOCAL:
            self._saved = True
            self._wake.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            self._tapped = False
            self._settle()
            failed, wait = self._once()
            if failed:
                self._sit_out(wait)
            else:
                self._wake.wait(wait)

    def _settle(self) -> None:
        """After a save: waits until no other follows at once, not for long."""
        for _ in range(SETTLE_MAX):
            if not self._saved:
                return
            self._saved = False
            self._stop.wait(SETTLE_SECONDS)

    def _once(self) -> tuple[bool, float]:
        """One round. Returns whether it failed, and how many seconds to wait before the next."""
        if self._switched(OFFLINE_SWITCH):
            return self._failed(OFFLINE, "network")
        metered = self._switched(METERED_SWITCH)
        fetch, self._asked = self._asked or not metered or self._due(), False
        self._board.update(state=SYNCING)
        try:
            self._engine.round(fetch=fetch)
        except Unreachable as failed:
            return self._failed(OFFLINE, failed.reason, failed.retry_seconds)
        except NotEnrolled as failed:
            return self._failed(OFFLINE, failed.code)
        except Refused as refused:
            return self._failed(STOPPED, refused.reason)
        except MobilityError as failed:
            return self._failed(OFFLINE, failed.code)
        except Exception as failed:  # the thread outlives it: the screen says "failed", and the next round tries again
            logger.error("round failed: %s", type(failed).__name__, exc_info=failed)
            return self._failed(OFFLINE, "failed")
        self._backoff.reset()
        done = {"last_sync_at": self._store.now()} if fetch else {}
        self._board.update(state=ONLINE, problem="", retry_at=None, progress=None, **done)
        self._keep_time(KEEP_EVERY_MS)
        if verify.nightly(self._store, lambda: self._stop.is_set() or self._wake.is_set()):
            self._news()
        if self._waker is not None:
            self._waker.go(not metered)
        waits = metered or (self._waker is not None and self._waker.waits)
        return False, REST_SECONDS if waits else POLL_SECONDS

    def _due(self) -> bool:
        last = self._board.status.last_sync_at
        return last is None or not 0 <= self._store.now() - last < REST_SECONDS * 1000

    def _keep_time(self, least_ms: int) -> None:
        """Keeps when the last sync was, for the next start. Not at every idle round: those write nothing."""
        at = self._board.status.last_sync_at
        if at is not None and at - self._kept_at > least_ms:
            with self._store.transaction() as session:
                identity.set_meta(session, LAST_SYNC, str(at))
            self._kept_at = at

    def _switched(self, note: str) -> bool:
        """Whether somebody switched this device to offline, or its network to metered."""
        with self._store.reading() as session:
            return bool(identity.meta(session, note))

    def _progress(self, doing: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done >= total or now - self._shown_at >= PROGRESS_SECONDS:
            self._shown_at = now
            self._board.update(progress=Progress(doing, done, total))

    def _failed(self, state: str, problem: str, asked_seconds: float = 0.0) -> tuple[bool, float]:
        self._asked = True
        if self._waker is not None:
            self._waker.go(False)
        wait = self._backoff.failed(asked_seconds)
        retry_at = self._store.now() + int(wait * 1000)
        self._board.update(state=state, problem=problem, retry_at=retry_at, progress=None)
        return True, wait

    def _sit_out(self, seconds: float) -> None:
        """Waits, but ends early when a person asks, and, as far as the budget goes, at a save or when HQ's port opens
        that was shut."""
        status, known = self._board.status, self._store.identity()
        knocks = known is not None and status.problem in AWAY
        shut, left = False, seconds
        while left > 0 and not self._stop.is_set():
            if self._wake.wait(min(left, KNOCK_SECONDS)):
                self._wake.clear()
                if self._tapped or self._stop.is_set() or self._backoff.may_cut_short(time.monotonic()):
                    self._tapped = False
                    return
            left -= KNOCK_SECONDS
            if known is not None and knocks and not self._switched(OFFLINE_SWITCH):
                opens = _opens(known.hq_url)
                if opens and shut and self._backoff.may_cut_short(time.monotonic()):
                    self._backoff.reset()
                    return
                shut = shut or not opens


def _opens(url: str) -> bool:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=KNOCK_TIMEOUT_SECONDS).close()
    except OSError:
        return False
    return True
