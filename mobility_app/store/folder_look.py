"""One look into the watched folders: what lies there whole is attached, what may still be written waits.

A file is taken when size, time and inode have not changed for SETTLE_SECONDS and no program has it open for writing, where
the system tells. It is read once into the vault; had it changed by the end of that, nothing is kept and it waits again.
Afterwards it moves to the folder `watched.TAKEN`: it is the person's file, so it is never deleted. A crash between the two
is no harm: the bytes are then known, and the file only moves. Links, folders and names of unfinished files are passed over.

Nothing here waits or listens: `folder_worker.py` decides when to look, tests step it with a clock of their own.
"""

from __future__ import annotations

import os
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mobility_app.domain.entities.file import SIZE_MAX_BYTES
from mobility_app.errors import DiskFull, FileRefused, MobilityError, SheetInEdit, StoreDamaged
from mobility_app.store import drafts, watched
from mobility_app.store.actions.attachments import attach
from mobility_app.store.file_names import safe_name
from mobility_app.store.files import FileVault
from mobility_app.store.store import Store

SETTLE_SECONDS, EMPTY_SETTLE_SECONDS = 2.0, 10.0  # many programs make an empty file first
RETRY_SECONDS = 30.0  # after a full disk and the like
ENTRIES_MOST = 2_000  # of one folder in one look; more come when those are gone
TAKEN_AT_ONCE = 20
NOTES_MOST, SAID_MOST = 20, 5
PIECE_BYTES = 1 << 20

SETTLING, IN_USE, MISSING, NOT_MOVED, ALREADY = "settling", "in_use", "no_folder", "not_moved", "already_there"
WAITING = frozenset({SETTLING, IN_USE, SheetInEdit.code, DiskFull.code, StoreDamaged.code})

_UNFINISHED_STARTS = (".", "~")
_UNFINISHED_ENDS = (".part", ".partial", ".crdownload", ".download", ".tmp", ".temp", ".filepart", ".opdownload")
_NOT_MEANT = ("thumbs.db", "desktop.ini", "icon\r")
_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

Signature = tuple[int, int, int, int]


class _Stopped(MobilityError):
    """The store is being locked."""


class _Changed(MobilityError):
    """The file was written to while it was read."""


@dataclass(frozen=True, slots=True)
class Note:
    """What is to say about a file: a code of WAITING, or why it was not attached. `name` "" means the folder itself."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class FolderState:
    """A folder as the last look found it. `notes` at most NOTES_MOST; `waiting` counts all that wait."""

    folder: Path
    notes: tuple[Note, ...] = ()
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What a look found: each customer's folder, and whether another look soon is worth it."""

    states: dict[str, FolderState]
    again: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a path: since when it looks like this, and what was decided about it (not before `retry_at`)."""

    signature: Signature
    since: float
    why: str = ""
    retry_at: float | None = None


class FolderLook:
    """Looks into all watched folders, step by step. `clock` gives seconds that only grow; `lasting` is how long a file
    has to stay as it is."""

    def __init__(
        self, store: Store, vault: FileVault, clock: Callable[[], float], *, lasting: float = SETTLE_SECONDS
    ) -> None:
        self._store, self._vault, self._clock, self._lasting = store, vault, clock, lasting
        self._known: dict[Path, _Known] = {}
        self._said: dict[str, list[Note]] = {}  # what moved away and is still to be told, by customer

    def look(self, stopped: Callable[[], bool] = lambda: False) -> Found:
        """Looks into each folder once and takes what is ready, at most TAKEN_AT_ONCE files. Ends early when `stopped`."""
        with self._store.reading() as session:
            folders = watched.all_watched(session)
            editing = {one.customer_id for one in folders if drafts.in_edit(session, one.customer_id)}
        before, self._known = self._known, {}
        self._said = {one.customer_id: self._said.get(one.customer_id, []) for one in folders}
        turn = _Turn(TAKEN_AT_ONCE, stopped)
        states = {}
        for one in folders:
            states[one.customer_id] = self._folder(one, before, turn, editing=one.customer_id in editing)
        again = turn.left <= 0 or any(state.waiting for state in states.values())
        return Found(states, again)

    def _folder(
        self, one: watched.Watched, before: dict[Path, _Known], turn: _Turn, *, editing: bool
    ) -> FolderState:  # fmt: skip
        try:
            entries = _entries(one.folder)
        except OSError:
            return FolderState(one.folder, (Note("", MISSING),))
        notes, waiting = [], 0
        for path, signature in entries:
            why = self._file(one.customer_id, path, signature, before.get(path), turn, editing=editing)
            note = Note(safe_name(path.name), why)
            if why == ALREADY:
                self._said[one.customer_id] = [note, *self._said[one.customer_id][: SAID_MOST - 1]]
            elif why:
                notes.append(note)
                waiting += why in WAITING
        said = dict.fromkeys(self._said[one.customer_id])
        return FolderState(one.folder, tuple([*notes, *said][:NOTES_MOST]), waiting)

    def _file(
        self, customer_id: str, path: Path, signature: Signature, known: _Known | None, turn: _Turn, *, editing: bool
    ) -> str:  # fmt: skip
        """Why the file lies there still, "" when it does not."""
        now = self._clock()
        if known is None or known.signature != signature:
            known = _Known(signature, now)
        decided = known.why and (known.retry_at is None or now < known.retry_at)
        if not decided:
            known = self._judged(customer_id, path, known, now, turn, editing=editing)
        if known.why not in ("", ALREADY):
            self._known[path] = known
        return known.why

    def _judged(
        self, customer_id: str, path: Path, known: _Known, now: float, turn: _Turn, *, editing: bool
    ) -> _Known:  # fmt: skip
        size = known.signature[0]
        if size > SIZE_MAX_BYTES:
            return _Known(known.signature, known.since, "too_large")
        if now - known.since < (max(self._lasting, EMPTY_SETTLE_SECONDS) if size == 0 else self._lasting):
            return _Known(known.signature, known.since, SETTLING, now)
        if editing:
            return _Known(known.signature, known.since, SheetInEdit.code, now)
        if turn.left <= 0 or turn.stopped():
            return _Known(known.signature, known.since, SETTLING, now)
        turn.left -= 1
        why = self._taken(customer_id, path, known.signature, turn.stopped)
        if why in (SETTLING, IN_USE):
            return _Known(known.signature, now, why, now)
        if why in ("", ALREADY):
            moved = _put_away(path, known.signature)
            return _Known(known.signature, known.since, why if moved else NOT_MOVED)
        return _Known(known.signature, known.since, why, now + RETRY_SECONDS if why in WAITING else None)

    def _taken(self, customer_id: str, path: Path, signature: Signature, stopped: Callable[[], bool]) -> str:
        """Attaches the file. "" when it is attached now, else why not."""
        try:
            with os.fdopen(os.open(path, _OPEN), "rb", buffering=0) as file:
                if _signature(os.fstat(file.fileno())) != signature:
                    return SETTLING
                if _written_to(file.fileno()):
                    return IN_USE
                pieces = _pieces(file, signature, stopped)
                attach(self._store, self._vault, customer_id, os.fsencode(path.name).decode(errors="replace"), pieces,
                       twice=False)  # fmt: skip
        except (_Changed, _Stopped):
            return SETTLING
        except OSError:  # gone, or another program keeps it to itself
            return IN_USE
        except FileRefused as refused:
            return IN_USE if refused.reason == "unreadable" else refused.reason
        except MobilityError as failed:
            return str(getattr(failed, "reason", failed.code))
        return ""


@dataclass(slots=True)
class _Turn:
    """How many files this look may still take, and whether it shall end."""

    left: int
    stopped: Callable[[], bool]


def _entries(folder: Path) -> list[tuple[Path, Signature]]:
    """The plain files of a folder that may be meant, by name. Raises OSError where it can't be read."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name.lower()
            if name.startswith(_UNFINISHED_STARTS) or name.endswith(_UNFINISHED_ENDS) or name in _NOT_MEANT:
                continue
            try:
                status = os.lstat(entry.path)  # a Windows directory entry tells no inode
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode):
                found.append((Path(entry.path), _signature(status)))
            if len(found) >= ENTRIES_MOST:
                break
    return sorted(found)


def _signature(status: os.stat_result) -> Signature:
    return status.st_size, status.st_mtime_ns, status.st_ino, stat.S_IFMT(status.st_mode)


def _pieces(file: BinaryIO, signature: Signature, stopped: Callable[[], bool]) -> Iterator[bytes]:
    """The bytes of the file. Raises _Changed at the end where it is not what it was."""
    while piece := file.read(PIECE_BYTES):
        if stopped():
            raise _Stopped("the store is being locked")
        yield piece
    if _signature(os.fstat(file.fileno())) != signature:
        raise _Changed("the file was written to meanwhile")


def _written_to(descriptor: int) -> bool:
    """Whether another program has the file open for writing. Linux alone tells: it gives no read lease then."""
    if sys.platform != "linux":
        return False
    import errno
    import fcntl

    try:
        # Who opens it while we hold the lease makes the system signal us: let that be one that is ignored by itself.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN  # else a file system without leases, or somebody else's file
    return False


def _put_away(path: Path, signature: Signature) -> bool:
    """Moves a taken file out of the way, under a free name. False where that can't be done; the file then stays."""
    folder = path.parent / watched.TAKEN
    try:
        folder.mkdir(exist_ok=True)
        if folder.is_symlink() or _signature(os.lstat(path)) != signature:
            return False
        for number in range(1, ENTRIES_MOST):
            target = folder / (path.name if number == 1 else f"{path.stem} ({number}){path.suffix}")
            if not os.path.lexists(target):
                path.rename(target)
                return True
    except OSError:
        return False
    return False
