"""A TCP proxy that does to connections what networks do: loses, delays, throttles, cuts at any byte, resets, answers as a
hotel's log-in page. What befalls a connection is planned by the caller before it is opened.
"""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

PIECE_BYTES = 16 * 1024
PORTAL = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 44\r\nconnection: close\r\n\r\n"
    b"<title>Hotel</title>Room number, last name: "
)
CUT, RESET, SWALLOW, PORTAL_PAGE = "cut", "reset", "swallow", "portal"


@dataclass(frozen=True, slots=True)
class Plan:
    """What befalls one connection. After `up` bytes to HQ, or `down` bytes to the device, it ends in the way of `end`:
    cut (closed), reset (RST), swallow (nothing passes any more, until `patience` is over)."""

    name: str = "clean"
    up: int | None = None
    down: int | None = None
    end: str = CUT
    delay_seconds: float = 0.0
    bytes_per_second: int = 0
    patience_seconds: float = 5.0


@dataclass(slots=True)
class Passed:
    """How many bytes went each way over a connection, and whether its end has come."""

    up: int = 0
    down: int = 0
    struck: bool = False


@dataclass(slots=True)
class Lossy:
    """The proxy, listening on the loopback until `close`. `plan` is asked for each connection."""

    port: int
    plan: Callable[[], Plan] = Plan
    seen: Counter[str] = field(default_factory=Counter)
    last: Passed = field(default_factory=Passed)
    _listener: socket.socket = field(init=False)
    _open: set[socket.socket] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        """Stops listening and cuts what is open."""
        self._listener.close()
        self.hang_up()

    def hang_up(self) -> None:
        """Cuts every connection."""
        with self._lock:
            doomed, self._open = self._open, set()
        for one in doomed:
            _end(one, reset=False)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            plan = self.plan()
            self.seen[plan.name] += 1
            self.last = Passed()
            threading.Thread(target=self._serve, args=(near, plan, self.last), daemon=True).start()

    def _serve(self, near: socket.socket, plan: Plan, passed: Passed) -> None:
        if plan.end == PORTAL_PAGE:
            near.recv(PIECE_BYTES)
            near.sendall(PORTAL)
            _end(near, reset=False)
            return
        try:
            far = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        except OSError:
            _end(near, reset=True)
            return
        far.settimeout(None)
        for one in (near, far):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open |= {near, far}
        up = threading.Thread(target=self._pump, args=(near, far, plan, passed, "up"), daemon=True)
        up.start()
        self._pump(far, near, plan, passed, "down")
        up.join()
        with self._lock:
            self._open -= {near, far}

    def _pump(self, source: socket.socket, target: socket.socket, plan: Plan, passed: Passed, way: str) -> None:
        most = plan.up if way == "up" else plan.down
        try:
            while True:
                room = PIECE_BYTES if most is None else most - getattr(passed, way)
                if room <= 0:
                    if plan.end == SWALLOW:
                        time.sleep(plan.patience_seconds)
                    passed.struck = True
                    for one in (source, target):
                        _end(one, reset=plan.end == RESET)
                    return
                piece = source.recv(min(PIECE_BYTES, room))
                if not piece:
                    break
                if plan.delay_seconds:
                    time.sleep(plan.delay_seconds)
                if plan.bytes_per_second:
                    time.sleep(len(piece) / plan.bytes_per_second)
                setattr(passed, way, getattr(passed, way) + len(piece))
                target.sendall(piece)
        except OSError:
            pass
        if not passed.struck:
            for one in (source, target):
                _end(one, reset=False)


def _end(one: socket.socket, *, reset: bool) -> None:
    try:
        if reset:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.shutdown(socket.SHUT_RD)  # says nothing to the other end, but lets go the thread that reads here
        else:
            one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    one.close()


def weather(chance: random.Random, fine: float = 0.35) -> Plan:
    """A connection of a bad day: in `fine` of them nothing happens but a delay."""
    if chance.random() < fine:
        return Plan("fine", delay_seconds=chance.choice([0.0, 0.0, 0.05]))
    up, down = chance.randrange(1, 6_000), chance.randrange(1, 6_000)
    kind = chance.choice(["cut up", "cut down", "reset up", "reset down", "swallow", "throttle", "portal"])
    match kind:
        case "cut up" | "reset up":
            return Plan(kind, up=up, end=kind.split()[0])
        case "cut down" | "reset down":
            return Plan(kind, down=down, end=kind.split()[0])
        case "swallow":
            return Plan(kind, down=down, end=SWALLOW)
        case "throttle":
            return Plan(kind, delay_seconds=0.2, bytes_per_second=4_000)
    return Plan(kind, end=PORTAL_PAGE)
