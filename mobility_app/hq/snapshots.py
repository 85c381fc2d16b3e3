"""Snapshots of scopes: made ahead of time, shared by all devices that may see the same, thrown away when newer ones stand.

One for each scope that is large enough and each profile of roles (`scopes.profile`). Its rows are read in one read
transaction, so they are what the scope held at one number of its stream; its pieces are written one a transaction, its
own row last. `offered` is where a pull comes by: a scope that the device has nothing of is offered as a snapshot, where
a fresh one stands, and held back until the device says that it has taken it. Rights are looked at when it is offered
and at every piece. `keep_fresh` runs on the server's thread `Upkeep`, and after an import.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial

from mobility_app.domain import digests, registry, versions
from mobility_app.domain.access import Actor
from mobility_app.domain.entities.people import ROLES
from mobility_app.domain.fields import Column, Entity
from mobility_app.errors import InvalidValue, Refused
from mobility_app.hq import devices, scopes
from mobility_app.hq.feed import NO_SNAPS, Snaps
from mobility_app.hq.ledger import Ledger
from mobility_app.hq.outage import Outage
from mobility_app.store.database import Session
from mobility_app.store.records import Records
from mobility_app.sync import frames
from mobility_app.sync.frames import Made, Part, Piece, PieceRequest, Table
from mobility_app.sync.protocol import BODY_MAX_BYTES, PullRequest, WireOffer

LEAST_LINES = 2_000  # of scope_log: what fits in one page of the log needs no snapshot
LINES_A_CUSTOMER = 20  # at least: what a customer counts for whose lines have left for the archive
STALE_LINES, STALE_SHARE = 2_000, 10  # made anew after so many lines more, or a tenth of what it stands for
OLD_LINES = 50_000  # no longer offered: the log after it would take longer than pages
KEPT_MS = 3_600_000  # after a newer one was made: devices may be in the middle of it
CUSTOMERS_AT_ONCE = 250
UPKEEP_SECONDS = 30.0

logger = logging.getLogger("mobility.hq.snapshots")


@dataclass(slots=True)
class Making:
    """A snapshot in the making."""

    seq: int
    lines: int
    pieces: list[bytes]
    customers: int = 0
    records: int = 0


class Snapshots:
    """The snapshots of one HQ."""

    def __init__(self, ledger: Ledger, least_lines: int = LEAST_LINES) -> None:
        self._ledger, self.least_lines = ledger, least_lines
        self.part_rows, self.piece_rows = frames.PART_ROWS, frames.PIECE_ROWS

    # -- handing out

    def offered(self, session: Records, role: str, scope: str) -> WireOffer | None:
        """The newest snapshot of a scope for a role, None where none stands that is worth taking."""
        row = _newest(session, scope, role)
        if row is None or row.seq < _horizon(session, scope) or _lines(session, scope, row.seq) > OLD_LINES:
            return None
        return WireOffer(row.seq, row.customers, row.pieces)

    def heard(self, session: Records, role: str, pull: PullRequest) -> Snaps:
        """What a pull says of snapshots, and how one is offered to it."""
        if not pull.snapshots:
            return NO_SNAPS
        return Snaps(tuple(pull.took), tuple(pull.lost), partial(self.offered, session, role))

    def piece(self, session: Records, actor: Actor, asked: PieceRequest, version: int) -> bytes:
        """A piece as it travels, without what a device of that version does not know. Raises Refused 404 no_snapshot: it
        has left, or was never this actor's to see."""
        if asked.scope in scopes.held(session, actor):
            body = session.value(
                "SELECT body FROM snapshot_piece WHERE scope=? AND profile=? AND seq=? AND number=?",
                asked.scope, scopes.profile(actor.role), asked.seq, asked.number,
            )  # fmt: skip
            if body is not None:
                return bytes(body) if version >= versions.VERSION else _projected(bytes(body), version)
        raise Refused("no_snapshot", 404)

    # -- upkeep

    def keep_fresh(self) -> int:
        """Makes what is missing or stale and lets old ones go. Returns how many were made."""
        with self._ledger.reading() as session:
            wanted = [pair for pair in _wanted(session) if self._due(session, *pair)]
        for scope, role in wanted:
            self.make(scope, role)
        self._sweep()
        return len(wanted)

    def _due(self, session: Records, scope: str, role: str) -> bool:
        row = _newest(session, scope, role)
        if row is None:
            customers = int(session.value("SELECT COUNT(*) FROM member WHERE scope=?", scope))
            return max(_lines(session, scope, 0), customers * LINES_A_CUSTOMER) >= self.least_lines
        if row.seq < _horizon(session, scope):  # what followed it is not all in the log any more
            return True
        stale = max(min(STALE_LINES, self.least_lines), row.lines // STALE_SHARE)
        return _lines(session, scope, row.seq) > stale

    def make(self, scope: str, role: str) -> None:
        """Makes a snapshot of the scope as it stands now. None is made where a customer does not fit into an answer."""
        profile = scopes.profile(role)
        with self._ledger.reading() as session:
            stream = _stream(session, scope)
            seq = int(session.value("SELECT head FROM stream WHERE id=?", stream) or 0)
            made = Making(seq, _lines(session, scope, 0), [])
            for piece in self._pieces(session, scope, role, made):
                made.pieces.append(frames.pack(piece))
        if any(len(body) > BODY_MAX_BYTES for body in made.pieces):
            logger.error("no snapshot of %s: a customer is larger than an answer", scope)
            return
        key = (scope, profile, seq)
        with self._ledger.database.transaction() as session:
            if session.one("SELECT 1 FROM snapshot WHERE scope=? AND profile=? AND seq=?", *key):
                return
        for number, body in enumerate(made.pieces):
            with self._ledger.database.transaction() as session:
                session.run(
                    "DELETE FROM snapshot_piece WHERE scope=? AND profile=? AND seq=? AND number=?", *key, number
                )
                session.run("INSERT INTO snapshot_piece VALUES (?, ?, ?, ?, ?)", *key, number, body)
        with self._ledger.database.transaction() as session:
            if _whole(session, *key, len(made.pieces)):  # a server and a command of the office may both be at it
                session.run(
                    "INSERT INTO snapshot VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    *key, self._ledger.now(), made.customers, made.records, made.lines, len(made.pieces),
                )  # fmt: skip

    def _sweep(self) -> None:
        """Lets go of what a newer one replaced a while ago, of what an older version of HQ had made, and of pieces that a
        crash left behind."""
        profiles = sorted({scopes.profile(role) for role in ROLES})
        with self._ledger.database.transaction() as session:
            session.run(f"DELETE FROM snapshot WHERE profile NOT IN ({','.join('?' * len(profiles))})", *profiles)
            session.run(
                "DELETE FROM snapshot WHERE EXISTS (SELECT 1 FROM snapshot n WHERE n.scope=snapshot.scope"
                " AND n.profile=snapshot.profile AND n.seq>snapshot.seq AND n.made_at<?)",
                self._ledger.now() - KEPT_MS,
            )
        with self._ledger.reading() as session:
            orphans = session.rows(
                "SELECT scope, profile, seq, number FROM snapshot_piece p WHERE NOT EXISTS (SELECT 1 FROM snapshot s"
                " WHERE s.scope=p.scope AND s.profile=p.profile AND s.seq=p.seq)"
            )
        for key in orphans:
            with self._ledger.database.transaction() as session:
                session.run("DELETE FROM snapshot_piece WHERE scope=? AND profile=? AND seq=? AND number=?", *key)

    # -- making

    def _pieces(self, session: Records, scope: str, role: str, made: Making) -> Iterator[Piece]:
        parts, rows = list[Part](), 0
        for part, count in self._parts(session, scope, role):
            parts.append(part)
            rows += count
            made.customers += len(part.roots)
            made.records += count
            if rows >= self.piece_rows:
                yield Piece(parts)
                parts, rows = [], 0
        if parts:
            yield Piece(parts)

    def _parts(self, session: Records, scope: str, role: str) -> Iterator[tuple[Part, int]]:
        sights = [sight for one in registry.ENTITIES if (sight := _sight(one, scope, role))]
        after = ""
        waiting: list[str] = []
        found: dict[str, dict[str, list[tuple[Column, ...]]]] = {}
        count = 0
        while True:
            roots = [row[0] for row in session.rows(
                "SELECT root_id FROM member WHERE scope=? AND root_id>? ORDER BY root_id LIMIT ?",
                scope, after, CUSTOMERS_AT_ONCE,
            )]  # fmt: skip
            read = _read(session, sights, roots, role)
            for root in roots:
                waiting.append(root)  # one that was deleted comes without rows: its chain goes on if it is restored
                found[root] = read.get(root, {})
                count += 1 + sum(len(rows) for rows in found[root].values())
                if count >= self.part_rows:
                    yield _part(session, sights, waiting, found), count
                    waiting, found, count = [], {}, 0
            if len(roots) < CUSTOMERS_AT_ONCE:
                break
            after = roots[-1]
        if waiting:
            yield _part(session, sights, waiting, found), count


class Upkeep:
    """Keeps the snapshots fresh on a thread of HQ's server."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots

    def run(self, stop: threading.Event) -> None:
        """Works until told to stop. A failure is logged and tried again."""
        outage = Outage(logger, "snapshots", UPKEEP_SECONDS)
        while not stop.is_set():
            with outage.met():  # a thread that ended would leave new devices to the paged way, unnoticed
                self._snapshots.keep_fresh()
            stop.wait(outage.seconds)


@dataclass(frozen=True, slots=True)
class _Sight:
    """How rows of an entity are read: the statement, with `{marks}` for customers, gives (customer, id, fields)."""

    entity: Entity
    names: tuple[str, ...]
    sql: str


def _sight(one: Entity, scope: str, role: str) -> _Sight | None:
    """None for what the scope does not carry, the role may not see, or what hangs on no customer."""
    if not scopes.carries(scope, one) or not scopes.readable(role, one.right):
        return None
    names = tuple(f.name for f in one.fields if not f.right or scopes.readable(role, f.right))
    joins, at, here, up = "", "e.id", one, 0
    while here.name != "customer":
        if not here.parent:
            return None
        alias = "e" if not up else f"p{up}"
        parent = registry.entity(here.field(here.parent).refers)
        at = f"{alias}.{here.parent}"
        if parent.name != "customer":
            up += 1
            joins += f' JOIN "{parent.name}" p{up} ON p{up}.id = {at}'
        here = parent
    columns = ",".join(f"e.{name}" for name in ("id", *names))
    return _Sight(
        one, names, f'SELECT {at}, {columns} FROM "{one.name}" e{joins} WHERE {at} IN ({{marks}}) ORDER BY e.id'
    )


def _read(
    session: Records, sights: list[_Sight], roots: list[str], role: str
) -> dict[str, dict[str, list[tuple[Column, ...]]]]:
    """customer -> entity -> rows (id, fields)."""
    found: dict[str, dict[str, list[tuple[Column, ...]]]] = {}
    for sight in sights:
        veiled = _veiled(sight, role) if sight.entity.name == "conflict" else None
        for root, *row in session.among(sight.sql, roots):
            if veiled is None or not veiled(row):
                found.setdefault(root, {}).setdefault(sight.entity.name, []).append(tuple(row))
    return found


def _veiled(sight: _Sight, role: str):  # type: ignore[no-untyped-def]
    """Tells the conflicts that hold values of a field that the role may not see."""
    entity_at, field_at = 1 + sight.names.index("entity"), 1 + sight.names.index("field")

    @cache
    def hidden(entity: str, field: str) -> bool:
        try:
            other = registry.entity(entity)
            rights = {other.right, other.field(field).right or other.right}
        except InvalidValue:
            return True
        return not all(scopes.readable(role, right) for right in rights)

    return lambda row: hidden(str(row[entity_at]), str(row[field_at]))


def _part(
    session: Records, sights: list[_Sight], roots: list[str], found: dict[str, dict[str, list[tuple[Column, ...]]]]
) -> Part:
    tables = []
    for sight in sights:
        rows = [row for root in roots for row in found[root].get(sight.entity.name, ())]
        if rows:
            columns = list(zip(*rows, strict=True))
            kept = [at for at, column in enumerate(columns) if any(value is not None for value in column)]
            names = ("id", *sight.names)
            tables.append(Table(sight.entity.name, [names[at] for at in kept], [list(columns[at]) for at in kept]))
    chains = dict(session.among("SELECT id, hash FROM chain WHERE id IN ({marks})", roots))
    last = dict(session.among("SELECT root_id, MAX(seq) FROM log WHERE root_id IN ({marks}) GROUP BY root_id", roots))
    return Part(
        roots, [chains[root] for root in roots], [int(last.get(root, 0)) for root in roots], tables,
        _made(session, roots, found), _sums(sights, roots, found),
    )  # fmt: skip


def _projected(body: bytes, version: int) -> bytes:
    """The piece for a device of an older version: a few of a fleet, so each is made when it is asked for."""
    parts = [
        Part(
            part.roots, part.chains, part.last, _known(part.tables, version), part.made,
            {name: number for name, number in part.sums.items() if digests.since_of(name) <= version},
        )
        for part in frames.unpack(body).parts
    ]  # fmt: skip
    return frames.pack(Piece(parts))


def _known(tables: Iterable[Table], version: int) -> list[Table]:
    found = list[Table]()
    for one in tables:
        if not versions.knows(version, one.entity):
            continue
        kept = [at for at, name in enumerate(one.names) if versions.knows(version, one.entity, name)]
        rows = [one.values[at] for at in kept]
        if one.entity == "conflict":
            about = (one.values[one.names.index(name)] for name in ("entity", "field"))
            stay = [at for at, (entity, name) in enumerate(zip(*about, strict=True))
                    if versions.knows(version, str(entity), str(name))]  # fmt: skip
            rows = [[column[at] for at in stay] for column in rows]
        if rows[0]:
            found.append(Table(one.entity, [one.names[at] for at in kept], rows))
    return found


def _sums(
    sights: list[_Sight], roots: list[str], found: dict[str, dict[str, list[tuple[Column, ...]]]]
) -> dict[str, str]:
    sums: dict[str, int] = {}
    for sight in sights:
        places = {name: at for at, name in enumerate(sight.names, start=1)}
        for row in (row for root in roots for row in found[root].get(sight.entity.name, ())):
            columns = [row[places[name]] if name in places else None for name in sight.entity.names]
            for part, number in digests.of_columns(sight.entity.name, str(row[0]), columns).items():
                sums[part] = sums.get(part, 0) + number
    return {part: digests.text(number) for part, number in sums.items()}


def _made(session: Records, roots: list[str], found: dict[str, dict[str, list[tuple[Column, ...]]]]) -> Made:
    wanted = {
        str(row[0]): root for root in roots for entity in frames.MADE for row in found[root].get(entity, ())
    }  # fmt: skip
    rows = session.among(
        "SELECT r.id, r.made_user, COALESCE(l.at, r.made_stamp >> 16) FROM record r LEFT JOIN log l"
        " ON l.stream = r.stream AND l.seq = r.made_seq WHERE r.id IN ({marks})",
        wanted,
    )
    return Made([wanted[row[0]] for row in rows], *([row[at] for row in rows] for at in range(3)))


@dataclass(frozen=True, slots=True)
class _Stored:
    seq: int
    customers: int
    pieces: int
    lines: int


def _newest(session: Records, scope: str, role: str) -> _Stored | None:
    """The newest snapshot of a scope for a role, all of whose pieces are there."""
    profile = scopes.profile(role)
    rows = session.rows(
        "SELECT seq, customers, pieces, lines FROM snapshot WHERE scope=? AND profile=? ORDER BY seq DESC",
        scope,
        profile,
    )
    return next((_Stored(*row) for row in rows if _whole(session, scope, profile, row[0], row[2])), None)


def _whole(session: Session, scope: str, profile: str, seq: int, pieces: int) -> bool:
    there = "SELECT COUNT(*) FROM snapshot_piece WHERE scope=? AND profile=? AND seq=? AND number<?"
    return bool(session.value(there, scope, profile, seq, pieces) == pieces)


def _horizon(session: Records, scope: str) -> int:
    return int(session.value("SELECT horizon FROM stream WHERE id=?", _stream(session, scope)) or 0)


def _lines(session: Records, scope: str, after: int) -> int:
    return int(session.value("SELECT COUNT(*) FROM scope_log WHERE scope=? AND seq>?", scope, after))


def _stream(session: Records, scope: str) -> str:
    if scope.startswith("s:"):
        return scope.removeprefix("s:")
    return str(session.value("SELECT company_id FROM territory WHERE id=?", scope.removeprefix("t:")))


def _wanted(session: Records) -> Iterable[tuple[str, str]]:
    """(scope, a role) for everything that some user holds and that holds customers: one role of each profile."""
    wanted: dict[tuple[str, str], str] = {}
    for (user_id,) in session.rows('SELECT id FROM "user" ORDER BY id'):
        actor = devices.actor(session, user_id)
        for scope in scopes.held(session, actor):
            if scope[:2] in ("t:", "s:"):
                wanted.setdefault((scope, scopes.profile(actor.role)), actor.role)
    return [(scope, role) for (scope, _), role in sorted(wanted.items())]
