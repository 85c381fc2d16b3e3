"""Store: the one write door of a device, and how it is read.

Every write is one transaction, attributed to the enrolled user, checked against rules and rights, captured by triggers,
committed with synchronous=FULL before `writing()` returns. Listeners are told after the commit. HQ has its own door
(`hq/ledger.py`); pulled pages come in through `apply.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import time_ns

from mobility_app.domain import clock
from mobility_app.domain.access import Actor
from mobility_app.domain.fields import Plain
from mobility_app.errors import StoreDamaged
from mobility_app.store import capture, digests, drafts, identity, search
from mobility_app.store.database import Watch, sqlcipher
from mobility_app.store.ids import uuid7
from mobility_app.store.migrate import Step, migrate, steps
from mobility_app.store.records import Records
from mobility_app.store.turns import Turns
from mobility_app.store.writing import Writing, seen

MIGRATIONS = Path(__file__).parent / "migrations"
PLAIN_HEADER = b"SQLite format 3"
OFFSET = "clock_offset_ms"
OFFSET_LEAST_MS = 60_000  # less may be the network
BUSY_MS = 3_000  # after a save: who saves once saves again
FOLDED_PAGES = 1_000  # of the write-ahead log, from which on a commit folds it in: SQLite's own measure

Listener = Callable[["Touched"], None]


LOCAL = "local"  # the source of what the person at this device changed; a sync says "sync"


@dataclass(frozen=True, slots=True)
class Touched:
    """What a transaction changed: customers (roots), records as (entity, id), and who did it: "local" (the rep), "sync",
    or "watch" (nothing changed, but the customer's watched folder looks different)."""

    roots: frozenset[str]
    records: frozenset[tuple[str, str]]
    source: str


def wall_ms() -> int:
    """The system's clock in UTC milliseconds."""
    return time_ns() // 1_000_000


class Store:
    """An open device store. Threads may share it: each gets its own connection for the length of a block."""

    def __init__(
        self,
        path: Path,
        key: bytes | None,
        *,
        now: Callable[[], int] = wall_ms,
        random: Callable[[int], bytes] = os.urandom,
        watch: Watch | None = None,
        migrations: tuple[Step, ...] | None = None,
    ) -> None:
        """`migrations`: the steps of this version of the program, where it is not the one that this file came with."""
        self.path = path
        self._clock = now
        self.clock_offset_ms = 0
        self.random = random
        self._listeners: list[Listener] = []
        self._turns = Turns()
        self._saved_at: int | None = None
        self.database = sqlcipher(path, key, watch)
        migrate(self.database, path, migrations or steps(MIGRATIONS), capture.triggers())
        if key is not None and path.read_bytes()[: len(PLAIN_HEADER)] == PLAIN_HEADER:
            raise StoreDamaged("the database was written without its key")
        with self.database.transaction() as session:
            drafts.nobody_edits(session)
            records = Records(self.database.engine, session.watch)
            search.complete(records)
            digests.complete(records)
            self.clock_offset_ms = int(identity.meta(records, OFFSET) or 0)
            worn = search.worn(records)
        if worn:
            self.scour()

    def now(self) -> int:
        """UTC milliseconds: the system's clock, put right by what HQ last said. A clock that is wrong by years then
        still writes true times into the history; nothing is decided by it but concurrent edits."""
        return self._clock() + self.clock_offset_ms

    def learn_time(self, hq_ms: int) -> None:
        """HQ's clock as it answered just now."""
        offset = hq_ms - self._clock()
        if abs(offset) < OFFSET_LEAST_MS:
            offset = 0
        if abs(offset - self.clock_offset_ms) >= OFFSET_LEAST_MS:
            with self.transaction() as session:
                identity.set_meta(session, OFFSET, str(offset))
            self.clock_offset_ms = offset

    def new_id(self) -> str:
        """A new record id."""
        return uuid7(self.now(), self.random)

    @contextmanager
    def reading(self) -> Iterator[Records]:
        """A session for queries. Close it soon: a long read keeps the write-ahead log from being folded in."""
        with self.database.session() as session:
            yield Records(self.database.engine, session.watch)

    @contextmanager
    def searching(self) -> Iterator[Records]:
        """A session for queries that look into the search index, which is made true first."""
        self.settle_search()
        with self.reading() as session:
            yield session

    def settle_search(self) -> None:
        """Reads the words of all that was saved into the search index: the next search finds it done."""
        while self._search_due():  # ends: each turn takes some, and people save slower than it indexes
            with self.transaction() as session:
                search.settle(session)

    def scour(self) -> None:
        """Leaves nothing of what was just forgotten: neither in the search index nor in the write-ahead log."""
        with self.reading() as session:
            going = search.worn(session)
        for _ in range(search.MERGES_MAX if going else 0):
            with self.transaction() as session:
                if not search.scour(session):
                    break
        with self.reading() as session:
            session.run("PRAGMA wal_checkpoint(TRUNCATE)")

    def _search_due(self) -> bool:
        with self.reading() as session:
            return search.due(session)

    @contextmanager
    def transaction(self) -> Iterator[Records]:
        """A transaction for the store's own tables (drafts, notes, apply); entity tables refuse it unless applying."""
        with self._turns.turn(), self.database.transaction() as session:
            yield Records(self.database.engine, session.watch)

    @property
    def awaited(self) -> bool:
        """Whether another thread waits to write: a long transaction of several steps then ends after the one it is in."""
        return self._turns.awaited

    @property
    def busy(self) -> bool:
        """Whether somebody waits to save, or did save a moment ago: what comes in bulk is then written in small steps, so
        that nobody has to wait for a large commit."""
        return self.awaited or (self._saved_at is not None and abs(self._clock() - self._saved_at) < BUSY_MS)

    @contextmanager
    def refilling(self) -> Iterator[Records]:
        """A transaction for what HQ sends again where it is lost, with how far it came. Its commit waits for no disk: after
        a power cut the store stands as before it, and the next save takes it to the disk. Folding the write-ahead log in
        is no longer part of it, nobody waits for that."""
        with self.database.session() as session:
            session.run("PRAGMA synchronous=normal")
            session.run("PRAGMA wal_autocheckpoint=0")
            try:
                with self.transaction() as records:
                    yield records
                session.run("PRAGMA wal_checkpoint(PASSIVE)")
            finally:
                session.run("PRAGMA synchronous=full")
                session.run(f"PRAGMA wal_autocheckpoint={FOLDED_PAGES}")

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """The write door. What the block does is saved as a whole when it ends, or not at all.

        Raises InvalidValue, NotAllowed, NotFound, SheetInEdit, NotEnrolled, DiskFull; then nothing was written.
        """
        with self.transaction() as session:
            actor = identity.actor(session)
            now = self.now()
            session.run(
                "UPDATE ctx SET user_id=?, tx=tx+1, at=?, stamp=?, base=0, atomic=0, restoring=0, applying=0",
                actor.user_id,
                now,
                clock.tick(session.value("SELECT stamp FROM ctx"), now),
            )
            tx = Writing(session, actor, now, self.new_id)
            yield tx
            roots = frozenset(root for root in tx.roots if root)
            search.note(session, sorted(roots))
            session.run("UPDATE ctx SET user_id=NULL, base=0, atomic=0, restoring=0")
        self._saved_at = self._clock()
        self.tell(Touched(roots, frozenset(tx.records), LOCAL))

    def position(self, root_id: str) -> int:
        """Which state of HQ somebody who looks at this customer now has seen. Forms keep it and give it back."""
        with self.reading() as session:
            return seen(session, "customer", root_id, {})

    def identity(self) -> identity.Identity | None:
        """Who this device is, or None before enrolment."""
        with self.reading() as session:
            return identity.read(session)

    def actor(self) -> Actor:
        """The enrolled user. Raises NotEnrolled."""
        with self.reading() as session:
            return identity.actor(session)

    def read(self, entity: str, record_id: str) -> dict[str, Plain] | None:
        """One record with its id, or None."""
        with self.reading() as session:
            return session.get(entity, record_id)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener` after each commit, on the thread that wrote. Returns what stops it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def tell(self, touched: Touched) -> None:
        """Tells the listeners."""
        if touched.records or touched.source != LOCAL:
            for listener in tuple(self._listeners):
                listener(touched)

    def close(self) -> None:
        """Folds the write-ahead log in and closes the connections of all threads."""
        with self.database.session() as session:
            session.run("PRAGMA wal_checkpoint(TRUNCATE)")
        self.database.close()
