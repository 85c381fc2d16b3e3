#!/usr/bin/env python3
"""Writes the next numbered migration from the difference between the descriptions and the last step.

    python scripts/new_migration.py name

One step for the device and one for HQ. New tables and new columns are written; anything else a schema can need is written
by hand.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from mobility_app.domain import registry
from mobility_app.hq import schema as hq_schema
from mobility_app.store import tables
from mobility_app.store.database import sqlite
from mobility_app.store.migrate import migrate, steps

ROOT = Path(__file__).parent.parent / "mobility_app"
FOLDERS = (ROOT / "store" / "migrations", hq_schema.MIGRATIONS)


def following(name: str) -> None:
    """The next step with what the descriptions have and the steps do not."""
    for folder_path in FOLDERS:
        todo = steps(folder_path)
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "x.db"
            database = sqlite(path)
            migrate(database, path, todo, ())
            with database.session() as session:
                have = {
                    one.name: {row[1] for row in session.rows(f'PRAGMA table_info("{one.name}")')}
                    for one in registry.ENTITIES
                }
            wanted = tables.schema(database.engine)
        lines = [statement for statement in wanted if any(f'"{n}"' in statement and not have[n] for n in have)]
        models = tables.models(database.engine)
        for one in registry.ENTITIES:
            for field in one.names:
                if have[one.name] and field not in have[one.name]:
                    column = models[one.name]._meta.fields[field]
                    kind = column.ddl_datatype(database.engine.get_sql_context()).sql
                    lines.append(f'ALTER TABLE "{one.name}" ADD COLUMN "{field}" {kind}')
        target = folder_path / f"{len(todo) + 1:04d}_{name}.sql"
        target.write_text(";\n".join(lines) + ";\n", "utf-8")
        print(target)


if __name__ == "__main__":
    following(sys.argv[1])
