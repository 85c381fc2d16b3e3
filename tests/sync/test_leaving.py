"""A customer that leaves a device leaves it whole: nothing of it can be read in the device's raw files any more.

What the rep typed and HQ never took stays as the rep's own words, without any value of HQ's beside it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mobility_app.store import drafts
from mobility_app.store.actions import settle
from mobility_app.store.drafts import Draft
from mobility_app.store.queries import sync_centre
from tests.support.fleet import Device, Fleet

CANARY = "kanarienvogel"  # in every value that must go; letters alone, so that it is one word of the index

pytestmark = pytest.mark.usefixtures("engine")  # on both


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    made = Fleet(tmp_path)
    for name in ("Ana", "Rui"):
        made.user(name)
    made.user("Eva", territories=("Sul",))
    made.user("Marta", "manager", territories=("Norte", "Sul"))
    return made


def whole_customer(fleet: Fleet, ana: Device, rui: Device) -> str:
    """A customer with a canary in every kind of thing that a device keeps of one."""
    with ana.store.writing() as tx:
        customer = tx.create("customer", {"name": f"{CANARY}name", "notes": f"{CANARY}notes\nand more"})
        contact = tx.create("contact", {"customer_id": customer, "first_name": f"{CANARY}first"})
        tx.create("contact_email", {"contact_id": contact, "value": f"{CANARY}@mail.example"})
        tx.create("address", {"customer_id": customer, "line1": f"{CANARY}street", "city": "Porto"})
        tx.create("activity", {"customer_id": customer, "kind": "call", "title": f"{CANARY}title"})
        ticket = tx.create("ticket", {"customer_id": customer, "description": f"{CANARY}ticket"})
        tx.create("ticket_entry", {"ticket_id": ticket, "text": f"{CANARY}entry"})
        tx.create("file", {"customer_id": customer, "name": f"{CANARY}.pdf", "size_bytes": 1, "sha256": "0" * 64})
    fleet.settle()
    for device, value in ((ana, "one"), (rui, "two")):  # a conflict, a value that lost, and history
        with device.store.writing() as tx:
            tx.update("customer", customer, {"website": f"https://{CANARY}{value}.example"})
    fleet.settle()
    with ana.store.writing() as tx:
        tx.update("customer", customer, {"name": f"{CANARY}later", "notes": "nothing"})
    fleet.settle()
    return customer


def raw(device: Device) -> bytes:
    """Everything that lies on the disk of the device: database, write-ahead log and what is beside them."""
    folder = device.store.path.parent
    return b"".join(path.read_bytes() for path in sorted(folder.glob(f"{device.store.path.name}*")))


def given_away(fleet: Fleet, customer: str) -> None:
    with fleet.office.ledger.transaction() as tx:
        tx.update("customer", customer, {"territory_id": fleet.id_of("territory", "Sul")})


def test_no_byte_of_a_customer_that_left_is_on_the_disk(fleet: Fleet) -> None:
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    customer = whole_customer(fleet, ana, rui)
    with ana.store.transaction() as session:
        session.run("INSERT INTO pin (customer_id, since) VALUES (?, 1)", customer)
        session.run("INSERT INTO watched (customer_id, folder, since) VALUES (?, ?, 1)", customer, f"/{CANARY}")
    assert CANARY.encode() in raw(ana)
    given_away(fleet, customer)
    fleet.settle()
    for device in (ana, rui):
        assert CANARY.encode() not in raw(device)
        assert customer.encode() not in raw(device)


def test_master_data_that_is_shared_no_longer_leaves_no_byte_either(fleet: Fleet) -> None:
    fleet.user("Iker", company="Ibera", territories=("Madrid",))
    ana, rui, iker = fleet.device("ana", "Ana"), fleet.device("rui", "Rui"), fleet.device("iker", "Iker")
    customer = whole_customer(fleet, ana, rui)
    for shared in (True, False):
        with fleet.office.ledger.transaction() as tx:
            tx.update("customer", customer, {"shared": shared})
        fleet.settle()
        assert (CANARY.encode() in raw(iker)) == shared
    assert b"ticket" + CANARY.encode() not in raw(iker)


def test_a_territory_that_is_taken_from_a_rep_takes_its_customers_along(fleet: Fleet) -> None:
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    whole_customer(fleet, ana, rui)
    with fleet.office.ledger.transaction() as tx:
        tx.update("user", fleet.id_of("user", "Ana"), {"territory_ids": [fleet.id_of("territory", "Sul")]})
    fleet.settle()
    assert CANARY.encode() not in raw(ana)
    assert CANARY.encode() in raw(rui)


@pytest.mark.parametrize("dismissed", [False, True])
def test_refused_words_stay_as_their_authors_without_what_hq_had(fleet: Fleet, *, dismissed: bool) -> None:
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    customer = whole_customer(fleet, ana, rui)
    given_away(fleet, customer)
    with ana.store.writing() as tx:
        tx.update("customer", customer, {"name": "my own words"})
    ana.sync()
    with ana.store.reading() as session:
        dseq, patch = session.one("SELECT dseq, patch FROM change WHERE state='rejected'")
    assert json.loads(patch) == {"name": [None, "my own words"]}
    if dismissed:
        settle.dismiss(ana.store, dseq)
    fleet.settle()
    assert CANARY.encode() not in raw(ana)
    assert (b"my own words" in raw(ana)) or dismissed


def test_a_change_dismissed_before_its_customer_left_keeps_nothing_of_it(fleet: Fleet) -> None:
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    marta = fleet.device("marta", "Marta")
    customer = whole_customer(fleet, ana, rui)
    (activity,) = ana.dump()["activity"]
    with marta.store.writing() as tx:
        tx.delete("activity", activity)
    marta.sync()
    with ana.store.writing() as tx:
        tx.update("activity", activity, {"title": "too late"})
    fleet.settle()
    (refused,) = sync_centre.unsettled(ana.store).refused
    settle.dismiss(ana.store, refused.change.dseq)
    given_away(fleet, customer)
    fleet.settle()
    assert CANARY.encode() not in raw(ana)


def test_words_typed_while_the_customer_left_are_sent_refused_and_kept_alone(fleet: Fleet) -> None:
    """Typed after the push of a round and before its pull: the customer leaves with the change still open."""
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    customer = whole_customer(fleet, ana, rui)
    given_away(fleet, customer)
    send = ana.link.send

    def typing(method, target, headers, body):  # type: ignore[no-untyped-def]
        if target == "/v1/pull" and ana.store.read("customer", customer):
            with ana.store.writing() as tx:
                tx.update("customer", customer, {"name": "typed in between"})
        return send(method, target, headers, body)

    ana.link.send = typing  # type: ignore[method-assign]
    ana.sync()
    assert ana.store.read("customer", customer) is None
    fleet.settle()
    (refused,) = sync_centre.unsettled(ana.store).refused
    assert refused.change.wanted == (("name", "typed in between"),)
    assert CANARY.encode() not in raw(ana)


def test_a_draft_of_a_customer_that_leaves_is_told_and_kept_as_its_authors_words(fleet: Fleet) -> None:
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    customer = whole_customer(fleet, ana, rui)
    typed = {"raw": "half typed", "seen": f"{CANARY}notes", "base": 1}
    with ana.store.transaction() as session:
        drafts.keep(session, Draft(customer, "tab", f"f customer {customer} notes", json.dumps(typed), 1, 7))
        drafts.keep(session, Draft(customer, "tab", f"new contact {customer}", None, 1, 7))
    given_away(fleet, customer)
    fleet.settle()
    (left,) = sync_centre.unsettled(ana.store).refused
    assert (left.reason, left.change.wanted) == ("left_unsaved", (("notes", "half typed"),))
    with ana.store.reading() as session:
        assert session.value("SELECT COUNT(*) FROM draft") == 0
    assert CANARY.encode() not in raw(ana)
    settle.dismiss(ana.store, left.change.dseq)
    assert sync_centre.unsettled(ana.store).refused == ()
    with ana.store.reading() as session:
        assert session.value("SELECT COUNT(*) FROM change") == 0
