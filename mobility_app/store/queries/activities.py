"""Activities of a customer: which of the three lists each stands in, who does it and who takes part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mobility_app.domain.change import Row
from mobility_app.domain.rules import activities
from mobility_app.store import identity
from mobility_app.store.records import Records
from mobility_app.store.store import Store

ALL = "all"
PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One activity. `group`: closed, planned or open; `moment` is its start or due instant, in UTC milliseconds;
    `mine`: the reader made it or does it, which for a rep is the condition for changing it. `mail`: how the mails about it
    stand (waiting, sent, failed), empty where nobody was to be told."""

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
    mine: bool
    mail: str


@dataclass(frozen=True, slots=True)
class ActivityList:
    """A page of one filter: what is to be done first, then what is done, newest first. `counts` by group and `all`;
    `known` are the ids of all, of every filter."""

    rows: tuple[ActivityRow, ...]
    counts: dict[str, int]
    total: int
    known: frozenset[str]


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who takes part, from the company or from the customer."""

    id: str
    name: str
    is_contact: bool


@dataclass(frozen=True, slots=True)
class ActivitySheet:
    """One activity as a whole: its row, its fields, who takes part, and names for its references."""

    row: ActivityRow
    record: Row
    participants: tuple[Participant, ...]
    names: dict[str, str]


def of_customer(store: Store, customer_id: str, wanted: str, now: int, first: int = 0) -> ActivityList:
    """The activities of a group (or `all`)."""
    with store.reading() as session:
        found = session.find("activity", customer_id=customer_id)
        people = _people(session)
        mine = _made_by_me(session, customer_id)
    counts = activities.counts(found, now)
    rows = [_row(row, people, now, *mine) for row in found]
    shown = sorted((row for row in rows if wanted in (ALL, row.group)), key=_order)
    known = frozenset(row.id for row in rows)
    return ActivityList(tuple(shown[first : first + PAGE_ROWS]), {**counts, ALL: len(rows)}, len(shown), known)


def one(store: Store, customer_id: str, activity_id: str, now: int) -> ActivitySheet | None:
    """An activity of this customer, or None."""
    with store.reading() as session:
        record = session.get("activity", activity_id)
        if record is None or record["customer_id"] != customer_id:
            return None
        people = _people(session)
        row = _row(record, people, now, *_made_by_me(session, customer_id))
        taking = session.find("activity_participant", activity_id=activity_id)
        participants = tuple(_participant(session, found, people) for found in taking)
    return ActivitySheet(row, record, participants, people)


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


def contacts(store: Store, customer_id: str) -> dict[str, str]:
    """id -> name of the customer's contacts, by name."""
    with store.reading() as session:
        found = session.find("contact", order="first_name, last_name, id", customer_id=customer_id)
    return {str(row["id"]): _full_name(row) for row in found if _full_name(row)}


def _people(session: Records) -> dict[str, str]:
    return dict(session.rows('SELECT id, name FROM "user"'))


def _made_by_me(session: Records, customer_id: str) -> tuple[str, frozenset[str]]:
    """The reader's user id, and the activities of the customer that they made."""
    known = identity.read(session)
    me = known.user_id if known else ""
    made = session.rows(
        "SELECT record_id FROM entry WHERE entity='activity' AND root_id=? AND kind='create' AND user_id=?"
        " UNION SELECT record_id FROM change WHERE entity='activity' AND root_id=? AND kind='create' AND user_id=?"
        " UNION SELECT record_id FROM made WHERE root_id=? AND user_id=?",
        customer_id, me, customer_id, me, customer_id, me,
    )  # fmt: skip
    return me, frozenset(row[0] for row in made)


def _row(row: Row, people: Mapping[str, str], now: int, me: str, made: frozenset[str]) -> ActivityRow:
    mine = row["id"] in made or (bool(me) and row["assignee_id"] == me)
    return ActivityRow(
        str(row["id"]), str(row["kind"]), str(row["title"]), str(row["status"]), activities.group_of(row, now),
        activities.overdue(row, now), activities.when(row), str(row["place"] or ""), str(row["direction"] or ""),
        people.get(str(row["assignee_id"]), ""), mine, str(row["mail_state"] or ""),
    )  # fmt: skip


def _participant(session: Records, row: Row, people: Mapping[str, str]) -> Participant:
    contact_id = row["contact_id"]
    if not contact_id:
        return Participant(str(row["id"]), people.get(str(row["user_id"]), ""), False)
    return Participant(str(row["id"]), _full_name(session.get("contact", str(contact_id)) or {}), True)


def _full_name(row: Row) -> str:
    return " ".join(str(row[part]) for part in ("first_name", "last_name") if row.get(part))


def _order(row: ActivityRow) -> tuple[int, int, str]:
    """Open before planned before closed; by moment, the closed ones from the newest back."""
    place = {activities.OPEN: 0, activities.PLANNED: 1, activities.CLOSED: 2}[row.group]
    moment = row.moment or 0
    return place, -moment if place == 2 else moment, row.id
