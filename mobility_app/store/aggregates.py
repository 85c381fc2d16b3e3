"""What belongs to a customer or a company, found by references alone.

The history names most records of a customer, but not those whose entries HQ no longer keeps: they came as rows. Whoever
takes a customer away (`apply.py`) asks here, so that nothing of it stays. Nothing is written here.
"""

from __future__ import annotations

from mobility_app.domain import registry
from mobility_app.domain.fields import Entity, Scope
from mobility_app.store.records import Records


def belonging(session: Records, entity: str, record_id: str) -> list[tuple[str, str]]:
    """(entity, id) of the records in the tables that go when the customer leaves (it and all that hangs on it), or when a
    company's own lists are forgotten (those that hang on no customer; the company itself stays)."""
    found: list[tuple[str, str]] = []
    for one in registry.ENTITIES:
        if entity == "customer":
            where = _hangs(one)
        elif one.scope is Scope.COMPANY:
            where = "company_id = ?" + (f" AND {one.parent} IS NULL" if one.parent else "")
        else:
            where = ""
        if where:
            found += [
                (one.name, row[0]) for row in session.rows(f'SELECT id FROM "{one.name}" WHERE {where}', record_id)
            ]
    return found


def _hangs(one: Entity) -> str:
    """SQL that finds the records of a customer: up to two records above them are looked at."""
    if one.name == "customer":
        return "id = ?"
    if not one.parent:
        return ""
    parent = registry.entity(one.field(one.parent).refers)
    above = _hangs(parent)
    if parent.name == "customer":
        return f"{one.parent} = ?"
    return f'{one.parent} IN (SELECT id FROM "{parent.name}" WHERE {above})' if above else ""
