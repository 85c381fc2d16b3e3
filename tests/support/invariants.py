"""What always holds (docs/architecture.md), as functions over a device's store and HQ's database. Each raises Violation.

The fleet simulation calls the first two during the run and the others at its end.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import msgspec

from mobility_app.domain import digests, registry
from mobility_app.domain.access import Actor
from mobility_app.domain.change import LIVE, LOST, Row, fold
from mobility_app.domain.fields import Entity, Merge, encode
from mobility_app.hq import devices as hq_devices
from mobility_app.hq import involved, outbox, scopes
from mobility_app.hq import scrub as hq_scrub
from mobility_app.hq.office import Office
from mobility_app.store import digests as device_digests
from mobility_app.store import overlay
from mobility_app.store.records import Records, patch_plain
from mobility_app.store.store import Store
from mobility_app.sync import protocol

_LIVE = ",".join(f"'{state}'" for state in LIVE)
NOTES = frozenset({"mail_state", "state", "reason", "undelivered_ids"})  # how HQ's own mail stands: nobody's edit
Columns = tuple[object, ...]  # of a record, in the order of the description's fields
Confirmed = dict[str, Columns]  # record -> its columns


class Violation(AssertionError):
    """An invariant does not hold."""


def overlay_holds(name: str, store: Store) -> None:
    """7: what is seen is what HQ confirmed with the open changes over it."""
    with store.reading() as session:
        live = session.rows(f"SELECT entity, record_id, kind, patch FROM change WHERE state IN ({_LIVE}) ORDER BY dseq")
        kept = {(row[0], row[1]) for row in session.rows("SELECT entity, record_id FROM base_row")}
        touched = {(row[0], row[1]) for row in live}
        if kept - touched:
            raise Violation(f"7: {name} keeps pictures of {len(kept - touched)} records that nothing is open of")
        for pair in touched:
            row = overlay.base(session, *pair)[1]
            for entity, record_id, kind, patch in live:
                if (entity, record_id) == pair:
                    row = overlay.over(entity, row, kind, patch_plain(entity, json.loads(patch)))
            if _bare(session.get(*pair)) != _whole(pair[0], row):
                raise Violation(f"7: {name} shows another {pair[0]} than base and open changes make")


@dataclass(slots=True)
class Truth:
    """What HQ's tables hold at one moment, and from it what each user may see."""

    rows: dict[str, Confirmed]
    members: dict[str, list[str]]
    _roots: dict[str, str | None] = field(default_factory=dict)
    _seen: dict[str, dict[str, Confirmed]] = field(default_factory=dict)

    @classmethod
    def read(cls, hq: Records) -> Truth:
        """As it stands now."""
        rows = {one.name: _columns(hq, one.name) for one in registry.ENTITIES}
        return cls(rows, _grouped(hq.rows("SELECT root_id, scope FROM member")))

    def seen_by(self, hq: Records, user_id: str) -> dict[str, Confirmed]:
        """entity -> records that a device of this user is to hold."""
        if user_id not in self._seen:
            actor = hq_devices.actor(hq, user_id)
            held = set(scopes.held(hq, actor))
            self._seen[user_id] = {
                one.name: {
                    record_id: columns
                    for record_id, columns in self.rows[one.name].items()
                    if self._visible(one, record_id, columns, actor, held)
                }
                for one in registry.ENTITIES
            }
        return self._seen[user_id]

    def visible_root(self, root: str, held: Collection[str]) -> bool:
        """Whether somebody who holds these scopes sees anything of the customer."""
        return any(scope in held for scope in self.members.get(root, ()))

    def _visible(self, one: Entity, record_id: str, columns: Columns, actor: Actor, held: Collection[str]) -> bool:
        root = self._root(one, record_id)
        if root is not None:
            return any(scope in held and scopes.carries(scope, one) for scope in self.members.get(root, ()))
        company = columns[one.names.index("company_id")] if "company_id" in one.names else None
        return company is None or company in actor.company_ids

    def _root(self, one: Entity, record_id: str) -> str | None:
        """The customer that a record hangs on."""
        if one.name == "customer" or not one.parent:
            return record_id if one.name == "customer" else None
        if record_id not in self._roots:
            parent = self.rows[one.name].get(record_id, (None,) * len(one.names))[one.names.index(one.parent)]
            above = registry.entity(one.field(one.parent).refers)
            known = isinstance(parent, str) and (above.name == "customer" or parent in self.rows[above.name])
            self._roots[record_id] = self._root(above, str(parent)) if known else None
        return self._roots[record_id]


def confirmed(session: Records) -> dict[str, Confirmed]:
    """entity -> what a device holds as HQ confirmed it: its tables, and HQ's pictures under open changes."""
    lain_over: dict[str, list[str]] = {}
    for entity, record_id in overlay.covered(session):
        lain_over.setdefault(entity, []).append(record_id)
    found: dict[str, Confirmed] = {}
    for one in registry.ENTITIES:
        held = found[one.name] = _columns(session, one.name)
        for record_id, row in overlay.bases(session, one.name, lain_over.get(one.name, ())).items():
            held.pop(record_id, None)
            if row is not None:
                held[record_id] = tuple(encode(field, row[field.name]) for field in one.fields)
    return found


def pulled_exactly(name: str, store: Store, office: Office, truth: Truth | None = None) -> None:
    """6, 14 and 18: after a whole round the device holds what it may see, no record more and none less, and the sums
    that it keeps are those of its tables. `truth`: HQ's tables, where they are read already."""
    with store.reading() as session, office.ledger.reading() as hq:
        identity = store.identity()
        assert identity is not None
        truth = truth or Truth.read(hq)
        have, expected = confirmed(session), truth.seen_by(hq, identity.user_id)
        for one in registry.ENTITIES:
            mine, its = have[one.name], expected[one.name]
            if mine != its:
                missing, extra = set(its) - set(mine), set(mine) - set(its)
                others = sorted({
                    name for key in mine.keys() & its
                    for name, here, there in zip(one.names, mine[key], its[key], strict=True) if here != there
                })  # fmt: skip
                raise Violation(
                    f"6: {name} {one.name}: {len(missing)} missing, {len(extra)} too many, other values of {others}"
                )
        held = set(scopes.held(hq, hq_devices.actor(hq, identity.user_id)))
        roots = {row[0] for row in session.rows("SELECT DISTINCT root_id FROM entry WHERE root_id IS NOT NULL")}
        if hidden := {root for root in roots if not truth.visible_root(root, held)}:
            raise Violation(f"14: {name} keeps history of {len(hidden)} customers that left")
        _sums(name, session, have)


def sums_hold(name: str, store: Store) -> None:
    """18: the sums that a device keeps are those of its tables."""
    with store.reading() as session:
        _sums(name, session, confirmed(session))


def _sums(name: str, session: Records, have: Mapping[str, Confirmed]) -> None:
    fresh: dict[str, int] = {}
    for entity, rows in have.items():
        fresh.update(digests.of_many(entity, [(record_id, *columns) for record_id, columns in rows.items()]))
    kept = {part: number for part, number in device_digests.read(session).items() if number}
    if kept != {part: number for part, number in fresh.items() if number}:
        raise Violation(f"18: {name} keeps other sums than its tables have")


def hq_sums_hold(office: Office) -> None:
    """18: what HQ's scrub finds is nothing, scope by scope and record by record."""
    if found := hq_scrub.look(office.ledger):
        raise Violation(f"18: {found[0][3]}")


def streams(hq: Records) -> None:
    """3 and 4: numbers without a gap; each device's changes in its own order."""
    for stream, head in hq.rows("SELECT id, head FROM stream"):
        seqs = [row[0] for row in hq.rows("SELECT seq FROM log WHERE stream=? ORDER BY seq", stream)]
        if seqs != list(range(1, head + 1)):
            raise Violation(f"4: stream {stream} has gaps")
        last: dict[str, int] = {}
        for device, dseq in hq.rows(
            "SELECT device_id, dseq FROM log WHERE stream=? AND device_id IS NOT NULL ORDER BY seq", stream
        ):
            if dseq < last.get(device, 0):
                raise Violation("3: a device's changes stand in another order")
            last[device] = dseq


def folds(hq: Records) -> None:
    """5: the tables are what the log makes of nothing."""
    rows: dict[tuple[str, str], Row | None] = {}
    for entity, record_id, kind, patch in hq.rows(
        "SELECT entity, record_id, kind, patch FROM log ORDER BY stream, seq"
    ):
        pair = (entity, record_id)
        rows[pair] = fold(rows.get(pair), kind, patch_plain(entity, json.loads(patch)))
    for one in registry.ENTITIES:
        made = {
            record_id: {name: (row or {}).get(name) for name in one.names}
            for (entity, record_id), row in rows.items()
            if entity == one.name and row is not None
        }
        if made != {str(row["id"]): _bare(row) for row in hq.find(one.name)}:
            raise Violation(f"5: {one.name} is not what the log makes")


def mails(hq: Records) -> None:
    """10: of each activity at most one mail waits for each receiver; it tells what stands, and the record says it waits."""
    waiting = outbox.read(hq, "entity='activity' AND state=? AND handed=0", outbox.WAITING)
    several = [
        pair for pair, count in Counter((mail.subject_id, mail.receiver) for mail in waiting).items() if count > 1
    ]
    if several:
        raise Violation(f"10: {several[0]} has several mails")
    for mail in waiting:
        _, picture = involved.pictures(hq, mail.subject_id, ())
        if mail.after is not None and (picture is None or mail.after != picture.told(mail.receiver)):
            raise Violation(f"10: a mail about {mail.subject_id} tells what does not stand")
        if mail.before == mail.after:
            raise Violation(f"10: a mail about {mail.subject_id} tells nothing")
        if picture is not None and picture.row["mail_state"] != outbox.WAITING:
            raise Violation(f"10: {mail.subject_id} does not say that its mail waits")


def accounted(hq: Records, name: str, device_id: str, saved: Collection[int], *, renewed: bool = False) -> Counter[str]:
    """1 and 2: every saved change has exactly one verdict, and stands in one transaction of the log at most; one that was
    `renewed` goes on from the numbers of its copy. Returns how often each verdict was given."""
    verdicts = dict(hq.rows("SELECT dseq, said FROM verdict WHERE device_id=?", device_id))
    first = min(verdicts, default=1) if renewed else 1
    if sorted(verdicts) != list(range(first, first + len(verdicts))) or not set(saved) <= set(verdicts):
        raise Violation(f"1: {name} saved {len(saved)} changes, HQ judged {len(verdicts)}")
    said_of = Counter[str]()
    for said in verdicts.values():
        verdict = msgspec.json.decode(said, type=protocol.WireVerdict)
        said_of[verdict.reason if verdict.state == "rejected" else verdict.state] += 1
    twice = hq.rows(
        "SELECT dseq FROM log WHERE device_id=? GROUP BY dseq, stream HAVING COUNT(DISTINCT txn) > 1",
        device_id,
    )
    if twice:
        raise Violation(f"2: changes {twice} of {name} stand in the log twice")
    return said_of


@dataclass(frozen=True, slots=True)
class Seen:
    """What the author of a change had seen: HQ's log up to a number, and of which record the values that it replaced.
    Where that record went into another one, those values are all that was seen of the other one."""

    upto: int = 2**62
    record_id: str = ""
    before: Row = field(default_factory=dict)


def clashes(hq: Records, seen: Callable[[str, int, str], Seen | None]) -> None:
    """11, 12 and 15: concurrent different values are both kept; edits in sequence never clash; nothing unseen dies.
    `seen`: by a device, its change and a stream; None: nobody can say."""
    conflicts = {(row["record_id"], row["field"], str(row["winner"]), str(row["loser"])) for row in hq.find("conflict")}
    expected: set[tuple[str, str, str, str]] = set()
    newest: dict[tuple[str, str], tuple[int, str | None, object]] = {}
    last: dict[str, tuple[int, str | None]] = {}
    unsure: set[tuple[str, str, str, str]] = set()
    for stream, seq, entity, record_id, kind, kept, device, dseq in hq.rows(
        "SELECT stream, seq, entity, record_id, kind, patch, device_id, dseq FROM log WHERE stream!='hq'"
        " ORDER BY stream, seq"
    ):
        one, patch = registry.entity(entity), patch_plain(entity, json.loads(kept))
        known = seen(device, dseq, stream)
        base, led = (known or Seen()).upto, known is not None and known.record_id not in ("", record_id)
        if kind == "delete" and device:
            was = last.get(record_id, (0, None))
            if was[0] > base and was[1] != device:
                raise Violation("15: a delete destroyed an edit that it had not seen")
        for name, (_, after) in patch.items():
            if one.field(name).merge not in (Merge.LWW, Merge.GROUP):
                continue
            stood = newest.get((record_id, name))
            if kind == LOST:
                assert stood is not None
                expected.add((record_id, name, str(stood[2]), str(after)))
                continue
            in_group = max(
                (newest[(record_id, other)] for other in one.group(one.field(name)) if (record_id, other) in newest),
                key=lambda version: version[0], default=None,
            )  # fmt: skip
            unseen = in_group is not None and in_group[0] > base and in_group[1] != device
            if known is not None and led:
                unseen = any(
                    newest[(record_id, other)][2] != known.before[other]
                    for other in one.group(one.field(name)) if (record_id, other) in newest and other in known.before
                )  # fmt: skip
            if kind == "update" and stood and device and unseen and stood[2] != after:
                expected.add((record_id, name, str(after), str(stood[2])))
            if known is None and stood:
                unsure.add((record_id, name, str(after), str(stood[2])))
        if kind != LOST:
            newest.update({(record_id, name): (seq, device, sides[1]) for name, sides in patch.items()})
            if kind in ("create", "restore"):
                whole = {(record_id, name): (seq, device, (patch.get(name) or (None, None))[1]) for name in one.names}
                newest.update(whole)
            if device or not set(patch) <= NOTES:
                last[record_id] = (seq, device)
    standing = {key for key in conflicts if hq.value("SELECT deleted FROM record WHERE id=?", key[0]) == 0}
    wanted = {key for key in expected if hq.value("SELECT deleted FROM record WHERE id=?", key[0]) == 0}
    if not wanted <= conflicts:
        raise Violation(f"11: {len(wanted - conflicts)} lost values have no conflict record")
    if unwanted := {key for key in standing - wanted - unsure if key[2] != "None"}:
        raise Violation(f"11: {len(unwanted)} conflicts between edits in sequence: {sorted(unwanted)[:2]}")


def _columns(session: Records, entity: str) -> Confirmed:
    names = ",".join(registry.entity(entity).names)
    return {row[0]: row[1:] for row in session.rows(f'SELECT id, {names} FROM "{entity}"')}


def _bare(row: Row | None) -> Row | None:
    return {name: value for name, value in row.items() if name != "id"} if row is not None else None


def _whole(entity: str, row: Row | None) -> Row | None:
    return {name: row.get(name) for name in registry.entity(entity).names} if row is not None else None


def _grouped(rows: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in rows:
        found.setdefault(key, []).append(value)
    return found
