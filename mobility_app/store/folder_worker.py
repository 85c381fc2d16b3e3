"""The thread that looks into the watched folders: soon after something moved there, and now and then in any case.

watchdog only wakes it; the rule of `folder_look.py` decides. Where no watch can be set (too many, a network drive, a
folder that is gone) it looks every POLL_SECONDS instead. It runs while the store is open: while locked, files wait.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from watchdog.events import (
    FileClosedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

from mobility_app.store import watched
from mobility_app.store.files import FileVault
from mobility_app.store.folder_look import SETTLE_SECONDS, FolderLook, FolderState
from mobility_app.store.store import Store, Touched

SWEEP_SECONDS = 30.0
POLL_SECONDS = 3.0
AGAIN_SECONDS = 1.0
CALM_SECONDS = 0.3  # after a wake: more events may follow at once
SOURCE = "watch"

# Reading is an event too: with those the worker would wake itself.
_EVENTS = [FileClosedEvent, FileCreatedEvent, FileModifiedEvent, FileMovedEvent]

logger = logging.getLogger("mobility.watch")


class FolderWorker:
    """Watches the folders of `watched.py` on a thread of its own until stopped. `usual` is where new ones are made."""

    def __init__(
        self, store: Store, vault: FileVault, usual: Path, *, clock: Callable[[], float] = monotonic,
        lasting: float = SETTLE_SECONDS, sweep: float = SWEEP_SECONDS, observer: Callable[[], BaseObserver] = Observer,
    ) -> None:  # fmt: skip
        self._store, self.usual, self._sweep, self._make_observer = store, usual, sweep, observer
        self._look = FolderLook(store, vault, clock, lasting=lasting)
        self._states: dict[str, FolderState] = {}
        self._wake, self._stop = threading.Event(), threading.Event()
        self._observer: BaseObserver | None = None
        self._watches: dict[Path, tuple[ObservedWatch, int]] = {}
        self._polls = False
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Starts the thread, which first looks at what came meanwhile."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread after the piece it is reading; a file that is half read is left as it is."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def now(self) -> None:
        """Somebody turned a folder on or off, or wants a look now."""
        self._wake.set()

    def state(self, customer_id: str) -> FolderState | None:
        """The customer's folder as the last look found it."""
        return self._states.get(customer_id)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                again = self._once()
            except Exception as failed:
                logger.error("look failed: %s", type(failed).__name__, exc_info=failed)
                again = False
            if self._wake.wait(AGAIN_SECONDS if again else POLL_SECONDS if self._polls else self._sweep):
                self._stop.wait(CALM_SECONDS)
        self._end_observer()

    def _once(self) -> bool:
        """Sets the watches, looks once and tells the screen what differs."""
        self._follow()
        found = self._look.look(self._stop.is_set)
        before, self._states = self._states, found.states
        differing = {one for one in {*before, *found.states} if before.get(one) != found.states.get(one)}
        if differing and not self._stop.is_set():
            self._store.tell(Touched(frozenset(differing), frozenset(), SOURCE))
        return found.again

    # -- watches

    def _follow(self) -> None:
        """Watches exactly the folders that are turned on, each under its present inode."""
        with self._store.reading() as session:
            wanted = {one.folder: _inode(one.folder) for one in watched.all_watched(session)}
        for folder, (watch, inode) in list(self._watches.items()):
            if wanted.get(folder) != inode and self._observer is not None:
                self._observer.unschedule(watch)
                del self._watches[folder]
        self._polls = False
        for folder, inode in wanted.items():
            if folder not in self._watches:
                self._polls = not (inode and self._watch(folder, inode)) or self._polls

    def _watch(self, folder: Path, inode: int) -> bool:
        try:
            if self._observer is None or not self._observer.is_alive():
                self._end_observer()
                self._observer = self._make_observer()
                self._observer.start()
            watch = self._observer.schedule(_Waker(self._wake), str(folder), event_filter=_EVENTS)
        except OSError as error:
            logger.warning("no watch on a folder: %s", type(error).__name__)
            return False
        self._watches[folder] = (watch, inode)
        return True

    def _end_observer(self) -> None:
        self._watches.clear()
        observer, self._observer = self._observer, None
        if observer is not None and observer.is_alive():
            observer.stop()
            observer.join(timeout=5)


class _Waker(FileSystemEventHandler):
    def __init__(self, wake: threading.Event) -> None:
        self._wake = wake

    def on_any_event(self, event: FileSystemEvent) -> None:
        self._wake.set()


def _inode(folder: Path) -> int:
    """The folder's inode, 0 where there is none."""
    try:
        return folder.stat().st_ino
    except OSError:
        return 0
