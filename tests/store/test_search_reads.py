"""What the search and the list are made of: an edit of anything else passes them by, so nothing may be missing there."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_app.domain import registry
from mobility_app.domain.change import Row
from mobility_app.domain.fields import Entity, Field, Kind, Plain
from mobility_app.store import list_rows, search
from mobility_app.store.records import Records
from tests.support.desk import Desk, desk

# Records in the states in which the list counts them.
COUNTED: dict[str, Row] = {
    "customer_email": {"value": "a@b.example"},
    "customer_phone": {"value": "+351 912 345 678", "e164": "+351912345678"},
    "address": {"kind": "delivery", "city": "Porto", "postcode": "4000-001", "country": "PT", "line1": "Rua 1"},
    "contact": {"first_name": "Ana", "last_name": "Silva"},
    "contact_email": {"value": "c@d.example"},
    "contact_phone": {"value": "912 000 111"},
    "activity": {"kind": "appointment", "status": "closed", "starts_at": 1_000, "title": "t"},
    "ticket": {"status": "open", "reference": "r"},
    "document": {"kind": "invoice", "due_on": "2026-01-02", "payable_minor": 100, "paid_minor": 0},
}


def others(field: Field, value: Plain) -> list[Plain]:
    """Other values of the field, and none."""
    match field.kind:
        case Kind.CHOICE:
            return [choice for choice in field.choices if choice != value] + [None]
        case Kind.FLAG:
            return [not value, None]
        case Kind.INTEGER | Kind.MONEY | Kind.RATE | Kind.INSTANT:
            return [int(value) + 5_000 if isinstance(value, int) else 7_000, 100, None]
        case Kind.DAY:
            return ["2025-05-05", None]
        case Kind.REF:
            return ["9" * 32, None]
        case Kind.REFS:
            return [["9" * 32], None]
        case Kind.DECIMAL:
            return ["7.5", None]
        case _:
            return ["Zebra 4321", "+351 911 222 333", None]


def made_of(session: Records, customer: str) -> tuple[object, object]:
    return search._texts(session, [customer]), list_rows.rows(session, [customer])


def noticed(at: Desk, one: Entity, record_id: str) -> set[str]:
    """Fields of the record of which some other value makes other words or another row."""
    found = set()
    with at.store.transaction() as session:
        session.run("UPDATE ctx SET applying=1")
        stood, before = session.get(one.name, record_id) or {}, made_of(session, at.customer)
        for field in one.fields:
            for value in others(field, stood[field.name]):
                session.put(one.name, record_id, {field.name: value})
                if made_of(session, at.customer) != before:
                    found.add(field.name)
            session.put(one.name, record_id, {field.name: stood[field.name]})
        session.run("UPDATE ctx SET applying=0")
    return found


@pytest.mark.parametrize("entity", [one.name for one in registry.ENTITIES if one.parent or one.name == "customer"])
def test_a_field_that_changes_words_or_list_is_known_to(tmp_path: Path, entity: str) -> None:
    at, one = desk(tmp_path), registry.entity(entity)
    row: Row = {"name": "x", **COUNTED.get(entity, {})}
    if one.name == "customer":
        record_id = at.customer
    else:
        parent = registry.entity(one.field(one.parent).refers)
        above = at.customer
        if parent.name != "customer":
            above = at.from_hq(parent.name, "", customer_id=at.customer)
        row = {name: value for name, value in row.items() if name in one.names}
        record_id = at.from_hq(entity, "", **{**row, one.parent: above})
    unknown = {name for name in noticed(at, one, record_id) if not search.reads(entity, [name])}
    assert not unknown
    assert noticed(at, one, record_id) or entity not in {*COUNTED, "customer"}
