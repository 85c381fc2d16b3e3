"""Files that a crash or a full disk leaves whole: written aside, made durable, then put in place by a rename.

Used by the key file, the attachments and HQ's own small files. It knows no format and takes no locks: one process owns
a folder.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

from mobility_app.errors import DiskFull

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def replace_file(path: Path, content: bytes) -> None:
    """Puts `content` at `path`, readable by this user alone. A crash leaves the old file or the new one, whole.

    Raises DiskFull, or the OSError of a folder that can't be written; then the old file stands.
    """
    put_in_place(stage(path, content), path)


def stage(path: Path, content: bytes) -> Path:
    """Writes `content` durably beside `path` and returns where. Nothing stays of it when it raises."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = staged_at(path)
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            flush(file.fileno())
    except OSError as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        if no_room(error):
            raise DiskFull("no room left on the disk") from error
        raise
    return aside


def staged_at(path: Path) -> Path:
    """Where `stage` puts what is meant for `path`."""
    return path.with_name(f"{path.name}.new")


def put_in_place(aside: Path, path: Path) -> None:
    """Renames a staged file over `path`, durably."""
    aside.replace(path)
    sync_folder(path.parent)


def flush(descriptor: int) -> None:
    """Waits until what was written to this open file would outlive a power cut."""
    os.fsync(descriptor)
    if sys.platform == "darwin":  # fsync leaves it in the drive's own cache there
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)


def sync_folder(folder: Path) -> None:
    """Makes renames in a folder durable, where the system can (Windows can't open folders)."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def no_room(error: OSError) -> bool:
    """Whether the system said that the disk, the quota or the file is full."""
    return error.errno in _NO_ROOM
