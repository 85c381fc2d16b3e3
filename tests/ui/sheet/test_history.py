"""History: nothing changes without a line; who, when and where; before and after; filters; putting back; checking."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_app.store.queries.history_page import AT_HQ, COMING, HQ, WHOLE, Asked, HistoryPage, Shown, page
from mobility_app.sync.status import OFFLINE, ONLINE, Status
from mobility_app.ui.sheet import changes, history
from tests.support.desk import NOW, Desk, desk
from tests.support.sheets import acts, log, refuse, sheet_of, text

DAY = 24 * 3_600_000
OLDER = ("older", "")


def asked(at: Desk, **filters: object) -> HistoryPage:
    return page(at.store, at.customer, Asked(**filters), NOW)  # type: ignore[arg-type]


def one(at: Desk, **filters: object) -> Shown:
    (found,) = asked(at, **filters).changes
    return found


def drawn(at: Desk, *, opened: bool = True, **filters: object) -> str:
    wanted = Asked(**filters)  # type: ignore[arg-type]
    model = page(at.store, at.customer, wanted, NOW)
    return history.render(
        sheet_of(at), model, wanted, dict.fromkeys(one.key for one in model.changes) if opened else {}
    )


def change_website(at: Desk, *values: str | None) -> None:
    for value in values:
        with at.store.writing() as tx:
            tx.update("customer", at.customer, {"website": value})


def test_a_closed_change_holds_no_fields_so_that_fifty_stay_a_small_page(tmp_path: Path) -> None:
    at = desk(tmp_path)
    change_website(at, "https://a.example", "https://b.example")
    assert "https://b.example" in drawn(at)
    closed = drawn(at, opened=False)
    assert "https://b.example" not in closed
    assert closed.count('data-act="open"') == 2


def test_every_kind_of_change_appears_with_what_who_when_and_where(tmp_path: Path) -> None:
    at = desk(tmp_path)
    with at.store.writing() as tx:
        contact = tx.create("contact", {"customer_id": at.customer, "first_name": "Rui", "last_name": "Sá"})
        tx.update("contact", contact, {"job_title": "Diretor"})
    with at.store.writing() as tx:
        tx.delete("contact", contact)
    with at.store.writing() as tx:
        tx.restore("contact", contact)
    found = asked(at)
    assert [change.kind for change in found.changes] == ["restore", "delete", "update", "create"]
    assert {change.title for change in found.changes} == {"Rui Sá"}
    assert {(change.user, change.here, change.state) for change in found.changes} == {("Ana Silva", True, "waiting")}
    said = text(drawn(at))
    assert said.count("Não sincronizado") == 4
    assert "Ana Silva · hoje" in said
    assert "este dispositivo" in said


def test_a_change_opens_to_its_fields_before_and_after(tmp_path: Path) -> None:
    at = desk(tmp_path)
    change_website(at, "https://a.example", "https://b.example")
    markup = drawn(at)
    assert "<del>https://a.example</del><ins>https://b.example</ins>" in markup
    assert markup.count("<details") == 2
    newest = asked(at).changes[0]
    assert " open>" in changes.one(sheet_of(at), newest, {}, True).split("<summary")[0]
    assert " open>" not in changes.one(sheet_of(at), newest, {}, False).split("<summary")[0]


def test_a_deletion_shows_what_the_record_held_and_can_be_taken_back(tmp_path: Path) -> None:
    at = desk(tmp_path)
    phone = at.from_hq("customer_phone", customer_id=at.customer, value="22 340 18 77", is_main=True)
    with at.store.writing() as tx:
        tx.delete("customer_phone", phone)
    change = one(at)
    assert change.title == "22 340 18 77"
    markup = drawn(at)
    assert "<del>22 340 18 77</del>" in markup
    assert ("restore", change.key) in acts(markup)
    with at.store.writing() as tx:
        history.bring_back(tx, change)
    assert (at.store.read("customer_phone", phone) or {})["value"] == "22 340 18 77"
    assert "restore" not in {act for act, _ in acts(drawn(at))}


def test_an_earlier_value_is_put_back_as_a_new_modification(tmp_path: Path) -> None:
    at = desk(tmp_path)
    change_website(at, "https://a.example", "https://b.example")
    newest = asked(at).changes[0]
    assert ("back", f"{newest.key}|website") in acts(drawn(at))
    with at.store.writing() as tx:
        history.put_back(tx, newest, "website")
    assert (at.store.read("customer", at.customer) or {})["website"] == "https://a.example"
    kinds = [(change.kind, change.lines[0].after) for change in asked(at).changes]
    assert kinds == [("update", "https://a.example"), ("update", "https://b.example"), ("update", "https://a.example")]
    assert asked(at).total == 3


def test_fields_that_belong_together_are_put_back_together(tmp_path: Path) -> None:
    at = desk(tmp_path)
    address = at.from_hq(
        "address", customer_id=at.customer, kind="delivery", line1="Rua A", city="Porto", country="PT", fax="1"
    )
    with at.store.writing() as tx:
        tx.update("address", address, {"line1": "Calle B", "city": "Vigo", "country": "ES", "fax": "2"})
    change = one(at)
    assert history.earlier(change, "city") == {"line1": "Rua A", "city": "Porto", "country": "PT"}
    assert history.earlier(change, "fax") == {"fax": "1"}
    with at.store.writing() as tx:
        history.put_back(tx, change, "city")
    row = at.store.read("address", address) or {}
    assert (row["line1"], row["city"], row["country"], row["fax"]) == ("Rua A", "Porto", "PT", "2")


def test_putting_back_is_not_offered_where_it_would_change_nothing_or_is_not_allowed(tmp_path: Path) -> None:
    at = desk(tmp_path)
    change_website(at, "https://a.example", None)
    newest, oldest = asked(at).changes
    sheet = sheet_of(at)
    assert changes.may_put_back(sheet, newest, newest.lines[0])
    assert not changes.may_put_back(sheet, oldest, oldest.lines[0])  # it is empty already
    log(at, 1, "customer", at.customer, "update", {"credit_limit_minor": [100, 300_000], "number": ["C-1", "C-000005"]})
    change = next(change for change in asked(at).changes if change.state == "confirmed")
    assert {line.field for line in change.lines} == {"credit_limit_minor", "number"}
    assert not any(changes.may_put_back(sheet, change, line) for line in change.lines)


def test_the_value_that_lost_a_conflict_can_be_taken_after_all(tmp_path: Path) -> None:
    at = desk(tmp_path)
    at.from_hq("customer", at.customer, website="https://a.example")
    log(at, 1, "customer", at.customer, "lost", {"website": ["https://a.example", "https://b.example"]})
    change = one(at)
    assert "Repor https://b.example" in text(drawn(at))
    with at.store.writing() as tx:
        history.put_back(tx, change, "website")
    assert (at.store.read("customer", at.customer) or {})["website"] == "https://b.example"


def test_filters_by_person_kind_record_and_period(tmp_path: Path) -> None:
    at = desk(tmp_path)
    change_website(at, "https://a.example")
    with at.store.writing() as tx:
        tx.create("ticket", {"customer_id": at.customer, "description": "Terminal"})
    log(at, 1, "customer", at.customer, "update", {"notes": ["", "Antes"]}, at=NOW - 10 * DAY)
    log(
        at,
        2,
        "customer",
        at.customer,
        "update",
        {"number": ["T-1", "C-1"]},
        user_id=None,
        device_id=None,
        at=NOW - 40 * DAY,
    )
    found = asked(at)
    assert found.total == 4
    assert found.users == {at.user: "Ana Silva", at.colleague: "Marta Costa", HQ: "HQ"}
    assert (found.kinds, found.entities) == (("create", "update"), ("customer", "ticket"))
    for filters, total in (
        ({"user": at.user}, 2), ({"user": at.colleague}, 1), ({"user": HQ}, 1), ({"kind": "create"}, 1),
        ({"entity": "ticket"}, 1), ({"days": 7}, 2), ({"days": 30}, 3), ({"days": 365, "entity": "customer"}, 3),
        ({"user": "' OR 1=1 --"}, 0),
    ):  # fmt: skip
        assert asked(at, **filters).total == total, filters
    pressed = drawn(at, user=HQ)
    assert f'data-act="user" data-arg="{HQ}" aria-pressed="true"' in pressed
    assert "device" not in text(pressed).split("Histórico")[1]
    assert "Escritório · " in text(pressed), "what HQ did by itself was the office's"
    assert "HQ" not in text(pressed)


def test_pages_of_fifty_hold_each_change_once_newest_first(tmp_path: Path) -> None:
    at = desk(tmp_path)
    change_website(at, *(f"https://{n}.example" for n in range(120)))
    pages = [asked(at, first=first) for first in (0, 50, 100)]
    assert [len(one_.changes) for one_ in pages] == [50, 50, 20]
    values = [change.lines[0].after for one_ in pages for change in one_.changes]
    assert values == [f"https://{n}.example" for n in reversed(range(120))]
    assert "51 a 100 de 120" in text(drawn(at, first=50))


def test_references_and_the_sides_of_a_conflict_are_shown_as_people_call_them(tmp_path: Path) -> None:
    at = desk(tmp_path)
    contact = at.from_hq("contact", customer_id=at.customer, first_name="Rui", last_name="Sá", opted_out=False)
    with at.store.writing() as tx:
        activity = tx.create("activity", {"customer_id": at.customer, "kind": "task", "title": "Ligar"})
        tx.create("activity_participant", {"activity_id": activity, "contact_id": contact})
        tx.update("customer", at.customer, {"owner_id": at.colleague})
    said = text(drawn(at))
    assert "Ana Silva Marta Costa" in said
    assert "Rui Sá" in said
    assert contact not in said
    log(at, 1, "conflict", "7" * 32, "create", {
        "entity": [None, "customer"], "record_id": [None, at.customer], "field": [None, "credit_limit_minor"],
        "winner": [None, "300000"], "loser": [None, "5"],
    }, user_id=None, device_id=None)  # fmt: skip
    said = text(drawn(at, entity="conflict"))
    assert text(at.app.words.money(300_000, "EUR")) in said
    assert "Limite de crédito" in said
    assert at.customer not in said


def test_a_refused_change_stays_in_sight_and_markup_in_values_is_only_text(tmp_path: Path) -> None:
    at = desk(tmp_path)
    with at.store.writing() as tx:
        tx.update("customer", at.customer, {"notes": "<script>alert(1)</script>"})
    refuse(at, "forbidden")
    markup = drawn(at)
    assert "Recusad" in text(markup)
    assert "<script" not in markup


@pytest.mark.parametrize(("role", "whole"), [("rep", True), ("manager", True), ("support", False)])
def test_only_a_history_that_comes_whole_is_called_checked(tmp_path: Path, role: str, whole: bool) -> None:
    at = desk(tmp_path, role=role)
    assert history.comes_whole(sheet_of(at)) is whole
    at.from_hq("customer", at.customer, territory_id="9" * 32)
    if role != "support":
        assert not history.comes_whole(sheet_of(at))


def test_no_change_yet_says_what_will_stand_here(tmp_path: Path) -> None:
    at = desk(tmp_path)
    assert "Sem histórico" in text(drawn(at))


def anchored(at: Desk, *, wanted: int, floor_chain: str) -> None:
    with at.store.transaction() as session:
        session.run(
            "INSERT OR REPLACE INTO anchor VALUES (?, 50, 50, 'c', 30, ?, ?, 50)", at.customer, floor_chain, wanted
        )


@pytest.mark.parametrize("role", ["rep", "manager"])
def test_what_is_older_than_two_years_is_loaded_when_somebody_asks(tmp_path: Path, role: str) -> None:
    at = desk(tmp_path, role=role)
    log(at, 40, "customer", at.customer, "update", {"website": [None, "https://a.example"]})
    assert asked(at).earlier == WHOLE
    assert OLDER not in acts(drawn(at))
    anchored(at, wanted=1, floor_chain="before")
    assert asked(at).earlier == COMING
    assert at.app.words("Older history is still on its way.") in text(drawn(at))
    anchored(at, wanted=0, floor_chain="before")
    model = asked(at)
    assert model.earlier == AT_HQ
    online = history.render(sheet_of(at), model, Asked(), {}, Status(ONLINE, NOW))
    assert OLDER in acts(online)
    cut = history.render(sheet_of(at), model, Asked(), {}, Status(OFFLINE, NOW))
    assert OLDER not in acts(cut)
    assert at.app.words("Older history lies at the office. It can be loaded when this device is online.") in text(cut)
    anchored(at, wanted=0, floor_chain="")
    assert OLDER not in acts(history.render(sheet_of(at), asked(at), Asked(), {}, Status(ONLINE, NOW)))


def test_a_history_of_which_nothing_came_yet_offers_the_older_one_all_the_same(tmp_path: Path) -> None:
    at = desk(tmp_path)
    anchored(at, wanted=0, floor_chain="before")
    assert OLDER in acts(history.render(sheet_of(at), asked(at), Asked(), {}, Status(ONLINE, NOW)))
