"""Every cell of role x kind of record x field x verb x place, at push and at pull, looked up at HQ afterwards.

What is expected is read from the matrix (`domain/access.py`) and from the descriptions; what happened is read from HQ's
tables and from the decoded answer. Attacks that need a story of their own are in `test_attacks.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mobility_app.domain import access, registry
from mobility_app.domain.entities.people import ROLES
from mobility_app.domain.fields import Entity, Kind, Merge, Plain, Scope
from mobility_app.hq.ledger import Transaction
from mobility_app.sync.protocol import WireChange
from tests.support.forger import Forger, forged
from tests.support.realm import PLACES, STANDING, Realm, pushable

KINDS = [
    *((one, variant) for one in registry.ENTITIES for variant in ("",)),
    (registry.entity("activity"), "own"),
    (registry.entity("product"), "general"),
]
CELLS_AT_LEAST = {"create": 1_900, "update": 1_900, "delete": 500, "restore": 500, "pull": 2_000}


@dataclass(frozen=True, slots=True)
class Cell:
    """One attempt: what was pushed, and what HQ must hold afterwards."""

    name: str
    change: WireChange
    field: str
    value: Plain
    allowed: bool


@pytest.fixture
def realm(tmp_path: Path) -> Realm:
    return Realm(tmp_path)


class Cells:
    """Makes the cells of one role, with the records that they aim at."""

    def __init__(self, realm: Realm, tx: Transaction, role: str) -> None:
        self.realm, self.tx, self.role = realm, tx, role
        self.actor = realm.by_role[role].user_id
        self.homes = {place: realm.customer(tx, place) for place in PLACES}

    def of(self, verb: str) -> Iterator[Cell]:
        for one, variant in KINDS:
            for place in PLACES:
                if verb in ("create", "update"):
                    for each in one.fields:
                        if not each.derived:
                            yield self._field(verb, one, variant, place, each.name)
                else:
                    yield self._whole(verb, one, variant, place)

    def _field(self, verb: str, one: Entity, variant: str, place: str, name: str) -> Cell:
        each, home = one.field(name), self.homes[place]
        own = variant == "own" or verb == "create"
        may = access.may(self.role, each.right or one.right, verb, own=own) and each.merge is not Merge.HQ
        reach = self.realm.writes(self.role, place, one, rooted=_rooted(one, variant))
        value = self.realm.value(self.tx, one, each, place, home, self.actor)
        where = f"{self.role} {verb} {variant} {one.name}.{name} in {place}"
        if verb == "update":
            allowed = reach and may and each.merge not in (Merge.IMMUTABLE, Merge.APPEND)
            values = {name: value}
            record = self._made(one, variant, place)
            if name == "default_territory_id":
                value = values[name] = self.tx.create("territory", {"company_id": record, "name": "its own"})
            if (self.tx.get(one.name, record) or {})[name] == value:
                value = values[name] = self._elsewhere(one, name, place)
        else:
            allowed = reach and may and pushable(one) and access.may(self.role, one.right, verb, own=True)
            values, record = self._least(one, variant, place), self.tx.new_id()
            value = values[name] if name in values and each.kind in (Kind.REF, Kind.REFS) else value
            if (one.name, name) == ("activity_participant", "contact_id"):
                del values["user_id"]
            if one.name == "customer" and name.startswith("identifier"):
                values.update(identifier_kind="other", identifier="y", identifier_override="so")
            if name in ("latitude_e7", "longitude_e7"):
                values.update(latitude_e7=1, longitude_e7=1)
            values[name] = value
            allowed = allowed and (one.name, name) != ("company", "default_territory_id")  # its first comes after it
        return Cell(where, forged(verb, one.name, record, values), name, value, allowed)

    def _whole(self, verb: str, one: Entity, variant: str, place: str) -> Cell:
        own, role = variant == "own", self.role
        allowed = access.may(role, one.right, "delete", own=own)
        if verb == "restore":
            allowed = allowed and access.may(role, one.right, "create", own=own)
        allowed = allowed and self.realm.writes(role, place, one, rooted=_rooted(one, variant))
        record = self._made(one, variant, place)
        if verb == "restore":
            self.tx.delete(one.name, record)
        where = f"{role} {verb} {variant} {one.name} in {place}"
        return Cell(where, forged(verb, one.name, record), "id", record if verb == "restore" else None, allowed)

    def _made(self, one: Entity, variant: str, place: str) -> str:
        if one.name == "customer":
            return self.realm.customer(self.tx, place)
        row = self._least(one, variant, place)
        if variant == "own":
            row["assignee_id"] = self.actor
        if one.name == "address":
            row.update(latitude_e7=1, longitude_e7=1)
        row.update({name: value for name, value in STANDING.items() if name in row})
        return self.tx.create(one.name, row)

    def _elsewhere(self, one: Entity, name: str, place: str) -> Plain:
        """Where a record that stands in its home would be if its reference were swapped."""
        each = one.field(name)
        if each.kind is Kind.CHOICE:
            return each.choices[-1]
        match each.refers:
            case "customer" | "":
                return self.homes["own" if place != "own" else "next"]
            case "company":
                return self.realm.ids["Lusa" if PLACES[place][0] != "Lusa" else "Ibera"]
            case "user":
                return self.realm.ids["far" if PLACES[place][0] == "Lusa" else "other"]
        raise AssertionError(f"{one.name}.{name} already stood so")

    def _least(self, one: Entity, variant: str, place: str) -> dict[str, Plain]:
        row = self.realm.least(self.tx, one, place, self.homes[place], self.actor)
        if variant == "general":
            del row["exclusive_customer_id"]
        return row


def _rooted(one: Entity, variant: str) -> bool:
    return one.scope is Scope.ROOT or (one.name == "product" and variant != "general")


def cells(realm: Realm, role: str, verb: str) -> list[Cell]:
    with realm.fleet.office.ledger.transaction() as tx:
        return list(Cells(realm, tx, role).of(verb))


def wrong(realm: Realm, verb: str, tried: list[Cell]) -> list[str]:
    """The cells where HQ holds something else than it should."""
    found = []
    with realm.fleet.office.ledger.reading() as session:
        for cell in tried:
            row = session.get(cell.change.entity, cell.change.id)
            if verb == "delete":
                happened = row is None
            else:
                happened = row is not None and row[cell.field] == cell.value
            if happened is not cell.allowed:
                found.append(cell.name)
    return found


@pytest.mark.parametrize("verb", ["create", "update", "delete", "restore"])
def test_hq_takes_what_the_matrix_says_and_nothing_else(realm: Realm, verb: str) -> None:
    tried = taken = 0
    for role in ROLES:
        of_role = cells(realm, role, verb)
        verdicts = realm.by_role[role].push(*(cell.change for cell in of_role))
        tried += len(of_role)
        assert wrong(realm, verb, of_role) == []
        taken += sum(cell.allowed for cell in of_role)
        assert not any(verdict.reason == "set_aside" for verdict in verdicts)
    assert tried >= CELLS_AT_LEAST[verb]
    assert taken >= tried // 20


@dataclass(frozen=True, slots=True)
class Mark:
    """A value that stands in one field of one record alone."""

    text: str
    one: Entity
    field: str
    place: str
    rooted: bool


def marked(realm: Realm) -> list[Mark]:
    """Records of every kind in every place, made, changed and deleted, each value a mark."""
    marks: list[Mark] = []
    with realm.fleet.office.ledger.transaction() as tx:
        for place in PLACES:
            home = realm.customer(tx, place)
            for one, variant in KINDS:
                for fate in ("made", "changed", "deleted"):
                    row = realm.whole(tx, one, place, home, realm.ids["other"])
                    if variant == "general":
                        del row["exclusive_customer_id"]
                    if one.name == "conflict":
                        row.update(entity="customer", field="name", state="open")
                    if fate == "changed":
                        record = tx.create(
                            one.name,
                            realm.whole(tx, one, place, home, realm.ids["other"])
                            if one.unique
                            else {**row, **_plainer(one, row)},
                        )
                        tx.update(one.name, record, {} if one.unique else row)
                    else:
                        record = tx.create(one.name, row)
                    stood = tx.get(one.name, record) or {}
                    if fate == "deleted":
                        tx.delete(one.name, record)
                    rooted = _rooted(one, variant)
                    marks += [Mark(text, one, name, place, rooted) for name, text in _texts(one, stood)]
    return marks


def _plainer(one: Entity, row: dict[str, Plain]) -> dict[str, Plain]:
    """The record before it was changed: money and notes differ."""
    return {each.name: 1 if each.kind is Kind.MONEY else "-" for each in one.fields
            if each.kind in (Kind.MONEY, Kind.NOTE) and row.get(each.name) is not None}  # fmt: skip


def _texts(one: Entity, row: dict[str, Plain]) -> Iterator[tuple[str, str]]:
    for each in one.fields:
        value = row[each.name]
        if (
            each.kind in (Kind.TEXT, Kind.NOTE, Kind.VALUE, Kind.DECIMAL)
            and len(str(value)) > 10
            and (str(value).startswith(("mark", "70")))
        ) or (each.kind in (Kind.MONEY, Kind.INSTANT) and isinstance(value, int) and value > 10**6):
            yield each.name, str(value)


@pytest.mark.parametrize("role", ROLES)
def test_a_pull_brings_what_the_matrix_lets_read_and_nothing_else(realm: Realm, role: str) -> None:
    marks = marked(realm)
    text, _ = realm.by_role[role].pull_all()
    leaked, missing = [], []
    for mark in marks:
        right = mark.one.field(mark.field).right
        reads = access.may(role, mark.one.right, "read") and access.may(role, right or mark.one.right, "read")
        reads = reads and realm.reads(role, mark.place, mark.one, rooted=mark.rooted)
        if (mark.text in text) and not reads:
            leaked.append(f"{role} saw {mark.one.name}.{mark.field} of {mark.place}")
        if reads and mark.text not in text:
            missing.append(f"{role} misses {mark.one.name}.{mark.field} of {mark.place}")
    assert (leaked, missing) == ([], [])
    assert len(marks) * len(ROLES) >= CELLS_AT_LEAST["pull"]


@pytest.mark.parametrize("role", ROLES)
def test_no_line_of_a_kind_that_the_role_may_not_read_is_handed_out(realm: Realm, role: str) -> None:
    marked(realm)
    forger: Forger = realm.by_role[role]
    closed = {one.name for one in registry.ENTITIES if not access.may(role, one.right, "read")}
    text, _ = forger.pull_all()
    assert [name for name in closed if f'"entity":"{name}"' in text] == []
