"""The plain files of a watched folder: which are meant, whether one is still written to, how it is read and put away.

Used by `folder_look.py`, which decides when. Links, folders, pipes and names of unfinished files are passed over; a file
that turns into a link in between is not followed.
"""

from __future__ import annotations

import errno
import os
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from mobility_app.errors import MobilityError
from mobility_app.store import watched

ENTRIES_MOST = 2_000  # of one folder in one look; more come when those are gone
PIECE_BYTES = 1 << 20

_UNFINISHED_STARTS = (".", "~")
_UNFINISHED_ENDS = (".part", ".partial", ".crdownload", ".download", ".tmp", ".temp", ".filepart", ".opdownload")
_NOT_MEANT = ("thumbs.db", "desktop.ini", "icon\r")
OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

Signature = tuple[int, int, int, int]


class Stopped(MobilityError):
    """The store is being locked."""


class Changed(MobilityError):
    """The file was written to while it was read."""


def entries(folder: Path) -> list[tuple[Path, Signature]]:
    """The plain files of a folder that may be meant, by name. Raises OSError where it can't be read."""
    found = []
    with os.scandir(folder) as seen:
        for entry in seen:
            name = entry.name.lower()
            if name.startswith(_UNFINISHED_STARTS) or name.endswith(_UNFINISHED_ENDS) or name in _NOT_MEANT:
                continue
            try:
                status = os.lstat(entry.path)  # a Windows directory entry tells no inode
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode):
                found.append((Path(entry.path), signature_of(status)))
            if len(found) >= ENTRIES_MOST:
                break
    return sorted(found)


def signature_of(status: os.stat_result) -> Signature:
    """Size, time, inode and kind: a file that was touched has another one."""
    return status.st_size, status.st_mtime_ns, status.st_ino, stat.S_IFMT(status.st_mode)


def pieces(file: BinaryIO, signature: Signature, stopped: Callable[[], bool]) -> Iterator[bytes]:
    """The bytes of the file. Raises Changed at the end where it is not what it was."""
    while piece := file.read(PIECE_BYTES):
        if stopped():
            raise Stopped("the store is being locked")
        yield piece
    if signature_of(os.fstat(file.fileno())) != signature:
        raise Changed("the file was written to meanwhile")


def written_to(descriptor: int) -> bool:
    """Whether another program has the file open for writing. Linux alone tells: it gives no read lease then."""
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        # Who opens it while we hold the lease makes the system signal us: let that be one that is ignored by itself.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN  # else a file system without leases, or somebody else's file
    return False


def put_away(path: Path, signature: Signature) -> bool:
    """Moves a taken file out of the way, under a free name. False where that can't be done; the file then stays."""
    folder = path.parent / watched.TAKEN
    try:
        folder.mkdir(exist_ok=True)
        if folder.is_symlink() or signature_of(os.lstat(path)) != signature:
            return False
        for number in range(1, ENTRIES_MOST):
            target = folder / (path.name if number == 1 else f"{path.stem} ({number}){path.suffix}")
            if not os.path.lexists(target):
                path.rename(target)
                return True
    except OSError:
        return False
    return False
