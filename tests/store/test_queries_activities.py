"""Which list an activity stands in, in what order, and to whom it may be given."""

from __future__ import annotations

from pathlib import Path

from mobility_app.store.queries import activities
from tests.support.fleet import Fleet

HOUR = 3_600_000


def test_every_activity_stands_in_one_list_what_is_to_be_done_first(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    fleet.user("Ana")
    ana = fleet.device("ana", "Ana")
    now = fleet.clock.at
    with ana.store.writing() as tx:
        customer = tx.create("customer", {"name": "C"})
        for title, due, status in (
            ("later", now + 2 * HOUR, "open"), ("soon", now + HOUR, "open"), ("late", now - HOUR, "open"),
            ("done", now - 2 * HOUR, "closed"), ("off", now + HOUR, "cancelled"), ("someday", None, "open"),
        ):  # fmt: skip
            tx.create(
                "activity", {"customer_id": customer, "kind": "task", "title": title, "due_at": due, "status": status}
            )
    found = activities.of_customer(ana.store, customer, activities.ALL, now)
    assert [row.title for row in found.rows] == ["someday", "late", "soon", "later", "off", "done"]
    assert found.counts == {"all": 6, "open": 2, "planned": 2, "closed": 2}
    assert [row.title for row in found.rows if row.overdue] == ["late"]
    assert [row.title for row in activities.of_customer(ana.store, customer, "planned", now).rows] == ["soon", "later"]


def test_only_people_of_the_customers_company_are_proposed(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    for name in ("Ana", "Rui"):
        fleet.user(name)
    fleet.user("Iker", company="Ibera", territories=("Madrid",))
    ana = fleet.device("ana", "Ana")
    with ana.store.writing() as tx:
        customer = tx.create("customer", {"name": "C"})
    assert list(activities.colleagues(ana.store, customer).values()) == ["Ana", "Rui"]
