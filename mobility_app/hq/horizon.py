"""The horizon of the log: entries older than an age leave it for an archive beside the database, one SQLite file.

What stays: deletes (so that nobody brings back what is gone, and a restore finds what it was), moves of customers between
scopes, record states, chains. A device whose cursor lies before the horizon is told so and catches up by comparison: it
costs the difference. Entries are copied first and taken from the log after that; a crash between leaves them in both, and
the next run goes on. `verify.py` reads archive and log as one. `nightly.py` and `mobility hq compact` call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mobility_app.domain.change import DELETE
from mobility_app.hq.ledger import Ledger
from mobility_app.store.database import Session, sqlite
from mobility_app.store.records import Records

DAY_MS = 86_400_000
AGE_DAYS = 400
PIECE = 5_000  # entries in one transaction: devices wait no longer than for a page
ARCHIVE = "archive.db"
_LOG = "stream, seq, txn, entity, record_id, root_id, kind, patch, stamp, user_id, device_id, dseq, at, salt, chain"
_TABLE = (
    "CREATE TABLE IF NOT EXISTS log (stream TEXT NOT NULL, seq BIGINT NOT NULL, txn BIGINT NOT NULL, entity TEXT NOT NULL,"
    " record_id TEXT NOT NULL, root_id TEXT, kind TEXT NOT NULL, patch TEXT NOT NULL, stamp BIGINT NOT NULL, user_id TEXT,"
    " device_id TEXT, dseq BIGINT, at BIGINT NOT NULL, salt TEXT NOT NULL, chain TEXT NOT NULL, PRIMARY KEY (stream, seq))"
)


def compact(ledger: Ledger, age_days: int = AGE_DAYS) -> int:
    """Moves entries older than that to the archive. Returns how many left the log."""
    moved, before = 0, ledger.now() - age_days * DAY_MS
    with ledger.reading() as session:
        wanted = {stream: _horizon(session, stream, before) for (stream,) in session.rows("SELECT id FROM stream")}
    for stream, seq in wanted.items():
        moved += _move(ledger, stream, seq) if seq else 0
    return moved


def of_streams(session: Records) -> dict[str, int]:
    """stream -> horizon, of those that have one."""
    return dict(session.rows("SELECT id, horizon FROM stream WHERE horizon > 0"))


def _horizon(session: Records, stream: str, before: int) -> int:
    """The last number that may leave: everything up to it is old, and a transaction is not cut apart."""
    young = session.one("SELECT seq, txn FROM log WHERE stream=? AND at>=? ORDER BY seq LIMIT 1", stream, before)
    if young is None:
        return int(session.value("SELECT head FROM stream WHERE id=?", stream) or 0)
    return int(young[1]) - 1


def _move(ledger: Ledger, stream: str, upto: int) -> int:
    moved = 0
    with _archive(ledger, made=True) as archive:
        assert archive is not None
        while True:
            with ledger.reading() as session:
                rows = session.rows(
                    f"SELECT {_LOG} FROM log WHERE stream=? AND seq<=? AND kind!=? ORDER BY seq LIMIT ?",
                    stream, upto, DELETE, PIECE,
                )  # fmt: skip
            if not rows:
                break
            with archive.engine.atomic("IMMEDIATE"):
                archive.many(f"INSERT OR IGNORE INTO log ({_LOG}) VALUES ({','.join('?' * 15)})", rows)
            moved += _take(ledger, stream, [row[1] for row in rows], rows[-1][1])
        with ledger.database.transaction() as opened:  # what is left up to there are deletes alone
            opened.run(f"DELETE FROM scope_log WHERE kind='p' AND seq<=? AND scope IN ({_SCOPES})", upto, *[stream] * 5)
            opened.run("UPDATE stream SET horizon=? WHERE id=? AND horizon<?", upto, stream, upto)
    return moved


# the scopes that are told of a stream: its own lists, its territories, what it shares
_SCOPES = (
    "SELECT 'hq' WHERE ?='hq' UNION SELECT 'c:' || ? UNION SELECT 's:' || ?"
    " UNION SELECT 't:' || id FROM territory WHERE company_id=? UNION SELECT 't:' || record_id FROM log WHERE stream=?"
    " AND entity='territory' AND kind='delete'"
)


def _take(ledger: Ledger, stream: str, seqs: list[int], last: int) -> int:
    """Takes copied entries from the log. The horizon moves in the same transaction: nobody sees a gap unannounced."""
    with ledger.database.transaction() as opened:
        session = Records(opened.engine, opened.watch)
        session.run("UPDATE stream SET horizon=? WHERE id=? AND horizon<?", last, stream, last)
        session.many("DELETE FROM log WHERE stream=? AND seq=?", [(stream, seq) for seq in seqs])
    return len(seqs)


@contextmanager
def _archive(ledger: Ledger, *, made: bool = False) -> Iterator[Session | None]:
    """The archive, open; None where there is none yet, unless it is to be made."""
    path = path_of(ledger)
    if not made and not path.exists():
        yield None
        return
    database = sqlite(path)
    try:
        with database.session() as session:
            session.run(_TABLE)
            session.run("CREATE INDEX IF NOT EXISTS log_record ON log (record_id, seq)")
            session.run("CREATE INDEX IF NOT EXISTS log_root ON log (root_id, seq)")
            yield session
    finally:
        database.close()


def path_of(ledger: Ledger) -> Path:
    """Where the archive lies."""
    return ledger.database.folder / ARCHIVE


def whole(session: Records, ledger: Ledger) -> list[tuple[Any, ...]]:
    """All entries, archive and log as one, in the order of stream and number."""
    rows = {(row[0], row[1]): row for row in session.rows(f"SELECT {_LOG} FROM log")}
    with _archive(ledger) as archive:
        if archive is not None:
            rows.update({(row[0], row[1]): row for row in archive.rows(f"SELECT {_LOG} FROM log")})
    return [rows[key] for key in sorted(rows)]


def entries_of(session: Records, ledger: Ledger, record_id: str) -> list[tuple[str, str]]:
    """(kind, patch) of all entries of a record, archive and log as one, in order."""
    sql = "SELECT seq, kind, patch FROM log WHERE record_id=?"
    found = {row[0]: row for row in session.rows(sql, record_id)}
    with _archive(ledger) as archive:
        if archive is not None:
            found.update({row[0]: row for row in archive.rows(sql, record_id)})
    return [(found[seq][1], found[seq][2]) for seq in sorted(found)]


@contextmanager
def before(session: Records, ledger: Ledger) -> Iterator[Callable[[str, int, int], list[tuple[Any, ...]]]]:
    """Within the block: (customer, number, how many) -> its newest entries before that number, archive and log as one,
    newest first, columns as the feed's `LOG`."""
    sql = f"SELECT {_LOG} FROM log WHERE root_id=? AND seq<? ORDER BY seq DESC LIMIT ?"
    with _archive(ledger) as archive:

        def rows(root: str, seq: int, most: int) -> list[tuple[Any, ...]]:
            found = session.rows(sql, root, seq, most)
            if archive is not None:  # deletes stay in the log, so neither ends where the other begins
                known = {row[1] for row in found}
                found += [row for row in archive.rows(sql, root, seq, most) if row[1] not in known]
                found.sort(key=lambda row: -row[1])
            return found[:most]

        yield rows
