"""Small clean pictures of attached ones, for lists and previews: made on demand, kept in memory alone, never on the disk.

The decoding is done by `picture_child.py` in a process of its own: one, started at the first picture, used for one after
the other, ended when a picture takes too long or when nothing was asked for a while. Why a process and not a thread:
docs/decisions. What the first bytes do not call a picture, or call too large a one, never reaches it.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from mobility_app.errors import FileRefused
from mobility_app.store.actions.attachments import content
from mobility_app.store.files import PIECE_BYTES, FileVault
from mobility_app.store.store import Store
from mobility_app.ui import picture_child, previews

THUMB, FULL = 96, 1_600  # pixels on a side
KEPT_BYTES = 16 << 20
WAITING_MOST = 120  # pictures asked for at once; further ones are refused
SECONDS_MOST = 20.0
IDLE_SECONDS = 20.0

_HEAD_PIECES = previews.HEAD_BYTES // PIECE_BYTES
_PROGRAM = Path(picture_child.__file__)


class Pictures:
    """Makes and keeps small pictures, one after the other. Threads may share it."""

    def __init__(self, *, seconds: float = SECONDS_MOST, idle: float = IDLE_SECONDS, program: Path = _PROGRAM) -> None:
        self._seconds, self._idle, self._program = seconds, idle, program
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="picture")
        self._kept: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._size, self._waiting, self._life = 0, 0, 0
        self._lock, self._working = threading.Lock(), threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._resting: threading.Timer | None = None

    def begin(self, store: Store, vault: FileVault, file_id: str, side: int) -> Future[bytes]:
        """The file as a WebP picture of at most `side` pixels, when it is made. The future raises FileRefused (no_picture,
        not_here), NotFound, StoreDamaged."""
        if self._waiting >= WAITING_MOST:
            raise FileRefused("no_picture")
        self._waiting += 1
        begun = self._pool.submit(self._made, store, vault, file_id, side)
        begun.add_done_callback(self._done)
        return begun

    def forget(self) -> None:
        """Forgets all pictures and ends the process, in the middle of one if need be. For the lock."""
        with self._lock:
            self._life += 1
            self._kept.clear()
            self._size = 0
        child = self._child
        if child is not None:
            child.kill()
        self._end()

    def _done(self, begun: Future[bytes]) -> None:
        with self._lock:
            self._waiting -= 1

    def _made(self, store: Store, vault: FileVault, file_id: str, side: int) -> bytes:
        row, life = store.read("file", file_id), self._life
        key = (str((row or {}).get("sha256") or file_id), side)
        with self._lock:
            if (known := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
        if known is None:
            known = self._drawn(_source(store, vault, file_id), side)
            self._keep(key, known, life)
        if not known:
            raise FileRefused("no_picture")
        return known

    def _keep(self, key: tuple[str, int], made: bytes, life: int) -> None:
        """Keeps it, that there is none included; what was not asked for longest goes."""
        with self._lock:
            if life != self._life:  # locked meanwhile
                return
            self._kept[key] = made
            self._size += len(made) + 100
            while self._size > KEPT_BYTES:
                _, gone = self._kept.popitem(last=False)
                self._size -= len(gone) + 100

    def _drawn(self, source: bytes, side: int) -> bytes:
        """What the child makes of it, b"" where it makes nothing or does not come to an end."""
        if not source:
            return b""
        with self._working:
            child = self._started()
            limit = threading.Timer(self._seconds, child.kill)
            limit.daemon = True
            limit.start()
            made = b""
            try:
                assert child.stdin is not None
                assert child.stdout is not None
                child.stdin.write(b"%d %d\n" % (side, len(source)) + source)
                child.stdin.flush()
                line = child.stdout.readline(32)
                made = child.stdout.read(int(line)) if line else b""
                whole = bool(line) and len(made) == int(line)
            except (OSError, ValueError):
                whole = False
            finally:
                limit.cancel()
            if not whole:
                self._close(child)
                return b""
            self._rest()
            return made

    def _started(self) -> subprocess.Popen[bytes]:
        if self._resting is not None:
            self._resting.cancel()
        if self._child is None or self._child.poll() is not None:
            self._child = subprocess.Popen(
                # -P: the folder of the program is no place to import from
                [sys.executable, "-P", str(self._program)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        return self._child

    def _rest(self) -> None:
        self._resting = threading.Timer(self._idle, self._end)
        self._resting.daemon = True
        self._resting.start()

    def _end(self) -> None:
        with self._working:
            if self._resting is not None:
                self._resting.cancel()
            if self._child is not None:
                self._close(self._child)

    def _close(self, child: subprocess.Popen[bytes]) -> None:
        child.kill()
        child.wait(timeout=5)
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue
        self._child = None


def _source(store: Store, vault: FileVault, file_id: str) -> bytes:
    """The file's bytes where its head says that it is a picture of a bearable size, else b""."""
    found = content(store, vault, file_id)
    try:
        if found.size_bytes > picture_child.SOURCE_MAX_BYTES:
            return b""
        head = b"".join(islice(found.pieces, _HEAD_PIECES))
        return head + b"".join(found.pieces) if previews.is_picture(head) else b""
    finally:
        found.pieces.close()
