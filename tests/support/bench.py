"""A bench over real processes: HQ as a server of its own, devices with their encrypted folders, the rep's app.

For the project's own system tests and for checks from outside. Companies, territories and users are named by their
names. In dumps every entity is a key; ids are 32 hex digits, days and instants ISO text, money and rates whole numbers.
Everything that the bench starts ends with the process that started it: the children follow their standard input.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

from mobility_app.domain.fields import Plain
from mobility_app.errors import Unreachable
from mobility_app.hq import database_settings, post
from mobility_app.hq.office import Dump, Office, dump
from mobility_app.store import identity, vault
from mobility_app.store.actions.attachments import attach
from mobility_app.store.disk import replace_file
from mobility_app.store.files import FileVault
from mobility_app.store.queries.history import history
from mobility_app.store.store import Store, wall_ms
from mobility_app.sync import signing
from mobility_app.sync.engine import Engine, Round
from mobility_app.sync.enrolment import enrol
from mobility_app.sync.transport import HttpTransport, Reply
from tests.support.ports import free_port
from tests.support.sink import Sink

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 60
MAIL_SECONDS = 20
PIECE_BYTES = 1024 * 1024
_SERVE = (
    "import sys; from pathlib import Path; from mobility_app.hq.server import serve;"
    "serve(Path(sys.argv[1]), '127.0.0.1', int(sys.argv[2]), with_parent=True)"
)


def environment() -> dict[str, str]:
    """The environment of a child: without what tells NiceGUI that it runs inside a test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "NICEGUI"))}
    return {**kept, "PYTHONPATH": str(ROOT)}


@dataclass(slots=True)
class Hq:
    """A headquarters: a folder and, while it runs, a process. Its mail goes to a sink on the loopback, in this process."""

    folder: Path
    port: int
    settings: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    office: Office = field(init=False)
    sink: Sink = field(default_factory=Sink)

    def __post_init__(self) -> None:
        self.office = Office(self.folder, now=wall_ms)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_path(self) -> Path:
        return self.folder / "hq.log"

    def add_company(self, name: str, country: str) -> str:
        return self.office.add_company(name, country)

    def add_territory(self, company: str, name: str) -> str:
        return self.office.add_territory(company, name)

    def add_user(
        self, name: str, role: str, company: str, territories: list[str], email: str | None = None, language: str = ""
    ) -> str:
        """Without an e-mail the user gets one after name and company: ana.silva@lusa.example."""
        return self.office.add_user(name, role, company, territories, email or usual_email(name, company), language)

    def mails(self) -> list[EmailMessage]:
        """What the mail server received, in order, envelope in X-MailFrom and X-RcptTo. Waits until nothing that was
        just noted is on its way any more; what is held back or tried later is not waited for."""
        deadline = time.monotonic() + MAIL_SECONDS
        while self.process is not None and time.monotonic() < deadline and self._on_the_way():
            select_wait(0.05)
        return self.sink.received()

    def _on_the_way(self) -> bool:
        with self.office.ledger.reading() as session:
            return not post.paused(session) and bool(session.value(
                "SELECT 1 FROM outbox WHERE state='sending' OR (state='waiting' AND tries=0) LIMIT 1"
            ))  # fmt: skip

    def import_path(self, path: Path | str) -> object:
        """Imports a file or folder, making the sellers that it names."""
        from mobility_app.hq.intake.run import import_path

        return import_path(self.office.ledger, Path(path), create_parties=True, quarantine=self.office.quarantine)

    def dump(self) -> Dump:
        return self.office.dump()

    def start(self) -> None:
        """Starts the process on the same port and waits until it answers."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _SERVE, str(self.folder), str(self.port)],
            cwd=ROOT, env={**environment(), **self.sink.settings(), **self.settings}, stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for_port(self.port, self.process)

    def stop(self) -> None:
        """Asks it to end, and waits."""
        self._end(kill=False)

    def kill(self) -> None:
        """kill -9."""
        self._end(kill=True)

    def hold(self) -> None:
        """Stops the process where it is: connections stay open and nothing is answered, until it is killed."""
        if self.process is not None:
            self.process.send_signal(signal.SIGSTOP)

    def _end(self, *, kill: bool) -> None:
        if self.process is not None:
            (self.process.kill if kill else self.process.terminate)()
            self.process.wait(timeout=START_SECONDS)
            assert self.process.stdin is not None
            self.process.stdin.close()
            self.process = None


def start_hq(folder: Path | str, database: str = "sqlite", **settings: str) -> Hq:
    """A new or known HQ in that folder, running. `database`: "sqlite", or the address of a PostgreSQL database."""
    if database != "sqlite":
        replace_file(Path(folder) / database_settings.FILE, f"address = {json.dumps(database)}\n".encode())
    hq = Hq(Path(folder), free_port(), settings)
    hq.start()
    return hq


def usual_email(name: str, company: str) -> str:
    """ana.silva@lusa.example"""
    plain = [unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower() for text in (name, company)]
    local, domain = (re.sub(r"[^a-z0-9]+", mark, text).strip(mark) for text, mark in zip(plain, ".-", strict=True))
    return f"{local or 'user'}@{domain or 'company'}.example"


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Returns when something accepts connections on that port; fails when the process has ended or never does."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None:
                raise RuntimeError(f"the process ended with {process.returncode}") from None
            select_wait(0.05)
    raise RuntimeError(f"nothing listens on {port} after {START_SECONDS} s")


def select_wait(seconds: float) -> None:
    """Lets other processes run for a moment, between two looks at a condition."""
    import select

    select.select([], [], [], seconds)


class Travelled(NamedTuple):
    """A request as it travelled: its compressed body and its target."""

    bytes: bytes
    target: str


class _Offline:
    """The device's way to HQ, which can be cut. Remembers what travelled last."""

    def __init__(self, url: str) -> None:
        self._inner, self.cut = HttpTransport(url), False

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if self.cut:
            raise Unreachable("network", "the device is offline")
        return self._inner.send(method, target, headers, body)


@dataclass(slots=True)
class Device:
    """An enrolled device: its folder, its passphrase, its open store, and, on demand, the rep's app as a process."""

    folder: Path
    passphrase: str
    hq_url: str
    store: Store = field(init=False)
    files: FileVault = field(init=False)
    engine: Engine = field(init=False)
    _way: _Offline = field(init=False)
    _ui: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        keys = vault.unlock(self.folder, self.passphrase)
        self.store = Store(self.folder / "store.db", keys.database)
        self.files = FileVault(self.folder / "files", keys.files)
        self._way = _Offline(self.hq_url)
        self.engine = Engine(self.store, self._way)

    def create(self, entity: str, **values: Plain) -> str:
        with self.store.writing() as tx:
            return tx.create(entity, values)

    def set(self, entity: str, record_id: str, **values: Plain) -> None:
        with self.store.writing() as tx:
            tx.update(entity, record_id, values)

    def delete(self, entity: str, record_id: str) -> None:
        with self.store.writing() as tx:
            tx.delete(entity, record_id)

    def attach(self, customer_id: str, path: Path | str) -> str:
        return attach(self.store, self.files, customer_id, Path(path).name, _pieces(Path(path)))

    def sync(self) -> Round:
        return self.engine.round()

    def offline(self, cut: bool) -> None:
        """Cuts the device off, its app included, or connects it again."""
        self._way.cut = cut
        with self.store.transaction() as session:
            identity.set_meta(session, "offline", "1" if cut else "")

    def dump(self) -> Dump:
        with self.store.reading() as session:
            return dump(session)

    def history(self, customer_id: str) -> list[dict[str, Plain]]:
        """The history of a customer, oldest first: kind, entity, record_id, field, before, after, user, device, at."""
        return [line.as_dict() for line in history(self.store, customer_id)]

    def start_ui(self) -> str:
        """Starts the rep's app on this folder, its store open. Returns the address with its launch token."""
        port = free_port()
        self._ui = subprocess.Popen(
            [sys.executable, "-m", "mobility_app", "app", "--folder", str(self.folder), "--port", str(port),
             "--no-browser", "--passphrase-stdin", "--with-parent"],
            cwd=ROOT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self._ui.stdin is not None
        assert self._ui.stdout is not None
        self._ui.stdin.write(self.passphrase.encode() + b"\n")
        self._ui.stdin.flush()
        for line in self._ui.stdout:
            if found := re.search(rb"http://\S+/open\?key=\S+", line):
                wait_for_port(port, self._ui)
                return found.group().decode()
        raise RuntimeError(f"the app ended with {self._ui.wait(timeout=START_SECONDS)}")

    def stop_ui(self) -> None:
        self._end_ui(kill=False)

    def kill_ui(self) -> None:
        """kill -9."""
        self._end_ui(kill=True)

    def hold_ui(self, *, still: bool) -> None:
        """Stops the app's process where it is, or lets it go on."""
        if self._ui is not None:
            self._ui.send_signal(signal.SIGSTOP if still else signal.SIGCONT)

    def _end_ui(self, *, kill: bool) -> None:
        if self._ui is not None:
            (self._ui.kill if kill else self._ui.terminate)()
            self._ui.wait(timeout=START_SECONDS)
            for pipe in (self._ui.stdin, self._ui.stdout):
                assert pipe is not None
                pipe.close()
            self._ui = None

    @property
    def last_push(self) -> Travelled | None:
        """The last push, None before the first."""
        sent = self.engine.last_push
        return Travelled(sent[1], sent[0]) if sent else None

    @property
    def last_pull(self) -> Travelled | None:
        """The last pull's request, None before the first."""
        sent = self.engine.last_pull
        return Travelled(sent[1], sent[0]) if sent else None

    def signed_send(self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Reply:
        """Signs whatever it is given with the device's key and sends it. `headers` replace or add."""
        known = self.store.identity()
        assert known is not None
        signed = signing.headers(known.private_key, known.device_id, method, path, body)
        return self._way.send(method, path, {**signed, **(headers or {})}, body)


def new_device(hq: Hq, folder: Path | str, user: str) -> Device:
    """A new device of that user, enrolled and synced once."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    passphrase = "-".join(secrets.token_hex(3) for _ in range(4))
    vault.create(folder, passphrase)
    device = Device(folder, passphrase, hq.url)
    enrol(device.store, HttpTransport(hq.url), hq.url, hq.office.invite(user), folder.name, secrets.token_bytes)
    device.sync()
    return device


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece
