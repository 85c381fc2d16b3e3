"""HQ's database: opening it brings its schema up to date. The one room that knows what its engines do differently.

HQ has no capture triggers: the ledger writes the log itself, in the transaction of the rows. Guards refuse a write to
an entity table while no ledger transaction is open on it, so nothing is changed around the ledger by mistake.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from mobility_app.domain import registry
from mobility_app.errors import InvalidValue, StoreTooNew
from mobility_app.hq.witness import Witness
from mobility_app.store.database import Database, Session, Watch, sqlite
from mobility_app.store.migrate import Step, migrate, steps
from mobility_app.store.postgres import Postgres

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

    def __init__(self, path: Path, watch: Watch | None = None, migrations: tuple[Step, ...] | None = None) -> None:
        """`migrations`: the steps of this version of the program, where it is not the one that this file came with."""
        super().__init__(sqlite(path).engine, watch)
        self.path, self.folder, self._migrations = path, path.parent, migrations

    def prepare(self) -> None:
        """Brings the schema to the last step, with a copy of the file made before. Raises StoreTooNew."""
        migrate(self, self.path, self._migrations or steps(MIGRATIONS), guards())

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


class PostgresHq(Postgres, HqDatabase):
    """A database of a PostgreSQL server. Backups are the server's (pg_dump); the archive is a file in HQ's folder."""

    def __init__(
        self, address: str, folder: Path, watch: Watch | None = None, migrations: tuple[Step, ...] | None = None
    ) -> None:
        if not self.driver():
            raise InvalidValue("database", "address", "no_driver")
        super().__init__(address, watch)
        self.folder, self._migrations, self.witness = folder, migrations, Witness(folder)
        if not self.fit():
            self.close()
            raise InvalidValue("database", "address", "database_unfit")

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """As any of a server, and counted. Raises Unreachable put_back, with nothing done, where the database counts less
        than this HQ has seen."""
        if self.engine.in_transaction():  # within one that counts already
            with super().transaction() as session:
                yield session
            return
        seen, number = self.witness.seen, 0
        with super().transaction() as session:
            counted = session.run(_COUNT)  # read at the end, when its answer is there: nobody waits for it
            yield session
            number = int(counted.fetchone()[0])
            self.witness.require(number - 1, seen)
        self.witness.note(number)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """As any of a server. Raises Unreachable put_back, like `transaction`."""
        seen = self.witness.seen
        with super().reading() as session:
            counted = session.run(f"SELECT number FROM {_TURN}")
            yield session
            found = counted.fetchone()
            self.witness.require(int(found[0]) if found else 0, seen)

    @contextmanager
    def put_back(self) -> Iterator[Session]:
        """A transaction that begins anew with a database that was put back."""
        with super().transaction() as session:
            number = int(session.value(_COUNT))
            yield session
        self.witness.begin_anew(number)

    def prepare(self) -> None:
        """Takes the steps that are missing, all or none of them. Raises StoreTooNew."""
        with super().transaction() as session:  # not counted: nothing of it is told to anybody
            session.run(f"CREATE TABLE IF NOT EXISTS {_VERSION} (number BIGINT NOT NULL)")
            session.run(f"CREATE TABLE IF NOT EXISTS {_TURN} (id BIGINT PRIMARY KEY, number BIGINT NOT NULL)")
            version, todo = (
                int(session.value(f"SELECT MAX(number) FROM {_VERSION}") or 0),
                self._migrations or steps(MIGRATIONS),
            )
            if version > len(todo):
                raise StoreTooNew(f"schema {version}, this program knows {len(todo)}", version=version)
            if version == len(todo):
                return
            with self.applying(session):
                for step in todo[version:]:
                    for statement in step.statements():
                        session.run(_in_postgres(statement))
                    session.run(f"INSERT INTO {_VERSION} (number) VALUES (?)", step.number)
            for statement in _postgres_guards():
                session.run(statement)

    @contextmanager
    def applying(self, session: Session) -> Iterator[None]:
        """A setting of the transaction says it, and is gone with it: no row that all who write would queue for."""
        session.run("SELECT set_config('mobility.applying', '1', true)")
        yield

    def pages(self) -> Iterator[tuple[str, str]]:
        """Nothing: pages are the server's to check (data checksums, pg_amcheck)."""
        return iter(())


_VERSION, _TURN = "schema_version", "turn"
_COUNT = (
    f"INSERT INTO {_TURN} (id, number) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET number={_TURN}.number+1"
    " RETURNING number"
)
# What columns are called there. INTEGER has 64 bits with us; texts are compared by their bytes, as SQLite does.
_TYPES = (
    (re.compile(r"\bCHAR\(32\)"), 'TEXT COLLATE "C"'),
    (re.compile(r"\bTEXT\b(?! COLLATE)"), 'TEXT COLLATE "C"'),
    (re.compile(r"\bINTEGER\b"), "BIGINT"),
    (re.compile(r"\bBLOB\b"), "BYTEA"),
)


def _in_postgres(statement: str) -> str:
    """A statement of a step as PostgreSQL takes it: without comments, which may hold any sign, and with its types."""
    text = re.sub(r"--.*", "", statement)
    for pattern, name in _TYPES:
        text = pattern.sub(name, text)
    return text


def _postgres_guards() -> list[str]:
    return [
        "CREATE OR REPLACE FUNCTION mobility_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF coalesce(current_setting('mobility.applying', true), '') <> '1' THEN RAISE EXCEPTION 'unattributed'; END IF;"
        " RETURN NULL; END $$",
        *(
            f'CREATE OR REPLACE TRIGGER mobility_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON "{one.name}"'
            " FOR EACH STATEMENT EXECUTE FUNCTION mobility_guard()"
            for one in registry.ENTITIES
        ),
    ]


def open_database(
    path: Path, watch: Watch | None = None, address: str = "", migrations: tuple[Step, ...] | None = None
) -> HqDatabase:
    """The database at `path`, or with an address that of a PostgreSQL server, for the same folder; made or migrated, by
    other steps than this program's own where some are given. Raises StoreTooNew; of a server also Unreachable, and
    InvalidValue where it is not fit for us."""
    database = PostgresHq(address, path.parent, watch, migrations) if address else SqliteHq(path, watch, migrations)
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
