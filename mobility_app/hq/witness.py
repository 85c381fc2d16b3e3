"""What HQ has told, kept beside its server's database: so it notices that the server was put back to an older state.

The database counts its transactions that write; `hq.seen` in HQ's folder holds the last number that was committed. A database
that counts less was put back (a dump, a standby that had not got all): nothing of it may be told or written on, for devices
hold what it lost, under numbers that it would give anew. A person decides: the newer database comes back, or
`mobility hq restore` begins a new life. The file is not synced to the disk: after a power cut it may be older, and then
says less, never too much.
"""

from __future__ import annotations

import logging
import os
import threading
from contextlib import suppress
from pathlib import Path

from mobility_app.errors import Unreachable

NAME, DIGITS = "hq.seen", 20
REASON = "put_back"

logger = logging.getLogger("mobility.hq")


def require_told(stream: str, seq: int, head: int) -> None:
    """Raises Unreachable put_back where a device was told a number that a stream has not reached."""
    if seq > head:
        logger.error(
            "the database was put back to an older state: a device was told %s of stream %s, which ends at %s. Bring the newer"
            " one back, or stop HQ and say: mobility hq restore", seq, stream, head,
        )  # fmt: skip
        raise Unreachable(REASON, f"the database was put back: {head} of {seq}")


class Witness:
    """The last number of a folder's database. Safe for threads."""

    def __init__(self, folder: Path) -> None:
        self._path, self._lock, self._told = folder / NAME, threading.Lock(), False
        self._seen = 0
        with suppress(OSError, ValueError):  # none yet, or half of one: it says nothing
            self._seen = int(self._path.read_text("ascii"))

    @property
    def seen(self) -> int:
        """The last number known to be committed. Taken before a transaction begins, which then must see it."""
        return self._seen

    def require(self, number: int, seen: int) -> None:
        """Raises Unreachable put_back where a database counts less than was seen."""
        if number >= seen:
            return
        if not self._told:
            logger.error(
                "the database was put back to an older state: it counts %s, %s was committed. Bring the newer one back, or stop"
                " HQ and say: mobility hq restore", number, seen,
            )  # fmt: skip
        self._told = True
        raise Unreachable(REASON, f"the database was put back: {number} of {seen}")

    def note(self, number: int) -> None:
        """That number is committed."""
        with self._lock:
            if number > self._seen:
                self._seen, self._told = number, False
                self._write()

    def begin_anew(self, number: int) -> None:
        """From now on the database counts from that number."""
        with self._lock:
            self._seen, self._told = number, False
            self._write()

    def _write(self) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, str(self._seen).zfill(DIGITS).encode())  # of one length: in place, in one write
        finally:
            os.close(descriptor)
