"""The history of a customer: HQ's entries and the device's own changes that have not come back yet, field by field."""

from __future__ import annotations

import json
from dataclasses import dataclass

from mobility_app.domain import registry
from mobility_app.domain.change import CREATE, DELETE, REJECTED, RESTORE
from mobility_app.domain.fields import Plain, dumped, instant_text
from mobility_app.store import identity
from mobility_app.store.records import patch_plain
from mobility_app.store.store import Store

# SQL conditions on the log: what HQ notes about its own mails is no act of anybody; a message's fate is no news either.
ACTS = "patch NOT LIKE '{\"mail_state\":%'"
NEWS = f"{ACTS} AND (entity != 'message' OR kind != 'update')"


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
        return [line for row in rows[-limit if limit > 0 else 0 :] for line in lines_of(people, row)]


def lines_of(people: dict[str, str], row: tuple[object, ...], *, whole: bool = False) -> list[Line]:
    """The fields of one change: (at, kind, entity, record id, patch, user id, device id, state, key). Of a deletion the
    record's name alone, or with `whole` every field that it held."""
    at, kind, entity, record_id, patch, user_id, device_id, state, group = row
    who = str(people.get(str(user_id), user_id)) if user_id else "HQ"
    shown = {"confirmed": "confirmed", REJECTED: "rejected"}.get(str(state), "waiting")
    sides = patch_plain(str(entity), json.loads(str(patch)))

    def line(field: str, before: Plain, after: Plain) -> Line:
        return Line(
            str(kind), str(entity), str(record_id), field, before, after, who, str(device_id or ""), int(str(at)), shown,
            str(group),
        )  # fmt: skip

    if kind == DELETE and not whole:
        name = next((str(sides[n][0]) for n in ("name", "title", "value", "first_name", "line1") if n in sides), None)
        return [line("", name, None)]
    one = registry.entity(str(entity))
    changed = [line(name, *pair) for name, pair in sides.items() if pair[0] != pair[1] and not one.field(name).derived]
    if kind in (CREATE, RESTORE) and not changed:
        return [line("", None, None)]
    return changed
