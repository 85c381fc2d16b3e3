"""The verdict on each change of a device: rights, rules, causality, merge.

Everything is looked at on HQ's own rows, inside the transaction that writes, before the write. Company, user, device
and time come from the device's key, never from the payload. A verdict names what became of each field; a refused
change leaves no trace in the tables. Merge rules themselves are `domain/merge.py`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from functools import cache
from itertools import groupby
from typing import TypeAlias

from msgspec.structs import replace

from mobility_app.domain import access, clock, merge, registry
from mobility_app.domain.access import Actor
from mobility_app.domain.change import CREATE, DUPLICATE_SUSPECT, MERGED, RESTORE, UPDATE, VOID, Change, Patch, Row
from mobility_app.domain.fields import Entity, Field, Merge, Plain, check, is_id
from mobility_app.domain.rules import checks, reopening
from mobility_app.domain.rules.places import language_of
from mobility_app.errors import InvalidValue, NotAllowed
from mobility_app.hq import scopes
from mobility_app.hq.ledger import Author, Transaction
from mobility_app.hq.numbers import next_number
from mobility_app.hq.reach import REJECTED, Reach, Rejection, led
from mobility_app.hq.states import State
from mobility_app.hq.verdicts import ACCEPTED, SUPERSEDED, Verdict, elsewhere, summed

Clash: TypeAlias = tuple[str, Plain, Plain, Plain, bool]  # field, base, mine, theirs, mine wins


class Judge:
    """Judges the changes of one device inside one ledger transaction."""

    def __init__(
        self, tx: Transaction, actor: Actor, device_id: str, common: Callable[[str], int | None] = lambda stream: None
    ) -> None:
        """`common`: up to which number of a stream the author's life of HQ tells what this one does (`lives.py`)."""
        self._tx, self._actor, self._device, self._common = tx, actor, device_id, common
        self._reach = Reach(tx, actor)
        self._together: list[Change] = []  # what was saved with the change that is judged
        self._told: dict[str, int] = {}  # stream -> its last number before this transaction

    def judge(self, changes: Iterable[Change]) -> list[Verdict]:
        """Verdicts in the order of the changes. What was saved together and marked atomic stands or falls as one."""
        verdicts: list[tuple[Verdict, str]] = []
        changes = list(changes)
        self._tx.foresee(_named(changes))
        for _, group in groupby(changes, key=lambda change: change.tx):
            together = self._together = list(group)
            if any(change.atomic for change in together):
                verdicts += self._as_one(together)
            else:
                verdicts += [self._one(change) for change in together]
        heads = {stream: self._tx.head(stream) for stream in {stream for _, stream in verdicts if stream}}
        return [replace(verdict, stream=stream, seq=heads.get(stream, 0)) for verdict, stream in verdicts]

    def _as_one(self, changes: list[Change]) -> list[tuple[Verdict, str]]:
        said: list[tuple[Verdict, str]] = []
        try:
            with self._tx.attempt():
                for change in changes:
                    said.append(self._one(change))
                    if said[-1][0].state == REJECTED:
                        raise Rejection(said[-1][0].reason)
        except Rejection as refused:
            culprit = len(said) - 1
            return [
                (Verdict(change.dseq, REJECTED, refused.reason if at == culprit else "together"), "")
                for at, change in enumerate(changes)
            ]
        return said

    def _one(self, change: Change) -> tuple[Verdict, str]:
        if change.kind == VOID:
            return Verdict(change.dseq, REJECTED, VOID), ""
        stamp = clock.clamped(change.stamp, self._tx.now)
        at = min(max(change.at, 0), self._tx.now)  # a clock of before 1970 counts as 1970
        self._tx.author = Author(self._actor.user_id, self._device, change.dseq, stamp, at)
        try:
            base = self._seen(change)
            as_is = (stamp, base) == (change.stamp, change.base)
            verdict = self._by_kind(change if as_is else replace(change, stamp=stamp, base=base))
        except Rejection as refused:
            verdict = Verdict(change.dseq, REJECTED, refused.reason, refused.fields)
        # A refusal names no place: it would tell that something is there, and where.
        state = self._tx.state(verdict.leads_to or change.record_id) if verdict.state != REJECTED else None
        if stamp != change.stamp:
            verdict = replace(verdict, clamped=True)
        return verdict, state.stream if state else ""

    def _seen(self, change: Change) -> int:
        """What the author can have seen: never more than HQ had told anybody before this push, nor, of a life of HQ that
        is over, more than the present one goes on from."""
        state = self._tx.state(change.record_id)
        if state is None:
            return 0
        if state.stream not in self._told:
            common = self._common(state.stream)
            told = self._tx.published(state.stream)
            self._told[state.stream] = told if common is None else min(told, common)
        return min(change.base, self._told[state.stream])

    def _by_kind(self, change: Change) -> Verdict:
        try:
            one = registry.entity(change.entity)
            for name in change.patch:
                one.field(name)
        except InvalidValue as unknown:
            raise Rejection(unknown.reason) from None
        match change.kind:
            case "create":
                return self._create(one, change)
            case "update":
                return self._update(one, change)
            case "delete":
                return self._delete(one, change)
            case "restore":
                return self._restore(one, change)
        raise Rejection("unknown_kind")

    # -- create

    def _create(self, one: Entity, change: Change) -> Verdict:
        if self._tx.state(change.record_id) is not None:
            raise Rejection("id_taken")
        row, refused = self._new_row(one, change.patch)
        parent = row.get(one.parent)
        refused.update(self._reach.follow(one, change.record_id, row))
        self._reach.fresh(one, change.record_id, row)
        if not access.may(self._actor.role, one.right, "create", own=True):
            raise Rejection("forbidden")
        self._reach.signed(one, row)
        if twin := self._twin(one, row):
            self._tx.lead(one.name, change.record_id, twin)
            return Verdict(change.dseq, MERGED, "made_twice", leads_to=twin)
        row = self._settled(one, row, change.patch)
        if one.name == "customer":
            row["number"] = next_number(self._tx)
        self._add(one, change.record_id, row, CREATE)
        if row.get(one.parent) != parent:  # what it hangs on was merged meanwhile
            return Verdict(change.dseq, MERGED, "merged_record", refused)
        return Verdict(change.dseq, ACCEPTED, fields=refused | self._suspect(one, change.record_id, row))

    def _suspect(self, one: Entity, record_id: str, row: Row) -> dict[str, tuple[str, str]]:
        """Tells the author that another customer of the company has this identifier, wherever it lies: which one, the
        office knows. Two devices may have made the same customer; neither is refused for it."""
        if one.name != "customer" or not row.get("identifier") or row.get("identifier_kind") == "other":
            return {}
        twins = self._tx.where("customer", {name: row[name] for name in ("identifier", "company_id")})
        return {"identifier": (ACCEPTED, DUPLICATE_SUSPECT)} if any(one["id"] != record_id for one in twins) else {}

    def _add(self, one: Entity, record_id: str, row: Row, kind: str) -> None:
        try:
            self._tx.add(one.name, record_id, row, kind)
        except NotAllowed as refusal:  # an exclusive product for another customer
            raise Rejection(refusal.reason) from None

    def _twin(self, one: Entity, row: Row) -> str | None:
        """The link record that stands already for the same pair."""
        twins = self._tx.where(one.name, {name: row[name] for name in one.unique}) if one.unique else []
        return str(twins[0]["id"]) if twins else None

    def _new_row(self, one: Entity, patch: Patch) -> tuple[Row, dict[str, tuple[str, str]]]:
        given = {name: self._checked(one, one.field(name), sides[1]) for name, sides in patch.items()}
        company = self._tx.get("company", str(given.get("company_id"))) or {}
        usual: Row = {field.name: field.default for field in one.fields}
        if one.name == "customer":
            usual.update(currency=company.get("currency"), language=language_of(str(company.get("country") or "PT")))
        row, refused = {**usual, **given}, {}
        for name, value in given.items():
            reason = self._bars(one, one.field(name), CREATE)
            if reason and value not in (usual[name], None):
                row[name] = usual[name]
                if (one.name, name) != ("customer", "number"):  # the provisional number is meant to be replaced
                    refused[name] = (REJECTED, reason)
        return row, refused

    # -- update

    def _update(self, one: Entity, change: Change) -> Verdict:
        record_id, state = self._resolved(change.record_id, one.name)
        row = self._tx.get(one.name, record_id)
        if row is None:
            self._gone(one, change, state)
        assert row is not None
        self._settles(one, state, row)
        own = self._own(one, state, row)
        fates: dict[str, tuple[str, str]] = {}
        wanted: Row = {}
        lost: Patch = {}
        clashes: list[Clash] = []
        for names in _groups(one, change.patch):
            self._field(one, change, record_id, row, state, names, own, fates, wanted, lost, clashes)
        after = self._settled(one, {**row, **wanted}, change.patch, row) if wanted else row
        if reopening.opens_again(one.name, row, after) and not reopening.explained(change, self._together):
            raise Rejection("reason_missing")
        moved = {name: after[name] for name in one.names if after[name] != row.get(name)}
        if "territory_id" in moved:
            self._reach.territory(row, moved["territory_id"])
        if moved:
            self._tx.change(one.name, record_id, row, moved)
        if lost:
            self._tx.lost(one.name, record_id, lost)
        self._conflicts(one, record_id, state, change, clashes)
        if "identifier" in moved or "identifier_kind" in moved:
            fates.update(self._suspect(one, record_id, after))
        verdict = summed(change.dseq, change.patch, fates)
        return verdict if record_id == change.record_id else elsewhere(verdict, record_id)

    def _field(
        self, one: Entity, change: Change, record_id: str, row: Row, state: State, names: tuple[str, ...], own: bool,
        fates: dict[str, tuple[str, str]], wanted: Row, lost: Patch,
        clashes: list[Clash],
    ) -> None:  # fmt: skip
        """Decides one field, or the fields of one group, which win together."""
        mine = {name: self._checked(one, one.field(name), change.patch[name][1]) for name in names}
        base = {name: self._before(one, one.field(name), change.patch[name][0]) for name in names}
        moved = [name for name in names if mine[name] != base[name]] or list(names)
        reasons = (self._bars(one, one.field(name), UPDATE, own) or self._misses(one, change, row, mine, name)
                   for name in moved)  # fmt: skip
        if reason := next((reason for reason in reasons if reason), None):
            fates.update(dict.fromkeys(moved, (REJECTED, reason)))
            return
        seq, stamp, device = state.version(one.group(one.field(names[0])))
        theirs = {name: row.get(name) for name in names}
        fields = [one.field(name) for name in names]
        rule = fields[0].merge
        concurrent = seq > change.base and device != self._device
        if record_id != change.record_id:  # merged into this one, which the author had not seen
            concurrent = theirs != base
        if rule in merge.JOINS:
            # Always on what the author saw: this device's own last version may hold somebody else's lines by now.
            name = names[0]
            marks = self._marks(record_id, name) if concurrent and rule is Merge.TEXT3 else (merge.MINE, merge.THEIRS)
            joined = merge.joined(fields[0], base[name], mine[name], theirs[name], marks)
            wanted[name] = self._checked(one, one.field(name), joined)  # two that fit may be too long as one
            if joined != mine[name]:
                fates[name] = (MERGED, "")
            return
        if not concurrent or theirs == mine:
            wanted.update(mine)
            return
        if merge.alike(fields, mine, theirs):  # said the same in other letters: nobody lost anything
            fates.update(dict.fromkeys(moved, (MERGED, "")))
            return
        if rule in (Merge.PROGRESS, Merge.MOST, Merge.LEAST):
            if merge.further(fields, mine, theirs):
                wanted.update(mine)
            else:
                fates.update(dict.fromkeys(moved, (MERGED, "")))
                lost.update({name: (theirs[name], mine[name]) for name in moved if mine[name] != theirs[name]})
            return
        wins = merge.incoming_wins((change.stamp, self._device), (stamp, device or ""))
        # A group that wins also takes along fields that its author had left alone: those values are lost as well.
        differing = [name for name in (names if wins else moved) if mine[name] != theirs[name]]
        if wins:
            wanted.update(mine)
        else:
            fates.update(dict.fromkeys(differing, (SUPERSEDED, "")))
            lost.update({name: (theirs[name], mine[name]) for name in differing})
        clashes += [(name, base[name], mine[name], theirs[name], wins) for name in differing]

    def _conflicts(
        self, one: Entity, record_id: str, state: State, change: Change,
        clashes: list[Clash],
    ) -> None:  # fmt: skip
        for name, base, mine, theirs, wins in clashes:
            if one.field(name).derived:
                continue
            _, other_at, other_user = self._standing_author(record_id, name)
            me: tuple[str | None, int] = (self._actor.user_id, self._tx.author.at or 0)
            other: tuple[str | None, int] = (other_user, other_at)
            (winner, winner_at), (loser, loser_at) = (me, other) if wins else (other, me)
            cause, self._tx.author = self._tx.author, Author(stamp=change.stamp)
            self._tx.create("conflict", {
                "customer_id": state.root_id, "entity": one.name, "record_id": record_id, "field": name,
                "base": base, "winner": mine if wins else theirs, "loser": theirs if wins else mine,
                "winner_user_id": winner, "loser_user_id": loser, "winner_at": winner_at, "loser_at": loser_at,
                "rule": one.field(name).merge.value,
            })  # fmt: skip
            self._tx.author = cause

    def _marks(self, record_id: str, name: str) -> tuple[str, str]:
        """What stands before each version of a line that two people wrote: who."""
        users = (self._actor.user_id, self._standing_author(record_id, name)[2])
        mine, theirs = ((self._tx.get("user", user) or {}).get("name") if user else None for user in users)
        return f"[{mine}]" if mine else merge.MINE, f"[{theirs}]" if theirs else merge.THEIRS

    def _standing_author(self, record_id: str, name: str) -> tuple[int, int, str | None]:
        """(sequence number, instant, user) of the newest published entry that set the field."""
        rows = self._tx.rows(
            "SELECT seq, at, user_id FROM log WHERE record_id=? AND patch LIKE ? AND kind != 'lost'"
            " AND (device_id IS NULL OR device_id != ?) ORDER BY seq DESC LIMIT 1",
            record_id, f'%"{name}":%', self._device,
        )  # fmt: skip
        return rows[0] if rows else (0, self._tx.now, None)

    def _gone(self, one: Entity, change: Change, state: State) -> None:
        """An edit of a record that was deleted meanwhile: refused, and kept as a conflict that people can see."""
        if state.root_id and self._tx.get("customer", state.root_id) is None:
            raise Rejection("row_deleted")
        clashes: list[Clash] = [
            (name, self._before(one, one.field(name), before), self._checked(one, one.field(name), after), None, False)
            for name, (before, after) in change.patch.items()
            if before != after and not self._bars(one, one.field(name), UPDATE)
        ]
        self._conflicts(one, change.record_id, state, change, clashes)
        raise Rejection("row_deleted")

    def _misses(self, one: Entity, change: Change, row: Row, mine: Row, name: str) -> str | None:
        """Why a reference can't point there. One that leads on is followed."""
        field, target = one.field(name), mine[name]
        if not field.refers or not isinstance(target, str) or name == "territory_id":
            return None
        mine[name] = self._reach.target(one, change.record_id, row, field, target)
        return None if mine[name] is not None else "not_found"

    def _settles(self, one: Entity, state: State, row: Row) -> None:
        """A conflict of the installation's own records is nobody's to settle who could not have written the field."""
        if one.name != "conflict" or state.stream != scopes.GLOBAL:
            return
        other = registry.entity(str(row["entity"]))
        right = other.field(str(row["field"])).right or other.right
        if not access.may(self._actor.role, right, "update"):
            raise Rejection("forbidden")

    # -- delete and restore

    def _delete(self, one: Entity, change: Change) -> Verdict:
        record_id, state = self._resolved(change.record_id, one.name)
        row = self._tx.get(one.name, record_id)
        if row is None:
            return Verdict(change.dseq, ACCEPTED)  # already gone: what was wanted is so
        if not access.may(self._actor.role, one.right, "delete", own=self._own(one, state, row)):
            raise Rejection("forbidden")
        if one.name == "customer" and record_id != change.record_id:
            raise Rejection("changed_since")  # it was merged: nobody meant to delete the other one
        under = self._tx.under(one.name, record_id)
        conflicts = [pair for pair in under if pair[0] == "conflict"]
        if len(conflicts) < len(under):
            newer = any(self._unseen(pair[1], change.base) for pair in under)
            raise Rejection("changed_since" if newer else "has_dependents")
        if self._unseen(record_id, change.base):
            raise Rejection("changed_since")
        for name, conflict_id in conflicts:
            self._tx.delete(name, conflict_id)
        self._tx.delete(one.name, record_id)
        return Verdict(change.dseq, ACCEPTED)

    def _unseen(self, record_id: str, base: int) -> bool:
        state = self._tx.state(record_id)
        return state is not None and state.seq > base and state.device_id != self._device

    def _restore(self, one: Entity, change: Change) -> Verdict:
        """A record comes back as it went: whoever restores can't change fields on the way, so the patch is not read."""
        record_id, state = self._resolved(change.record_id, one.name)
        if not state.deleted:
            return Verdict(change.dseq, ACCEPTED)
        row: Row = {field.name: None for field in one.fields}
        row.update(self._reach.gone(one.name, record_id) or {})
        self._reach.follow(one, record_id, row)
        role, own = self._actor.role, self._own(one, state, row)
        if not access.may(role, one.right, "create") or not access.may(role, one.right, "delete", own=own):
            raise Rejection("forbidden")
        if twin := self._twin(one, row):
            self._tx.lead(one.name, record_id, twin)
            return Verdict(change.dseq, MERGED, "made_twice", leads_to=twin)
        self._add(one, record_id, row, RESTORE)
        return Verdict(change.dseq, ACCEPTED)

    # -- rights and rules

    def _resolved(self, record_id: str, entity: str) -> tuple[str, State]:
        record_id = led(self._tx, record_id)
        state = self._tx.state(record_id)
        if state is None or state.entity != entity:
            raise Rejection("not_found")
        self._reach.known(state)
        return record_id, state

    def _bars(self, one: Entity, field: Field, verb: str, own: bool = True) -> str | None:
        if field.merge is Merge.HQ:
            return "hq_owned"
        if verb == UPDATE and field.merge in (Merge.IMMUTABLE, Merge.APPEND):
            return "immutable"
        if not access.may(self._actor.role, field.right or one.right, verb, own=own):
            return "forbidden"
        return None

    def _own(self, one: Entity, state: State, row: Row) -> bool:
        mine = self._actor.user_id
        return one.name == "activity" and mine in (row.get("assignee_id"), state.made_user)

    def _checked(self, one: Entity, field: Field, value: Plain) -> Plain:
        try:
            return check(one.name, _optional(one.name, field.name) if field.required else field, value)
        except InvalidValue as bad:
            raise Rejection("invalid", {field.name: (REJECTED, bad.reason)}) from None

    def _before(self, one: Entity, field: Field, value: Plain) -> Plain:
        """What the author says to have seen: only its words, and nothing where the field could never have held it."""
        try:
            return self._checked(one, field, value)
        except Rejection:
            return None

    def _settled(self, one: Entity, row: Row, patch: Patch, before: Row | None = None) -> Row:
        try:
            for name in one.required:
                if row.get(name) is None:
                    raise InvalidValue(one.name, name, "required")
            return checks.settled(one.name, row, before=before, ledger_pattern=self._ledger_pattern(one, row))
        except InvalidValue as bad:
            named = bad.field if bad.field in patch else next(iter(patch), bad.field)
            raise Rejection("invalid", {named: (REJECTED, bad.reason)}) from None

    def _ledger_pattern(self, one: Entity, row: Row) -> str | None:
        """The pattern of ledger accounts that the customer's company set."""
        company = self._tx.get("company", str(row.get("company_id"))) if one.name == "customer" else None
        pattern = (company or {}).get("ledger_account_pattern")
        return str(pattern) if pattern else None


@cache
def _optional(entity: str, name: str) -> Field:
    """The field as it may be empty: what a record must have is asked of the whole."""
    return dataclasses.replace(registry.entity(entity).field(name), required=False)


def _named(changes: Iterable[Change]) -> list[str]:
    """The records that changes are about, and those that new ones refer to."""
    found: dict[str, None] = {}
    for change in changes:
        found[change.record_id] = None
        if change.kind == CREATE:
            found.update({after: None for _, after in change.patch.values() if isinstance(after, str) and is_id(after)})
    return list(found)


def _groups(one: Entity, patch: Patch) -> list[tuple[str, ...]]:
    """The patch's fields as they win: alone, or with those of their group that the patch carries."""
    groups: dict[tuple[str, ...], None] = {}
    for name in patch:
        groups[tuple(other for other in one.group(one.field(name)) if other in patch)] = None
    return list(groups)
