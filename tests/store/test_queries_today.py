"""Today's queries: whose, which, in which order, how many statements; news since the last look."""

from __future__ import annotations

from pathlib import Path

from mobility_app.domain.fields import Plain
from mobility_app.store.actions import visits
from mobility_app.store.queries import news
from mobility_app.store.queries import today as queries
from mobility_app.store.queries.news import Since
from mobility_app.store.store import Store
from tests.support.desk import NOW, Desk, desk
from tests.support.sheets import log

HOUR, DAY = 3_600_000, 86_400_000
DAY_TEXT = "2026-11-25"
STATEMENTS = 14


def activity(at: Desk, title: str, **values: Plain) -> str:
    given = {"customer_id": at.customer, "kind": "task", "status": "open", "assignee_id": at.user, "title": title}
    return at.from_hq("activity", **{**given, **values})


def invoice(at: Desk, number: str, due_on: str, payable: int, paid: int = 0, **values: Plain) -> str:
    given: dict[str, Plain] = {
        "customer_id": at.customer, "kind": "invoice", "type_code": "380", "number": number, "issued_on": "2026-09-01",
        "due_on": due_on, "currency": "EUR", "net_minor": payable, "tax_minor": 0, "gross_minor": payable,
        "withheld_minor": 0, "payable_minor": payable, "paid_minor": paid,
    }  # fmt: skip
    return at.from_hq("document", **{**given, **values})


def seen(at: Desk) -> queries.Today:
    return queries.today(at.store, NOW, DAY_TEXT)


def test_late_ones_stand_apart_oldest_first_and_only_the_readers_open_ones(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")
    activity(at, "late", due_at=NOW - HOUR)
    activity(at, "later still", due_at=NOW - 9 * DAY)
    activity(at, "soon", kind="call", due_at=NOW + HOUR)
    activity(at, "next week", due_at=NOW + 6 * DAY)
    activity(at, "far off", due_at=NOW + 8 * DAY)
    activity(at, "without a day")
    activity(at, "done", due_at=NOW - HOUR, status="closed")
    activity(at, "a colleague's", due_at=NOW - HOUR, assignee_id=at.colleague)
    found = seen(at)
    assert [due.title for due in found.overdue] == ["later still", "late"]
    assert [due.title for due in found.coming] == ["soon", "next week"]
    assert (found.overdue_count, found.coming_count) == (2, 2)


def test_a_meeting_under_way_is_not_late_and_has_its_place_and_the_customers_telephone(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")
    at.from_hq("customer_phone", customer_id=at.customer, value="91 234 56 78", e164="+351912345678", is_main=False)
    at.from_hq("customer_phone", customer_id=at.customer, value="22 340 18 77", e164="+351223401877", is_main=True)
    activity(at, "visit", kind="appointment", starts_at=NOW - HOUR, ends_at=NOW + HOUR, place="Loja")
    activity(at, "over", kind="appointment", starts_at=NOW - 3 * HOUR, ends_at=NOW - HOUR)
    found = seen(at)
    assert [(due.title, due.place, due.phone, due.ends_at) for due in found.coming] == [
        ("visit", "Loja", "+351223401877", NOW + HOUR)
    ]
    assert [due.title for due in found.overdue] == ["over"]


def test_lists_are_bounded_and_counted(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")
    for number in range(queries.LATE_MAX + 3):
        activity(at, f"late {number}", due_at=NOW - HOUR - number)
    found = seen(at)
    assert len(found.overdue) == queries.LATE_MAX
    assert found.overdue_count == queries.LATE_MAX + 3


def test_invoices_of_my_customers_that_are_past_their_day_and_not_paid(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")
    other = at.from_hq(
        "customer", number="C-9", name="De outrem", status="active", currency="EUR", company_id=at.company,
        territory_id=at.territory, owner_id=at.colleague,
    )  # fmt: skip
    invoice(at, "FT 1", "2026-11-24", 10_000, 4_000)
    invoice(at, "FT 2", "2026-10-01", 5_000)
    invoice(at, "FT 3", DAY_TEXT, 7_000)  # the day itself is still in time
    invoice(at, "FT 4", "2026-10-01", 5_000, 5_000)
    invoice(at, "FT 5", "2026-10-01", 9_000, currency="USD")
    invoice(at, "FT 6", "2026-10-01", -5_000)  # a correction asks for nothing
    invoice(at, "NC 1", "2026-10-01", 5_000, kind="credit_note")
    invoice(at, "FT 7", "2026-10-01", 5_000, customer_id=other)
    found = seen(at)
    assert [(one.number, one.owed_minor) for one in found.invoices or ()] == [
        ("FT 2", 5_000), ("FT 5", 9_000), ("FT 1", 6_000)
    ]  # fmt: skip
    assert [(one.currency, one.count, one.owed_minor) for one in found.owed] == [("EUR", 2, 11_000), ("USD", 1, 9_000)]


def test_a_manager_sees_every_customers_and_support_no_billing_at_all(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "s").mkdir()
    at = desk(tmp_path / "m", role="manager")
    at.from_hq("customer", at.customer, owner_id=at.colleague)
    invoice(at, "FT 1", "2026-10-01", 5_000)
    assert [one.number for one in seen(at).invoices or ()] == ["FT 1"]
    at = desk(tmp_path / "s", role="support")
    invoice(at, "FT 1", "2026-10-01", 5_000)
    assert seen(at).invoices is None
    assert seen(at).owed == ()


def test_open_requests_by_priority_then_age(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")
    for reference, priority, status in (
        ("S-2", "high", "open"), ("S-3", "normal", "open"), ("S-4", "high", "closed"),
        ("S-5", "high", "open"),
    ):  # fmt: skip
        at.from_hq("ticket", customer_id=at.customer, reference=reference, priority=priority, status=status,
                   progress_percent=30)  # fmt: skip
    with at.store.writing() as tx:
        tx.create("ticket", {"customer_id": at.customer, "description": "Aqui", "priority": "low"})
    found = seen(at)
    assert [one.reference for one in found.requests][:3] == ["S-2", "S-5", "S-3"]
    assert found.requests[3].opened_at is not None
    assert found.request_count == 4


def test_it_costs_the_same_number_of_statements_whatever_there_is_and_looks_nothing_through(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")
    for number in range(30):
        activity(at, f"t{number}", due_at=NOW - number)
        invoice(at, f"FT {number}", "2026-10-01", 5_000)
        at.from_hq("ticket", customer_id=at.customer, reference=f"S-{number}", priority="low", status="open")
    said: list[str] = []
    counted = Store(at.store.path, None, now=lambda: NOW, watch=said.append)
    said.clear()
    queries.today(counted, NOW, DAY_TEXT)
    assert len(said) == STATEMENTS
    with at.store.reading() as session:
        for sql in said:
            plan = " ".join(str(row[3]) for row in session.rows(f"EXPLAIN QUERY PLAN {sql}", *["0"] * sql.count("?")))
            assert "SCAN a" not in plan, (sql, plan)
            assert "SCAN d" not in plan, (sql, plan)
            assert "SCAN document" not in plan, (sql, plan)


# -- news


def entry(at: Desk, seq: int, entity: str, record_id: str, patch: dict[str, list[object]], /, **more: object) -> None:
    more = {"kind": "update", "at": NOW - HOUR, **more}
    log(at, seq, entity, record_id, str(more.pop("kind")), patch, **more)


def test_the_first_look_shows_nothing_as_new_and_the_next_what_came_since(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")
    entry(at, 1, "customer", at.customer, {"website": [None, "a.example"]})
    since = visits.look(at.store, NOW)
    assert news.news(at.store, since).rows == ()
    entry(at, 2, "customer", at.customer, {"website": ["a.example", "b.example"], "payment_term_days": [30, 45]})
    entry(at, 3, "ticket", "f" * 32, {"reference": [None, "S-1"]}, kind="create")
    entry(at, 4, "ticket", "e" * 32, {"reference": [None, "S-2"]}, kind="create", at=NOW - 5)
    since = visits.look(at.store, NOW + DAY)
    found = news.news(at.store, since)
    assert [(one.who, one.fields, one.records, one.at) for one in found.rows] == [
        ("Marta Costa", ("website", "payment_term_days"), (("ticket", 2),), NOW - 5)
    ]
    assert found.since == NOW
    assert news.news(at.store, visits.look(at.store, NOW + 2 * DAY)).rows == ()


def test_looks_close_together_are_one_visit(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")
    visits.look(at.store, NOW)
    entry(at, 1, "customer", at.customer, {"website": [None, "a.example"]})
    for later in (DAY, DAY + visits.PAUSE_MS - 1, DAY + 2 * visits.PAUSE_MS - 2):
        assert len(news.news(at.store, visits.look(at.store, NOW + later)).rows) == 1
    assert news.news(at.store, visits.look(at.store, NOW + 2 * DAY)).rows == ()


def test_my_own_work_what_lost_and_what_hangs_on_others_are_no_news(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")
    entry(at, 1, "customer", at.customer, {"website": [None, "a.example"]}, user_id=at.user)
    entry(at, 2, "customer", at.customer, {"name": ["a", "b"]}, kind="lost")
    entry(at, 3, "document_line", "c" * 32, {"description": [None, "b"]}, kind="create")
    entry(at, 4, "customer", "0" * 32, {"name": ["a", "b"]}, root_id="0" * 32)  # not on this device
    assert news.news(at.store, Since({})).rows == ()
    entry(at, 5, "document", "c" * 32, {"number": [None, "FT 1"]}, kind="create", user_id=None, stream="b")
    (one,) = news.news(at.store, Since({})).rows
    assert (one.who, one.records) == ("", (("document", 1),))
