"""A disk that does not answer: readers of a database wait while the block runs, as they do when the system is busy.

A process of its own holds the locks that readers take in the write-ahead log's index. It must not be this one: closing a
file gives back all locks that a process holds on it, those of an open store too.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FIRST, LOCKS = 123, 5  # WAL_READ_LOCK(0) to (4), https://sqlite.org/walformat.html, "WAL Locks"
_HOLD = (
    "import fcntl, sys; file = open(sys.argv[1], 'r+b');"
    "fcntl.lockf(file, fcntl.LOCK_EX, int(sys.argv[3]), int(sys.argv[2])); print('held', flush=True); sys.stdin.read()"
)


@contextmanager
def stalled(database: Path) -> Iterator[None]:
    """Readers that begin inside the block wait for its end. SQLite gives up after 10 s."""
    command = [sys.executable, "-c", _HOLD, f"{database}-shm", str(FIRST), str(LOCKS)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == b"held\n"
        yield
    finally:
        holder.stdin.close()
        holder.wait()
        holder.stdout.close()
