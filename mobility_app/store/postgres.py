"""HQ's database on a PostgreSQL server: a bounded pool of connections, and the verbs of `database.py` over it.

A transaction that writes is alone, as on SQLite: it takes one lock of the whole database before its first statement and
holds it until it is committed, so each statement sees all that earlier ones left, and what is published is numbered in
the order of commits. Whoever reads waits for nobody: a read transaction is one snapshot. What the server does to a
connection (restart, terminated, out of time, no room) is `Unreachable` or `DiskFull`, never half a transaction.
"""

from __future__ import annotations

import importlib.util
import selectors
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import peewee
from playhouse.pool import MaxConnectionsExceeded, PooledPostgresqlDatabase

from mobility_app.errors import DiskFull, MobilityError, StoreDamaged, Unreachable
from mobility_app.store.database import Database, Session, Watch

SCHEMES = ("postgresql://", "postgres://")
CONNECTIONS_MAX = 16  # of one process; the server's own bound is 100 as it is delivered
WAIT_SECONDS = 10  # for a free connection
CONNECT_SECONDS = 5
LOCK_MS = 10_000  # for another writer: as long as SQLite waits
STATEMENT_MS = 60_000
IDLE_MS = 60_000  # within a transaction: who holds the lock and does nothing is ended by the server
ALONE = 0x6D6F62696C697479  # the advisory lock of whoever writes
VERSION_MIN = 130_000

_BEGIN = {"READ": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "WRITE": "BEGIN ISOLATION LEVEL READ COMMITTED"}
_OPTIONS = {
    "synchronous_commit": "on",  # a number that was told is on the disk, whatever the server is set to
    "statement_timeout": STATEMENT_MS, "lock_timeout": LOCK_MS, "idle_in_transaction_session_timeout": IDLE_MS,
    "timezone": "UTC", "standard_conforming_strings": "on", "client_min_messages": "warning",
}  # fmt: skip
# SQLSTATE classes and codes: connection, resources, operator, system, to be tried again; lock, standby, idle too long
_TROUBLE = ("08", "53", "57", "58", "40", "55P03", "25006", "25P03")
_FULL, _DAMAGED = "53100", ("XX001", "XX002")


_as_peewee = peewee.__exception_wrapper__  # type: ignore[attr-defined]


class _Engine(PooledPostgresqlDatabase):  # type: ignore[misc]
    """peewee's pool, with our two kinds of transaction. Within one, statements are sent on without waiting for what the
    server says to each (libpq's pipeline): only who fetches waits, and so does the end. A statement that failed is told at
    the next fetch, savepoint or COMMIT; nothing after it has run."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        self._sending = threading.local()
        super().__init__(*args, **kwargs)

    def begin(self, kind: str = "WRITE") -> None:
        """Begins a transaction: READ is one snapshot."""
        with _as_peewee:
            self._sending.end = ExitStack()
            self._sending.pipeline = self._sending.end.enter_context(self.connection().pipeline())
            self.cursor().execute(_BEGIN[kind])

    def commit(self) -> None:
        """Commits. Raises where the server took the transaction back instead: after a statement that failed, PostgreSQL
        answers COMMIT with ROLLBACK and no error."""
        with _as_peewee:
            if self._sending.pipeline.status.name == "ABORTED":  # somebody was told, and went on
                self._sending.pipeline.sync()
            cursor = self.cursor()
            cursor.execute("COMMIT")
            self._sending.end.close()
        if cursor.statusmessage != "COMMIT":
            raise peewee.InternalError(f"not committed: {cursor.statusmessage}")

    def rollback(self) -> None:
        """Takes the transaction back. What failed in it is told already, or does not matter any more."""
        try:
            super().rollback()
        finally:
            with suppress(peewee.PeeweeException), _as_peewee:
                self._sending.end.close()

    def savepoint(self) -> Any:
        """A savepoint at which what was sent before is known to have gone well, or not."""
        return _Savepoint(self)

    def _is_closed(self, conn: Any) -> bool:
        """Whether a free connection was ended meanwhile: then its socket has that to say. Asking would cost a round trip."""
        if conn.closed:
            return True
        with selectors.DefaultSelector() as look:
            look.register(conn.fileno(), selectors.EVENT_READ)
            return bool(look.select(0))


class _Savepoint(peewee._savepoint):
    """Waits for what was sent, at its beginning and at its end: what fails inside is told inside, and the server hears of
    a way back only after it has said so."""

    def _begin(self) -> None:
        self._waited()
        super()._begin()  # type: ignore[misc]

    def commit(self, begin: bool = True) -> None:
        """Keeps what was done in it."""
        self._waited()
        super().commit(begin)

    def rollback(self, begin: bool = True) -> None:
        """Takes back what was done in it."""
        with suppress(peewee.PeeweeException):  # it has been told already
            self._waited()
        super().rollback(begin)

    def _waited(self) -> None:
        with _as_peewee:
            self.db._sending.pipeline.sync()


class Postgres(Database):
    """A PostgreSQL database by its address, `postgresql://user@host:port/name`."""

    def __init__(self, address: str, watch: Watch | None = None, connections_most: int = CONNECTIONS_MAX) -> None:
        address = address.replace("postgres://", "postgresql://", 1) if address.startswith("postgres://") else address
        engine = _Engine(
            address, prefer_psycopg3=True, autoconnect=False, max_connections=connections_most, timeout=WAIT_SECONDS,
            connect_timeout=CONNECT_SECONDS, client_encoding="UTF8", tcp_user_timeout=WAIT_SECONDS * 1000,
            options=" ".join(f"-c {name}={value}" for name, value in _OPTIONS.items()),
        )  # fmt: skip
        super().__init__(engine, watch)
        self._pool = engine

    @staticmethod
    def driver() -> bool:
        """Whether the library that speaks with servers is installed."""
        return importlib.util.find_spec("psycopg") is not None

    def fit(self) -> bool:
        """Whether the server is new enough, and its texts are UTF-8."""
        with self.session() as session:
            version = int(session.value("SELECT current_setting('server_version_num')"))
            return version >= VERSION_MIN and session.value("SELECT getdatabaseencoding()") == "UTF8"

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A connection of the pool, this thread's until the block ends; blocks within it share it."""
        depth = getattr(self._mine, "depth", 0)
        with self._translated(), _as_peewee:  # what a fetch is told comes as the driver says it
            if not depth:
                self.engine.connect()
            self._mine.depth = depth + 1
            try:
                yield Session(self.engine, self.watch)
            finally:
                self._mine.depth = depth
                if not depth:
                    self.engine.close()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session in one transaction, alone among those that write: committed at the end, taken back on any error."""
        with self.session() as session, self.engine.atomic("WRITE"):
            session.run("SELECT pg_advisory_xact_lock(?)", ALONE)
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session in one snapshot, which nobody waits for."""
        with self.session() as session, self.engine.atomic("READ"):
            yield session

    def close(self) -> None:
        """Closes all connections. A later session opens a new one."""
        self._pool.close_all()

    def trouble(self, error: BaseException) -> MobilityError | None:
        """Unreachable, DiskFull or StoreDamaged where the server, and not the statement, is the cause."""
        if isinstance(error, MaxConnectionsExceeded):
            return Unreachable("database", "no free connection")
        cause: Any = error
        while isinstance(cause, peewee.PeeweeException) and cause.args and isinstance(cause.args[0], Exception):
            cause = cause.args[0]
        code = getattr(cause, "sqlstate", None)
        lost = code is None and type(cause).__name__ in ("OperationalError", "ConnectionTimeout", "InterfaceError")
        if code == _FULL:
            return DiskFull("no room left on the database's disk")
        if code in _DAMAGED:
            return StoreDamaged("the database can't be read")
        if lost or (code or "").startswith(_TROUBLE):
            return Unreachable("database", f"database: {str(cause).splitlines()[0] if str(cause) else code}")
        return None
