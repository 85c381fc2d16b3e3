#!/usr/bin/env python3
"""Writes the next numbered migration from the difference between the descriptions and the last step.

    python scripts/new_migration.py name [--first]

`--first` writes 0001 anew from the descriptions: only before the first release. New tables and new columns are written;
anything else a schema can need is written by hand.
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
PLACES = (
    (ROOT / "store" / "migrations", ROOT / "store" / "device.sql"),
    (hq_schema.MIGRATIONS, ROOT / "hq" / "hq.sql"),
)


def first() -> None:
    """0001 of the device and of HQ: the entities' tables and the room's own."""
    with tempfile.TemporaryDirectory() as folder:
        made = tables.schema(sqlite(Path(folder) / "x.db").engine)
    for folder_path, own in PLACES:
        folder_path.mkdir(exist_ok=True)
        text = ";\n".join(made) + ";\n\n" + own.read_text("utf-8")
        (folder_path / "0001_first.sql").write_text(text, "utf-8")


def following(name: str) -> None:
    """The next step with what the descriptions have and the steps do not."""
    for folder_path, _ in PLACES:
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
    if "--first" in sys.argv:
        first()
    else:
        following(sys.argv[1])
