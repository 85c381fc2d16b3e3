"""What others changed on this device's customers since somebody last looked: HQ's log after a place in each stream.

Called by Today. The log of a stream is numbered without a gap, so "since then" is a range of its key and costs what came
in, not what there is. At most LOOK_MAX of the newest entries are looked at. Where one has looked is
`actions/visits.py`'s to keep.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from mobility_app.domain import registry
from mobility_app.domain.change import DELETE, LOST, UPDATE
from mobility_app.store import identity
from mobility_app.store.cursor import Cursor
from mobility_app.store.queries.history import NEWS
from mobility_app.store.records import Records
from mobility_app.store.store import Store

LOOK_MAX = 500
ROWS_MAX = 5
# What hangs on another record and is told with it, and what is told elsewhere.
QUIET = frozenset({"document_line", "document_tax", "payment", "activity_participant", "contact_label", "conflict",
                   "mailing_list_member", "contact_email", "contact_phone"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class News:
    """What is new of one customer: who did it last and when (UTC milliseconds), the customer's own fields, and how many
    records of other kinds. `who` is empty for HQ's own work."""

    customer_id: str
    customer_name: str
    who: str
    at: int
    fields: tuple[str, ...]
    records: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Since:
    """Up to which number each stream had been seen, and when that was (UTC milliseconds, None for never)."""

    places: Mapping[str, int]
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The news, newest first, at most ROWS_MAX; `customers` counts all that were found."""

    rows: tuple[News, ...]
    customers: int
    since: int | None


# Streams are few (one a company): the first of each is looked up by key, never by reading all entries.
_STREAMS = """WITH RECURSIVE found (stream) AS (SELECT MIN(stream) FROM entry UNION ALL
 SELECT (SELECT MIN(stream) FROM entry WHERE stream > found.stream) FROM found WHERE found.stream IS NOT NULL)
 SELECT stream, (SELECT MAX(seq) FROM entry e WHERE e.stream = found.stream) FROM found WHERE stream IS NOT NULL"""
_ENTRIES = f"""SELECT root_id, entity, record_id, kind, patch, user_id, at FROM entry WHERE stream = ? AND seq > ?
 AND root_id IS NOT NULL AND (user_id IS NULL OR user_id != ?) AND {NEWS} ORDER BY seq DESC LIMIT ?"""


def newest(session: Records) -> dict[str, int]:
    """The number of the newest entry of each stream on this device; older history may still be on its way."""
    found = dict(session.rows(_STREAMS))
    known = [*Cursor.read(session).streams.items(), *session.rows("SELECT stream, seq FROM arriving")]
    for stream, seq in known:
        found[stream] = max(found.get(stream, 0), seq)
    return found


def news(store: Store, since: Since) -> Found:
    """What others changed after that place."""
    with store.reading() as session:
        known = identity.read(session)
        me = known.user_id if known else ""
        rows = [
            row
            for stream, seq in newest(session).items()
            if seq > since.places.get(stream, 0)
            for row in session.rows(_ENTRIES, stream, since.places.get(stream, 0), me, LOOK_MAX)
        ]
        rows.sort(key=lambda row: -row[6])
        people = dict(session.rows('SELECT id, name FROM "user"')) if rows else {}
        roots = list(dict.fromkeys(row[0] for row in rows))
        names = dict(session.among("SELECT id, name FROM customer WHERE id IN ({marks})", roots))
    found = [_of_customer(root, str(names[root]), rows, people) for root in roots if root in names]
    told = [one for one in found if one.fields or one.records]
    return Found(tuple(told[:ROWS_MAX]), len(told), since.at)


def _of_customer(root: str, name: str, rows: list[tuple[object, ...]], people: Mapping[str, str]) -> News:
    own = [row for row in rows if row[0] == root]
    fields: dict[str, None] = {}
    records: dict[str, set[str]] = {}
    for _, entity, record_id, kind, patch, _, _ in own:
        if kind == LOST or entity in QUIET:
            continue
        if entity == "customer" and kind == UPDATE:
            known = registry.entity("customer")
            fields.update(dict.fromkeys(
                field for field in json.loads(str(patch)) if field in known.names and not known.field(field).derived
            ))  # fmt: skip
        elif kind != DELETE or entity != "customer":
            records.setdefault(str(entity), set()).add(str(record_id))
    first = own[0]
    who = people.get(str(first[5]), "") if first[5] else ""
    counts = tuple((entity, len(ids)) for entity, ids in records.items())
    return News(root, name, who, int(str(first[6])), tuple(fields), counts)
