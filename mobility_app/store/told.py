"""What HQ made of a value that this device sent, where that is neither refused nor a conflict: joined with what somebody
else wrote, passed by because somebody was further, or taken although another customer has the same identifier.

Noted with the verdict (`apply.py`), shown beside what stands until its author has read it (`queries/sheet.py`), forgotten
after a month. A short list under one key of the notes: it is empty on most days.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from mobility_app.domain import merge, registry
from mobility_app.domain.change import DUPLICATE_SUSPECT, MERGED
from mobility_app.domain.fields import Merge, Plain
from mobility_app.store import identity
from mobility_app.store.records import Records

KEY = "told"
NOTED_MAX = 200  # the oldest are forgotten first
KEPT_MS = 30 * 86_400_000
JOINED, PASSED_BY, SUSPECT = "joined", "passed_by", "suspect"
RULES: Mapping[Merge, str] = {
    Merge.TEXT3: JOINED, Merge.PROGRESS: PASSED_BY, Merge.MOST: PASSED_BY, Merge.LEAST: PASSED_BY,
}  # fmt: skip


class Told(NamedTuple):
    """One field of one change: what was `wanted`, when (UTC milliseconds)."""

    dseq: int
    entity: str
    record_id: str
    root_id: str
    field: str
    wanted: Plain
    at: int
    how: str


def how(entity: str, field: str, fate: tuple[str, str]) -> str:
    """JOINED, PASSED_BY or SUSPECT, or "" for what is told otherwise: refusals and conflicts."""
    if fate[1] == DUPLICATE_SUSPECT:
        return SUSPECT
    return RULES.get(registry.entity(entity).field(field).merge, "") if fate[0] == MERGED else ""


def note(session: Records, found: Iterable[Told]) -> None:
    """Adds what was told; for a field that was told of before, the newer stands."""
    fresh = list(found)
    if fresh:
        places = {(one.record_id, one.field) for one in fresh}
        _keep(session, [one for one in _all(session) if (one.record_id, one.field) not in places] + fresh)


def unread(session: Records, root_id: str = "") -> list[Told]:
    """What its author has not read, the oldest first, of one customer or of all: values that stand otherwise now, and
    identifiers that stand and that another customer has as well."""
    found = []
    for one in _all(session):
        if root_id and one.root_id != root_id:
            continue
        field, row = registry.entity(one.entity).field(one.field), session.get(one.entity, one.record_id)
        if row is not None and merge.alike([field], {field.name: one.wanted}, row) == (one.how == SUSPECT):
            found.append(one)
    return found


def read(session: Records, dseq: int, field: str) -> Told | None:
    """Its author has read it, or None where that was so before."""
    every = _all(session)
    one = next((one for one in every if (one.dseq, one.field) == (dseq, field)), None)
    if one is not None:
        _keep(session, [other for other in every if other is not one])
    return one


def forget(session: Records, root_id: str) -> None:
    """The customer leaves this device."""
    every = _all(session)
    if any(one.root_id == root_id for one in every):
        _keep(session, [one for one in every if one.root_id != root_id])


def _all(session: Records) -> list[Told]:
    return [Told(*one) for one in json.loads(identity.meta(session, KEY) or "[]")]


def _keep(session: Records, every: list[Told]) -> None:
    newest = max((one.at for one in every), default=0)
    kept = [one for one in every if one.at > newest - KEPT_MS][-NOTED_MAX:]
    identity.set_meta(session, KEY, json.dumps(kept, ensure_ascii=False) if kept else "")
