"""What the screen shows: what HQ confirmed, with the device's open changes over it.

Records without open changes lie in their table as HQ confirmed them. For the others `base_row` holds HQ's picture, and
the table holds that picture with the open changes played over it. A change stays open until the pull has passed the
entry that it became, so a typed value never shows an older one in between.
"""

from __future__ import annotations

import json

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
    found = session.one("SELECT doc FROM base_row WHERE entity=? AND record_id=?", entity, record_id)
    if found is None:
        return False, None
    if found[0] is None:
        return True, None
    one, kept = registry.entity(entity), json.loads(found[0])
    return True, {field.name: decode(field, kept.get(field.name)) for field in one.fields}


def keep_base(session: Records, entity: str, record_id: str, row: Row | None) -> None:
    """Replaces HQ's picture of a record that open changes lie over."""
    doc = None
    if row is not None:
        one = registry.entity(entity)
        doc = json.dumps({field.name: encode(field, row.get(field.name)) for field in one.fields}, ensure_ascii=False)
    session.run("UPDATE base_row SET doc=? WHERE entity=? AND record_id=?", doc, entity, record_id)


def recompute(session: Records, entity: str, record_id: str) -> None:
    """Writes the record as it is to be seen: base and open changes. Without open changes the base row goes.

    Call with `applying` set: what HQ said is no change of the device.
    """
    kept, row = base(session, entity, record_id)
    if not kept:
        return
    live = session.rows(
        f"SELECT kind, patch FROM change WHERE entity=? AND record_id=? AND state IN ({_LIVE}) ORDER BY dseq",
        entity,
        record_id,
    )
    for kind, patch in live:
        row = over(entity, row, kind, patch_plain(entity, json.loads(patch)))
    show(session, entity, record_id, row)
    if not live:
        session.run("DELETE FROM base_row WHERE entity=? AND record_id=?", entity, record_id)


def show(session: Records, entity: str, record_id: str, row: Row | None) -> None:
    """Makes the table hold exactly this row."""
    if row is None:
        session.remove(entity, record_id)
    elif session.value(f'SELECT 1 FROM "{entity}" WHERE id=?', record_id):
        session.put(entity, record_id, {name: row.get(name) for name in registry.entity(entity).names})
    else:
        session.insert(entity, record_id, row)
