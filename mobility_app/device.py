"""A device as a folder: unlocked, its store, its attachments and its way to HQ. What the app and the command line open."""

from __future__ import annotations

import os
import random as chance
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mobility_app.config import Config
from mobility_app.errors import NotEnrolled
from mobility_app.store import vault
from mobility_app.store.actions.attachments import sweep
from mobility_app.store.files import FileVault
from mobility_app.store.identity import Identity
from mobility_app.store.store import Store
from mobility_app.sync.engine import Engine
from mobility_app.sync.enrolment import enrol
from mobility_app.sync.status import Board
from mobility_app.sync.transport import HttpTransport
from mobility_app.sync.worker import SyncWorker


@dataclass(frozen=True, slots=True)
class OpenDevice:
    """An unlocked device."""

    store: Store
    files: FileVault

    def engine(self) -> Engine:
        """A sync engine over HTTP to the HQ that the device is enrolled with. Raises NotEnrolled."""
        known = self.store.identity()
        if known is None:
            raise NotEnrolled("this device is not enrolled")
        return Engine(self.store, HttpTransport(known.hq_url))

    def worker(self, board: Board) -> SyncWorker:
        """The thread that syncs, not yet started."""
        return SyncWorker(self.store, self.engine(), board, chance.SystemRandom().random)


def unlock(config: Config, passphrase: str) -> OpenDevice:
    """Opens the device of the folder. Raises WrongPassphrase, KeyFileDamaged, StoreDamaged, StoreTooNew, NotEnrolled."""
    if not vault.exists(config.folder):
        raise NotEnrolled(f"no device in {config.folder}")
    keys = vault.unlock(config.folder, passphrase)
    opened = OpenDevice(Store(config.database, keys.database), FileVault(config.files, keys.files))
    sweep(opened.store, opened.files)
    return opened


def enrol_new(
    folder: Path, passphrase: str, hq_url: str, code: str, name: str, random: Callable[[int], bytes] = os.urandom
) -> Identity:
    """Makes a device in the folder and enrols it. Raises Refused, Unreachable; the folder then can be used again."""
    folder.mkdir(parents=True, exist_ok=True)
    config = Config(folder)
    keys = vault.unlock(folder, passphrase) if vault.exists(folder) else vault.create(folder, passphrase)
    store = Store(config.database, keys.database)
    try:
        return enrol(store, HttpTransport(hq_url), hq_url, code, name, random)
    finally:
        store.close()
