"""A device as a folder: unlocked, its store, its attachments and its way to HQ. What the app and the command line open."""

from __future__ import annotations

import os
import random as chance
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from mobility_app import wiping
from mobility_app.config import Config
from mobility_app.errors import MobilityError, NotEnrolled
from mobility_app.store import identity, key_file, vault
from mobility_app.store.actions.attachments import sweep
from mobility_app.store.attempts import Attempts
from mobility_app.store.files import FileVault
from mobility_app.store.folder_worker import FolderWorker
from mobility_app.store.identity import Identity
from mobility_app.store.store import Store, wall_ms
from mobility_app.sync.blobs import Carrier
from mobility_app.sync.blobs_worker import FilesWorker
from mobility_app.sync.engine import Engine
from mobility_app.sync.enrolment import enrol, enrol_again
from mobility_app.sync.protocol import WAKE_MAX_SECONDS
from mobility_app.sync.status import Board
from mobility_app.sync.transport import STALL_SECONDS, HttpTransport
from mobility_app.sync.waker import Waker
from mobility_app.sync.worker import SyncWorker

WAKE_STALL_SECONDS = WAKE_MAX_SECONDS + STALL_SECONDS


@dataclass(frozen=True, slots=True)
class OpenDevice:
    """An unlocked device."""

    store: Store
    files: FileVault

    def engine(self, hq_url: str = "", stall_seconds: float = STALL_SECONDS) -> Engine:
        """A sync engine over HTTP to the HQ that the device is enrolled with; `hq_url` looks for it at another
        address. Raises NotEnrolled."""
        known = self.store.identity()
        if known is None:
            raise NotEnrolled("this device is not enrolled")
        return Engine(self.store, HttpTransport(hq_url or known.hq_url, stall_seconds))

    def moved(self, hq_url: str) -> None:
        """HQ has moved there: keeps the address. To be called after a round with it, which proves that it is the same HQ."""
        with self.store.transaction() as session:
            known = identity.read(session)
            if known is not None:
                identity.keep(session, replace(known, hq_url=hq_url))

    def worker(self, board: Board) -> SyncWorker:
        """The threads that sync and wait for news, not yet started."""
        jitter = chance.SystemRandom().random
        waker = Waker(self.store, self.engine(stall_seconds=WAKE_STALL_SECONDS), jitter, time.monotonic)
        return SyncWorker(self.store, self.engine(), board, jitter, waker)

    def carrier(self, hq_url: str = "") -> Carrier:
        """What carries files, over a connection of its own. Raises NotEnrolled."""
        known = self.store.identity()
        if known is None:
            raise NotEnrolled("this device is not enrolled")
        transport = HttpTransport(hq_url or known.hq_url)
        return Carrier(self.store, self.files, transport, chance.SystemRandom().random)

    def files_worker(self, board: Board) -> FilesWorker:
        """The thread that carries files, not yet started."""
        return FilesWorker(self.store, self.carrier(), board, chance.SystemRandom().random)

    def watcher(self, usual: Path) -> FolderWorker:
        """The thread that attaches what is dropped into watched folders, not yet started."""
        return FolderWorker(self.store, self.files, usual)


def unlock(config: Config, passphrase: str) -> OpenDevice:
    """Opens the device of the folder. Wrong passphrases make the next try wait longer.

    Raises WrongPassphrase (`details["wait_ms"]`), KeyFileDamaged, StoreDamaged, StoreTooNew, NotEnrolled."""
    wiping.finish(config.folder, config.watched)
    if not vault.exists(config.folder):
        raise NotEnrolled(f"no device in {config.folder}")
    attempts = Attempts(config.folder / "attempts.json", now=wall_ms)
    keys = attempts.run(lambda: vault.unlock(config.folder, passphrase))
    opened = OpenDevice(Store(config.database, keys.database), FileVault(config.files, keys.files))
    sweep(opened.store, opened.files)
    return opened


def change_passphrase(config: Config, old: str, new: str) -> None:
    """Another passphrase opens the folder. Wrong old ones make the next try wait, as when unlocking.

    Raises WrongPassphrase (`details["wait_ms"]`), InvalidValue, KeyFileDamaged, StoreTooNew, DiskFull; then the old one
    still opens."""
    attempts = Attempts(config.folder / "attempts.json", now=wall_ms)
    attempts.run(lambda: vault.change_passphrase(config.folder, old, new))


def enrol_new(
    folder: Path, passphrase: str, hq_url: str, code: str, name: str, random: Callable[[int], bytes] = os.urandom,
    *, again: bool = False,
) -> Identity:  # fmt: skip
    """Makes a device in the folder and enrols it, or enrols the one that is there `again`. Raises InvalidValue (a poor
    passphrase), Refused, Unreachable; then nothing of a new device is left there."""
    folder.mkdir(parents=True, exist_ok=True)
    config, known = Config(folder), vault.exists(folder)
    keys = vault.unlock(folder, passphrase) if known else vault.create(folder, passphrase)
    try:
        store = Store(config.database, keys.database)
        try:
            step = enrol_again if again else enrol
            return step(store, HttpTransport(hq_url), hq_url, code, name, random)
        finally:
            store.close()
    except MobilityError:
        if not known:
            for pattern in (f"{config.database.name}*", *key_file.NAMES):
                for path in folder.glob(pattern):
                    path.unlink()
        raise
