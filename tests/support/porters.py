"""Devices of the fleet with their vault of files and what carries them, and a link that cuts requests and answers."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mobility_app.errors import Unreachable
from mobility_app.store.actions.attachments import attach, content
from mobility_app.store.files import FileVault
from mobility_app.store.queries.files import FileRow, of_customer
from mobility_app.store.store import Store
from mobility_app.sync.blobs import Carrier
from mobility_app.sync.transport import Reply, Transport
from tests.support.fleet import Device, Fleet


@dataclass(slots=True)
class Cutting:
    """A transport that asks `cut(number of the request)` first: "request" or "answer" is lost, "" goes through."""

    inner: Transport
    cut: Callable[[int], str] = lambda number: ""
    sent: list[tuple[str, str, int]] = field(default_factory=list)  # method, what is asked of the file, body's length
    cuts: int = 0

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        lost = self.cut(len(self.sent))
        self.sent.append((method, target.split("/", 4)[-1], len(body)))
        self.cuts += bool(lost)
        if lost == "request":
            raise Unreachable("network")
        reply = self.inner.send(method, target, headers, body)
        if lost == "answer":
            raise Unreachable("network")
        return reply

    def pieces(self) -> list[str]:
        """The pieces that were sent or asked for, in order."""
        return [what for _, what, _ in self.sent if what.startswith("pieces/")]


@dataclass(slots=True)
class Porter:
    """A device with files."""

    device: Device
    folder: Path
    vault: FileVault = field(init=False)
    link: Cutting = field(init=False)
    carrier: Carrier = field(init=False)

    def __post_init__(self) -> None:
        self.vault = FileVault(self.folder, bytes(32))
        self.link = Cutting(self.device.link)
        self.carrier = Carrier(self.store, self.vault, self.link, random.Random(1).random)

    @property
    def store(self) -> Store:
        return self.device.store

    def restart(self) -> None:
        """As after a kill: nothing of what was in memory is known."""
        self.carrier.close()
        self.vault = FileVault(self.folder, bytes(32))
        self.carrier = Carrier(self.store, self.vault, self.link, random.Random(2).random)

    def attach(self, customer: str, plain: bytes, name: str = "a.bin") -> str:
        return attach(self.store, self.vault, customer, name, [plain])

    def sync(self) -> None:
        self.device.sync()

    def carry(self) -> int:
        """Carries until nothing is due, through every cut."""
        for _ in range(10_000):
            try:
                return self.carrier.run()
            except Unreachable:
                pass
        raise AssertionError("it never ends")

    def plain(self, file_id: str) -> bytes:
        return b"".join(content(self.store, self.vault, file_id).pieces)

    def row(self, customer: str, file_id: str) -> FileRow:
        return next(row for row in of_customer(self.store, customer).rows if row.id == file_id)

    def problem(self, file_id: str) -> str:
        with self.store.reading() as session:
            return str(session.value("SELECT problem FROM transfer WHERE file_id=?", file_id))

    def waits(self) -> int:
        with self.store.reading() as session:
            return int(session.value("SELECT COUNT(*) FROM transfer"))

    def on_disk(self) -> int:
        return len(list(self.folder.iterdir()))


def porter(fleet: Fleet, name: str, user: str) -> Porter:
    return Porter(fleet.device(name, user), fleet.folder / f"{name}-files")


def plain_bytes(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)
