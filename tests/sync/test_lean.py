"""Pages without what the device works out: it comes to the same as HQ, or asks for them whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from mobility_app.domain.change import ENTRY_KINDS
from mobility_app.store import apply, verify
from mobility_app.sync import protocol
from mobility_app.sync.protocol import PullAnswer, PullRequest
from tests.support.fleet import Device, Fleet

ENTRY = "SELECT stream, seq, entity, record_id, kind, patch, salt, chain FROM entry ORDER BY stream, seq"


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    made = Fleet(tmp_path)
    for name in ("Ana", "Rui"):
        made.user(name)
    return made


def pulls(device: Device) -> list[tuple[PullRequest, PullAnswer]]:
    """What the device asked and HQ said, of pulls alone."""
    return [
        (protocol.unpack(body, PullRequest), protocol.unpack(reply.body, PullAnswer, hostile=False))
        for target, body, reply in device.link.requests
        if target == "/v1/pull" and reply.status == 200
    ]


def rows(device: Device) -> list[tuple[Any, ...]]:
    with device.store.reading() as session:
        return session.rows(ENTRY)


def logged(fleet: Fleet, device: Device) -> None:
    """The device's history is HQ's log to the letter, and its tables are HQ's."""
    with fleet.office.ledger.reading() as session:
        log = session.rows(ENTRY.replace("FROM entry", "FROM log"))
    here = rows(device)
    assert here == [line for line in log if line[:2] in {row[:2] for row in here}]
    assert verify.faults(device.store) == []
    ours, theirs = device.dump(), fleet.office.dump()
    for entity in ("customer", "contact", "activity", "conflict"):
        assert ours[entity] == theirs[entity]


def worked_on(fleet: Fleet) -> tuple[Device, Device, str]:
    """Ana has a customer with everything that a line can be; Rui has it, too."""
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    with ana.store.writing() as tx:
        customer = tx.create("customer", {"name": "Óptica", "website": "https://a.example", "vat_exempt": False})
        contact = tx.create("contact", {"customer_id": customer, "first_name": "Eva", "opted_out": False})
        activity = tx.create("activity", {"customer_id": customer, "kind": "task", "title": "Call", "due_at": 1})
    fleet.settle()
    for value in ("b", "c"):
        with ana.store.writing() as tx:
            tx.update("customer", customer, {"website": f"https://{value}.example"})
            tx.update("contact", contact, {"opted_out": value == "b"})
    with ana.store.writing() as tx:
        tx.delete("activity", activity)
    ana.sync()
    return ana, rui, customer


def test_what_was_left_out_is_worked_out_to_the_letter(fleet: Fleet) -> None:
    ana, rui, customer = worked_on(fleet)
    before = len(pulls(rui))
    rui.sync()
    said = pulls(rui)[before][1]
    assert said.entries.check
    assert set(said.entries.chain) == {""}
    assert {"website": "https://b.example"} in said.entries.patch, "what was before did not travel"
    assert not any(request.whole for request, _ in pulls(rui))
    for device, value in ((ana, "ana"), (rui, "rui")):  # a conflict: a value that lost, a line of HQ's own
        with device.store.writing() as tx:
            tx.update("customer", customer, {"website": f"https://{value}.example"})
    fleet.settle()
    for device in (ana, rui):
        logged(fleet, device)
        assert not any(request.whole for request, _ in pulls(device))
    assert {row[4] for row in rows(rui)} <= set(ENTRY_KINDS)


def test_of_its_own_edits_a_device_is_told_their_numbers_alone(fleet: Fleet) -> None:
    ana, rui, customer = worked_on(fleet)
    said = next(said.entries for _, said in reversed(pulls(ana)) if said.entries.seq)
    own = [place for place, entity in enumerate(said.entity) if not entity]
    assert len(own) == 4
    assert [said.patch[place] for place in own] == [{}] * 4
    assert {said.id[place] for place in own} == {""}
    logged(fleet, ana)
    with rui.store.writing() as tx:
        tx.update("customer", customer, {"website": "https://two.example"})
    rui.sync()
    for name in ("one", "three"):  # over what another wrote, one of them before it is seen
        with ana.store.writing() as tx:
            tx.update("customer", customer, {"website": f"https://{name}.example", "notes": name})
        fleet.settle()
    for device in (ana, rui):
        logged(fleet, device)
        assert not any(request.whole for request, _ in pulls(device))


def test_a_change_that_is_no_longer_here_is_told_whole(fleet: Fleet) -> None:
    ana, _, customer = worked_on(fleet)
    with ana.store.writing() as tx:
        tx.update("customer", customer, {"website": "https://last.example"})
    ana.engine.round(fetch=False)
    with ana.store.transaction() as session:
        session.run("UPDATE change SET patch='{}'")
    ana.sync()
    assert pulls(ana)[-1][0].whole
    logged(fleet, ana)


def test_a_field_that_went_wrong_here_is_noticed_and_the_page_comes_whole(fleet: Fleet) -> None:
    _, rui, customer = worked_on(fleet)
    with apply.applying(rui.store) as session:
        session.run("UPDATE customer SET website='https://rot.example' WHERE id=?", customer)
    rui.sync()
    assert [request.whole for request, _ in pulls(rui)][-2:] == [False, True]
    assert not pulls(rui)[-1][1].entries.check
    logged(fleet, rui)


def test_a_history_that_went_wrong_here_is_noticed_and_the_page_comes_whole(fleet: Fleet) -> None:
    _, rui, customer = worked_on(fleet)
    with apply.applying(rui.store) as session:
        session.run("UPDATE entry SET chain='00' WHERE root_id=? AND seq=(SELECT MAX(seq) FROM entry)", customer)
    rui.sync()
    assert pulls(rui)[-1][0].whole


def test_a_page_that_was_taken_in_part_comes_again(fleet: Fleet) -> None:
    _, rui, _ = worked_on(fleet)
    with rui.store.reading() as session:
        kept = session.rows("SELECT k, v FROM meta WHERE k='cursor'")
    rui.sync()
    history = rows(rui)
    with rui.store.transaction() as session:  # as after a death between two transactions of a page
        session.many("UPDATE meta SET v=? WHERE k=?", [(value, name) for name, value in kept])
    rui.sync()
    assert rows(rui) == history
    assert not any(request.whole for request, _ in pulls(rui))
    logged(fleet, rui)


def test_who_sees_a_part_of_a_customer_gets_its_lines_whole(fleet: Fleet) -> None:
    fleet.user("Iker", company="Ibera", territories=("Madrid",))
    iker = fleet.device("iker", "Iker")
    ana, _, customer = worked_on(fleet)
    with fleet.office.ledger.transaction() as tx:
        tx.update("customer", customer, {"shared": True})
    iker.sync()
    with ana.store.writing() as tx:
        tx.update("customer", customer, {"website": "https://shared.example"})
    ana.sync()
    iker.sync()
    answers = [said.entries for _, said in pulls(iker) if said.entries.seq]
    assert answers
    assert all(all(entries.chain) and not entries.check for entries in answers)
    patches = [msgspec.json.decode(row[5]) for row in rows(iker)]
    assert {"website": ["https://c.example", "https://shared.example"]} in patches
