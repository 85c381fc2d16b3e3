"""What HQ does by itself at night: it looks through its tables, and lets old entries leave the log.

A thread of the server's. HQ's own clock decides: between one and five in the morning (UTC), else when a day and a half has
passed. Both works go in pieces and wait for nobody's answer; what is found is noted as a fault and never mended here.
"""

from __future__ import annotations

import logging
import threading

from mobility_app.hq import horizon, scrub
from mobility_app.hq.ledger import Ledger
from mobility_app.store.records import Records

LOOK_SECONDS = 600.0
HOUR_MS = 3_600_000
NIGHT = range(1, 5)
AGAIN_MS, LATEST_MS = 20 * HOUR_MS, 36 * HOUR_MS
LAST = "nightly_at"

logger = logging.getLogger("mobility.hq.nightly")


class Nightly:
    """The night's work of one HQ."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def run(self, stop: threading.Event) -> None:
        """Until stopped. What goes wrong is logged and tried again the next night."""
        while not stop.wait(LOOK_SECONDS):
            try:
                if self.due():
                    self.night(stop)
            except Exception as failed:  # nobody would miss a thread that ended; `mobility hq verify` looks as well
                logger.error("the night's work failed: %s", type(failed).__name__, exc_info=failed)

    def due(self) -> bool:
        """Whether it is time. A clock that went back counts as time."""
        now = self._ledger.now()
        with self._ledger.reading() as session:
            last = int(session.value("SELECT v FROM hq_meta WHERE k=?", LAST) or 0)
        since = now - last
        return since < 0 or since >= LATEST_MS or (since >= AGAIN_MS and now // HOUR_MS % 24 in NIGHT)

    def night(self, stop: threading.Event) -> None:
        """The whole of it, noted first: a night that stumbles does not begin anew every few minutes."""
        with self._ledger.database.transaction() as opened:
            Records(opened.engine, opened.watch).run(
                "INSERT INTO hq_meta (k, v) VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v=excluded.v",
                LAST, str(self._ledger.now()),
            )  # fmt: skip
        for line in scrub.scrub(self._ledger, stop.is_set):
            logger.error("found at night: %s", line)
        if not stop.is_set():
            logger.info("%s entries left the log", horizon.compact(self._ledger))
