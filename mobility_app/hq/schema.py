"""HQ's database: opening it brings its schema up to date.

HQ has no capture triggers: the ledger writes the log itself, in the transaction of the rows. Guards refuse a write to
an entity table while no ledger transaction is open on it, so nothing is changed around the ledger by mistake.
"""

from __future__ import annotations

from pathlib import Path

from mobility_app.domain import registry
from mobility_app.store.database import Database, Watch, sqlite
from mobility_app.store.migrate import migrate, steps

MIGRATIONS = Path(__file__).parent / "migrations"


def open_database(path: Path, watch: Watch | None = None) -> Database:
    """The database at `path`, made or migrated. Raises StoreTooNew."""
    database = sqlite(path, watch)
    migrate(database, path, steps(MIGRATIONS), guards())
    return database


def guards() -> list[str]:
    """Statements that make the guards of every entity table."""
    statements: list[str] = []
    for one in registry.ENTITIES:
        for verb in ("insert", "update", "delete"):
            name = f"guard_{one.name}_{verb}"
            statements += [
                f"DROP TRIGGER IF EXISTS {name}",
                f'CREATE TRIGGER {name} BEFORE {verb.upper()} ON "{one.name}" WHEN (SELECT applying FROM ctx) = 0'
                " BEGIN SELECT RAISE(ABORT, 'unattributed'); END",
            ]
    return statements
