"""The header of a sheet and the list of customers, read from a real store."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_app.errors import NotFound
from mobility_app.store.actions import settle
from mobility_app.store.queries import sheet
from mobility_app.store.queries.sheet import CONFLICT, REFUSED, WAITING
from tests.support.desk import NOW, Desk, desk

HOUR = 3_600_000


def invoice(at: Desk, number: str, payable: int, paid: int, kind: str = "invoice", currency: str = "EUR") -> None:
    at.from_hq(
        "document", customer_id=at.customer, kind=kind, type_code="380", number=number, issued_on="2026-11-01",
        currency=currency, net_minor=payable, tax_minor=0, gross_minor=payable, withheld_minor=0, payable_minor=payable,
        paid_minor=paid,
    )  # fmt: skip


def header(at: Desk) -> sheet.SheetHeader:
    found = sheet.header(at.store, at.customer)
    assert found is not None
    return found


def test_the_header_says_who_this_is(tmp_path: Path) -> None:
    at = desk(tmp_path)
    at.from_hq("customer_phone", customer_id=at.customer, value="22 340 18 77", e164="+351223401877", is_main=True)
    at.from_hq("customer_email", customer_id=at.customer, value="b@exemplo.pt", is_main=False)
    at.from_hq("customer_email", customer_id=at.customer, value="a@exemplo.pt", is_main=True)
    at.from_hq("address", customer_id=at.customer, kind="billing", line1="Rua B", country="PT")
    at.from_hq("address", customer_id=at.customer, kind="delivery", line1="Rua A", country="ES")
    found = header(at)
    assert (found.name, found.number, found.company_name, found.owner_name, found.companies) == (
        "Óptica Lusitânia & Filhos", "C-000005", "Lusitânia", "Ana Silva", 1,
    )  # fmt: skip
    assert (found.phone, found.email, found.region) == ("+351223401877", "a@exemplo.pt", "ES")
    assert found.address is not None
    assert found.address["line1"] == "Rua A"
    assert found.active
    assert not found.irpf
    assert sheet.header(at.store, "0" * 32) is None


def test_credit_used_is_what_open_documents_of_the_customers_currency_ask_for(tmp_path: Path) -> None:
    at = desk(tmp_path)
    invoice(at, "1", 10_000, 4_000)
    invoice(at, "2", 5_000, 5_000)
    invoice(at, "3", 1_500, 0, kind="credit_note")
    invoice(at, "4", 99_999, 0, currency="USD")
    found = header(at)
    assert found.credit_used_minor == 4_500
    assert found.counts == {
        "addresses": 0, "contacts": 0, "activities": 0, "support": 0, "documents": 4, "products": 0, "files": 0,
    }  # fmt: skip


def test_the_header_costs_the_same_whatever_the_customer_holds(tmp_path: Path) -> None:
    at = desk(tmp_path)
    for n in range(30):
        at.from_hq("contact", customer_id=at.customer, first_name=f"C{n}", opted_out=False)
        invoice(at, str(n), 100, 0)
    said: list[str] = []
    at.store.database.watch = said.append
    header(at)
    assert len([one for one in said if one.lstrip().upper().startswith("SELECT")]) <= 8


def test_each_change_that_waits_is_marked_at_its_field_and_new_records_as_a_whole(tmp_path: Path) -> None:
    at = desk(tmp_path)
    with at.store.writing() as tx:
        tx.update("customer", at.customer, {"website": "https://exemplo.pt", "notes": "Nova"})
        contact = tx.create("contact", {"customer_id": at.customer, "first_name": "Rui"})
    found = header(at)
    assert set(found.marks) == {
        ("customer", at.customer, "website"), ("customer", at.customer, "notes"), ("contact", contact, ""),
    }  # fmt: skip
    assert {mark.state for mark in found.marks.values()} == {WAITING}
    assert (found.waiting, found.refused, found.conflicts) == (2, 0, 0)
    waiting = found.record_mark("contact", contact)
    assert waiting is not None
    assert waiting.state == WAITING
    assert found.record_mark("contact", "0" * 32) is None


def refuse(at: Desk, reason: str, fields: str = "{}") -> int:
    with at.store.transaction() as db:
        dseq = int(db.value("SELECT MAX(dseq) FROM change"))
        verdict = f'{{"state":"rejected","reason":"{reason}","fields":{fields}}}'
        db.run("UPDATE change SET state='rejected', verdict=? WHERE dseq=?", verdict, dseq)
    return dseq


def test_a_refused_value_is_marked_with_its_reason_until_it_is_put_away(tmp_path: Path) -> None:
    at = desk(tmp_path)
    with at.store.writing() as tx:
        tx.update("customer", at.customer, {"payment_term_days": 30})
    dseq = refuse(at, "forbidden", '{"payment_term_days":["rejected","hq_owned"]}')
    mark = header(at).mark("customer", at.customer, "payment_term_days")
    assert mark is not None
    assert (mark.state, mark.reason, mark.wanted, mark.dseq) == (REFUSED, "hq_owned", 30, dseq)
    told: list[object] = []
    at.store.listen(told.append)
    settle.dismiss(at.store, dseq)
    assert header(at).marks == {}
    assert len(told) == 1
    settle.dismiss(at.store, dseq)  # once more changes nothing
    assert len(told) == 1


def conflict(at: Desk) -> str:
    return at.from_hq(
        "conflict", customer_id=at.customer, entity="customer", record_id=at.customer, field="website",
        base=None, winner="https://a.pt", loser="https://b.pt", winner_user_id=at.colleague, loser_user_id=at.user,
        winner_at=NOW - HOUR, loser_at=NOW - 2 * HOUR, rule="lww", state="open",
    )  # fmt: skip


def test_a_conflict_shows_both_sides_and_who_wrote_them(tmp_path: Path) -> None:
    at = desk(tmp_path)
    conflict(at)
    found = header(at)
    mark = found.mark("customer", at.customer, "website")
    assert mark is not None
    assert mark.state == CONFLICT
    assert mark.conflict is not None
    assert (mark.conflict.winner, mark.conflict.loser, mark.conflict.mine) == ("https://a.pt", "https://b.pt", "loser")
    assert (mark.conflict.winner_name, mark.conflict.loser_name) == ("Marta Costa", "Ana Silva")
    assert found.conflicts == 1


@pytest.mark.parametrize(("take", "website"), [("winner", "https://a.pt"), ("loser", "https://b.pt")])
def test_settling_a_conflict_keeps_the_chosen_value_and_closes_it(tmp_path: Path, take: str, website: str) -> None:
    at = desk(tmp_path)
    at.from_hq("customer", at.customer, website="https://a.pt")
    conflict_id = conflict(at)
    settle.settle(at.store, conflict_id, take)
    assert (at.store.read("customer", at.customer) or {})["website"] == website
    assert header(at).conflicts == 0


def test_settling_a_conflict_that_is_gone_says_so(tmp_path: Path) -> None:
    at = desk(tmp_path)
    with pytest.raises(NotFound):
        settle.settle(at.store, "0" * 32, "loser")


def test_records_of_every_depth_are_found_by_their_customer(tmp_path: Path) -> None:
    at = desk(tmp_path)
    contact = at.from_hq("contact", customer_id=at.customer, first_name="Rui", opted_out=False)
    email = at.from_hq("contact_email", contact_id=contact, value="rui@exemplo.pt", is_main=True)
    found = sheet.records(at.store, at.customer, "customer", "contact", "contact_email", "ticket")
    assert [row["id"] for row in found["contact_email"]] == [email]
    assert [row["name"] for row in found["customer"]] == ["Óptica Lusitânia & Filhos"]
    assert found["ticket"] == []
    assert sheet.choices(at.store, "user") == {at.user: "Ana Silva", at.colleague: "Marta Costa"}
