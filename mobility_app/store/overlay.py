"""What the screen shows: what HQ confirmed, with the device's open changes over it.

A record without open changes lies in its table as HQ confirmed it. Of the others the table holds what HQ confirmed with
the open changes played over it, and HQ's picture is found by taking them back: a change keeps what it replaced. Only
where HQ's picture moved underneath, or one of several changes went, is it kept, in `base_row`, until no open change is
left: then what a change replaced is no longer what HQ has. A change stays open until the pull has passed the entry that
it became, so a typed value never shows an older one in between.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import orjson

from mobility_app.domain import merge, registry
from mobility_app.domain.change import CREATE, DELETE, LIVE, PARKED_FROM, RESTORE, UPDATE, Patch, Row, fold
from mobility_app.domain.fields import Column, decode, encode
from mobility_app.store.records import Records, patch_plain

Pair = tuple[str, str]  # (entity, record id)
Step = tuple[str, Patch]  # (kind, patch) of a change

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


def under(row: Row | None, steps: Sequence[Step]) -> Row | None:
    """What a record was before these changes, the last one taken back first."""
    for kind, patch in reversed(steps):
        if kind in (CREATE, RESTORE):
            row = None
        elif kind == DELETE or row is not None:
            row = {**(row or {}), **{name: sides[0] for name, sides in patch.items()}}
    return row


def covered(session: Records, root_id: str | None = None) -> set[Pair]:
    """The records that open changes lie over, of all customers or of one."""
    where, params = (" AND root_id=?", (root_id,)) if root_id else ("", ())
    sql = f"SELECT DISTINCT entity, record_id FROM change WHERE state IN ({_LIVE}){where}"
    return {(row[0], row[1]) for row in session.rows(sql, *params)}


def between(session: Records, entity: str, after: str, last: str) -> list[str]:
    """Ids of an entity's records that open changes lie over: those that follow `after`, up to `last` unless it is ""."""
    bound, params = (" AND record_id <= ?", (last,)) if last else ("", ())
    sql = f"SELECT DISTINCT record_id FROM change WHERE entity=? AND state IN ({_LIVE}) AND record_id > ?{bound}"
    return [row[0] for row in session.rows(sql, entity, after, *params)]


def base(session: Records, entity: str, record_id: str) -> tuple[bool, Row | None]:
    """(whether open changes lie over it, HQ's picture then, or None where HQ has no such record)."""
    found = bases(session, entity, [record_id])
    return record_id in found, found.get(record_id)


def bases(session: Records, entity: str, ids: Iterable[str]) -> dict[str, Row | None]:
    """HQ's pictures of those of these records that open changes lie over; None where HQ has no such record."""
    steps = _steps(session, entity, ids)
    if not steps:
        return {}
    fields = registry.entity(entity).fields
    found: dict[str, Row | None] = {}
    sql = "SELECT record_id, doc FROM base_row WHERE entity=? AND record_id IN ({marks})"
    for record_id, doc in session.among(sql, steps, entity):
        kept = json.loads(doc) if doc is not None else None
        found[record_id] = {f.name: decode(f, kept.get(f.name)) for f in fields} if kept is not None else None
    rest = [record_id for record_id in steps if record_id not in found]
    shown = {str(row.pop("id")): row for row in session.find_among(entity, "id", rest)}
    whole = dict.fromkeys(registry.entity(entity).names)
    for record_id in rest:
        row = under(shown.get(record_id), steps[record_id])
        found[record_id] = {**whole, **row} if row is not None else None
    return found


def replaced(session: Records, entity: str, ids: Iterable[str]) -> dict[str, dict[str, Column] | None]:
    """Of those of these records that open changes lie over: what columns hold in HQ's pictures, at least where that is not
    what they show; None where HQ has no such record."""
    steps = _steps(session, entity, ids)
    if not steps:
        return {}
    one = registry.entity(entity)
    kept = {
        row[0]
        for row in session.among(
            "SELECT record_id FROM base_row WHERE entity=? AND record_id IN ({marks})", steps, entity
        )
    }
    edited = [key for key, made in steps.items() if key not in kept and all(kind == UPDATE for kind, _ in made)]
    found: dict[str, dict[str, Column] | None] = {
        key: {
            name: encode(one.field(name), before)
            for _, patch in reversed(steps[key])
            for name, (before, _) in patch.items()
        }
        for key in edited
    }
    for key, row in bases(session, entity, steps.keys() - found.keys()).items():
        found[key] = None if row is None else {field.name: encode(field, row.get(field.name)) for field in one.fields}
    return found


def apart(session: Records, entity: str, ids: Iterable[str]) -> set[str]:
    """Which of these records' pictures are kept, not found by taking open changes back."""
    sql = "SELECT record_id FROM base_row WHERE entity=? AND record_id IN ({marks})"
    return {row[0] for row in session.among(sql, ids, entity)}


def _steps(session: Records, entity: str, ids: Iterable[str]) -> dict[str, list[Step]]:
    """The open changes of these records, in order; records without any are left out."""
    found: dict[str, list[Step]] = {}
    if not session.value(f"SELECT EXISTS (SELECT 1 FROM change WHERE state IN ({_LIVE}))"):
        return found
    sql = (
        f"SELECT record_id, kind, patch FROM change WHERE entity=? AND state IN ({_LIVE})"
        f" AND record_id IN ({{marks}}) ORDER BY dseq - (dseq < 0) * {PARKED_FROM}, dseq DESC"
    )
    for record_id, kind, patch in session.among(sql, ids, entity):
        found.setdefault(record_id, []).append((kind, patch_plain(entity, orjson.loads(patch))))
    return found


class Pictures:
    """HQ's pictures of records that open changes lie over, for the length of a transaction that moves them.

    `read` before anything of a record is changed, `put` what HQ has of it now, `show` at the end. Call with `applying`
    set: what HQ said is no change of the device.
    """

    def __init__(self, session: Records) -> None:
        self._session = session
        self._found: dict[str, dict[str, Row | None]] = {}
        self._bare: set[Pair] = set()

    def read(self, entity: str, ids: Iterable[str]) -> dict[str, Row | None]:
        """The pictures of those of these records that open changes lie over."""
        found = self._found.setdefault(entity, {})
        wanted = list(dict.fromkeys(ids))
        unread = [one for one in wanted if one not in found and (entity, one) not in self._bare]
        fresh = bases(self._session, entity, unread)
        found.update(fresh)
        self._bare |= {(entity, one) for one in unread if one not in fresh}
        return {one: found[one] for one in wanted if one in found}

    def read_all(self, pairs: Iterable[Pair]) -> None:
        """Reads the pictures of records of any kind."""
        by_entity: dict[str, list[str]] = {}
        for entity, record_id in pairs:
            by_entity.setdefault(entity, []).append(record_id)
        for entity, ids in by_entity.items():
            self.read(entity, ids)

    def put(self, entity: str, record_id: str, row: Row | None) -> None:
        """HQ has this of a record that was read."""
        self._found[entity][record_id] = row

    def show(self) -> dict[Pair, tuple[str, ...]]:
        """Writes the records as they are to be seen, and keeps the pictures of those that open changes still lie over.
        A few statements for each kind of record, however many there are. Returns which fields of which were written."""
        written: dict[Pair, tuple[str, ...]] = {}
        for entity, pictures in self._found.items():
            if not pictures:
                continue
            steps = _steps(self._session, entity, pictures)
            shown = dict(pictures)
            for record_id, changes in steps.items():
                for kind, patch in changes:
                    shown[record_id] = over(entity, shown[record_id], kind, patch)
            for record_id, names in self._session.hold(entity, shown).items():
                written[(entity, record_id)] = names
            _keep(self._session, entity, {record_id: pictures[record_id] for record_id in steps})
            settled = [(entity, record_id) for record_id in pictures if record_id not in steps]
            self._session.many("DELETE FROM base_row WHERE entity=? AND record_id=?", settled)
        return written


def keep(session: Records, entity: str, ids: Iterable[str]) -> None:
    """Keeps HQ's pictures of records whose open changes are about to get other numbers, or to come back over them: from
    then on they can't be found by taking those back."""
    found = bases(session, entity, ids)
    for record_id in ids:
        if record_id not in found:
            row = session.get(entity, record_id)
            found[record_id] = {name: row[name] for name in registry.entity(entity).names} if row else None
    _keep(session, entity, found)


def _keep(session: Records, entity: str, rows: dict[str, Row | None]) -> None:
    fields = registry.entity(entity).fields
    docs = [
        (
            entity,
            record_id,
            None if row is None else json.dumps({f.name: encode(f, row.get(f.name)) for f in fields}, ensure_ascii=False),
        )
        for record_id, row in rows.items()
    ]  # fmt: skip
    session.many(
        "INSERT INTO base_row (entity, record_id, doc) VALUES (?, ?, ?)"
        " ON CONFLICT (entity, record_id) DO UPDATE SET doc=excluded.doc",
        docs,
    )
