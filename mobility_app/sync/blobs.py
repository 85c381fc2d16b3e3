"""Carries the bytes of files between this device and HQ, one request a step. Plain synchronous code.

Called by the thread of `blobs_worker.py`, by `mobility sync` and by the fleet simulation, beside the rounds of `engine.py`:
data never waits for files. What is to travel stands in the store's queue (`store/transfers.py`). Up: ask what is missing,
put piece after piece, have the whole sealed; after a cut HQ is asked anew, so at most the piece that was cut goes twice.
Down: piece after piece into a growing file, which is its own map of what is here. At most one piece is in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from mobility_app.domain.entities.file import SPAN_BYTES, span_bytes, spans
from mobility_app.errors import DiskFull, NotEnrolled, Refused, StoreDamaged, Unreachable
from mobility_app.store import transfers
from mobility_app.store.file_parts import SPAN_BYTES as PART_BYTES
from mobility_app.store.file_parts import SPAN_PIECES, FilePart
from mobility_app.store.files import FileVault
from mobility_app.store.identity import Identity
from mobility_app.store.store import Store
from mobility_app.store.transfers import DOWN, UP, Due
from mobility_app.sync import protocol
from mobility_app.sync.asking import ask
from mobility_app.sync.file_messages import PIECE_TYPE, FilePlan
from mobility_app.sync.transport import Transport

TOLD_MS = 1_000  # progress is noted that often, not at every piece
RETRY_FIRST_MS, RETRY_MAX_MS = 15_000, 15 * 60_000
PARTS_OPEN = 4  # growing files that are kept open: a small one may pass a large one
STEPS_MAX = 100_000
_OF_DEVICE = ("revoked", "revoked_salvage", "revoked_wipe", "user_gone")  # no matter of one file

assert PART_BYTES == SPAN_BYTES  # what travels is what is sealed at once


class Carrier:
    """Carries files of one store. `jitter` gives numbers from 0 to 1. Used by one thread at a time."""

    def __init__(self, store: Store, vault: FileVault, transport: Transport, jitter: Callable[[], float]) -> None:
        self._store, self._vault, self._transport, self._jitter = store, vault, transport, jitter
        self._plans: dict[str, list[int]] = {}  # file -> pieces that HQ misses, last first
        self._parts: dict[str, FilePart] = {}
        self._told: dict[str, int] = {}
        self.requests = self.pieces = 0  # all requests; pieces put or asked for, again or not

    def fill(self) -> None:
        """Looks what is to travel, and lets go of what has no record any more."""
        transfers.fill(self._store, self._vault)

    def run(self, most: int = STEPS_MAX) -> int:
        """Steps until nothing is due, and returns how many requests that took. Raises what `step` raises."""
        before = self.requests
        self.fill()
        for _ in range(most):
            if not self.step():
                break
        return self.requests - before

    def step(self) -> bool:
        """One request about the file that comes first; False where none is due.

        What is wrong with one file is noted there, and others go on. Raises Unreachable (the network, for all of them),
        Refused (the device itself is no longer welcome), NotEnrolled."""
        file = transfers.due(self._store)
        if file is None:
            self.close()
            return False
        known = self._store.identity()
        if known is None:
            raise NotEnrolled("this device is not enrolled")
        try:
            (self._up if file.way == UP else self._down)(known, file)
        except Unreachable as failed:
            self._plans.pop(file.file_id, None)
            if failed.reason not in ("busy", "failed"):
                raise
            self._failed(file, failed.reason, int(failed.retry_seconds * 1000))
        except Refused as refused:
            self._plans.pop(file.file_id, None)
            if refused.reason in _OF_DEVICE:
                raise
            self._failed(file, refused.reason)
        except DiskFull:
            self._failed(file, "disk_full")
        except StoreDamaged:
            self._failed(file, "damaged")
        return True

    def rest(self) -> None:
        """Notes that nothing moves. Not at each cut: where the next request follows at once, that would only cost a commit."""
        transfers.rest(self._store)

    def close(self) -> None:
        """Lets go of open files. What they hold is gone on with later."""
        for part in self._parts.values():
            part.close()
        self._parts.clear()

    def _up(self, known: Identity, file: Due) -> None:
        missing = self._plans.get(file.file_id)
        count = spans(file.size_bytes)
        if missing is None:
            plan = protocol.unpack(self._asked(known, "POST", file, "plan"), FilePlan, hostile=False)
            if plan.here:
                transfers.sent(self._store, file)
                return
            wanted = sorted({number for number in plan.missing if 0 <= number < count}, reverse=True)
            self._plans[file.file_id] = wanted
            self._told_now_and_then(file, count - len(wanted))
        elif missing:
            piece = self._vault.span(file.token, missing[-1] * SPAN_PIECES, SPAN_PIECES)
            self.pieces += 1
            self._asked(known, "PUT", file, f"pieces/{missing[-1]}", piece, PIECE_TYPE)
            missing.pop()
            self._told_now_and_then(file, count - len(missing))
        else:
            self._asked(known, "POST", file, "seal")
            self._plans.pop(file.file_id)
            transfers.sent(self._store, file)

    def _down(self, known: Identity, file: Due) -> None:
        part = self._parts.get(file.file_id) or self._part(file)
        if part is None:
            return
        if not part.whole:
            self.pieces += 1
            piece = self._asked(known, "GET", file, f"pieces/{part.done}")
            if len(piece) != span_bytes(file.size_bytes, part.done):
                raise Unreachable("failed", "HQ sent a piece of another length")
            part.append(piece)
            if not part.whole:
                self._told_now_and_then(file, part.done)
                return
        del self._parts[file.file_id]
        try:
            right = part.finish(file.sha256)
        finally:
            part.close()
        if not right:
            raise Refused("wrong_bytes", 422)
        if not transfers.fetched(self._store, file, part.token):
            self._vault.drop(part.token)

    def _part(self, file: Due) -> FilePart | None:
        """The growing file, opened; None where there is no room for it."""
        fits = transfers.make_room(self._store, self._vault, file.size_bytes)
        if not fits and not file.asked:
            self._failed(file, "no_room")
            return None
        while len(self._parts) >= PARTS_OPEN:
            self._parts.pop(next(iter(self._parts))).close()
        part = FilePart(self._vault, file.size_bytes, file.token)
        self._parts[file.file_id] = part
        transfers.moved(self._store, file, part.done, part.token)
        return part

    def _asked(
        self, known: Identity, method: str, file: Due, what: str, body: bytes = b"",
        media_type: str = protocol.MEDIA_TYPE,
    ) -> bytes:  # fmt: skip
        self.requests += 1
        target = f"/v1/files/{file.file_id}/{what}"
        return ask(self._store, self._transport, known, method, target, body, media_type).body

    def _told_now_and_then(self, file: Due, done: int) -> None:
        now = self._store.now()
        if now - self._told.get(file.file_id, 0) >= TOLD_MS or not file.moving:
            self._told = {file.file_id: now}
            transfers.moved(self._store, file, done)

    def _failed(self, file: Due, problem: str, least_ms: int = 0) -> None:
        part = self._parts.pop(file.file_id, None)
        if part is not None:
            part.close()
        most = min(RETRY_FIRST_MS * 2 ** min(file.tries, 20), RETRY_MAX_MS)
        wait = int(most * (0.5 + 0.5 * self._jitter()))
        transfers.failed(self._store, file, problem, self._store.now() + max(wait, least_ms))


def carried(store: Store, carrier: Carrier) -> int:
    """Carries what waits, as far as the network lets it; how many files still wait afterwards. For one-off commands."""
    with suppress(Unreachable):
        carrier.run()
    carrier.rest()
    carrier.close()
    with store.reading() as session:
        return int(session.value("SELECT COUNT(*) FROM transfer WHERE way!=? OR asked_at IS NOT NULL", DOWN))
