"""Numbered steps: each database copied before, all or nothing, and arriving at what the descriptions say."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_app.domain import registry
from mobility_app.hq import schema as hq_schema
from mobility_app.store import capture, tables
from mobility_app.store.database import sqlcipher, sqlite
from mobility_app.store.migrate import Step, migrate, steps
from mobility_app.store.store import MIGRATIONS


@pytest.mark.parametrize("folder", [MIGRATIONS, hq_schema.MIGRATIONS])
def test_the_steps_arrive_at_what_the_descriptions_say(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    database = sqlite(path)
    migrate(database, path, steps(folder), ())
    with database.session() as session:
        for one in registry.ENTITIES:
            have = {row[1] for row in session.rows(f'PRAGMA table_info("{one.name}")')}
            assert have == {"id", *one.names}, one.name
        indexes = {
            row[0] for row in session.rows("SELECT name FROM sqlite_master WHERE type='index' AND sql IS NOT NULL")
        }
    wanted = {sql.split('"')[1] for sql in tables.schema(database.engine) if sql.startswith("CREATE INDEX")}
    assert wanted <= indexes


def test_a_step_copies_first_captures_nothing_and_keeps_the_data(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    database = sqlcipher(path, b"k" * 32)
    first = steps(MIGRATIONS)
    migrate(database, path, first, capture.triggers())
    with database.transaction() as session:
        session.run("UPDATE ctx SET applying=1")
        session.run("INSERT INTO label (id, name) VALUES ('a', 'Director')")
        session.run("UPDATE ctx SET applying=0")
    second = Step(len(first) + 1, "more", "ALTER TABLE label ADD COLUMN colour TEXT;\nUPDATE label SET colour='red';\n")
    assert migrate(database, path, (*first, second), capture.triggers()) == [second.number]
    with database.session() as session:
        assert session.rows("SELECT name, colour FROM label") == [("Director", "red")]
        assert session.value("SELECT COUNT(*) FROM change") == 0
    copy = sqlcipher(path.with_name(f"x.db.before-{len(first)}"), b"k" * 32)
    with copy.session() as session:
        assert session.rows("SELECT name FROM label") == [("Director",)]
    assert not path.with_name(f"x.db.before-{len(first)}").read_bytes().startswith(b"SQLite")
    assert migrate(database, path, (*first, second), ()) == []


def test_a_step_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    database = sqlite(path)
    first = steps(MIGRATIONS)
    migrate(database, path, first, capture.triggers())
    bad = Step(len(first) + 1, "bad", "CREATE TABLE half (a TEXT);\nCREATE TABLE half (a TEXT);\n")
    with pytest.raises(Exception, match="half"):
        migrate(database, path, (*first, bad), ())
    with database.session() as session:
        assert session.value("PRAGMA user_version") == len(first)
        assert session.value("SELECT COUNT(*) FROM sqlite_master WHERE name='half'") == 0
        assert session.value("SELECT applying FROM ctx") == 0
