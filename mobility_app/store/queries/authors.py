"""Who wrote the value that a field holds, and when, as far as the device knows the history of its record."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from mobility_app.domain.fields import Plain
from mobility_app.store.records import Records, patch_plain
from mobility_app.store.store import Store

LINES_MAX = 50  # of a record's newest history: what was written before them is nobody's news
_OWN = "SELECT user_id, at, patch FROM change WHERE entity=? AND record_id=? ORDER BY dseq DESC LIMIT ?"
_HQS = (
    "SELECT user_id, at, patch FROM entry WHERE entity=? AND record_id=? AND kind != 'lost'"
    " ORDER BY at DESC, seq DESC LIMIT ?"
)


class Author(NamedTuple):
    """A person by name, "" for HQ itself, and when it was (UTC milliseconds)."""

    name: str
    at: int


def of(store: Store, wanted: Iterable[tuple[str, str, str, Plain]]) -> Mapping[tuple[str, str, str], Author]:
    """The authors of (entity, record id, field, value that stands). Left out where the history does not tell."""
    with store.reading() as session:
        people = dict(session.rows('SELECT id, name FROM "user"'))
        found = {}
        for entity, record_id, field, value in wanted:
            user_at = _newest(session, entity, record_id, field, value)
            if user_at is not None:
                found[entity, record_id, field] = Author(people.get(user_at[0], ""), user_at[1])
        return found


def _newest(session: Records, entity: str, record_id: str, field: str, value: Plain) -> tuple[str, int] | None:
    """(user id, instant) of the last that wrote this value: this device's own changes lie over what HQ told."""
    for sql in (_OWN, _HQS):
        for user_id, at, patch in session.rows(sql, entity, record_id, LINES_MAX):
            sides = patch_plain(entity, json.loads(patch)).get(field)
            if sides is not None and sides[1] == value:
                return str(user_id or ""), int(at)
    return None
