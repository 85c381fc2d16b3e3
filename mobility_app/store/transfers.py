"""The queue of bytes that travel between this device and HQ, as the device's store keeps it: what waits, how far it is,
what went wrong, and what may leave the device again.

`fill` finds what is to travel: bytes that HQ does not have (once it took their record), and files of pinned customers
that are not here. `ask` puts one there that a person wants. `sync/blobs.py` carries them; the screen looks through
`queries/transfers.py`. Nothing here is captured: these are notes of this device alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mobility_app.domain.change import CREATE, DELETE, DISMISSED, LIVE, OPEN, REJECTED, RESTORE, SENT
from mobility_app.errors import FileRefused, NotFound
from mobility_app.store import identity
from mobility_app.store.cursor import Cursor
from mobility_app.store.database import Session
from mobility_app.store.files import FileVault
from mobility_app.store.records import Records
from mobility_app.store.store import Store, Touched

UP, DOWN = "up", "down"
ASKED, MOVED = "asked", "files"  # sources of Touched: a person wants a file; bytes moved
QUEUE_MOST = 1_000  # what comes by itself; the rest follows when there is room
UNKNOWN_MS = 86_400_000  # bytes whose record HQ does not know are kept so long: HQ may be learning it anew
QUOTA, QUOTA_BYTES = "files_quota_bytes", 5 * 10**9
QUOTAS_BYTES = tuple(count * 10**9 for count in (1, 2, 5, 10, 20, 50))
METERED = "metered"

_LIVE = ",".join(f"'{state}'" for state in LIVE)
# Bytes whose record is gone for good: refused, deleted at HQ, or out of this device's reach while HQ has the bytes. What
# HQ does not have is kept until it is sent.
_GONE = f"""SELECT b.file_id, b.token FROM blob b WHERE b.file_id NOT IN (SELECT id FROM file)
 AND NOT EXISTS (SELECT 1 FROM change c WHERE c.entity='file' AND c.record_id=b.file_id AND c.state IN ({_LIVE}))
 AND (b.at_hq=? OR b.unknown_since<?
  OR EXISTS (SELECT 1 FROM entry e WHERE e.entity='file' AND e.record_id=b.file_id AND e.kind='{DELETE}')
  OR EXISTS (SELECT 1 FROM change c WHERE c.entity='file' AND c.record_id=b.file_id AND c.kind='{CREATE}'
   AND c.state IN ('{REJECTED}', '{DISMISSED}')))"""
_TO_SEND = f"""SELECT b.file_id, b.size_bytes FROM blob b WHERE b.at_hq IS NOT ?
 AND NOT EXISTS (SELECT 1 FROM transfer t WHERE t.file_id=b.file_id)
 AND NOT EXISTS (SELECT 1 FROM change c WHERE c.entity='file' AND c.record_id=b.file_id
  AND c.state IN ('{OPEN}', '{SENT}') AND c.kind IN ('{CREATE}', '{RESTORE}', '{DELETE}'))
 ORDER BY b.size_bytes, b.file_id LIMIT ?"""
_TO_FETCH = """SELECT f.id, f.size_bytes FROM file f JOIN pin p ON p.customer_id=f.customer_id
 WHERE f.id NOT IN (SELECT file_id FROM blob) AND f.id NOT IN (SELECT file_id FROM transfer)
 ORDER BY f.size_bytes, f.id LIMIT ?"""
_IDLE = f"""SELECT t.file_id, t.token FROM transfer t LEFT JOIN file f ON f.id=t.file_id
 LEFT JOIN blob b ON b.file_id=t.file_id
 WHERE (t.way='{UP}' AND b.file_id IS NULL) OR (t.way='{DOWN}' AND (f.id IS NULL OR b.file_id IS NOT NULL
  OR (t.asked_at IS NULL AND f.customer_id NOT IN (SELECT customer_id FROM pin))))"""


@dataclass(frozen=True, slots=True)
class Due:
    """A file whose bytes are to travel now. `token`: where they lie or grow ("" for a new one); `done`: pieces."""

    file_id: str
    way: str
    size_bytes: int
    sha256: str
    token: str
    done: int
    tries: int
    asked: bool
    moving: bool
    customer_id: str | None


def fill(store: Store, vault: FileVault) -> None:
    """Brings the queue up to date and lets go of bytes whose record is gone. Writes nothing where nothing changed."""
    now = store.now()
    with store.reading() as session:
        epoch = Cursor.read(session).epoch
        gone = session.rows(_GONE, epoch, now - UNKNOWN_MS)
        idle = session.rows(_IDLE)
        room = QUEUE_MOST - int(session.value("SELECT COUNT(*) FROM transfer"))
        up = session.rows(_TO_SEND, epoch, max(0, room)) if epoch else []
        down = session.rows(_TO_FETCH, max(0, room - len(up))) if epoch and not metered(session) else []
    if not (gone or idle or up or down):
        return
    with store.transaction() as session:
        gone = session.rows(_GONE, epoch, now - UNKNOWN_MS)  # again: a record may have come back
        idle = session.rows(_IDLE)
        for file_id, _ in gone:
            session.run("DELETE FROM blob WHERE file_id=?", file_id)
        for file_id, _ in (*gone, *idle):
            session.run("DELETE FROM transfer WHERE file_id=?", file_id)
        for way, found in ((UP, up), (DOWN, down)):
            session.many(
                "INSERT INTO transfer (file_id, way, size_bytes, since) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [(file_id, way, size_bytes, now) for file_id, size_bytes in found],
            )
    _drop(vault, (token for _, token in (*gone, *idle) if token))
    tell(store, [file_id for file_id, _ in (*idle, *up, *down)])


def due(store: Store) -> Due | None:
    """What is to travel first: what a person asked for, else the smallest. None where nothing may go now."""
    with store.reading() as session:
        asked = "t.asked_at IS NOT NULL AND" if metered(session) else ""
        row = session.one(
            "SELECT t.file_id, t.way, t.size_bytes, coalesce(b.sha256, f.sha256), coalesce(b.token, t.token, ''), t.done,"
            " t.tries, t.asked_at IS NOT NULL, t.moving, f.customer_id FROM transfer t"
            " LEFT JOIN blob b ON b.file_id=t.file_id LEFT JOIN file f ON f.id=t.file_id"
            f" WHERE {asked} t.retry_at<=? AND coalesce(b.sha256, f.sha256) IS NOT NULL"
            " ORDER BY t.asked_at IS NULL, t.size_bytes, t.file_id LIMIT 1",
            store.now(),
        )  # fmt: skip
    if row is None:
        return None
    file_id, way, size_bytes, sha256, token, done, tries, wanted, moving, customer_id = row
    return Due(file_id, way, size_bytes, sha256, token, done, tries, bool(wanted), bool(moving), customer_id)


def next_retry(store: Store) -> int | None:
    """When the next one may be tried again, in UTC milliseconds; None where none waits for its time."""
    with store.reading() as session:
        asked = "asked_at IS NOT NULL AND" if metered(session) else ""
        found: int | None = session.value(
            f"SELECT MIN(retry_at) FROM transfer WHERE {asked} retry_at>?", store.now()
        )  # fmt: skip
    return found


def metered(session: Records) -> bool:
    """Whether the network is paid for by size: then nothing travels but what a person asks for."""
    return identity.meta(session, METERED) == "1"


def ask(store: Store, file_id: str) -> None:
    """A person wants these bytes to travel now: down where they are not here, else up. Raises NotFound, FileRefused
    already_there where both sides have them."""
    with store.transaction() as session:
        row = session.get("file", file_id)
        if row is None:
            raise NotFound("file", file_id)
        blob = session.one("SELECT at_hq FROM blob WHERE file_id=?", file_id)
        if blob is not None and blob[0] == Cursor.read(session).epoch:
            raise FileRefused("already_there")
        session.run(
            "INSERT INTO transfer (file_id, way, size_bytes, since, asked_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (file_id) DO UPDATE SET asked_at=excluded.asked_at, retry_at=0",
            file_id, DOWN if blob is None else UP, row["size_bytes"], store.now(), store.now(),
        )  # fmt: skip
    tell(store, [file_id], ASKED)


def moved(store: Store, file: Due, done: int, token: str | None = None) -> None:
    """So many pieces of it have travelled."""
    with store.transaction() as session:
        session.run(
            "UPDATE transfer SET done=?, moving=1, problem='', token=coalesce(?, token) WHERE file_id=?",
            done, token, file.file_id,
        )  # fmt: skip
    tell(store, [file.file_id])


def failed(store: Store, file: Due, problem: str, retry_at: int) -> None:
    """It did not go; `problem` says why, and it is tried again then."""
    with store.transaction() as session:
        session.run(
            "UPDATE transfer SET moving=0, tries=tries+1, problem=?, retry_at=? WHERE file_id=?",
            problem, retry_at, file.file_id,
        )  # fmt: skip
        if problem == "not_found":
            session.run(
                "UPDATE blob SET unknown_since=coalesce(unknown_since, ?) WHERE file_id=?", store.now(), file.file_id
            )
    tell(store, [file.file_id])


def rest(store: Store) -> None:
    """The network is away: nothing is moving, and that is nothing to worry about."""
    with store.reading() as session:
        moving = [str(found[0]) for found in session.rows("SELECT file_id FROM transfer WHERE moving=1")]
    if moving:
        with store.transaction() as session:
            session.run("UPDATE transfer SET moving=0 WHERE moving=1")
        tell(store, moving)


def sent(store: Store, file: Due) -> None:
    """HQ has these bytes."""
    with store.transaction() as session:
        epoch = Cursor.read(session).epoch
        session.run("UPDATE blob SET at_hq=?, unknown_since=NULL WHERE file_id=?", epoch, file.file_id)
        session.run("DELETE FROM transfer WHERE file_id=?", file.file_id)
    tell(store, [file.file_id])


def fetched(store: Store, file: Due, token: str) -> bool:
    """These bytes lie here now, under that token. False where nobody needs them any more."""
    with store.transaction() as session:
        session.run("DELETE FROM transfer WHERE file_id=?", file.file_id)
        kept = session.value(
            "INSERT INTO blob (file_id, token, sha256, size_bytes, at_hq, used_at) SELECT id, ?, sha256, size_bytes, ?, ?"
            " FROM file WHERE id=? AND sha256=? ON CONFLICT (file_id) DO NOTHING RETURNING 1",
            token, Cursor.read(session).epoch, store.now(), file.file_id, file.sha256,
        )  # fmt: skip
    tell(store, [file.file_id])
    return kept is not None


# -- room on the device


def quota_bytes(session: Records) -> int:
    """How much room files may take here."""
    return int(identity.meta(session, QUOTA) or QUOTA_BYTES)


def make_room(store: Store, vault: FileVault, need_bytes: int) -> bool:
    """Lets the least recently used bytes go until so many more fit into the quota: never those of pinned customers, nor
    any that HQ does not have. Returns whether they fit now."""
    with store.transaction() as session:
        here = int(session.value("SELECT coalesce(SUM(size_bytes), 0) FROM blob"))
        over = here + need_bytes - quota_bytes(session)
        if over <= 0:
            return True
        leaving: list[tuple[str, str]] = []
        rows = session.rows(
            "SELECT b.file_id, b.token, b.size_bytes FROM blob b JOIN file f ON f.id=b.file_id"
            " WHERE b.at_hq=? AND f.customer_id NOT IN (SELECT customer_id FROM pin) ORDER BY b.used_at, b.file_id",
            Cursor.read(session).epoch,
        )
        for file_id, token, size_bytes in rows:
            if over <= 0:
                break
            session.run("DELETE FROM blob WHERE file_id=?", file_id)
            leaving.append((file_id, token))
            over -= size_bytes
    _drop(vault, (token for _, token in leaving))
    tell(store, [file_id for file_id, _ in leaving])
    return over <= 0


def forget_gone(session: Records, now: int) -> None:
    """Forgets bytes whose record is gone for good; their files are the caller's to drop."""
    for file_id, _ in session.rows(_GONE, Cursor.read(session).epoch, now - UNKNOWN_MS):
        session.run("DELETE FROM blob WHERE file_id=?", file_id)


def tokens(session: Session) -> set[str]:
    """Every token that bytes of this device lie or grow under."""
    rows = session.rows("SELECT token FROM blob UNION SELECT token FROM transfer WHERE token IS NOT NULL")
    return {row[0] for row in rows}


def _drop(vault: FileVault, leaving: Iterable[str]) -> None:
    for token in leaving:
        vault.drop(token)


def tell(store: Store, file_ids: list[str], source: str = MOVED) -> None:
    """Tells the listeners that the bytes of these files are somewhere else, or further."""
    if not file_ids:
        return
    with store.reading() as session:
        roots = {row[0] for row in session.among("SELECT customer_id FROM file WHERE id IN ({marks})", file_ids)}
    store.tell(Touched(frozenset(roots), frozenset(("file", file_id) for file_id in file_ids), source))
