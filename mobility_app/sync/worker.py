"""The thread that decides when to sync: soon after a save, now and then otherwise, and when the network is back.

After a failure it waits longer each time, with jitter, and meanwhile knocks at HQ's door with a bare connection every
few seconds: when that opens, it syncs at once.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from mobility_app.errors import MobilityError, NotEnrolled, Refused, Unreachable
from mobility_app.store import identity
from mobility_app.store.store import LOCAL, Store, Touched
from mobility_app.sync.engine import Engine
from mobility_app.sync.status import OFFLINE, ONLINE, STOPPED, SYNCING, Board

POLL_SECONDS = 4.0
SETTLE_SECONDS = 0.5  # after a save: more may follow at once
BACKOFF_FIRST_SECONDS, BACKOFF_MAX_SECONDS = 1.0, 300.0
KNOCK_SECONDS = 2.0
LAST_SYNC, KEEP_EVERY_MS = "last_sync_at", 5 * 60_000

logger = logging.getLogger("mobility.sync")


class SyncWorker:
    """Runs rounds of an engine on its own thread until stopped."""

    def __init__(self, store: Store, engine: Engine, board: Board, jitter: Callable[[], float]) -> None:
        self._store, self._engine, self._board, self._jitter = store, engine, board, jitter
        self._wake, self._stop = threading.Event(), threading.Event()
        self._kept_at = 0
        self._failures = 0
        self._unlisten = store.listen(self._heard)
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        with self._store.reading() as session:
            self._kept_at = int(identity.meta(session, LAST_SYNC) or 0)
        self._board.update(last_sync_at=self._kept_at or None)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread after the step it is in."""
        self._unlisten()
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)
        self._keep_time(0)

    def now(self) -> None:
        """Somebody wants a sync now."""
        self._failures = 0
        self._wake.set()

    def _heard(self, touched: Touched) -> None:
        if touched.source == LOCAL:
            self._wake.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            wait = self._once()
            if wait > POLL_SECONDS:
                self._knock(wait)
            elif self._wake.wait(wait):
                self._stop.wait(SETTLE_SECONDS)

    def _once(self) -> float:
        """One round. Returns how many seconds to wait before the next."""
        if self._cut_off():
            return self._failed(OFFLINE, "network")
        self._board.update(state=SYNCING)
        try:
            self._engine.round()
        except (Unreachable, NotEnrolled) as failed:
            return self._failed(OFFLINE, getattr(failed, "reason", failed.code))
        except Refused as refused:
            return self._failed(STOPPED, refused.reason)
        except MobilityError as failed:
            return self._failed(OFFLINE, failed.code)
        except Exception as failed:
            logger.error("round failed: %s", type(failed).__name__, exc_info=failed)
            return self._failed(OFFLINE, "failed")
        self._failures = 0
        self._board.update(state=ONLINE, last_sync_at=self._store.now(), problem="", retry_at=None)
        self._keep_time(KEEP_EVERY_MS)
        return POLL_SECONDS

    def _keep_time(self, least_ms: int) -> None:
        """Keeps when the last sync was, for the next start. Not at every idle round: those write nothing."""
        at = self._board.status.last_sync_at
        if at is not None and at - self._kept_at > least_ms:
            with self._store.transaction() as session:
                identity.set_meta(session, LAST_SYNC, str(at))
            self._kept_at = at

    def _cut_off(self) -> bool:
        """Whether somebody switched this device to offline."""
        with self._store.reading() as session:
            return bool(identity.meta(session, "offline"))

    def _failed(self, state: str, problem: str) -> float:
        self._failures += 1
        most = min(BACKOFF_FIRST_SECONDS * float(2 ** min(self._failures, 20)), BACKOFF_MAX_SECONDS)
        wait = POLL_SECONDS + most * self._jitter()
        self._board.update(state=state, problem=problem, retry_at=self._store.now() + int(wait * 1000))
        return wait

    def _knock(self, seconds: float) -> None:
        """Waits, but ends early when HQ's port opens again or somebody wakes the worker."""
        known = self._store.identity()
        refused = self._board.status.state == STOPPED
        for _ in range(int(seconds / KNOCK_SECONDS) + 1):
            if self._wake.wait(KNOCK_SECONDS) or self._stop.is_set():
                return
            if known is not None and not refused and not self._cut_off() and _opens(known.hq_url):
                return


def _opens(url: str) -> bool:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=1).close()
    except OSError:
        return False
    return True
