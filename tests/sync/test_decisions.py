"""Conflicts as people settle them: the default stands at once, one decision settles it on every device that holds it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mobility_app.domain import versions
from mobility_app.domain.fields import Plain
from mobility_app.domain.rules import reopening
from mobility_app.errors import InvalidValue
from mobility_app.store.actions import reopen, settle
from mobility_app.store.queries import conflicts
from mobility_app.store.queries import sheet as sheets
from mobility_app.store.queries.sheet import CONFLICT
from mobility_app.ui.sheet.saving import Cell, Edits
from tests.support.fleet import Device, Fleet


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """Two reps of one territory and their manager."""
    fleet = Fleet(tmp_path)
    for name in ("Ana", "Rui"):
        fleet.user(name)
    fleet.user("Marta", "manager")
    return fleet


@pytest.fixture
def people(fleet: Fleet) -> tuple[Device, Device, Device]:
    """Ana's, Rui's and Marta's device."""
    return fleet.device("ana", "Ana"), fleet.device("rui", "Rui"), fleet.device("marta", "Marta")


def made(fleet: Fleet, device: Device, entity: str, **values: Plain) -> tuple[str, str]:
    """(customer, record of it), on every device."""
    with device.store.writing() as tx:
        customer = tx.create("customer", {"name": "Café Central"})
        record = tx.create(entity, {"customer_id": customer, **values})
    fleet.settle()
    return customer, record


def clash(fleet: Fleet, entity: str, record_id: str, *sides: tuple[Device, dict[str, Plain]]) -> None:
    """Each side changes the record without having seen the other; the last one wins."""
    for device, values in sides:
        with device.store.writing() as tx:
            tx.update(entity, record_id, values)
    fleet.settle()


def open_here(device: Device, customer: str) -> list[sheets.Mark]:
    header = sheets.header(device.store, customer)
    assert header is not None
    found = [mark for mark in header.marks.values() if mark.state == CONFLICT and mark.conflict is not None]
    assert header.conflicts == len(found)
    return found


def test_both_authors_and_their_manager_meet_the_conflict_and_one_of_them_settles_it_for_all(
    fleet: Fleet, people: tuple[Device, Device, Device]
) -> None:
    ana, rui, marta = people
    customer, phone = made(fleet, ana, "customer_phone", value="+351 22 340 18 77")
    clash(fleet, "customer_phone", phone, (ana, {"value": "+351 22 340 18 88"}), (rui, {"value": "+351 22 340 18 99"}))
    seen = [open_here(device, customer)[0].conflict for device in people]
    assert [(one.winner, one.loser, one.mine) for one in seen if one] == [
        ("+351 22 340 18 99", "+351 22 340 18 88", mine) for mine in ("loser", "winner", "")
    ]
    assert all(device.store.read("customer_phone", phone)["value"] == "+351 22 340 18 99" for device in people)
    settle.settle(marta.store, seen[2].id, settle.LOSER)
    fleet.settle()
    for device in people:
        assert open_here(device, customer) == []
        assert device.store.read("customer_phone", phone)["value"] == "+351 22 340 18 88"


def test_the_fields_of_one_group_are_one_conflict_and_are_taken_together(
    fleet: Fleet, people: tuple[Device, Device, Device]
) -> None:
    ana, rui, _ = people
    customer, address = made(fleet, ana, "address", line1="Rua A", postcode="4000-001", city="Porto")
    clash(
        fleet, "address", address, (rui, {"line1": "Calle Mayor 1", "city": "Vigo"}),
        (ana, {"line1": "Rua B", "city": "Braga"}),
    )  # fmt: skip
    (mark,) = open_here(rui, customer)
    assert mark.conflict is not None
    sides = {("line1", "Rua B", "Calle Mayor 1"), ("city", "Braga", "Vigo")}
    named = {one for one in sides if one[1:] == (mark.conflict.winner, mark.conflict.loser)}
    assert named | {tuple(one) for one in mark.conflict.further} == sides
    settle.settle(rui.store, mark.conflict.id, settle.LOSER)
    fleet.settle()
    for device in people:
        row = device.store.read("address", address)
        assert (row["line1"], row["city"]) == ("Calle Mayor 1", "Vigo")
        assert open_here(device, customer) == []


def test_both_telephones_are_kept_by_one_tap(fleet: Fleet, people: tuple[Device, Device, Device]) -> None:
    ana, rui, _ = people
    customer, phone = made(fleet, ana, "customer_phone", value="+351 22 340 18 77", label="Loja", is_main=True)
    clash(fleet, "customer_phone", phone, (ana, {"value": "+351 22 340 18 88"}), (rui, {"value": "+351 22 340 18 99"}))
    (mark,) = open_here(ana, customer)
    assert mark.conflict is not None
    settle.keep_both(ana.store, mark.conflict.id)
    fleet.settle()
    for device in people:
        with device.store.reading() as session:
            rows = session.find("customer_phone", customer_id=customer)
        assert {(row["value"], row["e164"], row["label"], row["is_main"]) for row in rows} == {
            ("+351 22 340 18 99", "+351223401899", "Loja", True), ("+351 22 340 18 88", "+351223401888", "Loja", False),
        }  # fmt: skip
        assert open_here(device, customer) == []


def test_who_saw_the_conflict_and_writes_a_third_value_settles_it_in_the_same_save(
    fleet: Fleet, people: tuple[Device, Device, Device]
) -> None:
    ana, rui, _ = people
    customer, ticket = made(fleet, ana, "ticket", description="O forno não aquece")
    clash(
        fleet, "ticket", ticket, (ana, {"description": "O forno não aquece à noite"}),
        (rui, {"description": "O forno grande não aquece"}),
    )  # fmt: skip
    (mark,) = open_here(ana, customer)
    assert mark.conflict is not None
    assert mark.conflict.base == "O forno não aquece"
    cell = Cell("", "O forno grande não aquece à noite", "", mark.conflict.winner, ana.store.position(customer))
    with ana.store.writing() as tx:
        Edits({}, {("ticket", ticket, "description"): cell}, (), (mark.conflict.id,)).write(tx)
        (saved,) = set(tx.rows("SELECT COUNT(*) FROM change WHERE state='open'"))
    assert saved == (2,)  # the text, and that nothing is left to choose
    fleet.settle()
    for device in people:
        assert device.store.read("ticket", ticket)["description"] == "O forno grande não aquece à noite"
        assert open_here(device, customer) == []


def test_what_was_deleted_while_somebody_changed_it_comes_back_by_one_tap(
    fleet: Fleet, people: tuple[Device, Device, Device]
) -> None:
    ana, rui, _ = people
    customer, contact = made(fleet, ana, "contact", first_name="Eva")
    with ana.store.writing() as tx:
        tx.delete("contact", contact)
    ana.sync()
    with rui.store.writing() as tx:
        tx.update("contact", contact, {"job_title": "Diretora"})
    fleet.settle()
    assert rui.store.read("contact", contact) is None
    (mark,) = open_here(rui, customer)
    assert mark.conflict is not None
    assert mark.conflict.gone
    settle.settle(rui.store, mark.conflict.id, settle.LOSER)
    fleet.settle()
    for device in people:
        row = device.store.read("contact", contact)
        assert (row["first_name"], row["job_title"]) == ("Eva", "Diretora")
        assert open_here(device, customer) == []


def test_equal_values_and_edits_in_sequence_leave_nothing_to_settle(
    fleet: Fleet, people: tuple[Device, Device, Device]
) -> None:
    ana, rui, _ = people
    customer, phone = made(fleet, ana, "customer_phone", value="+351 22 340 18 77")
    clash(fleet, "customer_phone", phone, (ana, {"value": "+351 22 340 18 88"}), (rui, {"value": "00351 223401888"}))
    clash(fleet, "customer_phone", phone, (ana, {"value": "+351 22 340 18 90"}))
    clash(fleet, "customer_phone", phone, (rui, {"value": "+351 22 340 18 91"}))
    with rui.store.reading() as session:
        assert session.find("conflict") == []
    assert open_here(rui, customer) == []
    assert conflicts.one(rui.store, "0" * 32) is None


def test_a_request_is_reopened_with_a_reason_by_somebody_who_saw_it_closed(
    fleet: Fleet, people: tuple[Device, Device, Device]
) -> None:
    ana, rui, _ = people
    customer, ticket = made(fleet, ana, "ticket", description="Terminal", progress_percent=20)
    clash(fleet, "ticket", ticket, (ana, {"progress_percent": 100}))
    with rui.store.writing() as tx, pytest.raises(InvalidValue, match="text"):
        reopen.reopen(tx, ticket, " ")
    assert rui.store.read("ticket", ticket)["status"] == "closed"
    with rui.store.writing() as tx:
        reopen.reopen(tx, ticket, "Voltou a falhar")
    fleet.settle()
    for device in people:
        assert device.store.read("ticket", ticket)["status"] == "open"
        with device.store.reading() as session:
            assert [row["text"] for row in session.find("ticket_entry", ticket_id=ticket)] == ["Voltou a falhar"]
    clash(fleet, "ticket", ticket, (ana, {"priority": "high"}))
    assert rui.store.read("ticket", ticket)["status"] == "open"
    assert open_here(rui, customer) == []


@pytest.mark.parametrize("version", [versions.VERSION, reopening.SINCE - 1])
def test_hq_insists_on_the_reason_of_all_but_older_programs(
    fleet: Fleet, people: tuple[Device, Device, Device], version: int
) -> None:
    ana, rui, _ = people
    _, ticket = made(fleet, ana, "ticket", description="Terminal", progress_percent=100)
    with rui.store.writing() as tx, pytest.raises(InvalidValue, match="status"):
        tx.update("ticket", ticket, {"progress_percent": 40})
    with rui.store.transaction() as session:  # a program that breaks its own write door, or has no such rule yet
        session.run("UPDATE ctx SET user_id='0', tx=tx+1, at=0, stamp=stamp+1, base=99999999")
        session.run("UPDATE ticket SET status='open', progress_percent=40 WHERE id=?", ticket)
        session.run("UPDATE ctx SET user_id=NULL, base=0")
        session.run("UPDATE change SET version=?", version)
    fleet.settle()
    older = version < reopening.SINCE
    for device in people:
        assert device.store.read("ticket", ticket)["status"] == ("open" if older else "closed")
    with rui.store.reading() as session:
        said = [json.loads(row[0])["reason"] for row in session.rows("SELECT verdict FROM change")]
    assert said == ([] if older else ["reason_missing"])


def test_a_note_of_another_request_is_no_reason(fleet: Fleet, people: tuple[Device, Device, Device]) -> None:
    ana, rui, _ = people
    customer, ticket = made(fleet, ana, "ticket", description="Terminal", progress_percent=100)
    with rui.store.writing() as tx:
        other = tx.create("ticket", {"customer_id": customer, "description": "Fatura"})
        tx.create("ticket_entry", {"ticket_id": other, "text": "Pede cópia"})
        with pytest.raises(InvalidValue, match="status"):
            tx.update("ticket", ticket, {"status": "open"})
    fleet.settle()
    assert ana.store.read("ticket", ticket)["status"] == "closed"
