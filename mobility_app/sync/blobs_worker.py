"""The thread that carries files, beside the one that syncs data, with a connection of its own: neither waits for the other.

It looks at the queue after saves, after syncs, when a person asks and when HQ answers again, and otherwise now and then.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from mobility_app.errors import MobilityError, NotEnrolled, Refused, Unreachable
from mobility_app.store import identity, transfers
from mobility_app.store.store import Store, Touched
from mobility_app.sync.blobs import Carrier
from mobility_app.sync.status import ONLINE, Board, Status

LOOK_SECONDS = 60.0
SETTLE_SECONDS = 0.3  # after news: more may follow at once
BACKOFF_FIRST_SECONDS, BACKOFF_MAX_SECONDS = 2.0, 300.0

logger = logging.getLogger("mobility.sync")


class FilesWorker:
    """Carries until stopped: this only decides when."""

    def __init__(self, store: Store, carrier: Carrier, board: Board, jitter: Callable[[], float]) -> None:
        self._store, self._carrier, self._jitter = store, carrier, jitter
        self._wake, self._stop = threading.Event(), threading.Event()
        self._failures = 0
        self._unlisten = (store.listen(self._heard), board.listen(self._seen))
        self._thread = threading.Thread(target=self._run, name="files", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread after the request it is in."""
        for unlisten in self._unlisten:
            unlisten()
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def now(self) -> None:
        """Somebody wants files now."""
        self._failures = 0
        self._wake.set()

    def _heard(self, touched: Touched) -> None:
        if touched.source == transfers.MOVED:
            return
        if touched.source == transfers.ASKED or any(entity == "file" for entity, _ in touched.records):
            self.now()

    def _seen(self, status: Status) -> None:
        if status.state == ONLINE and self._failures:
            self.now()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            wait = self._once()
            if self._wake.wait(wait):
                self._stop.wait(SETTLE_SECONDS)
        self._carrier.close()

    def _once(self) -> float:
        """Carries what is due. Returns how many seconds to wait before the next look."""
        steps = 0
        try:
            self._carrier.fill()
            while not self._stop.is_set() and not self._cut_off():
                if self._wake.is_set():  # news: something small may come first now
                    self._wake.clear()
                    self._carrier.fill()
                if not self._carrier.step():
                    break
                steps += 1
        except (Unreachable, Refused, NotEnrolled):
            if (
                steps > 1
            ):  # the network cuts, but lets something through: on at once, and no faster than it lets through
                self._failures = 0
                return 0.0
            self._carrier.rest()
            return self._later()
        except MobilityError as failed:
            logger.warning("files wait: %s", failed.code)
            return self._later()
        except Exception as failed:  # the thread outlives it: data goes on, the sheet shows which files wait
            logger.error("files wait: %s", type(failed).__name__, exc_info=failed)
            return self._later()
        self._failures = 0
        at = transfers.next_retry(self._store)
        return LOOK_SECONDS if at is None else min(LOOK_SECONDS, max(1.0, (at - self._store.now()) / 1000))

    def _cut_off(self) -> bool:
        """Whether somebody switched this device to offline."""
        with self._store.reading() as session:
            return bool(identity.meta(session, "offline"))

    def _later(self) -> float:
        self._failures += 1
        most = min(BACKOFF_FIRST_SECONDS * float(2 ** min(self._failures, 20)), BACKOFF_MAX_SECONDS)
        return 1.0 + most * self._jitter()
