"""Wake: devices that wait until there is something for them. One look at the stream heads serves all who wait.

`look` says in one read transaction whether a pull would bring something; `Hub` holds the waiting requests in the server's
event loop, without a thread or a database read for each. It looks at the heads whenever this process's ledger has
published and every half second besides: another process on the same database (an import, a second HQ) tells nobody
here. Where a head has moved, one query says which scopes were told and by whose device: they are woken, but for the
device whose own push it was. Who is woken looks anew, so a needless wake costs a read and never gives a wrong answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from mobility_app.domain.access import Actor
from mobility_app.hq import scopes
from mobility_app.hq.ledger import Ledger
from mobility_app.hq.outage import Outage
from mobility_app.store.cursor import Cursor
from mobility_app.store.records import Records

LOOK_SECONDS = 0.5
WAITERS_MAX = 20_000  # who comes after them is answered at once, as if the time were over

logger = logging.getLogger("mobility.hq")


@dataclass(frozen=True, slots=True)
class Waiter:
    """A device that may wait: the scopes that it holds with their streams, and the heads of those when HQ looked."""

    device_id: str
    scopes: Mapping[str, str]
    heads: Mapping[str, int]
    seconds: float


def look(
    session: Records, actor: Actor, device_id: str, epoch: str, cursor: Cursor, seconds: float
) -> tuple[bool, Waiter]:
    """(whether a pull with this cursor would bring something, who waits if not)."""
    held = scopes.held(session, actor)
    heads = {str(stream): int(head) for stream, head in session.rows("SELECT id, head FROM stream")}
    waiter = Waiter(device_id, held, {stream: heads.get(stream, 0) for stream in set(held.values())}, seconds)
    if (cursor.epoch, cursor.role) != (epoch, actor.role) or set(cursor.scopes) != set(held):
        return True, waiter
    told = "SELECT 1 FROM scope_log WHERE scope=? AND seq>? LIMIT 1"
    return any(session.value(told, scope, cursor.position(scope)) for scope in sorted(held)), waiter


class Hub:
    """The waiting requests of one HQ process. All but `nudge` and `close` belongs to its event loop."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: dict[str, dict[asyncio.Future[None], str]] = {}  # scope -> {who waits: its device}
        self._streams: dict[str, str] = {}  # of each scope that is waited for
        self._heads: dict[str, int] = {}  # as the last look saw them
        self._count = 0
        self._closed = False
        self._look_now = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looking: asyncio.Task[None] | None = None
        self._outage = Outage(logger, "wake", LOOK_SECONDS)
        ledger.published = self.nudge

    def nudge(self) -> None:
        """The ledger has published. From any thread."""
        loop = self._loop
        if loop is not None and self._count and not loop.is_closed():
            loop.call_soon_threadsafe(self._look_now.set)

    def close(self) -> None:
        """Lets everybody go: the server ends. From any thread, or from a signal's handler."""
        self._closed = True
        self.nudge()

    async def wait(self, waiter: Waiter, seconds: float) -> bool:
        """Returns when one of the scopes was told something by another device, or after so many seconds. False: nobody
        may wait any longer."""
        if self._closed or self._count >= WAITERS_MAX:
            return False
        self._keep_looking()
        if any(self._heads.setdefault(stream, head) > head for stream, head in waiter.heads.items()):
            return True  # the hub has looked since this waiter did, and will not tell it again
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        self._streams.update(waiter.scopes)
        for scope in waiter.scopes:
            self._waiting.setdefault(scope, {})[woken] = waiter.device_id
        try:
            await asyncio.wait([woken], timeout=seconds)
        finally:
            self._count -= 1
            for scope in waiter.scopes:
                del self._waiting[scope][woken]
                if not self._waiting[scope]:
                    del self._waiting[scope], self._streams[scope]
        return not self._closed

    def _keep_looking(self) -> None:
        if self._looking is None or self._looking.done():
            self._loop, self._look_now, self._heads = asyncio.get_running_loop(), asyncio.Event(), {}
            self._looking = self._loop.create_task(self._look_on())

    async def _look_on(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._look_now.wait(), self._outage.seconds)
            self._look_now.clear()
            if self._closed or not self._count:
                self._wake({scope: {""} for scope in self._waiting})
                return
            with self._outage.met():  # else all who wait would wait in vain; who asks meets the same, and is told
                self._wake(await run_in_threadpool(self._look, dict(self._heads), dict(self._streams)))

    def _look(self, seen: dict[str, int], streams: dict[str, str]) -> dict[str, set[str]]:
        """Scope -> the devices by whose work it was told something since the last look; "" is HQ itself."""
        told: dict[str, set[str]] = {}
        with self._ledger.reading() as session:
            heads = {str(stream): int(head) for stream, head in session.rows("SELECT id, head FROM stream")}
            for stream in sorted(name for name, head in seen.items() if heads.get(name, 0) > head):
                for scope, device in session.among(
                    "SELECT DISTINCT told.scope, log.device_id FROM scope_log told JOIN log ON log.stream=?"
                    " AND log.seq=told.seq WHERE told.seq>? AND told.seq<=? AND told.scope IN ({marks})",
                    sorted(scope for scope, of in streams.items() if of == stream),
                    stream, seen[stream], heads[stream],
                ):  # fmt: skip
                    told.setdefault(str(scope), set()).add(str(device or ""))
        self._heads.update({name: heads.get(name, 0) for name in seen})
        return told

    def _wake(self, told: Mapping[str, set[str]]) -> None:
        for scope, devices in told.items():
            for woken, device in self._waiting.get(scope, {}).items():
                if devices - {device} and not woken.done():
                    woken.set_result(None)
