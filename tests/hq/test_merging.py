"""Two customers made one at HQ: what hangs on the first goes over, devices follow, late changes arrive at the second."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mobility_app.domain import registry
from mobility_app.errors import InvalidValue, NotFound
from mobility_app.hq.merging import merge_customers
from mobility_app.hq.office import Dump
from mobility_app.hq.verify import faults
from mobility_app.store import drafts, identity
from mobility_app.store.verify import faults as device_faults
from tests.support import invariants
from tests.support.fleet import Device, Fleet


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    made = Fleet(tmp_path)
    made.user("Ana")
    made.user("Rui")
    made.user("Eva", territories=("Sul",))
    made.user("Marta", "manager", territories=("Norte", "Sul"))
    return made


@pytest.fixture
def pair(fleet: Fleet) -> tuple[Device, Device, str, str]:
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    with ana.store.writing() as tx:
        gone = tx.create(
            "customer", {"name": "Optica Lusitania", "website": "https://lusitania.example", "notes": "old"}
        )
        kept = tx.create("customer", {"name": "Óptica Lusitânia, Lda", "notes": "new"})
    fleet.settle()
    return ana, rui, gone, kept


def of_customers(dump: Dump) -> Dump:
    """All records but the company's lists, of which a device holds its own alone."""
    return {entity: rows for entity, rows in dump.items() if registry.entity(entity).parent or entity == "customer"}


def merged(fleet: Fleet, gone: str, kept: str) -> int:
    with fleet.office.ledger.transaction(silent=True) as tx:
        return merge_customers(tx, gone, kept)


def test_everything_goes_over_and_every_device_holds_what_hq_holds(
    fleet: Fleet, pair: tuple[Device, Device, str, str]
) -> None:
    ana, _, gone, kept = pair
    with ana.store.writing() as tx:
        contact = tx.create("contact", {"customer_id": gone, "first_name": "Pablo"})
        tx.create("contact_email", {"contact_id": contact, "value": "p@b.example"})
        activity = tx.create("activity", {"customer_id": gone, "kind": "call", "title": "Ring"})
        tx.create("activity_participant", {"activity_id": activity, "contact_id": contact})
        tx.create("message", {"customer_id": gone, "subject": "s", "body": "b", "contact_ids": [contact]})
        ticket = tx.create("ticket", {"customer_id": gone, "description": "Broken"})
        tx.create("ticket_entry", {"ticket_id": ticket, "text": "a note"})
    fleet.settle()
    with fleet.office.ledger.transaction() as tx:
        company = tx.get("customer", gone)["company_id"]
        product = tx.create("product", {"company_id": company, "code": "X", "name": "X", "exclusive_customer_id": gone})
        tx.create("customer_price", {"customer_id": gone, "product_id": product, "price_minor": 5, "currency": "EUR"})
        bill = tx.create("document", {
            "customer_id": gone, "kind": "invoice", "type_code": "380", "number": "1", "issued_on": "2026-01-01",
            "currency": "EUR", "net_minor": 1, "tax_minor": 0, "gross_minor": 1, "payable_minor": 1,
        })  # fmt: skip
        tx.create("document_line", {"document_id": bill, "position": 1, "net_minor": 1, "product_id": product})
    fleet.settle()
    before = {entity: len(rows) for entity, rows in fleet.office.dump().items()}
    merged(fleet, gone, kept)
    fleet.settle()
    hq = fleet.office.dump()
    assert {**before, "customer": before["customer"] - 1} == {entity: len(rows) for entity, rows in hq.items()}
    assert {row["customer_id"] for row in hq["contact"].values()} == {kept}
    (participant,), (who,) = hq["activity_participant"].values(), hq["contact"]
    assert participant["contact_id"] == who != contact
    assert [row["contact_ids"] for row in hq["message"].values()] == [[who]]
    (line,) = hq["document_line"].values()
    assert [line["product_id"]] == list(hq["product"])
    assert hq["customer"][kept]["website"] == "https://lusitania.example"
    assert (hq["customer"][kept]["notes"], hq["customer"][kept]["name"]) == ("new\nold", "Óptica Lusitânia, Lda")
    for name, device in fleet.devices.items():
        assert of_customers(device.dump()) == of_customers(hq)
        invariants.pulled_exactly(name, device.store, fleet.office)
        assert device_faults(device.store) == []
    assert faults(fleet.office.ledger) == []
    late = fleet.device("marta", "Marta")  # who comes after it sees only the one that stays
    assert of_customers(late.dump()) == of_customers(hq)


def test_late_changes_of_the_first_arrive_at_the_second_and_the_verdict_says_so(
    fleet: Fleet, pair: tuple[Device, Device, str, str]
) -> None:
    ana, rui, gone, kept = pair
    with ana.store.writing() as tx:
        contact = tx.create("contact", {"customer_id": gone, "first_name": "Pablo"})
    fleet.settle()
    merged(fleet, gone, kept)
    with rui.store.writing() as tx:
        tx.update("customer", gone, {"preferred_weekday": 2, "name": "Typed late"})
        tx.update("contact", contact, {"job_title": "Diretor"})
        tx.create("contact", {"customer_id": gone, "first_name": "Nova"})
    fleet.settle()
    hq = fleet.office.dump()
    assert hq["customer"][kept]["preferred_weekday"] == 2
    assert {(row["first_name"], row["job_title"]) for row in hq["contact"].values()} == {
        ("Pablo", "Diretor"), ("Nova", None),
    }  # fmt: skip
    assert {row["customer_id"] for row in hq["contact"].values()} == {kept}
    (clash,) = hq["conflict"].values()  # two names that met, neither of them lost
    assert {clash["winner"], clash["loser"]} == {"Typed late", "Óptica Lusitânia, Lda"}
    assert of_customers(ana.dump()) == of_customers(rui.dump()) == of_customers(hq)
    with fleet.office.ledger.reading() as session:
        said = [json.loads(row[0]) for row in session.rows("SELECT said FROM verdict ORDER BY rowid DESC LIMIT 3")]
    assert {one["reason"] for one in said} == {"merged_record"}
    assert {one["state"] for one in said} <= {"merged", "superseded"}


def test_deleting_the_first_unseen_does_not_delete_the_second(
    fleet: Fleet, pair: tuple[Device, Device, str, str]
) -> None:
    _, _, gone, kept = pair
    marta = fleet.device("marta", "Marta")
    merged(fleet, gone, kept)
    with marta.store.writing() as tx:
        tx.delete("customer", gone)
    fleet.settle()
    assert list(fleet.office.dump()["customer"]) == [kept] == list(marta.dump()["customer"])


def test_what_a_device_alone_keeps_goes_on_with_the_second(fleet: Fleet, pair: tuple[Device, Device, str, str]) -> None:
    ana, _, gone, kept = pair
    with ana.store.transaction() as session:
        drafts.keep(session, drafts.Draft(gone, "tab", f'["customer", "{gone}", "name"]', '"half"', 1, 1))
        session.run("INSERT INTO pin (customer_id, since) VALUES (?, 1)", gone)
    with ana.store.writing() as tx:
        file = tx.create("file", {"customer_id": gone, "name": "a.pdf", "size_bytes": 1, "sha256": "0" * 64})
    with ana.store.transaction() as session:
        session.run("INSERT INTO blob (file_id, token, sha256, size_bytes) VALUES (?, 't', ?, 1)", file, "0" * 64)
    fleet.settle()
    merged(fleet, gone, kept)
    fleet.settle()
    with ana.store.reading() as session:
        assert session.rows("SELECT file_id FROM blob") == [tuple(ana.dump()["file"])]
        assert file not in ana.dump()["file"]
        (draft,) = drafts.kept(session, kept)
        assert draft.slot == f'["customer", "{kept}", "name"]'
        assert session.rows("SELECT customer_id FROM pin") == [(kept,)]
        assert identity.led(session, gone) == kept


def test_a_chain_of_merges_leads_to_its_end_and_bad_pairs_are_refused(
    fleet: Fleet, pair: tuple[Device, Device, str, str]
) -> None:
    ana, rui, first, second = pair
    with ana.store.writing() as tx:
        third = tx.create("customer", {"name": "Third"})
    fleet.settle()
    merged(fleet, first, second)
    merged(fleet, second, third)
    with rui.store.writing() as tx:
        tx.update("customer", first, {"preferred_weekday": 4})
    fleet.settle()
    assert fleet.office.dump()["customer"][third]["preferred_weekday"] == 4
    with rui.store.reading() as session:
        assert identity.led(session, first) == third
    with pytest.raises(InvalidValue, match="itself"):
        merged(fleet, third, third)
    with pytest.raises(NotFound):
        merged(fleet, first, third)
    with fleet.office.ledger.transaction() as tx:
        far = tx.create("customer", {
            "name": "Otra", "company_id": fleet.id_of("company", "Ibera"), "currency": "EUR",
            "territory_id": fleet.id_of("territory", "Madrid"),
        })  # fmt: skip
    with pytest.raises(InvalidValue, match="other_company"):
        merged(fleet, far, third)


def test_whoever_holds_only_the_second_never_hears_of_the_first(
    fleet: Fleet, pair: tuple[Device, Device, str, str]
) -> None:
    ana, _, gone, kept = pair
    eva = fleet.device("eva", "Eva")
    with ana.store.writing() as tx:
        tx.create("contact", {"customer_id": gone, "first_name": "Pablo"})
    fleet.settle()
    with fleet.office.ledger.transaction() as tx:
        tx.update("customer", kept, {"territory_id": fleet.id_of("territory", "Sul")})
    fleet.settle()
    merged(fleet, gone, kept)
    fleet.settle()
    assert [row["first_name"] for row in eva.dump()["contact"].values()] == ["Pablo"]
    assert ana.dump()["contact"] == {} == ana.dump()["customer"]
    with ana.store.reading() as session:
        assert identity.led(session, gone) is None  # it went where Ana may not look
    with eva.store.reading() as session:
        assert session.value("SELECT COUNT(*) FROM entry WHERE root_id=?", gone) == 0
