"""The only maker of connections: SQLCipher with a raw key, its pragmas, sessions and transactions. (HQ's PostgreSQL is
`postgres.py`, on the same verbs.)

A `Session` is one open connection with the few verbs the rooms need; values in and out are what columns hold. peewee
keeps the connection for each thread and the transaction; statements run through it, so a store has one door to its
engine. `watch` is called before each statement: query counts and crash tests hang on it. Nothing here knows entities.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import peewee
from playhouse.sqlcipher_ext import SqlCipherDatabase

from mobility_app.errors import DiskFull, MobilityError, StoreDamaged

PRAGMAS = (
    ("cipher_log_level", "NONE"),  # SQLCipher prints on stderr at a wrong key or a bad page
    ("journal_mode", "wal"),
    ("synchronous", "full"),  # NORMAL lost 200 of 200 acknowledged commits in a simulated power cut
    ("fullfsync", 1),
    ("temp_store", 2),
    ("secure_delete", 1),
    ("trusted_schema", 0),
    ("cell_size_check", 1),
    ("busy_timeout", 10_000),
    ("cache_size", -16_000),
)
STATEMENTS = 1000  # that a connection keeps parsed; the default, 128, is less than one sync of all entities runs
CHUNK = 500  # ids in one IN list; SQLite's own bound on parameters is 32,766

Watch = Callable[[str], None]
EngineError = peewee.PeeweeException  # whatever else the engine says of a file that is no database of ours


class Session:
    """One open connection, inside or outside a transaction."""

    def __init__(self, database: peewee.Database, watch: Watch | None = None) -> None:
        self.engine = database
        self.watch = watch

    def run(self, sql: str, *params: object) -> Any:
        """Runs one statement and returns its cursor."""
        if self.watch:
            self.watch(sql)
        return self.engine.execute_sql(self._placed(sql), params)

    def many(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Runs one statement for each row."""
        if self.watch:
            self.watch(sql)
        self.engine.connection().cursor().executemany(self._placed(sql), rows)

    def rows(self, sql: str, *params: object) -> list[tuple[Any, ...]]:
        """All rows."""
        return list(self.run(sql, *params).fetchall())

    def one(self, sql: str, *params: object) -> tuple[Any, ...] | None:
        """The first row, or None."""
        found: tuple[Any, ...] | None = self.run(sql, *params).fetchone()
        return found

    def value(self, sql: str, *params: object) -> Any:
        """The first column of the first row, or None."""
        found = self.one(sql, *params)
        return found[0] if found else None

    def among(self, sql: str, ids: Iterable[str | int], *before: object) -> list[tuple[Any, ...]]:
        """Rows of a statement whose `{marks}` stands for a list of ids of any length; `before` are earlier params."""
        found: list[tuple[Any, ...]] = []
        wanted = list(ids)
        for start in range(0, len(wanted), CHUNK):
            part = wanted[start : start + CHUNK]
            found += self.rows(sql.replace("{marks}", ",".join("?" * len(part))), *before, *part)
        return found

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Work that can be taken back without giving up the transaction."""
        with self.engine.savepoint():
            yield

    def _placed(self, sql: str) -> str:
        if self.engine.param == "?":
            return sql
        return sql.replace("%", "%%").replace("?", self.engine.param)


class Database:
    """A database file and its key. Each thread keeps one connection, until `close` closes those of all threads.

    Opening one for every session would parse the schema with its triggers anew each time: 2.9 ms of 2.9, measured
    2026-11-24, where a session on a kept connection takes 0.02 ms.
    """

    def __init__(self, engine: peewee.Database, watch: Watch | None = None) -> None:
        self.engine = engine
        self.watch = watch
        self._lock = threading.Lock()
        self._open: list[Any] = []
        self._life = 0
        self._mine = threading.local()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """This thread's connection. Raises StoreDamaged or DiskFull where the engine says so."""
        with self._translated():
            self._connect()
            yield Session(self.engine, self.watch)

    def _connect(self) -> None:
        if getattr(self._mine, "life", None) == self._life and not self.engine.is_closed():
            return
        if not self.engine.is_closed():
            self.engine.close()  # closed by another thread when its life ended
        self.engine.connect()
        with self._lock:
            self._open.append(self.engine.connection())
            self._mine.life = self._life

    def close(self) -> None:
        """Closes the connections of all threads. A later session opens a new one."""
        with self._lock:
            doomed, self._open = self._open, []
            self._life += 1
        for connection in doomed:
            connection.close()

    def mark(self) -> tuple[int, ...]:
        """Equal to an earlier one of the same thread where nobody has written into the database since: the life of its
        connection, what others committed, what it changed itself."""
        with self.session() as session:
            connection = self.engine.connection()
            others = int(session.value("SELECT data_version FROM pragma_data_version"))
            return self._life, id(connection), others, connection.total_changes

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session in one IMMEDIATE transaction: committed at the end of the block, taken back on any error."""
        with self.session() as session, self.engine.atomic("IMMEDIATE"):
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session in one read transaction: everything as it was at one moment."""
        with self.session() as session, self.engine.atomic("DEFERRED"):
            yield session

    def trouble(self, error: BaseException) -> MobilityError | None:
        """What an error says where it is the engine's own and no fault of what was asked; None for any other, our own too,
        whose words may be the engine's by chance: what HQ refuses as malformed is no damage."""
        if isinstance(error, MobilityError):
            return None
        text = str(_cause(error)).lower()
        if "disk is full" in text or "disk i/o error" in text:
            return DiskFull("no room left on the disk")
        if "not a database" in text or "malformed" in text or "vtable constructor failed" in text:
            return StoreDamaged("the database can't be read")
        return None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            trouble = self.trouble(error)
            if trouble is None:
                raise
            try:
                raise trouble from error
            finally:
                del trouble  # its traceback holds this frame: together they would keep the connection open


def _cause(error: BaseException) -> BaseException:
    """What began it: on a full disk SQLite takes the transaction back by itself, and then peewee's rollback fails too."""
    while "cannot rollback" in str(error) and error.__context__ is not None:
        error = error.__context__
    return error


def sqlcipher(path: Path, key: bytes | None, watch: Watch | None = None) -> Database:
    """A device's database. `key` is the raw 32-byte key; None leaves it plain (the fleet simulation alone)."""
    passphrase = f"x'{key.hex()}'" if key else ""
    engine = SqlCipherDatabase(
        str(path), passphrase=passphrase, pragmas=PRAGMAS, check_same_thread=False, cached_statements=STATEMENTS
    )
    return Database(engine, watch)


def sqlite(path: Path, watch: Watch | None = None) -> Database:
    """HQ's database on SQLite: the same library without a key, so that one SQLite runs on every system."""
    return sqlcipher(path, None, watch)
