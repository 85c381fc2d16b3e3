"""Numbered steps from any released schema to today's, each database copied before its first step.

A step is a file `NNNN_name.sql` in a folder of steps; a new database takes them all. `user_version` is set in the same
exclusive transaction. Triggers are derived and made anew afterwards from the descriptions. From the first release on,
steps only add. Raises StoreTooNew for a database of a newer program, which is then left untouched.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mobility_app.errors import StoreTooNew
from mobility_app.store.database import Database


@dataclass(frozen=True, slots=True)
class Step:
    """One migration."""

    number: int
    name: str
    sql: str

    def statements(self) -> list[str]:
        """The statements one by one: a script run whole would commit the open transaction first."""
        found, current = [], ""
        for line in self.sql.splitlines(keepends=True):
            current += line
            if sqlite3.complete_statement(current):
                found.append(current.strip())
                current = ""
        return [statement for statement in found if statement.strip(" ;\n")]


@lru_cache(maxsize=8)
def steps(folder: Path) -> tuple[Step, ...]:
    """The steps of a folder, in order, without a gap."""
    found = tuple(
        Step(int(path.name[:4]), path.stem[5:], path.read_text("utf-8")) for path in sorted(folder.glob("[0-9]*.sql"))
    )
    assert [step.number for step in found] == list(range(1, len(found) + 1)), "migrations are numbered 1, 2, 3 ..."
    return found


def migrate(database: Database, path: Path, todo: tuple[Step, ...], derived: Iterable[str]) -> list[int]:
    """Brings the database at `path` to the last step. Returns the numbers of the steps that ran.

    The copy made before lies beside the database as `<name>.before-<version>` and is kept.
    """
    with database.session() as session:
        version = int(session.value("PRAGMA user_version"))
        if version > len(todo):
            raise StoreTooNew(f"schema {version}, this program knows {len(todo)}", version=version)
        missing = todo[version:]
        if not missing:
            return []
        if version:
            copy = path.with_name(f"{path.name}.before-{version}")
            copy.unlink(missing_ok=True)
            session.run("VACUUM INTO ?", str(copy))
    with database.transaction() as session:
        if version:
            session.run("UPDATE ctx SET applying=1")
        for step in missing:
            for statement in step.statements():
                session.run(statement)
        for statement in derived:
            session.run(statement)
        session.run(f"PRAGMA user_version={len(todo)}")
        if version:
            session.run("UPDATE ctx SET applying=0")
    return [step.number for step in missing]
