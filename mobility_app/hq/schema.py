"""HQ's database: opening it brings its schema up to date. The one room that knows what its engines do differently.

HQ has no capture triggers: the ledger writes the log itself, in the transaction of the rows. Guards refuse a write to
an entity table while no ledger transaction is open on it, so nothing is changed around the ledger by mistake.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from mobility_app.domain import registry
from mobility_app.store.database import Database, Session, Watch, sqlite
from mobility_app.store.migrate import migrate, steps

MIGRATIONS = Path(__file__).parent / "migrations"


class HqDatabase(Database):
    """HQ's database, whichever engine keeps it. `folder` is HQ's: old entries are archived there."""

    folder: Path

    @abstractmethod
    def prepare(self) -> None:
        """Brings the schema to the last step. Raises StoreTooNew."""

    @abstractmethod
    def applying(self, session: Session) -> AbstractContextManager[None]:
        """Opens the guards of the entity tables for the block, inside the session's transaction."""

    @abstractmethod
    def pages(self) -> Iterator[tuple[str, str]]:
        """(table, what is wrong with its pages or ""), one after the other, each in a read transaction of its own."""


class SqliteHq(HqDatabase):
    """One file in HQ's folder."""

    def __init__(self, path: Path, watch: Watch | None = None) -> None:
        super().__init__(sqlite(path).engine, watch)
        self.path, self.folder = path, path.parent

    def prepare(self) -> None:
        """Brings the schema to the last step, with a copy of the file made before. Raises StoreTooNew."""
        migrate(self, self.path, steps(MIGRATIONS), guards())

    @contextmanager
    def applying(self, session: Session) -> Iterator[None]:
        """A row of `ctx` says it: it is taken back with the transaction."""
        session.run("UPDATE ctx SET applying=1")
        yield
        session.run("UPDATE ctx SET applying=0")

    def pages(self) -> Iterator[tuple[str, str]]:
        """SQLite's own look at each table and its indexes."""
        named = "SELECT name FROM sqlite_schema WHERE type='table' AND sql IS NOT NULL"
        with self.reading() as session:
            tables = [str(row[0]) for row in session.rows(named)]
        for table in tables:
            with self.reading() as session:
                lines = [str(row[0]) for row in session.rows(f'PRAGMA quick_check("{table}")') if row[0] != "ok"]
            yield table, lines[0] if lines else ""


def open_database(path: Path, watch: Watch | None = None) -> HqDatabase:
    """The database at `path`, made or migrated. Raises StoreTooNew."""
    database = SqliteHq(path, watch)
    database.prepare()
    return database


def guards() -> Iterator[str]:
    """Statements that make the guards of every entity table, for SQLite."""
    for one in registry.ENTITIES:
        for verb in ("insert", "update", "delete"):
            name = f"guard_{one.name}_{verb}"
            yield f"DROP TRIGGER IF EXISTS {name}"
            yield (
                f'CREATE TRIGGER {name} BEFORE {verb.upper()} ON "{one.name}" WHEN (SELECT applying FROM ctx) = 0'
                " BEGIN SELECT RAISE(ABORT, 'unattributed'); END"
            )
