"""Descriptions -> the triggers that write the change log. Derived: made anew at every start of a schema, never migrated.

Only triggers see every way to write. A captured write without an author aborts; while `applying` is set (pulled data)
nothing is captured. A patch keeps sides as columns hold them. Fields of one group travel together, so that HQ can let
the group win as a whole. An INSERT is one JSON row, an UPDATE one JSON row of what changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from mobility_app.domain import registry, versions
from mobility_app.domain.fields import Entity, Field
from mobility_app.store.database import Session


def triggers() -> Iterator[str]:
    """Statements that drop and make the three triggers of each entity."""
    for one in registry.ENTITIES:
        yield from (f"DROP TRIGGER IF EXISTS capture_{one.name}_{verb}" for verb in ("insert", "update", "delete"))
        yield from (_insert(one), _update(one), _delete(one))


@contextmanager
def muted(session: Session, entities: Iterable[str]) -> Iterator[None]:
    """Takes the insert triggers of those entities off for a block inside a transaction: they would find every row
    applied and do nothing, 3 us a row. No other connection sees a store without them."""
    wanted = [registry.BY_NAME[name] for name in entities if name in registry.BY_NAME]
    for one in wanted:
        session.run(f"DROP TRIGGER capture_{one.name}_insert")
    yield
    for one in wanted:
        session.run(_insert(one))


def _trigger(one: Entity, verb: str, sight: str, kind: str, patch: str, when: str = "") -> str:
    columns = f" OF {','.join(one.names)}" if verb == "update" else ""
    return f"""CREATE TRIGGER capture_{one.name}_{verb} AFTER {verb.upper()}{columns} ON "{one.name}"
        WHEN (SELECT applying FROM ctx) = 0{when}
    BEGIN
        INSERT INTO change (tx, entity, record_id, root_id, kind, patch, base, stamp, user_id, at, atomic, state,
                version)
            SELECT tx, '{one.name}', {sight}.id, {_root(one, sight)}, {kind}, {patch},
                   base, stamp, COALESCE(user_id, RAISE(ABORT, 'unattributed')), at, atomic, 'open',
                   {versions.VERSION} FROM ctx;
    END"""


def _insert(one: Entity) -> str:
    sides = " UNION ALL ".join(f"SELECT '{name}' AS f, NEW.{name} AS n" for name in one.names)
    patch = f"(SELECT json_group_object(f, json_array(NULL, n)) FROM ({sides}) WHERE n IS NOT NULL)"
    return _trigger(one, "insert", "NEW", "CASE restoring WHEN 1 THEN 'restore' ELSE 'create' END", patch)


def _update(one: Entity) -> str:
    sides = " UNION ALL ".join(
        f"SELECT '{field.name}' AS f, OLD.{field.name} AS o, NEW.{field.name} AS n, {_moved(one, field)} AS m"
        for field in one.fields
    )
    patch = f"(SELECT json_group_object(f, json_array(o, n)) FROM ({sides}) WHERE m)"
    any_moved = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in one.names)
    return _trigger(one, "update", "NEW", "'update'", patch, f" AND ({any_moved})")


def _delete(one: Entity) -> str:
    sides = " UNION ALL ".join(f"SELECT '{name}' AS f, OLD.{name} AS o" for name in one.names)
    patch = f"(SELECT json_group_object(f, json_array(o, NULL)) FROM ({sides}) WHERE o IS NOT NULL)"
    return _trigger(one, "delete", "OLD", "'delete'", patch)


def _moved(one: Entity, field: Field) -> str:
    return "(" + " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in one.group(field)) + ")"


def _root(one: Entity, sight: str) -> str:
    """SQL for the customer that the row hangs on: up to two records above it are looked at."""
    if one.name == "customer":
        return f"{sight}.id"
    if not one.parent:
        return "NULL"
    reference = f"{sight}.{one.parent}"
    parent = registry.entity(one.field(one.parent).refers)
    while parent.name != "customer":
        reference = f'(SELECT {parent.parent} FROM "{parent.name}" WHERE id = {reference})'
        parent = registry.entity(parent.field(parent.parent).refers)
    return reference
