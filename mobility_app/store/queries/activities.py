"""Activities of a customer: which of the three lists each stands in, and who does it."""

from __future__ import annotations

from dataclasses import dataclass

from mobility_app.domain.change import Row
from mobility_app.domain.rules import activities
from mobility_app.store.store import Store

ALL = "all"
PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One activity. `group`: closed, planned or open; `moment` is its start or due instant, in UTC milliseconds."""

    id: str
    kind: str
    title: str
    status: str
    group: str
    overdue: bool
    moment: int | None
    place: str
    direction: str
    assignee: str


@dataclass(frozen=True, slots=True)
class ActivityList:
    """A page of one filter: what is to be done first, then what is done, newest first. `counts` by group and `all`."""

    rows: tuple[ActivityRow, ...]
    counts: dict[str, int]
    total: int


def of_customer(store: Store, customer_id: str, wanted: str, now: int, first: int = 0) -> ActivityList:
    """The activities of a group (or `all`)."""
    with store.reading() as session:
        found = session.find("activity", customer_id=customer_id)
        people = dict(session.rows('SELECT id, name FROM "user"'))
    counts = activities.counts(found, now)
    rows = [_row(row, people, now) for row in found]
    shown = sorted((row for row in rows if wanted in (ALL, row.group)), key=_order)
    return ActivityList(tuple(shown[first : first + PAGE_ROWS]), {**counts, ALL: len(rows)}, len(shown))


def colleagues(store: Store, customer_id: str) -> dict[str, str]:
    """id -> name of the people of the customer's company, by name: HQ refuses to give an activity to anybody else."""
    with store.reading() as session:
        company = session.value("SELECT company_id FROM customer WHERE id=?", customer_id)
        users = session.find("user", order="name, id")
    return {
        str(user["id"]): str(user["name"])
        for user in users
        if isinstance(user["company_ids"], list) and company in user["company_ids"]
    }


def _row(row: Row, people: dict[str, str], now: int) -> ActivityRow:
    return ActivityRow(
        str(row["id"]), str(row["kind"]), str(row["title"]), str(row["status"]), activities.group_of(row, now),
        activities.overdue(row, now), activities.when(row), str(row["place"] or ""), str(row["direction"] or ""),
        people.get(str(row["assignee_id"]), ""),
    )  # fmt: skip


def _order(row: ActivityRow) -> tuple[int, int, str]:
    """Open before planned before closed; by moment, the closed ones from the newest back."""
    place = {activities.OPEN: 0, activities.PLANNED: 1, activities.CLOSED: 2}[row.group]
    moment = row.moment or 0
    return place, -moment if place == 2 else moment, row.id
