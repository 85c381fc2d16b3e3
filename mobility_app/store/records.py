"""Records in plain values over one session: read, find, insert, update, delete, by description.

Used by the write door, by the apply of pulled pages and by HQ's ledger. It writes what it is given: checks, rights,
authors and logs are its callers' business.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mobility_app.domain import registry
from mobility_app.domain.change import Entry, Patch, Row
from mobility_app.domain.fields import ODD, Column, Entity, Plain, decode, encode
from mobility_app.store.database import Session


class Records(Session):
    """A session that knows the entities."""

    def get(self, entity: str, record_id: str) -> Row | None:
        """The record with its "id", or None."""
        one = registry.entity(entity)
        found = self.one(f'SELECT {_columns(one)} FROM "{one.name}" WHERE id=?', record_id)
        return _row(one, found) if found else None

    def find(self, entity: str, *, order: str = "", **equals: Plain) -> list[Row]:
        """Records whose fields equal the given plain values (None finds empty ones), in the order of those columns."""
        one = registry.entity(entity)
        where, params = ["1=1"], []
        for name, value in equals.items():
            if value is None:
                where.append(f"{name} IS NULL")
            else:
                where.append(f"{name}=?")
                params.append(value if name == "id" else encode(one.field(name), value))
        condition = " AND ".join(where)
        sql = f'SELECT {_columns(one)} FROM "{one.name}" WHERE {condition} ORDER BY {order or "id"}'
        return [_row(one, found) for found in self.rows(sql, *params)]

    def where(self, entity: str, equals: Row) -> list[Row]:
        """`find` with its conditions as a row."""
        return self.find(entity, order="", **equals)

    def find_among(self, entity: str, name: str, values: Iterable[str]) -> list[Row]:
        """Records whose field `name` (or "id") is one of those values, of which there may be any number; by id."""
        one = registry.entity(entity)
        sql = f'SELECT {_columns(one)} FROM "{one.name}" WHERE {name} IN ({{marks}}) ORDER BY id'
        return [_row(one, found) for found in self.among(sql, values)]

    def insert(self, entity: str, record_id: str, row: Row) -> None:
        """Adds the record."""
        self.insert_many(entity, [(record_id, row)])

    def insert_many(self, entity: str, records: list[tuple[str, Row]]) -> None:
        """Adds records (id, row)."""
        one = registry.entity(entity)
        self._insert_columns(
            one, [(key, *(encode(field, row.get(field.name)) for field in one.fields)) for key, row in records]
        )

    def _insert_columns(self, one: Entity, values: list[tuple[object, ...]]) -> None:
        marks = ",".join("?" * (len(one.fields) + 1))
        sql = f'INSERT INTO "{one.name}" ({_columns(one)}) VALUES ({marks})'
        if len(values) == 1:
            self.run(sql, *values[0])
        else:
            self.many(sql, values)

    def put(self, entity: str, record_id: str, row: Row) -> None:
        """Sets fields of a record that exists."""
        one = registry.entity(entity)
        if row:
            sets = ",".join(f"{name}=?" for name in row)
            values = [encode(one.field(name), value) for name, value in row.items()]
            self.run(f'UPDATE "{one.name}" SET {sets} WHERE id=?', *values, record_id)

    def put_many(self, rows: Mapping[tuple[str, str], Row]) -> None:
        """Sets fields of records that exist: (entity, id) -> fields. One statement for those that set the same."""
        groups: dict[tuple[str, ...], list[tuple[object, ...]]] = {}
        for (entity, record_id), row in rows.items():
            one = registry.entity(entity)
            values = [encode(one.field(name), value) for name, value in row.items()]
            if row:
                groups.setdefault((one.name, *row), []).append((*values, record_id))
        for (name, *names), found in groups.items():
            self.many(f'UPDATE "{name}" SET {",".join(f"{each}=?" for each in names)} WHERE id=?', found)

    def columns(self, entity: str, ids: Iterable[str]) -> dict[str, tuple[Column, ...]]:
        """What the columns of those of these records that exist hold, in the order of the description."""
        one = registry.entity(entity)
        sql = f'SELECT {_columns(one)} FROM "{one.name}" WHERE id IN ({{marks}})'
        return {found[0]: found[1:] for found in self.among(sql, ids)}

    def set_columns(self, entity: str, moved: Mapping[str, Mapping[str, Column]]) -> None:
        """Sets columns of records: id -> name -> what it is to hold. One statement for those that set the same: a column
        that is named in a statement costs its index, changed or not."""
        groups: dict[tuple[str, ...], list[tuple[object, ...]]] = {}
        for record_id, columns in moved.items():
            groups.setdefault(tuple(columns), []).append((*columns.values(), record_id))
        for names, values in groups.items():
            self.many(f'UPDATE "{entity}" SET {",".join(f"{name}=?" for name in names)} WHERE id=?', values)

    def hold(self, entity: str, rows: Mapping[str, Row | None]) -> dict[str, tuple[str, ...]]:
        """Makes the table hold exactly these records (id -> row; None: no such record). Only columns that differ are
        written. Returns their names by record: all of one that came or went."""
        one = registry.entity(entity)
        stand = self.columns(entity, rows)
        fresh: list[tuple[object, ...]] = []
        moved: dict[str, dict[str, Column]] = {}
        gone = [record_id for record_id, row in rows.items() if row is None and record_id in stand]
        for record_id, row in rows.items():
            if row is None:
                continue
            wanted = [encode(field, row.get(field.name)) for field in one.fields]
            if record_id not in stand:
                fresh.append((record_id, *wanted))
                continue
            columns = zip(one.names, wanted, stand[record_id], strict=True)
            if differing := {name: value for name, value, now in columns if not same(value, now)}:
                moved[record_id] = differing
        self.set_columns(entity, moved)
        if gone:
            self.many(f'DELETE FROM "{one.name}" WHERE id=?', [(record_id,) for record_id in gone])
        if fresh:
            self._insert_columns(one, fresh)
        every = [*gone, *(str(columns[0]) for columns in fresh)]
        return {
            **{record_id: tuple(columns) for record_id, columns in moved.items()},
            **dict.fromkeys(every, one.names),
        }

    def remove(self, entity: str, record_id: str) -> None:
        """Deletes the record."""
        self.run(f'DELETE FROM "{registry.entity(entity).name}" WHERE id=?', record_id)

    def root_of(self, entity: str, record_id: str, row: Row) -> str | None:
        """The customer that a record hangs on, None for those that hang on none."""
        one = registry.entity(entity)
        if one.name == "customer":
            return record_id
        for _ in range(registry.DEPTH_MAX):
            if not one.parent:
                return None
            parent_id = row.get(one.parent)
            one = registry.entity(one.field(one.parent).refers)
            if one.name == "customer" or not isinstance(parent_id, str):
                return parent_id if isinstance(parent_id, str) else None
            found = self.get(one.name, parent_id)
            if found is None:
                return None
            row = found
        return None

    def under(self, entity: str, record_id: str) -> list[tuple[str, str]]:
        """(entity, id) of all records that hang on this one, deepest first, without itself."""
        found: list[tuple[str, str]] = []
        for child in registry.children(entity):
            for (child_id,) in self.rows(
                f'SELECT id FROM "{child.name}" WHERE {child.parent}=? ORDER BY id', record_id
            ):
                found += [*self.under(child.name, child_id), (child.name, child_id)]
        return found


def same(one: Column, other: Column) -> bool:
    """Whether two columns hold the same: 1, "1" and true are different things."""
    return one == other and type(one) is type(other)


def _columns(one: Entity) -> str:
    return _columns_of(one.name)


@registry.derived
def _columns_of(name: str) -> str:
    """By name: hashing a whole description at each call took longer than the statement (40 of 55 us)."""
    return ",".join(("id", *registry.entity(name).names))


def _row(one: Entity, found: tuple[Any, ...]) -> Row:
    row: Row = {field.name: decode(field, value) for field, value in zip(one.fields, found[1:], strict=True)}
    row["id"] = found[0]
    return row


def patch_columns(entity: str, patch: Patch) -> Mapping[str, Sequence[Any]]:
    """The patch as kept in a log: sides as columns hold them."""
    if _known(entity).issuperset(patch) and _odd(entity).isdisjoint(patch):
        return patch
    one = registry.entity(entity)
    return {name: [encode(one.field(name), side) for side in sides] for name, sides in patch.items()}


def patch_plain(entity: str, kept: Mapping[str, Sequence[Any]]) -> Patch:
    """The patch in plain values. Fields that this version does not know are left out."""
    if _known(entity).issuperset(kept) and _odd(entity).isdisjoint(kept):
        return {name: (before, after) for name, (before, after) in kept.items()}
    one, known = registry.entity(entity), _known(entity)
    return {
        name: (decode(one.field(name), sides[0]), decode(one.field(name), sides[1]))
        for name, sides in kept.items()
        if name in known
    }


@registry.derived
def _known(entity: str) -> frozenset[str]:
    return frozenset(registry.entity(entity).names)


@registry.derived
def _odd(entity: str) -> frozenset[str]:
    """Fields whose columns hold something else than the plain value. Most patches have none of them."""
    return frozenset(one.name for one in registry.entity(entity).fields if one.kind in ODD)


def entry_of(row: Sequence[Any]) -> Entry:
    """The entry of a log row in the order stream, seq, txn, entity, record, root, kind, patch, stamp, user, device, dseq,
    at, salt, chain; what follows is left aside."""
    stream, seq, txn, entity, record_id, root_id, kind, patch, stamp, user_id, device_id, dseq, at, salt, chain = row[
        :15
    ]
    plain = patch_plain(entity, json.loads(patch))
    return Entry(
        stream, seq, txn, entity, record_id, root_id, kind, plain, stamp, user_id, device_id, dseq, at, salt, chain
    )
