"""The one write door: attributed, checked, captured, all or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import peewee
import pytest

from mobility_app.errors import InvalidValue, NotAllowed, NotFound, SheetInEdit, StoreTooNew
from mobility_app.store import drafts, identity, search
from mobility_app.store.actions import reopen
from mobility_app.store.actions.attachments import attach
from mobility_app.store.files import FileVault
from mobility_app.store.queries.history import history
from mobility_app.store.store import Store, Touched
from tests.contract.conftest import COMPANY, TERRITORY, USER


def made(store: Store, **values: Any) -> str:
    with store.writing() as tx:
        return tx.create("customer", {"name": "Óptica Lusitânia", **values})


def log(store: Store) -> list[tuple[Any, ...]]:
    with store.reading() as session:
        return session.rows("SELECT dseq, tx, entity, kind, patch, user_id FROM change ORDER BY dseq")


def test_what_nobody_said_is_filled_in(store: Store) -> None:
    row = store.read("customer", made(store))
    assert row is not None
    assert (row["company_id"], row["territory_id"], row["owner_id"]) == (COMPANY, TERRITORY, USER)
    assert (row["currency"], row["language"], row["status"], row["shared"]) == ("EUR", "pt", "active", False)
    assert row["number"] == row["provisional_number"] == "T-7-1"
    assert store.read("customer", made(store))["number"] == "T-7-2"  # type: ignore[index]


def test_a_change_is_captured_with_before_after_and_author(store: Store) -> None:
    customer = made(store)
    with store.writing() as tx:
        tx.update("customer", customer, {"name": "Ótica", "website": "https://a.example"})
    created, updated = log(store)
    assert (created[3], updated[3], updated[5]) == ("create", "update", USER)
    assert json.loads(updated[4]) == {"name": ["Óptica Lusitânia", "Ótica"], "website": [None, "https://a.example"]}
    assert [row[0] for row in log(store)] == [1, 2]


def test_equal_values_leave_no_trace(store: Store) -> None:
    customer = made(store)
    with store.writing() as tx:
        tx.update("customer", customer, {"name": "Óptica Lusitânia"})
    assert len(log(store)) == 1


def test_a_failed_block_saves_nothing_and_its_numbers_are_given_again(store: Store) -> None:
    customer = made(store)
    with pytest.raises(InvalidValue), store.writing() as tx:
        tx.update("customer", customer, {"name": "half"})
        tx.create("customer_email", {"customer_id": customer, "value": "no address"})
    assert store.read("customer", customer)["name"] == "Óptica Lusitânia"  # type: ignore[index]
    made(store)
    assert [row[0] for row in log(store)] == [1, 2]


@pytest.mark.parametrize(
    "around",
    [
        lambda session: session.run("UPDATE customer SET name='x'"),
        lambda session: session.run("DELETE FROM customer"),
        lambda session: session.insert("customer", "a" * 32, {"name": "x"}),
        lambda session: session.many("UPDATE customer SET name=?", [("x",)]),
    ],
)
def test_a_write_around_the_door_fails_loudly(store: Store, around: Callable[[Any], None]) -> None:
    customer = made(store)
    with pytest.raises(Exception, match="unattributed"), store.transaction() as session:
        around(session)
    assert store.read("customer", customer)["name"] == "Óptica Lusitânia"  # type: ignore[index]


@pytest.mark.parametrize(
    ("entity", "values", "field", "reason"),
    [
        ("customer", {"name": ""}, "name", "required"),
        ("customer", {"name": "x" * 501}, "name", "too_long"),
        ("customer", {"name": "a\0b"}, "name", "bad_characters"),
        ("customer", {"name": 7}, "name", "not_text"),
        (
            "customer",
            {"name": "x", "identifier_kind": "nipc", "identifier": "500000001"},
            "identifier",
            "wrong_check_digit",
        ),
        ("customer", {"name": "x", "website": "javascript:alert(1)"}, "website", None),
        ("customer", {"name": "x", "preferred_weekday": 7}, "preferred_weekday", "too_large"),
        ("customer", {"name": "x", "nothing": 1}, "nothing", "unknown_field"),
        ("nothing", {}, "", "unknown_entity"),
    ],
)
def test_bad_input_is_refused_at_its_field(
    store: Store, entity: str, values: dict[str, Any], field: str, reason: str | None
) -> None:
    with pytest.raises(InvalidValue) as refused, store.writing() as tx:
        tx.create(entity, values)
    assert refused.value.field == field
    assert reason is None or refused.value.reason == reason
    assert log(store) == []


def test_rights_are_told_at_once(store: Store) -> None:
    customer = made(store)
    for entity, verb in (
        ("customer", lambda tx: tx.update("customer", customer, {"credit_limit_minor": 100})),
        ("customer", lambda tx: tx.update("customer", customer, {"number": "C-1"})),
        ("customer", lambda tx: tx.delete("customer", customer)),
        ("document", lambda tx: tx.create("document", {"customer_id": customer, "kind": "invoice"})),
        ("customer", lambda tx: tx.create("customer", {"name": "x", "territory_id": "9" * 32})),
    ):
        with pytest.raises((NotAllowed, InvalidValue)) as refused, store.writing() as tx:
            verb(tx)
        assert refused.value.entity == entity  # type: ignore[attr-defined]
    with pytest.raises(NotFound), store.writing() as tx:
        tx.create("contact", {"customer_id": "f" * 32, "first_name": "x"})


def test_a_delete_takes_what_hangs_on_it_and_comes_back_whole(store: Store) -> None:
    customer = made(store)
    with store.writing() as tx:
        contact = tx.create("contact", {"customer_id": customer, "first_name": "Ana"})
        mail = tx.create("contact_email", {"contact_id": contact, "value": "a@b.example"})
    before = store.read("contact_email", mail)
    with store.writing() as tx:
        tx.delete("contact", contact)
    assert store.read("contact_email", mail) is None
    with store.writing() as tx:
        tx.restore("contact", contact)
    assert store.read("contact_email", mail) == before


def test_history_tells_every_field_of_every_change(store: Store) -> None:
    customer = made(store)
    with store.writing() as tx:
        tx.update("customer", customer, {"name": "Ótica"})
    lines = [
        (line.kind, line.field, line.before, line.after, line.user, line.state) for line in history(store, customer)
    ]
    assert ("update", "name", "Óptica Lusitânia", "Ótica", "Ana", "waiting") in lines
    assert ("create", "name", None, "Óptica Lusitânia", "Ana", "waiting") in lines


@pytest.mark.parametrize(
    "typed", ["optica", "lusit", "óptica lus", "T-7", "lodz", "223401877", "22 340 18", "00351223", "geral@"]
)
def test_search_finds_any_spelling_of_the_start_of_a_word(store: Store, typed: str) -> None:
    customer = made(store)
    with store.writing() as tx:
        tx.create("address", {"customer_id": customer, "city": "Łódź", "country": "PT"})
        tx.create("customer_phone", {"customer_id": customer, "value": "22 340 18 77"})
        tx.create("customer_email", {"customer_id": customer, "value": "geral@lusitania.example"})
    with store.searching() as session:
        assert search.find(session, typed) == [customer]
        assert search.find(session, 'a"b AND (c++ -') == []
        assert search.find(session, "nowhere") == []


def test_search_forgets_what_no_longer_is(store: Store) -> None:
    customer = made(store)
    with store.writing() as tx:
        tx.update("customer", customer, {"name": "Padaria"})
    with store.searching() as session:
        assert search.find(session, "lusitania") == []
        assert search.find(session, "padaria") == [customer]


def test_listeners_hear_of_a_save_after_it_is_kept(store: Store) -> None:
    heard: list[Touched] = []
    stop = store.listen(
        lambda touched: heard.append(touched) if store.read("customer", next(iter(touched.roots))) else None
    )
    customer = made(store)
    stop()
    made(store)
    assert [touched.roots for touched in heard] == [frozenset({customer})]
    assert heard[0].source == "local"


def test_files_wait_until_the_sheet_is_read_again(store: Store, tmp_path: Any) -> None:
    vault, customer = FileVault(tmp_path / "files", b"f" * 32), made(store)
    with store.transaction() as session:
        drafts.begin_edit(session, customer, "tab", 1)
    with pytest.raises(SheetInEdit):
        attach(store, vault, customer, "a.txt", [b"x"])
    record = {"customer_id": customer, "name": "a", "size_bytes": 1, "sha256": "0" * 64}
    with pytest.raises(SheetInEdit), store.writing() as tx:
        tx.create("file", record)
    assert list((tmp_path / "files").iterdir()) == []
    with store.transaction() as session:
        drafts.end_edit(session, customer, "tab")
    assert attach(store, vault, customer, "../a.txt", [b"x"])


def test_a_draft_survives_a_restart_and_the_edit_mode_does_not(store: Store) -> None:
    customer = made(store)
    with store.transaction() as session:
        drafts.keep(session, drafts.Draft(customer, "tab", "customer|x|name", '"half typ', 3, 1))
        drafts.begin_edit(session, customer, "tab", 1)
    store.close()
    key = None if store.path.read_bytes().startswith(b"SQLite format 3") else b"k" * 32
    again = Store(store.path, key, now=store.now)
    with again.reading() as session:
        assert [draft.value for draft in drafts.kept(session, customer)] == ['"half typ']
        assert not drafts.in_edit(session, customer)
    again.close()


def test_a_database_of_a_newer_program_is_left_alone(store: Store) -> None:
    with store.database.session() as session:
        session.run("PRAGMA user_version=99")
    store.close()
    before = store.path.read_bytes()
    key = None if before.startswith(b"SQLite format 3") else b"k" * 32
    with pytest.raises(StoreTooNew):
        Store(store.path, key, now=store.now)
    assert store.path.read_bytes() == before


def test_replace_is_no_way_around(store: Store) -> None:
    customer = made(store)
    with pytest.raises(peewee.DatabaseError, match="unattributed"), store.transaction() as session:
        session.run("INSERT OR REPLACE INTO customer (id, name) VALUES (?, 'x')", customer)


def test_a_closed_request_is_reopened_with_a_reason_by_either_of_its_two_fields(store: Store) -> None:
    customer = made(store)
    with store.writing() as tx:
        ticket = tx.create("ticket", {"customer_id": customer, "description": "broken", "progress_percent": 100})
    assert store.read("ticket", ticket)["status"] == "closed"  # type: ignore[index]
    for values in ({"progress_percent": 40}, {"status": "open"}):
        with pytest.raises(InvalidValue, match="reason_missing"), store.writing() as tx:
            tx.update("ticket", ticket, values)  # type: ignore[arg-type]
    with store.writing() as tx:
        reopen.reopen(tx, ticket, "broken again", 40)
    assert store.read("ticket", ticket)["status"] == "open"  # type: ignore[index]
    with store.writing() as tx:
        tx.update("ticket", ticket, {"status": "closed"})
    row = store.read("ticket", ticket)
    assert row is not None
    assert row["progress_percent"] == 100
    with store.writing() as tx:
        reopen.reopen(tx, ticket, "broken again")
    row = store.read("ticket", ticket)
    assert row is not None
    assert row["status"] == "open"
    assert row["progress_percent"] != 100


def test_a_ledger_account_follows_the_companys_pattern(store: Store) -> None:
    with store.transaction() as session:
        session.run("UPDATE ctx SET applying=1")
        session.put("company", COMPANY, {"ledger_account_pattern": "21[0-9]{4}"})
        session.put("user", USER, {"role": "accountant"})
        session.run("UPDATE ctx SET applying=0")
        identity.set_meta(session, "actor", json.dumps({"role": "accountant", "company_ids": [COMPANY]}))
    customer = "e" * 32
    with store.transaction() as session:
        session.run("UPDATE ctx SET applying=1")
        session.insert("customer", customer, {
            "name": "C", "company_id": COMPANY, "territory_id": TERRITORY, "currency": "EUR", "language": "pt",
            "status": "active", "shared": False, "vat_exempt": False, "to_confirm": False,
        })  # fmt: skip
        session.run("UPDATE ctx SET applying=0")
    with pytest.raises(InvalidValue) as refused, store.writing() as tx:
        tx.update("customer", customer, {"ledger_account": "99"})
    assert refused.value.reason == "not_a_ledger_account"
    with store.writing() as tx:
        tx.update("customer", customer, {"ledger_account": "211234"})
