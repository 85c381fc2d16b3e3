"""Every field that a form can fill, with its wrong values: refused at the field, in each language, and nothing changes.

The table grows with the descriptions: a field that no line here or no kind covers makes a test fail.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobility_app.domain import access, registry
from mobility_app.domain.change import Row
from mobility_app.domain.fields import TEXT_MAX, Field, Kind, Merge
from mobility_app.errors import InvalidValue
from mobility_app.store.queries import sheet as queries
from mobility_app.ui.inputs import TEXT_LENGTH_MAX, Raw
from mobility_app.ui.sheet.editing import EditSession
from mobility_app.ui.words import LANGUAGES, Words
from tests.support.desk import Desk, desk

ROLES = ("manager", "accountant", "support")  # who fills forms on a device

# (entity, field) -> what somebody may type wrongly, and the reason code.
WRONG: dict[tuple[str, str], list[tuple[Raw, str]]] = {
    ("customer", "identifier"): [("508838234", "wrong_check_digit"), ("12", "wrong_length"), ("50883823X", "wrong_characters")],
    ("customer", "currency"): [("XYZ", "not_a_currency"), ("euros", "too_long")],
    ("customer", "language"): [("português", "not_a_language"), ("pt_PT_x_", "not_a_language")],
    ("customer", "website"): [
        ("isto não é", "not_a_website"), ("javascript:alert(1)", "not_a_website"), ("ftp://x.example", "not_a_website"),
    ],
    ("customer", "payment_term_days"): [("-1", "negative"), ("30,5", "not_a_whole_number"), ("367", "too_large")],
    ("customer", "credit_limit_minor"): [("-0,01", "negative"), ("12,345", "too_precise"), ("1e5", "not_an_amount")],
    ("customer", "irpf_rate_bp"): [("-15", "negative"), ("15,123", "too_precise"), ("101", "too_large")],
    ("customer", "ledger_account"): [("x" * 41, "too_long")],
    ("customer", "preferred_weekday"): [("7", "too_large"), ("-1", "negative")],
    ("customer_email", "value"): [
        ("ana", "not_an_email"), ("ana@", "not_an_email"), ("a b@c.pt", "not_an_email"), ("", "required"),
    ],
    ("contact_email", "value"): [("@x.pt", "not_an_email"), ("ana@x..pt", "not_an_email")],
    ("customer_phone", "value"): [("", "required"), ("9" * 81, "too_long")],
    ("contact_phone", "value"): [("", "required")],
    ("address", "country"): [("Portugal", "too_long"), ("XX", "not_a_country")],
    ("address", "latitude_e7"): [("leste", "not_a_whole_number"), ("38,12345678", "too_precise")],
    ("address", "longitude_e7"): [("oeste", "not_a_whole_number")],
    ("activity", "title"): [("", "required"), ("   ", "required")],
    ("activity", "ends_at"): [("2026-11-25T09:00", "ends_before_start")],
    ("activity", "starts_at"): [("amanhã", "not_an_instant"), ("2026-02-30T10:00", "not_an_instant")],
    ("ticket", "progress_percent"): [("101", "too_large"), ("-5", "negative"), ("metade", "not_a_whole_number")],
    ("customer", "name"): [("", "required"), (" \t ", "required"), ("x" * (TEXT_MAX + 1), "too_long")],
}  # fmt: skip

# What a field of a kind refuses whatever it is called. The words of the kind, not those of one field.
OF_KIND: dict[Kind, list[tuple[Raw, str]]] = {
    Kind.TEXT: [("a\x00b", "bad_characters"), ("a\x07b", "bad_characters")],
    Kind.NOTE: [("a\x00b", "bad_characters"), ("x" * (TEXT_LENGTH_MAX + 1), "too_long")],
    Kind.INTEGER: [("doze", "not_a_whole_number"), ("1,5", "not_a_whole_number"), ("9" * 30, "too_large")],
    Kind.MONEY: [("muito", "not_an_amount"), ("1,2,3", "not_an_amount"), ("9" * 30, "too_large")],
    Kind.RATE: [("alta", "not_a_rate"), ("9" * 30, "too_large")],
    Kind.DAY: [("2026-02-30", "not_a_day"), ("ontem", "not_a_day")],
    Kind.INSTANT: [("ontem", "not_an_instant")],
    Kind.DECIMAL: [("um", "not_a_decimal")],
    Kind.CHOICE: [("nenhuma destas", "not_a_choice")],
    Kind.REF: [("ninguém", "not_an_id")],
    Kind.REFS: [(["ninguém"], "not_ids")],
    Kind.VALUE: [],
    Kind.FLAG: [],  # a box is ticked or not
}
DEGREES = {"latitude_e7", "longitude_e7"}  # "1,5" is a whole number of their unit

# Entities with forms, and what a new record of each needs beside the field that is tried. The customer stands already.
BEGUN: dict[str, Row] = {
    "customer": {},
    "customer_email": {"value": "ana@exemplo.pt"},
    "customer_phone": {"value": "22 340 18 77"},
    "address": {"kind": "delivery"},
    "contact": {},
    "contact_email": {"value": "ana@exemplo.pt"},
    "contact_phone": {"value": "22 340 18 77"},
    "activity": {"kind": "appointment", "title": "Visita", "starts_at": 1_795_600_000_000},
    "activity_participant": {},
    "ticket": {"description": "Forno"},
    "ticket_entry": {"text": "Visto"},
}
HANGS_ON = {
    "contact_email": "contact",
    "contact_phone": "contact",
    "activity_participant": "activity",
    "ticket_entry": "ticket",
}
OTHERS: dict[tuple[str, str], Row] = {("customer", "identifier"): {"identifier_kind": "nipc"}}


def role_for(entity: str, field: Field) -> str:
    """Somebody who may fill the field in; "" where no form of a device may."""
    if (
        field.derived
        or field.merge is Merge.HQ
        or field.kind is Kind.FLAG
        or field.name == registry.entity(entity).parent
    ):
        return ""
    verbs = ("update",) if entity == "customer" else ("create",)
    if entity == "customer" and field.merge is Merge.IMMUTABLE:
        return ""
    right = field.right or registry.entity(entity).right
    return next((role for role in ROLES if any(access.may(role, right, verb, own=True) for verb in verbs)), "")


def cases() -> Iterator[tuple[str, str, str, Raw, str]]:
    """(role, entity, field, what is typed, reason)."""
    for entity in BEGUN:
        for field in registry.entity(entity).fields:
            if role := role_for(entity, field):
                wrong = [*WRONG.get((entity, field.name), ()), *OF_KIND[field.kind]]
                for raw, reason in wrong:
                    if not (field.name in DEGREES and raw == "1,5"):
                        yield role, entity, field.name, raw, reason


CASES = list(cases())


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Desk]:
    return {role: desk(tmp_path_factory.mktemp(role), role=role) for role in ROLES}


def begun(at: Desk, session: EditSession, entity: str) -> str:
    """The record whose field is tried: the customer, or one that is begun with all that it needs."""
    if entity == "customer":
        session.load("customer", queries.records(at.store, at.customer, "customer")["customer"])
        return at.customer
    parent = registry.entity(entity).parent
    under = begun(at, session, HANGS_ON[entity]) if entity in HANGS_ON else at.customer
    return session.create(entity, {**BEGUN[entity], parent: under})


def everything(at: Desk) -> dict[str, list[Row]]:
    with at.store.reading() as db:
        return {one.name: db.find(one.name) for one in registry.ENTITIES}


@pytest.mark.parametrize(
    ("role", "entity", "name", "raw", "reason"), CASES, ids=[f"{c[1]}.{c[2]}-{c[4]}-{n}" for n, c in enumerate(CASES)]
)
def test_a_wrong_value_is_refused_at_its_field_in_words_and_changes_nothing(
    desks: dict[str, Desk], role: str, entity: str, name: str, raw: Raw, reason: str
) -> None:
    at = desks[role]
    before = everything(at)

    async def story() -> None:
        session = EditSession(at.app, at.customer, "EUR", "one", 0, kept=False)
        record_id = begun(at, session, entity)
        for other, value in OTHERS.get((entity, name), {}).items():
            session.put((entity, record_id, other), value)
        slot = (entity, record_id, name)
        session.set(slot, raw)
        assert not await session.save()
        assert session.error(slot) == at.app.words.error(InvalidValue(entity, name, reason))
        assert session.text(slot) == raw  # what was typed stands in the input, to be corrected

    asyncio.run(asyncio.wait_for(story(), 20))
    assert everything(at) == before


@pytest.mark.parametrize("reason", sorted({case[4] for case in CASES}))
def test_each_reason_has_its_own_words_in_every_language(reason: str) -> None:
    said = [Words(language).error(InvalidValue("customer", "name", reason)) for language in LANGUAGES]
    assert len(set(said)) == len(LANGUAGES)
    assert all(text.endswith(".") for text in said)


def test_every_field_that_a_form_can_fill_has_wrong_values_in_the_table() -> None:
    known = {(entity, name) for _, entity, name, _, _ in CASES}
    for entity in BEGUN:
        for field in registry.entity(entity).fields:
            assert (entity, field.name) in known or not role_for(entity, field), (entity, field.name)
    for entity, name in WRONG:
        assert (entity, name) in known, f"nobody may fill in {entity}.{name}"


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "שלום עולם \u202e abc",
        "👩🏽‍🔧 visita às 10 🚚",
        "Zürich Łódź ế",
        "e\u0301te\u0301",
        "=SUM(A1)",
        "<b>não</b>",
    ],
    ids=["a million letters", "right to left", "emoji", "accents", "combining", "formula", "markup"],
)
def test_odd_but_good_text_is_kept_as_it_was_typed(tmp_path: Path, text: str) -> None:
    at = desk(tmp_path)

    async def story() -> None:
        session = EditSession(at.app, at.customer, "EUR", "one", 0)
        begun(at, session, "customer")
        await session.begin()
        session.put(("customer", at.customer, "notes"), text)
        if len(text) < 100:
            session.set(("customer", at.customer, "name"), text)
        assert await session.save()

    asyncio.run(asyncio.wait_for(story(), 20))
    row = at.store.read("customer", at.customer) or {}
    assert row["notes"] == unicodedata.normalize("NFC", text)
    if len(text) < 100:
        assert row["name"] == unicodedata.normalize("NFC", text)
