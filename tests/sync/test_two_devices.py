"""What two people who edit without a network find afterwards: on both devices and at HQ."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from mobility_app.errors import NotAllowed, Refused
from mobility_app.sync import protocol, signing
from tests.support.fleet import Device, Fleet

pytestmark = pytest.mark.usefixtures("engine")  # on both


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    made = Fleet(tmp_path)
    for name in ("Ana", "Rui"):
        made.user(name)
    made.user("Eva", territories=("Sul",))
    made.user("Marta", "manager", territories=("Norte", "Sul"))
    made.user("Iker", company="Ibera", territories=("Madrid",))
    return made


@pytest.fixture
def pair(fleet: Fleet) -> tuple[Device, Device, str]:
    """Two devices of one territory that both hold one customer."""
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    with ana.store.writing() as tx:
        customer = tx.create("customer", {"name": "Óptica Lusitânia", "notes": "one\ntwo\nthree"})
    fleet.settle()
    return ana, rui, customer


def change(device: Device, entity: str, record_id: str, **values: object) -> None:
    with device.store.writing() as tx:
        tx.update(entity, record_id, values)


def equal_everywhere(fleet: Fleet, *devices: Device) -> None:
    fleet.settle()
    hq = fleet.office.dump()
    for device in devices:
        own = device.dump()
        assert own["customer"] == {key: hq["customer"][key] for key in own["customer"]}
        assert own["conflict"] == {key: hq["conflict"][key] for key in own["conflict"]}
        with device.store.reading() as session:
            assert session.value("SELECT COUNT(*) FROM base_row") == 0


def test_different_fields_of_one_record_are_both_kept(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    ana, rui, customer = pair
    change(ana, "customer", customer, website="https://lusitania.example")
    change(rui, "customer", customer, preferred_weekday=2)
    equal_everywhere(fleet, ana, rui)
    row = fleet.office.dump()["customer"][customer]
    assert (row["website"], row["preferred_weekday"]) == ("https://lusitania.example", 2)
    assert fleet.office.dump()["conflict"] == {}


def test_the_same_field_converges_and_the_loser_is_found(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    ana, rui, customer = pair
    change(ana, "customer", customer, name="Ótica A")
    change(rui, "customer", customer, name="Ótica B")
    equal_everywhere(fleet, ana, rui)
    assert fleet.office.dump()["customer"][customer]["name"] == "Ótica B"
    (conflict,) = ana.dump()["conflict"].values()
    assert (conflict["base"], conflict["winner"], conflict["loser"]) == ("Óptica Lusitânia", "Ótica B", "Ótica A")
    with rui.store.reading() as session:
        kept = session.rows("SELECT kind, patch FROM entry WHERE record_id=? ORDER BY seq", customer)
    assert any("Ótica A" in patch for _, patch in kept)


def test_the_earlier_arrival_loses_to_the_later_stamp_in_either_order(
    fleet: Fleet, pair: tuple[Device, Device, str]
) -> None:
    ana, rui, customer = pair
    change(ana, "customer", customer, name="first typed")
    change(rui, "customer", customer, name="typed later")
    rui.sync()
    ana.sync()
    equal_everywhere(fleet, ana, rui)
    assert fleet.office.dump()["customer"][customer]["name"] == "typed later"
    with ana.store.reading() as session:
        assert session.value("SELECT COUNT(*) FROM entry WHERE kind='lost'") == 1


def test_edits_in_sequence_never_conflict_whatever_the_clocks(fleet: Fleet) -> None:
    past, future = (
        fleet.device("past", "Ana", -10 * 365 * 86_400_000),
        fleet.device("future", "Rui", 10 * 365 * 86_400_000),
    )
    with future.store.writing() as tx:
        customer = tx.create("customer", {"name": "from the future"})
    fleet.settle()
    change(past, "customer", customer, name="then edited by a clock of the past")
    equal_everywhere(fleet, past, future)
    change(future, "customer", customer, name="and again")
    equal_everywhere(fleet, past, future)
    assert fleet.office.dump()["customer"][customer]["name"] == "and again"
    assert fleet.office.dump()["conflict"] == {}


def test_notes_keep_the_lines_of_both(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    ana, rui, customer = pair
    change(ana, "customer", customer, notes="one by Ana\ntwo\nthree")
    change(rui, "customer", customer, notes="one\ntwo\nthree by Rui")
    equal_everywhere(fleet, ana, rui)
    assert fleet.office.dump()["customer"][customer]["notes"] == "one by Ana\ntwo\nthree by Rui"
    assert fleet.office.dump()["conflict"] == {}


def test_an_offline_series_of_notes_does_not_undo_what_was_merged_into_its_first(
    fleet: Fleet, pair: tuple[Device, Device, str]
) -> None:
    ana, rui, customer = pair
    change(rui, "customer", customer, notes="one\ntwo\nthree by Rui")
    rui.sync()
    change(ana, "customer", customer, notes="one by Ana\ntwo\nthree")
    change(ana, "customer", customer, notes="one by Ana, again\ntwo\nthree")
    equal_everywhere(fleet, ana, rui)
    assert fleet.office.dump()["customer"][customer]["notes"] == "one by Ana, again\ntwo\nthree by Rui"


def test_a_street_never_meets_the_town_of_another_edit(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    ana, rui, customer = pair
    with ana.store.writing() as tx:
        address = tx.create("address", {"customer_id": customer, "line1": "Rua A", "city": "Porto", "country": "PT"})
    fleet.settle()
    change(ana, "address", address, line1="Rua Nova")
    change(rui, "address", address, line1="Calle Mayor", city="Vigo", country="ES")
    ana.sync()
    rui.sync()
    fleet.settle()
    row = fleet.office.dump()["address"][address]
    assert (row["line1"], row["city"], row["country"]) == ("Calle Mayor", "Vigo", "ES")


def test_a_label_given_twice_is_one_and_survives_a_removal_that_had_not_seen_it(
    fleet: Fleet, pair: tuple[Device, Device, str]
) -> None:
    ana, rui, customer = pair
    with ana.store.writing() as tx:
        contact = tx.create("contact", {"customer_id": customer, "first_name": "Pablo"})
        label = tx.create("label", {"name": "Diretor"})
    fleet.settle()
    with ana.store.writing() as tx:
        first = tx.create("contact_label", {"contact_id": contact, "label_id": label})
    with rui.store.writing() as tx:
        second = tx.create("contact_label", {"contact_id": contact, "label_id": label})
    assert first != second
    fleet.settle()
    assert list(fleet.office.dump()["contact_label"]) == [first] == list(rui.dump()["contact_label"])


def test_two_administrators_each_give_a_territory_and_both_stay(fleet: Fleet) -> None:
    for name in ("Olga", "Vera"):
        fleet.user(name, "admin")
    olga, vera = fleet.device("olga", "Olga"), fleet.device("vera", "Vera")
    eva, norte = fleet.id_of("user", "Eva"), fleet.id_of("territory", "Norte")
    sul, madrid = fleet.id_of("territory", "Sul"), fleet.id_of("territory", "Madrid")
    change(olga, "user", eva, territory_ids=[sul, norte])
    change(vera, "user", eva, territory_ids=[sul, madrid])
    fleet.settle()
    assert fleet.office.dump()["user"][eva]["territory_ids"] == sorted([sul, norte, madrid])


def test_a_note_of_a_request_is_only_ever_added(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    ana, rui, customer = pair
    with ana.store.writing() as tx:
        ticket = tx.create("ticket", {"customer_id": customer, "description": "Broken"})
    fleet.settle()
    for device, text in ((ana, "by Ana"), (rui, "by Rui")):
        with device.store.writing() as tx:
            entry = tx.create("ticket_entry", {"ticket_id": ticket, "text": text})
    fleet.settle()
    assert {row["text"] for row in ana.dump()["ticket_entry"].values()} == {"by Ana", "by Rui"}
    with pytest.raises(NotAllowed), rui.store.writing() as tx:
        tx.update("ticket_entry", entry, {"text": "other"})


def test_a_delete_that_has_not_seen_an_edit_is_refused_whole(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    ana, rui, customer = pair
    with ana.store.writing() as tx:
        contact = tx.create("contact", {"customer_id": customer, "first_name": "Ana"})
        mail = tx.create("contact_email", {"contact_id": contact, "value": "a@b.example"})
    fleet.settle()
    change(rui, "contact", contact, job_title="Diretora")
    rui.sync()
    with ana.store.writing() as tx:
        tx.delete("contact", contact)
    assert ana.store.read("contact", contact) is None
    fleet.settle()
    assert ana.store.read("contact", contact)["job_title"] == "Diretora"
    assert ana.store.read("contact_email", mail) is not None
    with ana.store.reading() as session:
        reasons = [json.loads(row[0])["reason"] for row in session.rows("SELECT verdict FROM change ORDER BY dseq")]
    assert sorted(reasons) == ["changed_since", "together"]


def test_an_edit_of_what_was_deleted_is_kept_as_a_conflict(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    ana, rui, customer = pair
    with ana.store.writing() as tx:
        contact = tx.create("contact", {"customer_id": customer, "first_name": "Ana"})
    fleet.settle()
    with ana.store.writing() as tx:
        tx.delete("contact", contact)
    ana.sync()
    change(rui, "contact", contact, job_title="Diretora")
    fleet.settle()
    assert rui.store.read("contact", contact) is None
    (conflict,) = rui.dump()["conflict"].values()
    assert (conflict["field"], conflict["loser"]) == ("job_title", "Diretora")


def test_a_deleted_contact_comes_back_with_its_telephone(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    ana, rui, customer = pair
    with ana.store.writing() as tx:
        contact = tx.create("contact", {"customer_id": customer, "first_name": "Ana"})
        phone = tx.create("contact_phone", {"contact_id": contact, "value": "+351223401877"})
    fleet.settle()
    with ana.store.writing() as tx:
        tx.delete("contact", contact)
    fleet.settle()
    assert rui.store.read("contact_phone", phone) is None
    with rui.store.writing() as tx:
        tx.restore("contact", contact)
    fleet.settle()
    assert ana.store.read("contact_phone", phone)["e164"] == "+351223401877"
    assert ana.dump()["contact"] == fleet.office.dump()["contact"]


def test_a_customer_made_offline_gets_its_number_and_keeps_the_provisional_one(
    fleet: Fleet, pair: tuple[Device, Device, str]
) -> None:
    ana, rui, _ = pair
    with ana.store.writing() as tx:
        customer = tx.create("customer", {"name": "Nova"})
    provisional = ana.store.read("customer", customer)["number"]
    assert provisional.startswith("T-")
    fleet.settle()
    row = rui.store.read("customer", customer)
    assert (row["number"], row["provisional_number"]) == ("C-000002", provisional)


def test_a_customer_that_changes_territory_leaves_whole_and_enters_whole(
    fleet: Fleet, pair: tuple[Device, Device, str]
) -> None:
    ana, rui, customer = pair
    eva, marta = fleet.device("eva", "Eva"), fleet.device("marta", "Marta")
    with ana.store.writing() as tx:
        tx.create("activity", {"customer_id": customer, "kind": "call", "title": "before the move"})
        contact = tx.create("contact", {"customer_id": customer, "first_name": "Ana"})
        tx.create("contact_email", {"contact_id": contact, "value": "a@b.example"})
    fleet.settle()
    assert eva.store.read("customer", customer) is None
    with fleet.office.ledger.reading() as session:
        before = session.value("SELECT COUNT(*) FROM scope_log")
    change(marta, "customer", customer, territory_id=fleet.id_of("territory", "Sul"))
    fleet.settle()
    with fleet.office.ledger.reading() as session:
        assert session.value("SELECT COUNT(*) FROM scope_log") - before <= 4
    for device in (ana, rui):
        with device.store.reading() as session:
            for table in ("customer", "contact", "contact_email", "activity", "entry", "search_row", "base_row"):
                where = "WHERE root_id IS NOT NULL" if table == "entry" else ""
                assert session.value(f"SELECT COUNT(*) FROM {table} {where}") == 0, table
    hq = fleet.office.dump()
    for entity in ("customer", "contact", "contact_email", "activity"):
        assert eva.dump()[entity] == hq[entity]


def test_an_edit_of_a_customer_that_left_is_refused_and_its_words_stay(
    fleet: Fleet, pair: tuple[Device, Device, str]
) -> None:
    ana, _, customer = pair
    marta = fleet.device("marta", "Marta")
    change(marta, "customer", customer, territory_id=fleet.id_of("territory", "Sul"))
    marta.sync()
    change(ana, "customer", customer, website="https://mine.example")
    fleet.settle()
    assert ana.store.read("customer", customer) is None
    with ana.store.reading() as session:
        state, patch = session.one("SELECT state, patch FROM change")
    assert state == "rejected"
    assert json.loads(patch) == {"website": [None, "https://mine.example"]}


def test_shared_master_data_reaches_the_other_company_but_nothing_else_does(
    fleet: Fleet, pair: tuple[Device, Device, str]
) -> None:
    ana, _, customer = pair
    iker = fleet.device("iker", "Iker")
    with ana.store.writing() as tx:
        contact = tx.create("contact", {"customer_id": customer, "first_name": "Ana"})
        tx.create("ticket", {"customer_id": customer, "description": "secret"})
    fleet.settle()
    assert iker.store.read("customer", customer) is None
    with fleet.office.ledger.transaction() as tx:
        tx.update("customer", customer, {"shared": True})
    fleet.settle()
    assert iker.store.read("customer", customer) is not None
    assert iker.store.read("contact", contact) is not None
    assert iker.dump()["ticket"] == {}
    with pytest.raises(NotAllowed), iker.store.writing() as tx:
        tx.update("customer", customer, {"name": "theirs"})
    with fleet.office.ledger.transaction() as tx:
        tx.update("customer", customer, {"shared": False})
    fleet.settle()
    assert iker.dump()["customer"] == {} == iker.dump()["contact"]


def test_a_rep_who_loses_a_territory_loses_its_customers(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    ana, _, customer = pair
    with fleet.office.ledger.transaction() as tx:
        tx.update("user", fleet.id_of("user", "Ana"), {"territory_ids": [fleet.id_of("territory", "Sul")]})
    fleet.settle()
    assert ana.store.read("customer", customer) is None
    with fleet.office.ledger.transaction() as tx:
        tx.update("user", fleet.id_of("user", "Ana"), {"territory_ids": [fleet.id_of("territory", "Norte")]})
    fleet.settle()
    assert ana.dump()["customer"] == fleet.office.dump()["customer"]


def test_a_rep_cannot_raise_a_credit_limit_by_a_forged_push(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    ana, _, customer = pair
    with pytest.raises(NotAllowed), ana.store.writing() as tx:
        tx.update("customer", customer, {"credit_limit_minor": 1})
    identity = ana.store.identity()
    forged = protocol.WireChange(
        99, 99, "customer", customer, "update", {"credit_limit_minor": (None, 999)}, 10**6, 1, 1
    )
    forged = msgspec.structs.replace(forged, dseq=2)
    body = protocol.pack(protocol.PushRequest(protocol.in_columns([forged])))
    headers = signing.headers(identity.private_key, identity.device_id, "POST", "/v1/push", body)
    reply = ana.link.send("POST", "/v1/push", headers, body)
    (verdict,) = protocol.unpack(reply.body, protocol.PushAnswer).verdicts
    assert (verdict.state, verdict.reason) == ("rejected", "forbidden")
    assert fleet.office.dump()["customer"][customer]["credit_limit_minor"] is None


def written(fleet: Fleet) -> int:
    with fleet.office.ledger.reading() as session:
        return int(session.value("SELECT COUNT(*) FROM log"))


def test_the_same_push_again_has_one_effect_and_the_same_answer(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    ana, _, customer = pair
    change(ana, "customer", customer, website="https://once.example")
    ana.sync()
    target, body, first = next(request for request in reversed(ana.link.requests) if request[0] == "/v1/push")
    identity = ana.store.identity()
    log = written(fleet)
    for _ in range(3):
        headers = signing.headers(identity.private_key, identity.device_id, "POST", target, body)
        assert ana.link.send("POST", target, headers, body).body == first.body
    assert written(fleet) == log


def test_a_revoked_device_is_refused_at_its_next_request(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    ana, _, _ = pair
    with fleet.office.database.transaction() as session:
        session.run("UPDATE device SET revoked=1 WHERE id=?", ana.store.identity().device_id)
    with pytest.raises(Refused) as refused:
        ana.sync()
    assert refused.value.reason == "revoked"


def test_an_idle_sync_is_one_request_and_writes_nothing(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    ana, _, _ = pair
    fleet.settle()
    statements: list[str] = []
    ana.store.database.watch = statements.append
    fleet.office.database.watch = statements.append
    assert ana.sync().requests == 1
    assert not [sql for sql in statements if sql.split()[0] not in ("SELECT",)]


def test_customer_numbers_are_unique_over_all_companies(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    iker = fleet.device("iker", "Iker")
    with iker.store.writing() as tx:
        tx.create("customer", {"name": "Otra"})
    fleet.settle()
    numbers = [row["number"] for row in fleet.office.dump()["customer"].values()]
    assert len(set(numbers)) == len(numbers) == 2


def test_a_clock_wrong_by_years_is_put_right_by_headquarters(fleet: Fleet) -> None:
    device = fleet.device("late", "Ana", -12 * 365 * 86_400_000)
    with device.store.writing() as tx:
        customer = tx.create("customer", {"name": "C"})
    device.sync()
    with device.store.reading() as session:
        at = session.value("SELECT at FROM entry WHERE record_id=?", customer)
    assert abs(at - fleet.clock.at) < 60_000


@pytest.mark.parametrize("role", ["rep", "manager", "accountant", "support", "admin"])
def test_every_role_verifies_what_it_holds(fleet: Fleet, pair: tuple[Device, Device, str], role: str) -> None:
    from mobility_app.store.verify import faults

    ana, _, customer = pair
    with fleet.office.ledger.transaction() as tx:
        tx.update("customer", customer, {"credit_limit_minor": 5})
        tx.create("document", {
            "customer_id": customer, "kind": "invoice", "type_code": "380", "number": "1", "issued_on": "2026-01-01",
            "currency": "EUR", "net_minor": 1, "tax_minor": 0, "gross_minor": 1, "payable_minor": 1,
        })  # fmt: skip
    fleet.user("Somebody", role, territories=("Norte",))
    device = fleet.device("somebody", "Somebody")
    assert faults(device.store) == []
    assert faults(ana.store) == []
    row = device.store.read("customer", customer)
    assert row is not None
    assert (row["credit_limit_minor"] is None) == (role == "support")
    assert (device.dump()["document"] == {}) == (role in ("support", "admin"))
    with ana.store.transaction() as session:
        session.run("UPDATE entry SET at=at+1 WHERE record_id=? AND kind='create'", customer)
    assert faults(ana.store)
