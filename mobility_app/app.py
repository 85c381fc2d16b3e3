"""Composition root of the rep's app: Config -> vault -> Store -> its three workers -> pages, behind the guard.

Called by `mobility app`. Listens on the loopback alone. The passphrase comes by standard input, or on the lock screen in
the browser; until then no key is in memory and no page holds data.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Callable
from pathlib import Path

from mobility_app.config import Config
from mobility_app.device import OpenDevice, change_passphrase, unlock
from mobility_app.errors import NotEnrolled
from mobility_app.store import vault
from mobility_app.store.folder_worker import FolderWorker
from mobility_app.sync.blobs_worker import FilesWorker
from mobility_app.sync.orders import WIPE
from mobility_app.sync.status import OFFLINE, Board, Status
from mobility_app.sync.worker import SyncWorker
from mobility_app.ui.context import App, Locked, Opened
from mobility_app.wiping import obey

HOST = "127.0.0.1"
OPEN_TRIES, OPEN_WAIT_SECONDS = 600, 0.02


class Process:
    """What the screen asks of this process: unlock, lock, sync now."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._board = Board()
        self._device: OpenDevice | None = None
        self._worker: SyncWorker | None = None
        self._files: FilesWorker | None = None
        self._watcher: FolderWorker | None = None
        self._lock = threading.Lock()
        self._wiping = False
        self._board.listen(self._heard)

    def _heard(self, status: Status) -> None:
        """HQ's order to wipe: carried out on a thread of its own, for this one is a worker's, which must end first."""
        if status.problem == WIPE and not self._wiping:
            self._wiping = True
            threading.Thread(target=self._wipe, name="wipe").start()

    def _wipe(self) -> None:
        device = self._device
        known = device.store.identity() if device is not None else None
        self.lock()
        if device is not None and known is not None:
            obey(self._config.folder, self._config.watched, device.store, known)

    @property
    def board(self) -> Board:
        """The newest state of sync."""
        return self._board

    def unlock(self, passphrase: str) -> Opened:
        """Opens the store and starts to sync. Wrong passphrases make the next try wait longer."""
        with self._lock:
            if self._device is None:
                self._device = unlock(self._config, passphrase)
                self._worker = self._device.worker(self._board)
                self._worker.start()
                self._files = self._device.files_worker(self._board)
                self._files.start()
                self._watcher = self._device.watcher(self._config.watched)
                self._watcher.start()
            return Opened(self._device.store, self._device.files, self._watcher)

    def lock(self) -> None:
        """Stops the workers, closes the store, forgets the keys."""
        with self._lock:
            if self._watcher is not None:
                self._watcher.stop()
            for worker in (self._worker, self._files):
                if worker is not None:
                    worker.stop()
            if self._device is not None:
                self._device.store.close()
            self._device, self._worker, self._files, self._watcher = None, None, None, None
            self._board.update(state=OFFLINE)

    def change_passphrase(self, old: str, new: str) -> None:
        """Another passphrase opens this folder from now on."""
        change_passphrase(self._config, old, new)

    def sync_now(self) -> None:
        """Wakes both: data and files."""
        for worker in (self._worker, self._files):
            if worker is not None:
                worker.now()

    def older(self, customer_id: str) -> int:
        """Asks HQ, beside the worker and over a connection of its own."""
        device = self._device
        if device is None:
            raise Locked("the store is locked")
        return device.engine().older(customer_id)


def run(config: Config, passphrase: str | None) -> None:
    """Serves the app until it is told to stop. Raises what `unlock` raises, and OSError where the port is taken.

    `passphrase` None: the lock screen asks for it."""
    if not vault.exists(config.folder):
        raise NotEnrolled(f"no device in {config.folder}")
    from nicegui import app as nicegui_app
    from nicegui import ui

    from mobility_app.ui import pages, transfers
    from mobility_app.ui.exports import routes as exports
    from mobility_app.ui.guard import SERVER_OPTIONS, Guard
    from mobility_app.ui.imports import routes as imports

    socket.create_server((HOST, config.port)).close()
    process = Process(config)
    opened = process.unlock(passphrase) if passphrase is not None else None
    screen = App(process, language=config.language, opened=opened)
    root = pages.register(screen)
    transfers.register(nicegui_app, screen)
    exports.register(nicegui_app, screen)
    imports.register(nicegui_app, screen)
    guard = Guard(config.port)
    guard.install(nicegui_app)
    _quiet(config.folder)
    nicegui_app.on_shutdown(process.lock)

    def announce() -> None:
        _announce(config, guard.launch_url())

    nicegui_app.on_startup(
        lambda: threading.Thread(target=_once_open, args=(config.port, announce), daemon=True).start()
    )
    if config.with_parent:
        threading.Thread(target=_follow_parent, args=(process, announce), daemon=True).start()
    ui.run(root, port=config.port, **{**pages.run_options(screen), **SERVER_OPTIONS})


def _announce(config: Config, address: str) -> None:
    sys.stdout.write(address + "\n")
    sys.stdout.flush()
    if config.open_browser:
        webbrowser.open(address)


def _quiet(folder: Path) -> None:
    """Errors go to a log beside the store: types and frames, never values of fields."""
    logging.basicConfig(
        filename=folder / "app.log", level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )


def _once_open(port: int, announce: Callable[[], None]) -> None:
    """Announces when the port takes connections: the server tells of its start a moment before it listens."""
    for _ in range(OPEN_TRIES):
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(OPEN_WAIT_SECONDS)
        else:
            announce()
            return


def _follow_parent(process: Process, announce: Callable[[], None]) -> None:
    """The parent asks for a fresh address by a line `open`, and for the end by closing the pipe."""
    while line := sys.stdin.buffer.readline(4096):
        if line.strip() == b"open":
            announce()
    process.lock()
    os._exit(0)
