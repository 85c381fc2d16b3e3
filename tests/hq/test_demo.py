"""Made data: the same from the same seed, valid in every field, and of the kinds that the screens need."""

from __future__ import annotations

import random
import re
from pathlib import Path

import phonenumbers
import pytest
from stdnum.es import cif
from stdnum.fr import siren
from stdnum.pt import nif

from mobility_app.hq.demo import PEOPLE, make
from mobility_app.hq.office import Dump, Office
from mobility_app.hq.verify import faults

NOW = 1_795_689_000_000  # 2026-11-26
CUSTOMERS = 40
CHECKS = {"nipc": nif.is_valid, "cif": cif.is_valid, "siren": siren.is_valid}


def office(folder: Path, seed: int = 1, customers: int = CUSTOMERS) -> Office:
    """A filled HQ whose clock stands and whose ids are drawn from one seed."""
    made = Office(folder, now=lambda: NOW, random=random.Random(99).randbytes)
    make(made, customers=customers, seed=seed)
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return office(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def dump(made: Office) -> Dump:
    return made.dump()


def test_the_same_seed_makes_the_same_data_and_another_seed_other_data(dump: Dump, tmp_path: Path) -> None:
    assert office(tmp_path / "again").dump() == dump
    assert office(tmp_path / "other", seed=2).dump()["customer"] != dump["customer"]


def test_every_customer_has_an_identifier_with_the_right_check_digits(dump: Dump) -> None:
    customers = dump["customer"].values()
    assert len(customers) == CUSTOMERS
    assert {row["identifier_kind"] for row in customers} == set(CHECKS)
    for row in customers:
        assert CHECKS[str(row["identifier_kind"])](str(row["identifier"])), row


def test_every_telephone_is_one_that_could_ring(dump: Dump) -> None:
    phones = [*dump["customer_phone"].values(), *dump["contact_phone"].values()]
    assert len(phones) > CUSTOMERS * 2
    for row in phones:
        assert phonenumbers.is_valid_number(phonenumbers.parse(str(row["e164"]))), row


def test_customers_of_three_countries_speak_three_languages(dump: Dump) -> None:
    assert {row["language"] for row in dump["customer"].values()} == {"pt", "es", "fr"}
    assert {row["country"] for row in dump["address"].values()} == {"PT", "ES", "FR"}


def test_documents_add_up_and_reach_over_years(dump: Dump) -> None:
    documents = dump["document"]
    for key, row in documents.items():
        lines = [line["net_minor"] for line in dump["document_line"].values() if line["document_id"] == key]
        taxes = [tax["tax_minor"] for tax in dump["document_tax"].values() if tax["document_id"] == key]
        assert sum(map(int, lines)) == row["net_minor"]  # type: ignore[arg-type]
        assert sum(map(int, taxes)) == row["tax_minor"]  # type: ignore[arg-type]
        assert row["net_minor"] + row["tax_minor"] == row["gross_minor"]  # type: ignore[operator]
        assert row["gross_minor"] - row["withheld_minor"] == row["payable_minor"]  # type: ignore[operator]
    assert len({str(row["issued_on"])[:4] for row in documents.values()}) >= 3
    assert max(str(row["issued_on"]) for row in documents.values()) <= "2026-11-26"
    assert {row["kind"] for row in documents.values()} == {"invoice", "credit_note"}
    assert any(row["withheld_minor"] for row in documents.values())
    assert len({line["category"] for line in dump["document_line"].values()}) >= 5


def test_a_credit_note_corrects_an_invoice_of_its_customer(dump: Dump) -> None:
    notes = [row for row in dump["document"].values() if row["kind"] == "credit_note"]
    assert notes
    for note in notes:
        assert dump["document"][str(note["corrects_id"])]["customer_id"] == note["customer_id"]


def test_activities_lie_behind_and_ahead_and_some_are_overdue(dump: Dump) -> None:
    today = "2026-11-26"
    days = [str(row["starts_at"] or row["due_at"])[:10] for row in dump["activity"].values()]
    assert min(days) < today < max(days)
    overdue = [
        row for row in dump["activity"].values() if row["status"] == "open" and str(row["due_at"] or "9") < today
    ]
    assert overdue
    assert {row["kind"] for row in dump["activity"].values()} == {"task", "call", "appointment"}


def test_there_is_something_for_every_tab(dump: Dump) -> None:
    for entity in (
        "contact",
        "contact_label",
        "mailing_list_member",
        "ticket",
        "ticket_entry",
        "customer_price",
        "payment",
    ):
        assert dump[entity], entity
    assert any(row["exclusive_customer_id"] for row in dump["product"].values())
    assert {row["role"] for row in dump["user"].values()} == {role for _, role, _, _ in PEOPLE}


def test_however_few_are_made_the_first_rep_has_one(tmp_path: Path) -> None:
    few = office(tmp_path, customers=1).dump()
    (customer,) = few["customer"].values()
    ana = next(row for row in few["user"].values() if row["name"] == PEOPLE[0][0])
    assert customer["territory_id"] in ana["territory_ids"]  # type: ignore[operator]


def test_what_is_made_is_in_the_log_like_everything_else(made: Office, dump: Dump) -> None:
    assert faults(made.ledger) == []
    numbers = [str(row["number"]) for row in dump["customer"].values()]
    assert len(set(numbers)) == len(numbers)
    assert all(re.fullmatch(r"C-\d+", number) for number in numbers)
