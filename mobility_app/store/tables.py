"""Descriptions -> peewee models -> tables. Models are built anew for each database, never shared and never global.

The statements of `schema()` are what `migrations/` arrives at; a test compares both.
"""

from __future__ import annotations

from typing import Any

import peewee

from mobility_app.domain import registry
from mobility_app.domain.fields import Entity, Field, Kind


def models(database: peewee.Database) -> dict[str, type[peewee.Model]]:
    """A model for each entity, bound to `database`, by entity name."""
    return {one.name: _model(database, one) for one in registry.ENTITIES}


def _model(database: peewee.Database, one: Entity) -> type[peewee.Model]:
    indexes: tuple[tuple[tuple[str, ...], bool], ...] = tuple(
        ((name,), False) for name in one.names if one.field(name).indexed
    )
    if one.unique:
        indexes += ((one.unique, False),)
    meta = type("Meta", (), {"database": database, "table_name": one.name, "indexes": indexes})
    body: dict[str, Any] = {"Meta": meta, "id": peewee.FixedCharField(32, primary_key=True)}
    body.update({field.name: _column(field) for field in one.fields})
    return type(one.name, (peewee.Model,), body)


def _column(field: Field) -> Any:
    # Every column may be empty: an older program's rows must fit a newer table.
    match field.kind:
        case Kind.INTEGER | Kind.MONEY | Kind.RATE | Kind.INSTANT:
            return peewee.BigIntegerField(null=True)
        case Kind.FLAG:
            return peewee.SmallIntegerField(null=True)
        case Kind.REF:
            return peewee.FixedCharField(32, null=True)
        case _:
            return peewee.TextField(null=True)


def schema(database: peewee.Database) -> list[str]:
    """The statements that make all entity tables and their indexes, in order."""
    statements: list[str] = []
    for model in models(database).values():
        manager = model._schema  # type: ignore[attr-defined]
        statements.append(manager._create_table(safe=False).query()[0])
        statements += [index.query()[0] for index in manager._create_indexes(safe=False)]
    return statements
