"""What the screen shows: what HQ confirmed, with the device's open changes over it.

Records without open changes lie in their table as HQ confirmed them. For the others `base_row` holds HQ's picture, and
the table holds that picture with the open changes played over it. A change stays open until the pull has passed the
entry that it became, so a typed value never shows an older one in between.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from mobility_app.domain import merge, registry
from mobility_app.domain.change import LIVE, UPDATE, Patch, Row, fold
from mobility_app.domain.fields import decode, encode
from mobility_app.store.records import Records, patch_plain

_LIVE = ",".join(f"'{state}'" for state in LIVE)


def over(entity: str, row: Row | None, kind: str, patch: Patch) -> Row | None:
    """One open change over a record: the device's guess of what HQ will say, with HQ's own merge for notes and sets."""
    if kind == UPDATE and row is not None:
        one = registry.entity(entity)
        guess: Patch = {}
        for name, (before, after) in patch.items():
            if one.field(name).merge in merge.JOINS:
                after = merge.joined(one.field(name), before, after, row.get(name))
            guess[name] = (before, after)
        patch = guess
    return fold(row, kind, patch)


def base(session: Records, entity: str, record_id: str) -> tuple[bool, Row | None]:
    """(whether a picture of HQ's is kept, that picture or None where HQ has no such record)."""
    found = bases(session, entity, [record_id])
    return record_id in found, found.get(record_id)


def bases(session: Records, entity: str, ids: Iterable[str]) -> dict[str, Row | None]:
    """HQ's pictures of those of these records that open changes lie over; None where HQ has no such record."""
    one = registry.entity(entity)
    sql = "SELECT record_id, doc FROM base_row WHERE entity=? AND record_id IN ({marks})"
    found: dict[str, Row | None] = {}
    for record_id, doc in session.among(sql, ids, entity):
        kept = json.loads(doc) if doc is not None else None
        found[record_id] = (
            {field.name: decode(field, kept.get(field.name)) for field in one.fields} if kept is not None else None
        )
    return found


def keep_bases(session: Records, entity: str, rows: Mapping[str, Row | None]) -> None:
    """Replaces HQ's pictures of records that open changes lie over."""
    fields = registry.entity(entity).fields
    docs = [
        (
            None
            if row is None
            else json.dumps({field.name: encode(field, row.get(field.name)) for field in fields}, ensure_ascii=False),
            entity,
            record_id,
        )
        for record_id, row in rows.items()
    ]
    session.many("UPDATE base_row SET doc=? WHERE entity=? AND record_id=?", docs)


def recompute(session: Records, pairs: Iterable[tuple[str, str]]) -> None:
    """Writes records (entity, id) as they are to be seen: base and open changes. Without open changes the base row
    goes. A few statements for each kind of record, however many there are.

    Call with `applying` set: what HQ said is no change of the device.
    """
    by_entity: dict[str, list[str]] = {}
    for entity, record_id in pairs:
        by_entity.setdefault(entity, []).append(record_id)
    for entity, ids in by_entity.items():
        rows, live = bases(session, entity, ids), set[str]()
        sql = (
            f"SELECT record_id, kind, patch FROM change WHERE entity=? AND state IN ({_LIVE})"
            " AND record_id IN ({marks}) ORDER BY dseq"
        )
        for record_id, kind, patch in session.among(sql, rows, entity):
            live.add(record_id)
            rows[record_id] = over(entity, rows[record_id], kind, patch_plain(entity, json.loads(patch)))
        if rows:
            session.hold(entity, rows)
        bare = [(entity, record_id) for record_id in rows if record_id not in live]
        if bare:
            session.many("DELETE FROM base_row WHERE entity=? AND record_id=?", bare)
