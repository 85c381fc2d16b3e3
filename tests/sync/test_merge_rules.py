"""Merge rules between two devices: progress, equal values in other letters, words of one line, and who wrote what."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_app.store.actions import reopen
from tests.support.fleet import Device, Fleet


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    made = Fleet(tmp_path)
    for name in ("Ana", "Rui"):
        made.user(name)
    return made


@pytest.fixture
def pair(fleet: Fleet) -> tuple[Device, Device, str]:
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    with ana.store.writing() as tx:
        customer = tx.create("customer", {"name": "Óptica Lusitânia", "notes": "Porta azul"})
    fleet.settle()
    return ana, rui, customer


def change(device: Device, entity: str, record_id: str, **values: object) -> None:
    with device.store.writing() as tx:
        tx.update(entity, record_id, values)


@pytest.mark.parametrize("first", ["ana", "rui"])
def test_a_request_that_one_closed_is_not_opened_by_the_other_who_had_not_seen_it(
    fleet: Fleet, pair: tuple[Device, Device, str], first: str
) -> None:
    ana, rui, customer = pair
    with ana.store.writing() as tx:
        ticket = tx.create("ticket", {"customer_id": customer, "description": "Broken", "progress_percent": 20})
    fleet.settle()
    change(ana, "ticket", ticket, progress_percent=100)
    change(rui, "ticket", ticket, progress_percent=40)  # later by the clock, and yet behind
    fleet.devices[first].sync()
    fleet.settle()
    for rows in (fleet.office.dump(), ana.dump(), rui.dump()):
        row = rows["ticket"][ticket]
        assert (row["progress_percent"], row["status"]) == (100, "closed")
        assert rows["conflict"] == {}
    with rui.store.writing() as tx:
        reopen.reopen(tx, ticket, "Voltou a falhar")  # who has seen it closed may open it again
    fleet.settle()
    assert ana.dump()["ticket"][ticket]["status"] == "open"


def test_one_value_in_two_spellings_is_no_conflict(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    ana, rui, customer = pair
    with ana.store.writing() as tx:
        phone = tx.create("customer_phone", {"customer_id": customer, "value": "211 111 111"})
    fleet.settle()
    change(ana, "customer_phone", phone, value="+351 223 401 877")
    change(rui, "customer_phone", phone, value="22 340 18 77")
    change(ana, "customer", customer, name="Ótica Nova")
    change(rui, "customer", customer, name="Ótica  Nova")
    fleet.settle()
    assert fleet.office.dump()["conflict"] == {}
    assert ana.dump()["customer_phone"] == rui.dump()["customer_phone"] == fleet.office.dump()["customer_phone"]
    with fleet.office.ledger.reading() as session:
        assert session.value("SELECT COUNT(*) FROM log WHERE kind='lost'") == 0


def test_notes_join_word_by_word_and_name_their_authors_where_they_meet(
    fleet: Fleet, pair: tuple[Device, Device, str]
) -> None:
    ana, rui, customer = pair
    change(ana, "customer", customer, notes="Porta verde")
    change(rui, "customer", customer, notes="Porta preta")
    ana.sync()
    fleet.settle()
    assert rui.dump()["customer"][customer]["notes"] == "[Ana] Porta verde\n[Rui] Porta preta"
    assert ana.dump()["customer"] == rui.dump()["customer"]
