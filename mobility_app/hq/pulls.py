"""Pulls: the page after a device's cursor, with HQ's seal on where it ends and the sum of what the device then holds.

Most pulls bring nothing. What was said to one is remembered until something happens: the same question, of a device and
a user that stand as they stood, about streams that have moved nowhere, has the same answer. Only answers without a
single entry are kept; whatever holds data is made anew, by the rights of the moment.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

import msgspec

from mobility_app.domain import digests, versions
from mobility_app.domain.access import Actor
from mobility_app.domain.change import canonical
from mobility_app.errors import Refused
from mobility_app.hq import devices, lives, witness
from mobility_app.hq import digests as sums
from mobility_app.hq.devices import Device
from mobility_app.hq.feed import Feed, left
from mobility_app.hq.snapshots import Snapshots
from mobility_app.store import lease
from mobility_app.store.cursor import AWAITED, Cursor
from mobility_app.store.records import Records
from mobility_app.sync import protocol
from mobility_app.sync.columns import LEAN_SINCE, Lines, of_rows, thinned
from mobility_app.sync.protocol import PullAnswer, PullRequest, WireActor, WireCursor

SUMS_KEPT = 5_000  # of so many positions the sum is remembered
QUIET_KEPT = 20_000  # devices whose last answer is remembered: some 1.5 kB each


@dataclass(frozen=True, slots=True)
class Quiet:
    """A pull that brought nothing: what was asked, how HQ stood then, what was said."""

    asked: tuple[str, bytes]
    stood: tuple[Any, ...]
    said: bytes


class Pulls:
    """Answers pulls. `seal_key` is HQ's own: it believes no cursor that it did not seal."""

    def __init__(self, epoch: str, seal_key: bytes, snapshots: Snapshots) -> None:
        self._epoch, self._seal_key, self._snapshots = epoch, seal_key, snapshots
        self.lease_days = lease.DAYS
        self._sums: dict[tuple[object, ...], str] = {}
        self._quiet: dict[str, Quiet] = {}

    def answer(self, session: Records, device: Device, asked: tuple[str, bytes], most: int) -> bytes:
        """The packed answer to (encoding, body) of a device that was verified in this session; at most so many entries."""
        stood = (device, *_standing(session, device.user_id))
        kept = self._quiet.get(device.id)
        if kept is not None and (kept.asked, kept.stood) == (asked, stood):
            return kept.said
        message = protocol.unpack(asked[1], PullRequest, asked[0])
        answer = self._page(session, device, message, most)
        said = protocol.pack(answer)
        if answer.cursor is None:
            if len(self._quiet) >= QUIET_KEPT:
                self._quiet.clear()
            self._quiet[device.id] = Quiet(asked, stood, said)
        return said

    def _page(self, session: Records, device: Device, message: PullRequest, most: int) -> PullAnswer:
        if -1 < message.last < device.last_dseq:  # it has counted further before: put back from a copy, or copied
            raise Refused("seq_reuse", 409)
        actor = devices.actor(session, device.user_id)
        cursor = self.believed(device, message.cursor)
        self._require_known(session, cursor)
        snaps = self._snapshots.heard(session, actor.role, message)
        feed = Feed(session, actor, self._epoch, most, device.version)
        page = feed.page(cursor, snaps)
        version = versions.VERSION if device.version != versions.VERSION else 0
        days = self.lease_days if self.lease_days != lease.DAYS and device.version >= lease.SINCE else 0
        digest = "" if page.more else self._digest(session, actor, page.cursor, message.digests)
        if page.cursor == cursor and not (
            page.lines or page.steps or page.reset or page.more or page.behind or page.offers
        ):
            return PullAnswer(digest=digest, version=version, lease=days)
        to = WireCursor(page.cursor.epoch, page.cursor.role, page.cursor.scopes, page.cursor.streams)
        sealed = msgspec.structs.replace(to, seal=self._seal(device, to))
        still = left(session, page.cursor) if page.more else 0
        life = lives.met(session, device, cursor.epoch, cursor.streams)
        lines: Lines = (page.lines, page.sealed, "")
        if min(device.version, message.digests) >= LEAN_SINCE and not (message.whole or page.reset or page.behind):
            own = devices.unaltered(session, device.id, page.lines, cursor.streams)
            lines = thinned(page.lines, page.sealed, feed.follows(page.lines), own)
        return PullAnswer(
            wire_actor(session, actor), of_rows(*lines), page.steps, sealed, page.more, page.reset,
            digest, page.behind, still, life, page.offers, version, days,
        )  # fmt: skip

    def _digest(self, session: Records, actor: Actor, cursor: Cursor, generation: int) -> str:
        """What the device is to hold at that cursor, summed as far as it and HQ both can."""
        generation = min(generation, versions.VERSION)
        if not generation or any(sub == AWAITED for _, sub in cursor.scopes.values()):
            return ""
        # The positions name one state of the log, and so one sum: an idle pull, the usual one, sums nothing.
        key = (self._epoch, actor.role, generation, tuple(sorted(cursor.scopes.items())))
        if key not in self._sums:
            if len(self._sums) >= SUMS_KEPT:
                self._sums.clear()
            held = sums.held_sums(session, cursor.scopes)
            self._sums[key] = f"{generation}-{digests.text(digests.total(held, actor.role, generation))}"
        return self._sums[key]

    def believed(self, device: Device, at: WireCursor) -> Cursor:
        """The cursor as HQ gave it to this device; any other starts anew, as one of another epoch does. What left a
        scope is told to those alone who can have held it."""
        if hmac.compare_digest(at.seal.encode(), self._seal(device, at).encode()):
            return Cursor(at.epoch, at.role, dict(at.scopes), dict(at.streams))
        return Cursor(scopes=dict(at.scopes))

    def _require_known(self, session: Records, cursor: Cursor) -> None:
        """Raises Unreachable put_back where this life has told a device more than it knows itself: HQ's own seal is proof
        that its database was put back, by whatever way."""
        if cursor.epoch != self._epoch:
            return
        heads = dict(session.rows("SELECT id, head FROM stream"))
        for stream, seq in cursor.streams.items():
            witness.require_told(stream, seq, int(heads.get(stream, 0)))

    def _seal(self, device: Device, at: WireCursor) -> str:
        text = canonical([device.id, at.epoch, at.role, msgspec.to_builtins(at.scopes), at.streams])
        return hmac.new(self._seal_key, text, hashlib.sha256).hexdigest()[:32]


def _standing(session: Records, user_id: str) -> tuple[Any, ...]:
    """What a pull's answer depends on beside its question: who the user is, and how far each stream has come. Whatever
    else it reads (scopes, customers, sums, the log) changes in a transaction of the ledger, which moves a head."""
    user = session.one('SELECT role, company_ids, territory_ids, language FROM "user" WHERE id=?', user_id)
    return user, session.rows("SELECT id, head, horizon FROM stream ORDER BY id")


def wire_actor(session: Records, actor: Actor) -> WireActor:
    """The user as devices are told."""
    language = session.value('SELECT language FROM "user" WHERE id=?', actor.user_id)
    return WireActor(actor.role, list(actor.company_ids), list(actor.territory_ids), str(language or "pt"))
