"""HQ's order to wipe this device, carried out: the key first, then everything that it opened. Composition, as `device.py`.

Once both copies of the key file are overwritten and gone, nobody reads the database again, whatever is left of it; so a wipe that
is cut short has done its work, and `finish` clears away the rest at the next start. Files that the person chose to keep
elsewhere (watched folders) are theirs and stay.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from mobility_app.errors import MobilityError
from mobility_app.store import key_file, vault
from mobility_app.store.disk import sync_folder
from mobility_app.store.identity import Identity
from mobility_app.store.store import Store
from mobility_app.sync import orders
from mobility_app.sync.transport import HttpTransport

MARK = "wiped"


def wipe(folder: Path, watched: Path) -> None:
    """Destroys the key, then deletes what lies in the folder. The store must be closed."""
    (folder / MARK).touch()
    sync_folder(folder)
    for name in key_file.NAMES:
        with suppress(FileNotFoundError):
            _overwrite(folder / name)
            (folder / name).unlink()
    sync_folder(folder)
    finish(folder, watched)


def finish(folder: Path, watched: Path) -> bool:
    """Clears away what a wipe has left. Returns whether this folder was wiped."""
    if not (folder / MARK).exists() or vault.exists(folder):  # with a key it is a device: HQ says it again
        return False
    for path in folder.iterdir():
        if path.name == MARK or path == watched:
            continue
        with suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
    (folder / MARK).unlink(missing_ok=True)
    return True


def obey(folder: Path, watched: Path, store: Store, known: Identity) -> None:
    """Wipes the folder of a store that is closed, and tells HQ, if it can be reached now."""
    wipe(folder, watched)
    with suppress(MobilityError):
        orders.report(store, HttpTransport(known.hq_url), known)


def _overwrite(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.write(os.urandom(size))
        file.flush()
        os.fsync(file.fileno())
