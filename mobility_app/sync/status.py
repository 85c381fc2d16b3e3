"""All that the screen may know of sync: a picture of its state, and who is told when it changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from mobility_app.store import outgoing
from mobility_app.store.store import Store

OFFLINE, SYNCING, ONLINE, STOPPED = "offline", "syncing", "online", "stopped"


METERED_SWITCH = "metered"  # a note of the store: this device's network is paid by volume
SENDING, FETCHING, TAKING = "sending", "fetching", "taking"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a round is. `doing`: sending (changes), fetching (entries, about) or taking (customers, by snapshot); done
    of total."""

    doing: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Status:
    """`state`: offline, syncing, online, or stopped (HQ refuses this device: `problem` says why). Instants in UTC ms.
    `progress` only while there is something to tell."""

    state: str = OFFLINE
    last_sync_at: int | None = None
    problem: str = ""
    retry_at: int | None = None
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Numbers for the sync centre: changes that wait, refused ones, open conflicts."""

    waiting: int
    refused: int
    conflicts: int


class Board:
    """Holds the newest Status; any thread may read it."""

    def __init__(self) -> None:
        self._status = Status()
        self._listeners: list[Callable[[Status], None]] = []
        self._lock = threading.Lock()

    @property
    def status(self) -> Status:
        """The newest picture."""
        return self._status

    def update(self, **changes: object) -> None:
        """Replaces parts of the picture and tells the listeners, on this thread."""
        with self._lock:
            self._status = replace(self._status, **changes)  # type: ignore[arg-type]
        for listener in tuple(self._listeners):
            listener(self._status)

    def listen(self, listener: Callable[[Status], None]) -> Callable[[], None]:
        """Calls `listener` on every change. Returns what stops it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None


def waiting(store: Store) -> Waiting:
    """What has not reached HQ, what HQ refused and nobody has looked at, what two people changed at once."""
    with store.reading() as session:
        row = session.one(
            f"SELECT {outgoing.WAITING}, {outgoing.REFUSED}, (SELECT COUNT(*) FROM conflict WHERE state = 'open')"
        )
    assert row is not None
    return Waiting(*row)
