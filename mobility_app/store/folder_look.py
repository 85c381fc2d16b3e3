"""One look into the watched folders: what lies there whole is attached, what may still be written waits.

A file is taken when size, time and inode have not changed for SETTLE_SECONDS and no program has it open for writing, where
the system tells. It is read once into the vault; had it changed by the end of that, nothing is kept and it waits again.
Afterwards it moves to the folder `watched.TAKEN`: it is the person's file, so it is never deleted. A crash between the two
is no harm: the bytes are then known, and the file only moves. Links, folders and names of unfinished files are passed over.

Nothing here waits or listens: `folder_worker.py` decides when to look, tests step it with a clock of their own.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mobility_app.domain.entities.file import SIZE_MAX_BYTES
from mobility_app.errors import DiskFull, FileRefused, MobilityError, SheetInEdit, StoreDamaged
from mobility_app.store import drafts, watched
from mobility_app.store.actions.attachments import attach
from mobility_app.store.file_names import safe_name
from mobility_app.store.files import FileVault
from mobility_app.store.folder_files import (
    OPEN,
    Changed,
    Signature,
    Stopped,
    entries,
    pieces,
    put_away,
    signature_of,
    written_to,
)
from mobility_app.store.store import Store

SETTLE_SECONDS, EMPTY_SETTLE_SECONDS = 2.0, 10.0  # many programs make an empty file first
RETRY_SECONDS = 30.0  # after a full disk and the like
TAKEN_AT_ONCE = 20
NOTES_MOST, SAID_MOST = 20, 5

SETTLING, IN_USE, MISSING, NOT_MOVED, ALREADY = "settling", "in_use", "no_folder", "not_moved", "already_there"
WAITING = frozenset({SETTLING, IN_USE, SheetInEdit.code, DiskFull.code, StoreDamaged.code})


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
            found = entries(one.folder)
        except OSError:
            return FolderState(one.folder, (Note("", MISSING),))
        notes, waiting = [], 0
        for path, signature in found:
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
            moved = put_away(path, known.signature)
            return _Known(known.signature, known.since, why if moved else NOT_MOVED)
        return _Known(known.signature, known.since, why, now + RETRY_SECONDS if why in WAITING else None)

    def _taken(self, customer_id: str, path: Path, signature: Signature, stopped: Callable[[], bool]) -> str:
        """Attaches the file. "" when it is attached now, else why not."""
        try:
            with os.fdopen(os.open(path, OPEN), "rb", buffering=0) as file:
                if signature_of(os.fstat(file.fileno())) != signature:
                    return SETTLING
                if written_to(file.fileno()):
                    return IN_USE
                chunks = pieces(file, signature, stopped)
                name = os.fsencode(path.name).decode(errors="replace")
                attach(self._store, self._vault, customer_id, name, chunks, twice=False)
        except (Changed, Stopped):
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
