"""What a device may receive after its cursor: one page of the log, cut at the end of a transaction.

For each scope that the user holds now, `scope_log` says which entries and which moves of customers came. A customer
that entered is replayed from its first entry; one that left is told to leave. Visibility is looked at now, never as it
was: what a user may no longer see is passed over, whatever the cursor says. The caller gives one read transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec
import orjson

from mobility_app.domain import registry, versions
from mobility_app.domain.access import Actor
from mobility_app.domain.change import DELETE, commitment
from mobility_app.errors import InvalidValue
from mobility_app.hq import scopes
from mobility_app.store.cursor import AWAITED, Cursor
from mobility_app.store.records import Records, patch_plain
from mobility_app.sync.columns import LOG, Line
from mobility_app.sync.protocol import ENTRIES_MAX, Step, WireOffer

PAGE_BYTES = 2_000_000  # of patches; a page ends with the transaction that passes it
DENSE = 3  # numbers of the log to read for one that is wanted: a stretch comes in one go
CUT_BYTES = 8_000_000  # beyond this a page ends inside a transaction: no device could decode it whole
NEVER = 2**63  # no number of a stream
UNION_MAX = 300  # scopes in one statement; SQLite takes 500 parts

Told = tuple[int, str, int, str | None]  # (seq, kind, which scope, the customer that moved)


@dataclass(slots=True)
class Page:
    """A page in the making. `sealed`: place of a line -> commitments of its fields, which the reader may not see whole."""

    lines: list[Line] = field(default_factory=list)
    sealed: dict[int, dict[str, str]] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    cursor: Cursor = field(default_factory=Cursor)
    more: bool = False
    reset: bool = False
    behind: dict[str, int] = field(default_factory=dict)  # stream -> horizon that the device has not seen from before
    offers: dict[str, WireOffer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snaps:
    """What a pull says and hears of snapshots: scopes that the device took, scopes whose snapshot it could not get, and
    which snapshot there is of a scope."""

    took: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    offer: Callable[[str], WireOffer | None] = lambda scope: None


class _Full(Exception):
    """The page is full; `scope` stopped inside the replay at `sub`."""

    def __init__(self, scope: str, sub: int) -> None:
        self.scope, self.sub = scope, sub


NO_SNAPS = Snaps()


class Feed:
    """Makes pages for one user."""

    def __init__(self, session: Records, actor: Actor, epoch: str, most: int = ENTRIES_MAX, version: int = 0) -> None:
        """`version`: the device's, which is told what that one knows; 0: this program's."""
        self._session, self._actor, self._epoch, self._most = session, actor, epoch, most
        self._version = version or versions.VERSION
        self._held = scopes.held(session, actor)
        self._horizons = dict[str, int](session.rows("SELECT id, horizon FROM stream WHERE horizon > 0"))
        self._sights: dict[str, _Sight] = {}
        self._all_of: dict[str, bool] = {}
        self._plain: dict[tuple[str, str | None, str], int] = {}  # (scope, customer, entity) -> a number: `_note_plain`
        self._bytes = 0

    def page(self, cursor: Cursor, snaps: Snaps = NO_SNAPS) -> Page:
        """The next page after `cursor`. A cursor of another epoch or role starts anew. A scope whose snapshot the device
        is about to take is told nothing."""
        fresh = (cursor.epoch, cursor.role) != (self._epoch, self._actor.role)
        page = Page(reset=fresh and bool(cursor.scopes))
        positions = {} if fresh else dict(cursor.scopes)
        for scope in sorted(set(positions) - set(self._held)):
            self._let_go(page, scope, positions.pop(scope)[0])
        self._snapshots(page, positions, snaps)
        streams: dict[str, int] = {}
        for stream in sorted(set(self._held.values()), key=lambda name: (name != scopes.GLOBAL, name)):
            mine = sorted(scope for scope, of in self._held.items() if of == stream)
            at = {scope: positions.get(scope, (0, 0)) for scope in mine}
            told = {scope: place for scope, place in at.items() if place[1] != AWAITED}
            if told and not page.more:
                told = self._stream(page, stream, told)
            positions.update(told)
            streams[stream] = min(seq for seq, _ in told.values()) if len(told) == len(at) else 0
        page.cursor = Cursor(self._epoch, self._actor.role, positions, streams)
        return page

    def _snapshots(self, page: Page, positions: dict[str, tuple[int, int]], snaps: Snaps) -> None:
        """Goes on with scopes that were taken, takes back what came of lost ones, offers what there is to new ones."""
        for scope in snaps.took:
            if positions.get(scope, (0, 0))[1] == AWAITED:
                positions[scope] = (positions[scope][0], 0)
        for scope in snaps.lost:
            if positions.get(scope, (0, 0))[1] == AWAITED:
                since = positions.pop(scope)[0]
                gone = self._members_at(scope, since) - self._members_at(scope, 2**62)
                for root in sorted(gone):
                    self._part(page, root, self.membership([root]).get(root, {}))
        for scope in sorted(self._held):
            if positions.get(scope, (0, 0)) == (0, 0):
                offer = snaps.offer(scope)
                if offer is not None:
                    page.offers[scope] = msgspec.structs.replace(offer, stream=self._held[scope])
                    positions[scope] = (offer.seq, AWAITED)

    def _let_go(self, page: Page, scope: str, since: int) -> None:
        """A scope that the user no longer holds: its customers leave, or keep what another scope still shows."""
        for root in sorted(self._members_at(scope, since)):
            self._part(page, root, self.membership([root]).get(root, {}))
        if scope.startswith("c:"):
            page.steps.append((len(page.lines), "forget", scope.removeprefix("c:"), ""))

    def _members_at(self, scope: str, seq: int) -> set[str]:
        """The customers of a scope at that number: what came later was never shown, so it is not told to leave."""
        since = dict(self._session.rows("SELECT root_id, since FROM member WHERE scope=?", scope))
        moves = "SELECT root_id, COUNT(*) FROM scope_log WHERE scope=? AND seq>? AND kind='m' GROUP BY root_id"
        turns = dict(self._session.rows(moves, scope, seq))
        stayed = {root for root, entered in since.items() if root not in turns and entered <= seq}
        return stayed | {root for root, count in turns.items() if (root in since) != (count % 2 == 1)}

    def _part(self, page: Page, root: str, now: dict[str, int]) -> None:
        """Tells of a customer that left one of the user's scopes: nothing where a territory still holds it."""
        if not any(scope.startswith("t:") for scope in now):
            page.steps.append((len(page.lines), "narrow" if now else "leave", root, ""))

    def _stream(self, page: Page, stream: str, at: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
        head = int(self._session.value("SELECT head FROM stream WHERE id=?", stream) or 0)
        behind = self._horizons.get(stream, 0)
        if any(seq < behind for seq, _ in at.values()):
            page.behind[stream] = behind
        told, upto = self._told(stream, at, head)
        lines = self._lines(stream, sorted({seq for seq, kind, _, _ in told if kind == "p"}))
        members = self.membership(
            {line[5] for line in lines.values() if line[5]} | {moved for _, _, _, moved in told if moved}
        )
        names = list(at)
        plain = self._plain  # looked up here: one dictionary instead of four questions for each of many lines
        done, last_txn, sent = 0, 0, 0  # the last number that was looked at, its transaction, the last that was sent
        for seq, kind, place, moved in told:
            line, scope = lines.get(seq), names[place]
            if line is not None:
                if seq != done and (line[2] != last_txn or self._bytes >= CUT_BYTES) and self._full(page):
                    page.more = True
                    return self._moved(at, done)
                last_txn = line[2]
            try:
                if kind == "m":
                    self._membership_changed(page, scope, seq, str(moved), members, at[scope])
                elif line is not None and seq != sent:
                    root = line[5]
                    since = plain.get((scope, root, line[3]))
                    if since is not None and line[6] != DELETE:
                        if seq >= since:
                            sent = seq
                            self._bytes += len(line[7])
                            page.lines.append(line)
                    elif self._delivers(scope, seq, root, members):
                        sent = seq
                        self._send(page, line, members)
                        self._note_plain(scope, root, line, members)
            except _Full as full:
                page.more = True
                return {**self._moved(at, seq - 1), full.scope: (seq - 1, full.sub)}
            done = seq
        page.more = page.more or upto < head
        return self._moved(at, upto)

    def _moved(self, at: dict[str, tuple[int, int]], seq: int) -> dict[str, tuple[int, int]]:
        return {scope: (seq, 0) if seq > was[0] else was for scope, was in at.items()}

    def _told(self, stream: str, at: dict[str, tuple[int, int]], head: int) -> tuple[list[Told], int]:
        """What the scopes were told after their positions, by number, and up to where that is complete. A scope is named
        by its place in `at` and a customer only where it moved: of the lines of the log that say the rest anyway there
        are many."""
        found: list[Told] = []
        behind = [(place, scope, seq) for place, (scope, (seq, _)) in enumerate(at.items()) if seq < head]
        # A number has two lines in a scope at most: so one whole number is always among these.
        most = self._most + 2 * len(behind)
        for start in range(0, len(behind), UNION_MAX):
            some = behind[start : start + UNION_MAX]
            # each part comes in order from its index and they are merged as they come: no scope is read further than it
            # has a place on the page
            parts = [
                f"SELECT seq, kind, {place}, CASE kind WHEN 'm' THEN root_id END FROM scope_log"
                " WHERE scope=? AND seq>? AND seq<=?" for place, _, _ in some
            ]  # fmt: skip
            sql = " UNION ALL ".join(parts) + " ORDER BY 1, 2, 3 LIMIT ?"
            params = [value for _, scope, seq in some for value in (scope, seq, head)]
            found += self._session.rows(sql, *params, most)
        found = sorted(found)[:most] if len(behind) > UNION_MAX else found
        # the last number may have more lines beyond the limit: it waits for the next page
        upto = found[-1][0] - 1 if found and len(found) == most else head
        upto = self._whole(stream, upto, min(seq for seq, _ in at.values()), head)
        return [line for line in found if line[0] <= upto], upto

    def _whole(self, stream: str, upto: int, after: int, head: int) -> int:
        """The end of a transaction at or before `upto`; a transaction larger than a page is handed out in pieces."""
        if upto >= head:
            return upto
        found = self._session.value("SELECT txn FROM log WHERE stream=? AND seq=?", stream, upto + 1)
        txn = int(found or 0)  # 0: beyond the horizon, where only moves are told
        return txn - 1 if after < txn - 1 < upto else upto

    def membership(self, roots: Iterable[str]) -> dict[str, dict[str, int]]:
        """root -> {held scope: since} for customers that the user may see now."""
        found: dict[str, dict[str, int]] = {}
        sql = "SELECT root_id, scope, since FROM member WHERE root_id IN ({marks})"
        for root, scope, since in self._session.among(sql, roots):
            if scope in self._held:
                found.setdefault(root, {})[scope] = since
        return found

    def _delivers(self, scope: str, seq: int, root: str | None, members: dict[str, dict[str, int]]) -> bool:
        if root is None:
            return True
        held = members.get(root)
        return held is not None and seq >= held.get(scope, NEVER)

    def _note_plain(self, scope: str, root: str | None, line: Line, members: dict[str, dict[str, int]]) -> None:
        """Remembers from which number on lines of this scope, customer and entity go out as they are: where nothing but
        their number is looked at in a line."""
        sight = self._sights[line[3]]
        if sight.readable and not (sight.veiling or sight.hidden) and (sight.shared or not root or self._all_of[root]):
            self._plain[scope, root, line[3]] = members[root][scope] if root else 0

    def _membership_changed(
        self, page: Page, scope: str, seq: int, root: str, members: dict[str, dict[str, int]], at: tuple[int, int]
    ) -> None:
        now = members.get(root, {})
        if now.get(scope) == seq:
            sub = at[1] if at[0] == seq - 1 else 0
            self._replay(page, scope, root, seq, sub, members)
        elif scope not in now:
            self._part(page, root, now)

    def _replay(
        self, page: Page, scope: str, root: str, before: int, sub: int, members: dict[str, dict[str, int]]
    ) -> None:
        """A customer that entered: everything of it from its first entry, in pieces of a page."""
        stream = self._held[scope]
        behind = self._horizons.get(stream, 0)
        if behind and self._session.value("SELECT 1 FROM record WHERE root_id=? AND made_seq<=?", root, behind):
            page.behind[stream] = behind  # what is older comes as rows, by comparison
        sql = f"SELECT {LOG} FROM log WHERE root_id=? AND seq>? AND seq<? ORDER BY seq LIMIT ?"
        rows = self._session.rows(sql, root, max(sub, behind), before, self._most)
        for row in rows:
            if sub and self._full(page):
                raise _Full(scope, sub)
            self._send(page, row, members)
            sub = row[1]
        if len(rows) == self._most:
            raise _Full(scope, sub)

    def _full(self, page: Page) -> bool:
        return len(page.lines) + len(page.steps) >= self._most or self._bytes >= PAGE_BYTES

    def _lines(self, stream: str, seqs: list[int]) -> dict[int, Line]:
        if not seqs:
            return {}
        if seqs[-1] - seqs[0] < DENSE * len(seqs):
            sql = f"SELECT {LOG} FROM log WHERE stream=? AND seq BETWEEN ? AND ?"
            return {row[1]: row for row in self._session.rows(sql, stream, seqs[0], seqs[-1])}
        sql = f"SELECT {LOG} FROM log WHERE stream=? AND seq IN ({{marks}})"
        return {row[1]: row for row in self._session.among(sql, seqs, stream)}

    def _send(self, page: Page, line: Line, members: dict[str, dict[str, int]]) -> None:
        sight = self.seen(line, members)
        if sight is None:
            return
        shown, sealed = sight
        self._bytes += len(line[7])
        if sealed:
            page.sealed[len(page.lines)] = sealed
        page.lines.append(shown)
        if line[6] == DELETE and (to := self._leads_to(str(line[4]))):
            page.steps.append((len(page.lines), "leads", str(line[4]), to))

    def seen(self, line: Line, members: dict[str, dict[str, int]]) -> tuple[Line, dict[str, str]] | None:
        """A line of the log as the user may see it, with commitments of its fields where that is not whole, given what
        `membership` says of its customer; None: not at all."""
        sight = self._sights.get(line[3]) or self._sight(line[3])
        root = line[5]
        if root is not None and not (root in members if sight.shared else self._sees_all(root, members)):
            return None
        if not sight.readable or (sight.veiling and self._veiled(line)):
            return None
        return _veil(sight.hidden, line) if sight.hidden else (line, _NOTHING)

    def _sight(self, name: str) -> _Sight:
        one, role = registry.entity(name), self._actor.role
        hidden = frozenset(
            each.name for each in one.fields
            if not versions.knows(self._version, name, each.name)
            or (each.right and not scopes.readable(role, each.right))
        )  # fmt: skip
        readable = scopes.readable(role, one.right) and versions.knows(self._version, name)
        sight = _Sight(readable, one.shared, one.name == "conflict", hidden)
        self._sights[name] = sight
        return sight

    def _sees_all(self, root: str, members: dict[str, dict[str, int]]) -> bool:
        """Whether the user sees all of a customer, not its master data alone."""
        known = self._all_of.get(root)
        if known is None:
            known = self._all_of[root] = any(not scope.startswith("s:") for scope in members.get(root, ()))
        return known

    def follows(self, lines: Iterable[Line]) -> Callable[[Line], bool]:
        """Says of each of these lines whether the device gets every line of its customer, none of them veiled."""
        fields = [(one.name, field.name, field.right or one.right) for one in registry.ENTITIES for field in one.fields]
        every = all(
            versions.knows(self._version, *name) and scopes.readable(self._actor.role, right) for *name, right in fields
        )
        members = self.membership({line[5] for line in lines if line[5]}) if every else {}
        return lambda line: line[5] in members and self._sees_all(line[5], members)

    def _leads_to(self, record_id: str) -> str | None:
        """What a deleted record goes on as, where it was merged and the user may see the other customer."""
        to, root = self._session.one(
            "SELECT a.leads_to, b.root_id FROM record a LEFT JOIN record b ON b.id = a.leads_to WHERE a.id=?", record_id
        ) or (None, None)
        return str(to) if to and root and self.membership([str(root)]) else None

    def _veiled(self, row: Line) -> bool:
        """Whether a conflict holds the values of a field that the role may not see."""
        found = self._session.one("SELECT entity, field FROM conflict WHERE id=?", row[4])
        if found is None:  # it is gone: its own delete says what it was
            gone = "SELECT patch FROM log WHERE record_id=? AND kind=? ORDER BY seq DESC LIMIT 1"
            patch = json.loads(str(self._session.value(gone, row[4], DELETE) or "{}"))
            found = tuple(patch.get(name, [""])[0] for name in ("entity", "field"))
        try:
            other = registry.entity(found[0])
            rights = {other.right, other.field(found[1]).right or other.right}
        except InvalidValue:  # of a kind that this version does not know: nobody's
            return True
        if not versions.knows(self._version, found[0], found[1]):
            return True
        return not all(scopes.readable(self._actor.role, right) for right in rights)


@dataclass(frozen=True, slots=True)
class _Sight:
    """What the user's role sees of an entity, on that device. `veiling`: its records hold values of others' fields."""

    readable: bool
    shared: bool
    veiling: bool
    hidden: frozenset[str]


_NOTHING: dict[str, str] = {}


def _veil(hidden: frozenset[str], line: Line) -> tuple[Line, dict[str, str]]:
    """The line without the hidden fields. Every field is sealed then and the salt stays here: with it, a hidden amount
    could be found by trying them all."""
    kept = json.loads(line[7])
    if not hidden & set(kept):
        return line, _NOTHING
    salt = line[13]
    sealed = {name: commitment(salt, name, sides) for name, sides in patch_plain(line[3], kept).items()}
    shown, salt = {name: sides for name, sides in kept.items() if name not in hidden}, ""
    return (*line[:7], orjson.dumps(shown).decode(), *line[8:13], salt, line[14]), sealed


def left(session: Records, cursor: Cursor) -> int:
    """How far a cursor is from the heads of its streams: about the entries that are still to come."""
    heads = dict(session.rows("SELECT id, head FROM stream"))
    return sum(max(0, int(heads.get(stream, 0)) - at) for stream, at in cursor.streams.items())
