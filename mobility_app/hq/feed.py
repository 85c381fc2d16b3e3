"""What a device may receive after its cursor: one page of the log, cut at the end of a transaction.

For each scope that the user holds now, `scope_log` says which entries and which moves of customers came. A customer
that entered is replayed from its first entry; one that left is told to leave. Visibility is looked at now, never as it
was: what a user may no longer see is passed over, whatever the cursor says. The caller gives one read transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from mobility_app.domain import registry
from mobility_app.domain.access import Actor
from mobility_app.domain.change import DELETE, commitment
from mobility_app.domain.fields import Entity
from mobility_app.errors import InvalidValue
from mobility_app.hq import scopes
from mobility_app.store.cursor import AWAITED, Cursor
from mobility_app.store.records import Records, patch_plain
from mobility_app.sync.protocol import ENTRIES_MAX, Event, WireEntry, WireOffer

PAGE_BYTES = 2_000_000  # of patches; a page ends with the transaction that passes it
CUT_BYTES = 8_000_000  # beyond this a page ends inside a transaction: no device could decode it whole
LOG = "stream, seq, txn, entity, record_id, root_id, kind, patch, stamp, user_id, device_id, dseq, at, salt, chain"

Told = tuple[int, str, str, str | None]  # (seq, kind, scope, root)


@dataclass(slots=True)
class Page:
    """A page in the making."""

    events: list[Event] = field(default_factory=list)
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

    def __init__(self, session: Records, actor: Actor, epoch: str, most: int = ENTRIES_MAX) -> None:
        self._session, self._actor, self._epoch, self._most = session, actor, epoch, most
        self._held = scopes.held(session, actor)
        self._horizons = dict[str, int](session.rows("SELECT id, horizon FROM stream WHERE horizon > 0"))
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
                    page.events += self._parting(root, self.membership([root]).get(root, {}))
        for scope in sorted(self._held):
            if positions.get(scope, (0, 0)) == (0, 0):
                offer = snaps.offer(scope)
                if offer is not None:
                    page.offers[scope] = msgspec.structs.replace(offer, stream=self._held[scope])
                    positions[scope] = (offer.seq, AWAITED)

    def _let_go(self, page: Page, scope: str, since: int) -> None:
        """A scope that the user no longer holds: its customers leave, or keep what another scope still shows."""
        for root in sorted(self._members_at(scope, since)):
            page.events += self._parting(root, self.membership([root]).get(root, {}))
        if scope.startswith("c:"):
            page.events.append(Event(forget=scope.removeprefix("c:")))

    def _members_at(self, scope: str, seq: int) -> set[str]:
        """The customers of a scope at that number: what came later was never shown, so it is not told to leave."""
        since = dict(self._session.rows("SELECT root_id, since FROM member WHERE scope=?", scope))
        moves = "SELECT root_id, COUNT(*) FROM scope_log WHERE scope=? AND seq>? AND kind='m' GROUP BY root_id"
        turns = dict(self._session.rows(moves, scope, seq))
        stayed = {root for root, entered in since.items() if root not in turns and entered <= seq}
        return stayed | {root for root, count in turns.items() if (root in since) != (count % 2 == 1)}

    def _parting(self, root: str, now: dict[str, int]) -> list[Event]:
        """What a device is told of a customer that left one of its scopes: nothing where a territory still holds it."""
        if not now:
            return [Event(leave=root)]
        return [] if any(scope.startswith("t:") for scope in now) else [Event(narrow=root)]

    def _stream(self, page: Page, stream: str, at: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
        head = int(self._session.value("SELECT head FROM stream WHERE id=?", stream) or 0)
        behind = self._horizons.get(stream, 0)
        if any(seq < behind for seq, _ in at.values()):
            page.behind[stream] = behind
        told, upto = self._told(stream, at, head)
        txns = self._entries(stream, sorted({seq for seq, kind, _, _ in told if kind == "p"}))
        members = self.membership({root for _, _, _, root in told if root})
        done, last_txn, sent = 0, 0, set[int]()
        for seq, kind, scope, root in told:
            row = txns.get(seq)
            if row is not None and self._ends(page, row[2] != last_txn, seq != done):
                page.more = True
                return self._moved(at, done)
            try:
                if kind == "m":
                    self._membership_changed(page, scope, seq, str(root), members, at[scope])
                elif row is not None and seq not in sent and self._delivers(scope, seq, root, members):
                    sent.add(seq)
                    self._send(page, row, members)
            except _Full as full:
                page.more = True
                moved = self._moved(at, seq - 1)
                return {**moved, full.scope: (seq - 1, full.sub)}
            done = seq
            last_txn = row[2] if row is not None else last_txn
        page.more = page.more or upto < head
        return self._moved(at, upto)

    def _moved(self, at: dict[str, tuple[int, int]], seq: int) -> dict[str, tuple[int, int]]:
        return {scope: (seq, 0) if seq > was[0] else was for scope, was in at.items()}

    def _told(self, stream: str, at: dict[str, tuple[int, int]], head: int) -> tuple[list[Told], int]:
        """What the scopes were told after their positions, by number, and up to where that is complete."""
        found: list[Told] = []
        upto = head
        for scope, (seq, _) in at.items():
            if seq >= head:
                continue
            rows = self._session.rows(
                "SELECT seq, kind, scope, root_id FROM scope_log WHERE scope=? AND seq>? AND seq<=?"
                " ORDER BY seq, kind LIMIT ?",
                scope, seq, head, self._most + 1,
            )  # fmt: skip
            if len(rows) > self._most:
                # the last number may have a second line beyond the limit: it waits for the next page
                upto = min(upto, rows[-1][0] - 1)
            found += rows
        upto = self._whole(stream, upto, min(seq for seq, _ in at.values()), head)
        return sorted((line for line in found if line[0] <= upto), key=lambda line: (line[0], line[1], line[2])), upto

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
        since = members.get(root, {}).get(scope)
        return since is not None and seq >= since

    def _membership_changed(
        self, page: Page, scope: str, seq: int, root: str, members: dict[str, dict[str, int]], at: tuple[int, int]
    ) -> None:
        now = members.get(root, {})
        if now.get(scope) == seq:
            sub = at[1] if at[0] == seq - 1 else 0
            self._replay(page, scope, root, seq, sub, members)
        elif scope not in now:
            page.events += self._parting(root, now)

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
            if self._full(page) and sub:
                raise _Full(scope, sub)
            self._send(page, row, members)
            sub = row[1]
        if len(rows) == self._most:
            raise _Full(scope, sub)

    def _full(self, page: Page) -> bool:
        return len(page.events) >= self._most or self._bytes >= PAGE_BYTES

    def _ends(self, page: Page, new_txn: bool, new_seq: bool) -> bool:
        return self._full(page) and (new_txn or (new_seq and self._bytes >= CUT_BYTES))

    def _entries(self, stream: str, seqs: list[int]) -> dict[int, tuple[Any, ...]]:
        sql = f"SELECT {LOG} FROM log WHERE stream=? AND seq IN ({{marks}})"
        return {row[1]: row for row in self._session.among(sql, seqs, stream)}

    def _send(self, page: Page, row: tuple[Any, ...], members: dict[str, dict[str, int]]) -> None:
        entry = self.seen(row, members)
        if entry is not None:
            self._bytes += len(str(row[7]))
            page.events.append(Event(entry=entry))
            if row[6] == DELETE and (to := self._leads_to(str(row[4]))):
                page.events.append(Event(leads=(str(row[4]), to)))

    def seen(self, row: tuple[Any, ...], members: dict[str, dict[str, int]]) -> WireEntry | None:
        """A line of the log (`LOG`) as the user may see it, given what `membership` says of its customer."""
        one = registry.entity(str(row[3]))
        root = str(row[5]) if row[5] else None
        if root and not any(scopes.carries(scope, one) for scope in members.get(root, {})):
            return None
        if not scopes.readable(self._actor.role, one.right) or self._veiled(one, row):
            return None
        return _seen(one, row, set(self._hidden(one)))

    def _leads_to(self, record_id: str) -> str | None:
        """What a deleted record goes on as, where it was merged and the user may see the other customer."""
        to, root = self._session.one(
            "SELECT a.leads_to, b.root_id FROM record a LEFT JOIN record b ON b.id = a.leads_to WHERE a.id=?", record_id
        ) or (None, None)
        return str(to) if to and root and self.membership([str(root)]) else None

    def _veiled(self, one: Entity, row: tuple[Any, ...]) -> bool:
        """Whether a conflict holds the values of a field that the role may not see."""
        if one.name != "conflict":
            return False
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
        return not all(scopes.readable(self._actor.role, right) for right in rights)

    def _hidden(self, one: Entity) -> Iterator[str]:
        for each in one.fields:
            if each.right and not scopes.readable(self._actor.role, each.right):
                yield each.name


def _seen(one: Entity, row: tuple[Any, ...], hidden: set[str]) -> WireEntry:
    (stream, seq, txn, entity, record_id, root, kind, patch, stamp, user, device, dseq, at, salt, chain) = row
    full = patch_plain(one.name, json.loads(str(patch)))
    sealed = {}
    if hidden & set(full):
        # Every field is sealed then and the salt stays here: with it, a hidden amount could be found by trying them all.
        sealed = {name: commitment(str(salt), name, sides) for name, sides in full.items()}
        full, salt = {name: sides for name, sides in full.items() if name not in hidden}, ""
    return WireEntry(
        stream,
        seq,
        txn,
        entity,
        record_id,
        kind,
        full,
        stamp,
        at,
        salt,
        chain,
        root,
        user,
        device,
        dseq,
        sealed,
    )


def left(session: Records, cursor: Cursor) -> int:
    """How far a cursor is from the heads of its streams: about the entries that are still to come."""
    heads = dict(session.rows("SELECT id, head FROM stream"))
    return sum(max(0, int(heads.get(stream, 0)) - at) for stream, at in cursor.streams.items())
