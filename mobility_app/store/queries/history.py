"""The history of a customer: HQ's entries and the device's own changes that have not come back yet, field by field."""

from __future__ import annotations

import json
from dataclasses import dataclass

from mobility_app.domain import registry
from mobility_app.domain.change import CREATE, DELETE, REJECTED, RESTORE
from mobility_app.domain.fields import Plain, dumped, instant_text
from mobility_app.store import identity
from mobility_app.store.records import Records, patch_plain
from mobility_app.store.store import Store


@dataclass(frozen=True, slots=True)
class Line:
    """One field of one change; `field` is empty where a record was deleted. `state`: confirmed, waiting, rejected.
    `at` in UTC milliseconds, `place` orders lines of one instant."""

    kind: str
    entity: str
    record_id: str
    field: str
    before: Plain
    after: Plain
    user: str
    device: str
    at: int
    state: str
    group: str

    def as_dict(self) -> dict[str, Plain]:
        """The line in plain values, instants as ISO text."""
        field = registry.entity(self.entity).field(self.field) if self.field else None
        return {
            "kind": self.kind, "entity": self.entity, "record_id": self.record_id, "field": self.field or None,
            "before": dumped(field, self.before) if field else self.before,
            "after": dumped(field, self.after) if field else self.after,
            "user": self.user, "device": self.device, "at": instant_text(self.at), "state": self.state,
        }  # fmt: skip


def history(store: Store, customer_id: str, newest: int | None = None) -> list[Line]:
    """Lines, oldest first; `newest` keeps only the last so many changes. HQ's own work has the user "HQ"."""
    with store.reading() as session:
        known = identity.read(session)
        people = dict(session.rows('SELECT id, name FROM "user"'))
        limit = newest if newest is not None else -1
        theirs = session.rows(
            "SELECT at, kind, entity, record_id, patch, user_id, device_id, 'confirmed', stream || ':' || seq"
            " FROM entry WHERE root_id=? ORDER BY at DESC, seq DESC LIMIT ?",
            customer_id, limit,
        )  # fmt: skip
        own = session.rows(
            "SELECT at, kind, entity, record_id, patch, user_id, ?, state, 'own:' || dseq FROM change"
            " WHERE root_id=? AND state != 'dismissed' ORDER BY dseq DESC LIMIT ?",
            known.device_id if known else "", customer_id, limit,
        )  # fmt: skip
        rows = [*reversed(theirs), *reversed(own)]
        return [line for row in rows[-limit if limit > 0 else 0 :] for line in _lines(session, people, row)]


PAGE_CHANGES = 50
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see: a user's id ("hq" for HQ), an entity, the last so many days; empty or 0 is all."""

    user: str = ""
    entity: str = ""
    days: int = 0
    first: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """One change with its fields. `title` names the record as it is now, or as it was."""

    key: str
    kind: str
    entity: str
    record_id: str
    title: str
    user: str
    device: str
    at: int
    state: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Changes, newest first; who and what there is to filter by."""

    changes: tuple[Shown, ...]
    total: int
    users: dict[str, str]
    entities: tuple[str, ...]


def page(store: Store, customer_id: str, asked: Asked, now: int) -> HistoryPage:
    """A page of a customer's history."""
    union = (
        "SELECT at, kind, entity, record_id, patch, user_id, device_id, 'confirmed' AS state, stream || ':' || seq AS k,"
        " seq AS n FROM entry WHERE root_id=? AND patch != '{}'"
        " UNION ALL SELECT at, kind, entity, record_id, patch, user_id, ?, state, 'own:' || dseq, 9000000000000 + abs(dseq)"
        " FROM change WHERE root_id=? AND state != 'dismissed'"
    )
    where, params = ["1=1"], list[object]()
    if asked.user:
        where.append("user_id IS NULL" if asked.user == "hq" else "user_id=?")
        params += [] if asked.user == "hq" else [asked.user]
    if asked.entity:
        where.append("entity=?")
        params.append(asked.entity)
    if asked.days:
        where.append("at>=?")
        params.append(now - asked.days * DAY_MS)
    with store.reading() as session:
        known = identity.read(session)
        base: tuple[object, ...] = (customer_id, known.device_id if known else "", customer_id)
        people = dict(session.rows('SELECT id, name FROM "user"'))
        condition = " AND ".join(where)
        rows = session.rows(
            f"SELECT at, kind, entity, record_id, patch, user_id, device_id, state, k FROM ({union}) WHERE {condition}"
            " ORDER BY at DESC, n DESC LIMIT ? OFFSET ?",
            *base, *params, PAGE_CHANGES, asked.first,
        )  # fmt: skip
        total = session.value(f"SELECT COUNT(*) FROM ({union}) WHERE {condition}", *base, *params)
        seen = session.rows(f"SELECT DISTINCT user_id, entity FROM ({union})", *base)
        changes = tuple(_shown(session, people, row) for row in rows)
    users = {str(row[0]): people.get(str(row[0]), str(row[0])) for row in seen if row[0]}
    if any(row[0] is None for row in seen):
        users["hq"] = "HQ"
    return HistoryPage(changes, int(total), users, tuple(sorted({str(row[1]) for row in seen})))


def _shown(session: Records, people: dict[str, str], row: tuple[object, ...]) -> Shown:
    lines = tuple(_lines(session, people, row))
    at, kind, entity, record_id = int(str(row[0])), str(row[1]), str(row[2]), str(row[3])
    now = session.get(entity, record_id) or {}
    names = ("name", "title", "value", "reference", "first_name", "line1", "number")
    title = next((str(now[name]) for name in names if now.get(name)), "")
    if not title and lines and lines[0].kind == DELETE:
        title = str(lines[0].before or "")
    who = people.get(str(row[5]), str(row[5])) if row[5] else "HQ"
    state = {"confirmed": "confirmed", REJECTED: "rejected"}.get(str(row[7]), "waiting")
    return Shown(str(row[8]), kind, entity, record_id, title, who, str(row[6] or ""), at, state, lines)


def _lines(session: Records, people: dict[str, str], row: tuple[object, ...]) -> list[Line]:
    at, kind, entity, record_id, patch, user_id, device_id, state, group = row
    who = str(people.get(str(user_id), user_id)) if user_id else "HQ"
    shown = {"confirmed": "confirmed", REJECTED: "rejected"}.get(str(state), "waiting")
    sides = patch_plain(str(entity), json.loads(str(patch)))

    def line(field: str, before: Plain, after: Plain) -> Line:
        return Line(
            str(kind), str(entity), str(record_id), field, before, after, who, str(device_id or ""), int(str(at)), shown,
            str(group),
        )  # fmt: skip

    if kind == DELETE:
        name = next((str(sides[n][0]) for n in ("name", "title", "value", "first_name", "line1") if n in sides), None)
        return [line("", name, None)]
    one = registry.entity(str(entity))
    changed = [line(name, *pair) for name, pair in sides.items() if pair[0] != pair[1] and not one.field(name).derived]
    if kind in (CREATE, RESTORE) and not changed:
        return [line("", None, None)]
    return changed
