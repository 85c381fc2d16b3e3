"""Ports of the loopback for servers that a test starts.

They lie below those that systems give to connections that go out (from 32,768 on Linux, 49,152 elsewhere): a port that
was free a moment ago stays so until its server listens on it, and while a server is down. Each worker of a run has
a part of its own.
"""

from __future__ import annotations

import os
import secrets
import socket

FIRST, LAST = 12_000, 32_000
WORKERS_MAX = 8  # parts; `scripts/test.py` starts no more workers than that
TRIES = 200
_given: set[int] = set()


def free_port() -> int:
    """A port that nobody listens on, given only once to this process."""
    part = (LAST - FIRST) // WORKERS_MAX
    begin = FIRST + part * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS_MAX)
    for _ in range(TRIES):
        port = begin + secrets.randbelow(part)
        if port not in _given and _free(port):
            _given.add(port)
            return port
    raise OSError(f"no free port from {begin} to {begin + part}")


def _free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
