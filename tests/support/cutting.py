"""A proxy on the loopback that cuts connections in the middle of what they carry, by chance or never, and counts bytes."""

from __future__ import annotations

import random
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field

CHUNK = 16 * 1024
SPAN = 1024 * 1024


@dataclass(slots=True)
class CuttingProxy:
    """Forwards to a port of the loopback. Of each MiB that passes, `share` are cut at a place drawn at random."""

    port_behind: int
    share: float = 0.0
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    bytes: int = 0
    cuts: int = 0
    _listener: socket.socket = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _left: int = 0
    _dooms: bool = False

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                here, _ = self._listener.accept()
            except OSError:
                return
            there = socket.create_connection(("127.0.0.1", self.port_behind))
            for one, other in ((here, there), (there, here)):
                threading.Thread(target=self._forward, args=(one, other), daemon=True).start()

    def _forward(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while chunk := one.recv(CHUNK):
                if self._cut(len(chunk)):
                    break
                other.sendall(chunk)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _cut(self, size: int) -> bool:
        with self._lock:
            self.bytes += size
            self._left -= size
            if self._left > 0:
                return False
            cut, self._dooms = self._dooms, self.chance.random() < self.share
            self._left = self.chance.randrange(CHUNK, SPAN) if self._dooms else SPAN
            self.cuts += cut
            return cut
