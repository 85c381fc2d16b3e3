"""HQ's database into a file while HQ runs, and back: `mobility hq backup` and `mobility hq restore`.

A backup is one SQLite file of one moment (VACUUM INTO: a read transaction). The signing key is not in it: whoever finds a
backup can't speak as HQ. A restore is made ready beside the database and put in its place in one step, as a new life with
a new epoch: devices notice it and offer again what was lost. Mail is paused until a person lets it go. The database that
was there is kept.

What a PostgreSQL server keeps is backed up and put back by the server's own means; what is left to say then is that HQ has
begun a new life (`begin_anew`).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mobility_app.errors import InvalidValue, MobilityError
from mobility_app.hq import lives, told
from mobility_app.hq.database_settings import DATABASE
from mobility_app.hq.post import PAUSED
from mobility_app.hq.schema import HqDatabase, PostgresHq, SqliteHq, open_database
from mobility_app.store.database import EngineError, sqlite
from mobility_app.store.disk import sync_folder
from mobility_app.store.ids import uuid7
from mobility_app.store.records import Records

KEY = "hq.key"
_HEADER = b"SQLite format 3\0"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did. `kept`: where the database lies that was there before, if one was. `mails`: how many had left
    since and are known not to leave again."""

    epoch: str
    kept: Path | None
    mails: int


def backup(database: HqDatabase, path: Path) -> int:
    """Writes the whole database to a new file. Returns its bytes. Raises InvalidValue backup_exists, server_backup (its
    server does that), DiskFull; then no file is left."""
    if not isinstance(database, SqliteHq):
        raise InvalidValue("backup", "database", "server_backup")
    if path.exists():
        raise InvalidValue("backup", "file", "backup_exists")
    aside = path.with_name(f"{path.name}.part")
    aside.unlink(missing_ok=True)
    try:
        with database.session() as session:
            session.run("VACUUM INTO ?", str(aside))
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(aside, path)
        sync_folder(path.parent)
    except BaseException:  # whoever presses Ctrl-C leaves no half of a backup either
        aside.unlink(missing_ok=True)
        raise
    return path.stat().st_size


def restore(
    folder: Path, file: Path, *, now: Callable[[], int], random: Callable[[int], bytes] = os.urandom
) -> Restored:
    """Puts a backup in the place of the folder's database. HQ must not run.

    Raises InvalidValue: not_a_backup, no_key (hq.key is not there), hq_runs; StoreTooNew; then nothing changed.
    """
    if not _is_backup(file):
        raise InvalidValue("backup", "file", "not_a_backup")
    if not (folder / KEY).exists():
        raise InvalidValue("backup", "folder", "no_key")
    here, ready = folder / DATABASE, folder / f"{DATABASE}.restoring"
    alone(here)
    epoch = uuid7(now(), random)
    _clear(ready)
    try:
        ready.write_bytes(file.read_bytes())
        mails = _prepared(ready, here, folder, epoch)
        with ready.open("rb") as written:
            os.fsync(written.fileno())
        kept = _kept(here, epoch) if here.exists() else None
        os.replace(ready, here)
        sync_folder(folder)
    except BaseException:  # as above
        _clear(ready)
        raise
    return Restored(epoch, kept, mails)


def _is_backup(file: Path) -> bool:
    with file.open("rb") as opened:
        if opened.read(len(_HEADER)) != _HEADER:
            return False
    database = sqlite(file)
    try:
        with database.session() as session:
            whole = session.value("PRAGMA quick_check") == "ok"
            return whole and bool(session.value("SELECT v FROM hq_meta WHERE k='epoch'"))
    except (MobilityError, EngineError):  # whatever SQLite says of a file that is no database of ours
        return False
    finally:
        database.close()
        for tail in ("-wal", "-shm"):
            Path(f"{file}{tail}").unlink(missing_ok=True)


def alone(here: Path) -> None:
    """Folds the write-ahead log in and makes sure that nobody else has the database open. Raises InvalidValue hq_runs."""
    if not here.exists():
        return
    database = sqlite(here)
    try:
        with database.session() as session:
            session.run("PRAGMA busy_timeout=500")
            session.run("PRAGMA wal_checkpoint(TRUNCATE)")
            mode = session.value("PRAGMA journal_mode=DELETE")
    except (MobilityError, EngineError) as error:
        if "locked" not in str(error):
            return  # damaged: that is why somebody restores
        mode = "wal"
    finally:
        database.close()
    if mode != "delete":
        raise InvalidValue("backup", "folder", "hq_runs")


def _prepared(ready: Path, here: Path, folder: Path, epoch: str) -> int:
    database = open_database(ready)
    try:
        with database.transaction() as opened:
            session = Records(opened.engine)
            ended = lives.epoch(session)
            heads = dict(session.rows("SELECT id, head FROM stream"))
            _since(here, session, ended, heads)
            mails = _begin(session, folder, epoch, _last_epoch(here) or ended, heads)
        with database.session() as plain:
            plain.run("PRAGMA journal_mode=DELETE")  # one file to put in place
    finally:
        database.close()
    return mails


def begin_anew(
    database: PostgresHq, *, now: Callable[[], int], random: Callable[[int], bytes] = os.urandom
) -> Restored:
    """Ends the life that HQ was in, after its server put the database back to an older state. HQ must not run."""
    epoch = uuid7(now(), random)
    with database.put_back() as opened:
        session = Records(opened.engine)
        heads = dict(session.rows("SELECT id, head FROM stream"))
        mails = _begin(session, database.folder, epoch, lives.epoch(session), heads)
    return Restored(epoch, None, mails)


def _begin(session: Records, folder: Path, epoch: str, ended: str, heads: dict[str, int]) -> int:
    lives.begin(session, epoch, ended, heads)
    session.run("INSERT INTO hq_meta (k, v) VALUES (?, '1') ON CONFLICT (k) DO UPDATE SET v='1'", PAUSED)
    return told.load(session, folder)


def _since(here: Path, session: Records, ended: str, heads: dict[str, int]) -> None:
    """Lives that only the database knows which is replaced: what they share with the backup is what counts."""
    found = _read(here, lambda was: (was.rows("SELECT number, epoch, stream, head FROM life ORDER BY number"),
                                     {stream: lives.common(was, ended[-8:], stream) for stream in heads}))  # fmt: skip
    if found is None:
        return
    rows, shared = found
    session.many("INSERT INTO life VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", rows)
    for stream, head in shared.items():
        heads[stream] = heads[stream] if head is None else min(heads[stream], head)


def _last_epoch(here: Path) -> str | None:
    return _read(here, lives.epoch)


def _read(here: Path, look: Callable[[Records], T]) -> T | None:
    """What the replaced database says, if it can still be read."""
    if not here.exists():
        return None
    database = sqlite(here)
    try:
        with database.session() as opened:
            return look(Records(opened.engine))
    except (MobilityError, EngineError):
        return None
    finally:
        database.close()


def _kept(here: Path, epoch: str) -> Path:
    kept = here.with_name(f"{here.name}.before-{epoch[-8:]}")
    os.link(here, kept)
    return kept


def _clear(ready: Path) -> None:
    for tail in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):
            Path(f"{ready}{tail}").unlink(missing_ok=True)
