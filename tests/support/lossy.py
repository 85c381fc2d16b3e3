"""A TCP proxy that does to connections what networks do: loses, delays, throttles, cuts at any byte, resets, answers as a
hotel's log-in page. What befalls a connection is planned by the caller before it is opened.
"""

from __future__ import annotations

import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

PIECE_BYTES = 16 * 1024
MIB = 1024 * 1024
PORTAL = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 44\r\nconnection: close\r\n\r\n"
    b"<title>Hotel</title>Room number, last name: "
)
CUT, RESET, SWALLOW, PORTAL_PAGE = "cut", "reset", "swallow", "portal"


@dataclass(frozen=True, slots=True)
class Plan:
    """What befalls one connection. After `up` bytes to HQ, or `down` bytes to the device, it ends in the way of `end`:
    cut (closed), reset (RST), swallow (nothing passes that way any more, until the device gives up or `patience_seconds`
    are over). Portal: `page` is the answer to whatever is asked."""

    name: str = "clean"
    up: int | None = None
    down: int | None = None
    end: str = CUT
    delay_seconds: float = 0.0
    bytes_per_second: int = 0
    patience_seconds: float = 5.0
    page: bytes = PORTAL


@dataclass(slots=True)
class Line:
    """One connection: how many bytes went each way, and whether its planned end has come."""

    plan: Plan
    up: int = 0
    down: int = 0
    struck: bool = False
    ends: list[socket.socket] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pump(self, source: socket.socket, target: socket.socket, way: str) -> None:
        """Carries bytes one way until either end is gone, or the plan ends it."""
        plan, most = self.plan, self.plan.up if way == "up" else self.plan.down
        with suppress(OSError):  # an end is gone, for one reason or another
            source.settimeout(None)
            target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while most is None or getattr(self, way) < most:
                room = PIECE_BYTES if most is None else most - getattr(self, way)
                piece = source.recv(min(PIECE_BYTES, room))
                if not piece:
                    break
                pace = len(piece) / plan.bytes_per_second if plan.bytes_per_second else 0.0
                if plan.delay_seconds + pace and self._over.wait(plan.delay_seconds + pace):
                    break
                setattr(self, way, getattr(self, way) + len(piece))
                target.sendall(piece)
            else:
                self.struck = True
                if plan.end == SWALLOW:
                    self._over.wait(plan.patience_seconds)
                self.end(reset=plan.end == RESET)
        self.end()

    def joins(self, far: socket.socket) -> bool:
        """Takes the other end. False, and it is closed, where the line has ended meanwhile."""
        with self._lock:
            if not self._over.is_set():
                self.ends.append(far)
                return True
        _end(far, reset=False)
        return False

    def end(self, *, reset: bool = False) -> None:
        """Ends both sides, once."""
        with self._lock:
            doomed, self.ends = self.ends, []
            self._over.set()
        for one in doomed:
            _end(one, reset=reset)


@dataclass(slots=True)
class Lossy:
    """The proxy, listening on the loopback until `close`. `plan` is asked for each connection."""

    port: int
    plan: Callable[[], Plan] = Plan
    seen: Counter[str] = field(default_factory=Counter)
    lines: list[Line] = field(default_factory=list)
    _listener: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def bytes(self) -> int:
        """How many passed, both ways together."""
        return sum(line.up + line.down for line in self.lines)

    @property
    def struck(self) -> int:
        """How many connections ended as planned."""
        return sum(line.struck for line in self.lines)

    def close(self) -> None:
        """Stops listening and cuts what is open."""
        self._listener.close()
        self.hang_up()

    def hang_up(self) -> None:
        """Cuts every connection."""
        for line in list(self.lines):
            line.end()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            line = Line(self.plan(), ends=[near])
            self.seen[line.plan.name] += 1
            self.lines.append(line)
            threading.Thread(target=self._serve, args=(near, line), daemon=True).start()

    def _serve(self, near: socket.socket, line: Line) -> None:
        if line.plan.end == PORTAL_PAGE:
            with suppress(OSError):
                near.recv(PIECE_BYTES)
                near.sendall(line.plan.page)
            line.end()
            return
        try:
            far = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        except OSError:
            line.end(reset=True)
            return
        if line.joins(far):
            threading.Thread(target=line.pump, args=(near, far, "up"), daemon=True).start()
            line.pump(far, near, "down")


def _end(one: socket.socket, *, reset: bool) -> None:
    with suppress(OSError):
        if reset:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.shutdown(socket.SHUT_RD)  # says nothing to the other end, but lets go the thread that reads here
        else:
            one.shutdown(socket.SHUT_RDWR)
    one.close()


def cut_of_each_mib(share: float, chance: random.Random) -> Plan:
    """Of each MiB that passes either way, `share` are cut, at a place drawn at random."""
    whole = 0
    while chance.random() >= share:
        whole += 1
    place = whole * MIB + chance.randrange(PIECE_BYTES, MIB)
    return Plan("mib", up=place, down=place)


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
