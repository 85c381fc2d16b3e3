"""Customers that are there already, found by what somebody types of a new one."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_app.store.queries.alike import SHOWN_MAX, Typed, alike
from tests.support.crowd import fill
from tests.support.desk import Desk, desk

STATEMENTS_MAX = 14  # the country, six ways of looking, the facts and the rows


def known(at: Desk) -> None:
    at.from_hq(
        "customer", at.customer, identifier="509442013", identifier_kind="nipc", website="https://www.optica.example/"
    )
    at.from_hq("customer_phone", customer_id=at.customer, value="913 123 456", e164="+351913123456")
    contact = at.from_hq("contact", customer_id=at.customer, first_name="Ana")
    at.from_hq("contact_email", contact_id=contact, value="Ana@optica.example")
    fill(at.store, 60, deep=0)


@pytest.mark.parametrize(
    ("typed", "reasons"),
    [(Typed("optica lusitania e filhos lda"), ("name",)), (Typed("Óptica Lusitânia Filhos"), ("same_name",)),
     (Typed("Optica Luzitania Filhos"), ("name",)), (Typed(identifier_kind="nipc", identifier="509 442 013"), ("identifier",)),
     (Typed(phone="913 123 456"), ("phone",)), (Typed(phone="00351 913123456"), ("phone",)),
     (Typed(email="ana@optica.example"), ("email", "site")), (Typed(email="outra@optica.example"), ("site",)),
     (Typed(website="http://optica.example"), ("site",))],
)  # fmt: skip
def test_each_fact_finds_the_one_that_has_it(tmp_path: Path, typed: Typed, reasons: tuple[str, ...]) -> None:
    at = desk(tmp_path)
    known(at)
    found = {one.id: one.likeness.reasons for one in alike(at.store, typed)}
    assert found.get(at.customer) == reasons


@pytest.mark.parametrize(
    "typed",
    [Typed(), Typed("  "), Typed("Op"), Typed("Zzz qqq"), Typed(phone="12"), Typed(identifier_kind="nipc", identifier="509"),
     Typed(email="ana@"), Typed(website="http://["), Typed('"; DROP TABLE customer'), Typed("NEAR( OR *"),
     Typed(email='"@optica.example.net'), Typed("x" * 500)],
)  # fmt: skip
def test_what_is_half_typed_or_strange_finds_nobody(tmp_path: Path, typed: Typed) -> None:
    at = desk(tmp_path)
    known(at)
    assert alike(at.store, typed) == ()


def test_the_strongest_come_first_and_few_are_shown(tmp_path: Path) -> None:
    at = desk(tmp_path)
    known(at)
    row = at.store.read("customer", at.customer) or {}
    for number in range(9):
        at.from_hq("customer", **{**row, "id": None, "identifier": None, "website": None, "number": f"C-9{number}"})  # type: ignore[arg-type]
    found = alike(at.store, Typed("Óptica Lusitânia & Filhos", "nipc", "509442013"))
    assert len(found) == SHOWN_MAX
    assert found[0].id == at.customer
    assert found[0].likeness.reasons == ("identifier", "same_name")


def test_looking_takes_as_many_statements_for_few_customers_as_for_many(tmp_path: Path) -> None:
    counts = []
    for number in (5, 400):
        folder = tmp_path / str(number)
        folder.mkdir()
        at = desk(folder)
        fill(at.store, number, deep=0)
        asked: list[str] = []
        at.store.database.watch = asked.append
        alike(at.store, Typed("Padaria Central", phone="913 123 456"))
        counts.append(len(asked))
    assert max(counts) <= STATEMENTS_MAX
