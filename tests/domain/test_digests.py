"""The algebra of digests: what sums to what, and the vectors that a second client would check itself by."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mobility_app.domain import digests, registry
from mobility_app.domain.change import CREATE, DELETE, UPDATE, Patch, Row, fold
from mobility_app.domain.digests import (
    MODULUS,
    by_entity,
    minus,
    moved,
    of_columns,
    of_patch,
    of_row,
    plus,
    text,
    total,
)
from mobility_app.domain.entities.people import ROLES
from mobility_app.domain.fields import Field, Kind, Plain, encode

ID, OTHER = "0" * 31 + "1", "0" * 31 + "2"


def values(field: Field) -> st.SearchStrategy[Plain]:
    """Plain values of a field's kind."""
    ids = st.sampled_from([ID, OTHER])
    by_kind: dict[Kind, st.SearchStrategy[Plain]] = {
        Kind.INTEGER: st.integers(-9, 9), Kind.MONEY: st.integers(-9, 9), Kind.RATE: st.integers(-9, 9),
        Kind.INSTANT: st.integers(-9, 9), Kind.FLAG: st.booleans(), Kind.REF: ids,
        Kind.REFS: st.lists(ids, unique=True).map(sorted), Kind.VALUE: st.one_of(st.text(), st.integers(), st.booleans()),
    }  # fmt: skip
    return st.one_of(st.none(), by_kind.get(field.kind, st.text(max_size=5)))


def rows(entity: str) -> st.SearchStrategy[Row]:
    if entity == "conflict":  # what a conflict is about never changes
        fixed: dict[str, st.SearchStrategy[Plain]] = {"entity": st.just("document"), "field": st.just("number")}
    else:
        fixed = {}
    return st.fixed_dictionaries({f.name: fixed.get(f.name, values(f)) for f in registry.entity(entity).fields})


pairs = st.sampled_from(["customer", "user", "document", "conflict", "message"]).flatmap(
    lambda name: st.tuples(st.just(name), rows(name), rows(name))
)


@given(pairs)
def test_a_change_moves_the_sums_by_what_lies_between(pair: tuple[str, Row, Row]) -> None:
    entity, before, after = pair
    there = plus(of_row(entity, ID, before), moved(entity, ID, before, after))
    assert minus(there, of_row(entity, ID, after)) == dict.fromkeys(there, 0)


@given(pairs)
def test_entries_fold_into_the_same_sums_as_rows(pair: tuple[str, Row, Row]) -> None:
    entity, made, after = pair
    veil = digests.veil_of(entity, made)
    create: Patch = {name: (None, value) for name, value in made.items() if value is not None}
    update: Patch = {name: (made[name], value) for name, value in after.items() if value != made[name]}
    gone: Patch = {name: (value, None) for name, value in after.items() if value is not None}
    sums, row = {}, None
    for kind, patch in ((CREATE, create), (UPDATE, update)):
        sums, row = plus(sums, of_patch(entity, ID, kind, patch, veil)), fold(row, kind, patch)
    assert {part: n for part, n in sums.items() if n} == {part: n for part, n in of_row(entity, ID, row).items() if n}
    assert not any(plus(sums, of_patch(entity, ID, DELETE, gone, veil)).values())


@given(st.permutations([("customer", ID, "a"), ("customer", OTHER, "b"), ("contact", ID, "c")]))
def test_order_does_not_count(records: list[tuple[str, str, str]]) -> None:
    sums: dict[str, int] = {}
    for entity, record_id, name in records:
        field = "name" if entity == "customer" else "first_name"
        sums = plus(sums, of_row(entity, record_id, {field: name}))
    assert text(total(sums)) == "90f7674fd3c84c89"


def test_a_value_that_changes_its_place_is_seen() -> None:
    """The same letters in another field, record or entity are another sum."""
    seen = {
        total(of_row(entity, record_id, {field: "x"}))
        for entity, field in (("customer", "name"), ("customer", "website"), ("label", "name"))
        for record_id in (ID, OTHER)
    }
    assert len(seen) == 6


def test_empty_values_and_unknown_columns_count_nothing() -> None:
    assert of_row("label", ID, {"name": "x"}) == of_row("label", ID, {"name": "x", "company_id": None})
    assert of_row("label", ID, {"name": ""}) != of_row("label", ID, {"name": None})


def test_a_role_sums_what_it_may_see() -> None:
    """What a role may not see never moves its sum, and moves that of those who may."""
    plain, secret = {"name": "x"}, {"name": "x", "credit_limit_minor": 7}
    for role in ROLES:
        same = total(of_row("customer", ID, plain), role) == total(of_row("customer", ID, secret), role)
        assert same == (role == "support")
    document = of_row("document", ID, {"number": "1"})
    assert total(document, "support") == 0 != total(document, "rep")
    about: Row = {"entity": "document", "field": "number", "base": "1"}
    assert total(of_row("conflict", ID, about), "support") == 0 != total(of_row("conflict", ID, about), "rep")
    assert total(of_row("conflict", ID, {**about, "entity": "customer", "field": "name"}), "support")


def test_an_older_generation_leaves_out_what_it_does_not_know() -> None:
    assert digests.seen("message@2", "rep", 2)
    assert not digests.seen("message@2", "rep", 1)
    assert total({"message": 1, "message@2": 2}, "rep", 1) == 1
    assert by_entity({"message": 1, "message@2": 2, "customer:credit": 4}, "support", 2) == {"message": 3}


def test_golden_vectors() -> None:
    """docs/protocol.md, "Digests". They hold for ever: devices keep sums on their disks."""
    assert f"{digests.cell('customer', ID, 'name', 'Óptica'):016x}" == "cc159cf77efee269"
    assert f"{digests.cell('customer', ID, 'id', ''):016x}" == "4f33a42e1bc7edb5"
    assert digests.bucket(ID) == 64
    row: Row = {
        "name": "Óptica", "credit_limit_minor": 100_000, "shared": True, "notes": 'a\n"b"', "preferred_weekday": 0,
    }  # fmt: skip
    assert text(total(of_row("customer", ID, row))) == "f593b7e6045e2a84"
    user: Row = {"name": "Ana", "territory_ids": [ID, OTHER]}
    assert text(total(of_row("user", ID, user))) == "7a5a357b9396424e"
    one = registry.entity("user")
    columns = [encode(field, user.get(field.name)) for field in one.fields]
    assert of_columns("user", ID, columns) == of_row("user", ID, user)
    assert 0 <= total(of_row("user", ID, user)) < MODULUS
