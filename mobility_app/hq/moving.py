"""HQ that has grown: its database from the file in its folder to a PostgreSQL server, as the same HQ in the same life.

All rows go over in one transaction of the server's, counted before it is committed; only then is the server named in
`database.toml` and the file set aside. Devices notice nothing: epoch, numbers, chains and sums are the same.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from mobility_app.errors import InvalidValue
from mobility_app.hq import database_settings
from mobility_app.hq.backup import alone
from mobility_app.hq.schema import PostgresHq, open_database
from mobility_app.store.database import Session
from mobility_app.store.disk import replace_file

PIECE = 1_000  # rows in one statement
LEFT = ("ctx",)  # says only what a transaction of SQLite's is about


def move(folder: Path, address: str) -> tuple[int, Path]:
    """Returns how many rows went over, and where the file is kept. HQ must not run.

    Raises InvalidValue: nothing_to_move, hq_runs, database_taken; then nothing changed."""
    here = folder / database_settings.DATABASE
    if not here.exists() or not address:
        raise InvalidValue("database", "folder", "nothing_to_move")
    alone(here)
    source, target = open_database(here), PostgresHq(address, folder)
    try:
        target.prepare()
        with source.reading() as old, target.transaction() as new, target.applying(new):
            if new.value("SELECT COUNT(*) FROM hq_meta"):
                raise InvalidValue("database", "address", "database_taken")
            moved = sum(_table(old, new, table) for table in _tables(old))
    finally:
        source.close()
        target.close()
    replace_file(folder / database_settings.FILE, f"address = {json.dumps(address)}\n".encode())
    kept = here.with_name(f"{here.name}.moved")
    os.replace(here, kept)
    return moved, kept


def _tables(old: Session) -> list[str]:
    rows = old.rows("SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    return [str(row[0]) for row in rows if row[0] not in LEFT]


def _table(old: Session, new: Session, table: str) -> int:
    names = [f'"{row[1]}"' for row in old.rows(f'PRAGMA table_info("{table}")')]
    fill = f'INSERT INTO "{table}" ({",".join(names)}) VALUES ({",".join("?" * len(names))})'
    rows = old.run(f'SELECT {",".join(names)} FROM "{table}"')
    moved = 0
    while piece := rows.fetchmany(PIECE):
        new.many(fill, piece)
        moved += len(piece)
    arrived = int(new.value(f'SELECT COUNT(*) FROM "{table}"'))
    assert arrived == moved, f"{table}: {arrived} of {moved} rows arrived"
    return moved
