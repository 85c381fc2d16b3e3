"""Support requests of a customer, and one request with its exchange of notes, its steps of progress and its files."""

from __future__ import annotations

import json
from dataclasses import dataclass

from mobility_app.domain.change import DISMISSED, REJECTED, UPDATE, Row
from mobility_app.store.queries.files import FileRow, listed
from mobility_app.store.records import Records, patch_plain
from mobility_app.store.store import Store

PAGE_ROWS = 50
EXCHANGE_MAX = 300  # of a request, the newest; far above what anybody writes about one


@dataclass(frozen=True, slots=True)
class TicketRow:
    """One request. `opened_at`: when it was made, in UTC milliseconds, as far as known here."""

    id: str
    reference: str
    description: str
    progress: int
    status: str
    priority: str
    opened_at: int | None
    entries: int


@dataclass(frozen=True, slots=True)
class TicketList:
    """A page of requests: open ones first, newest first. `known` are the ids of all."""

    rows: tuple[TicketRow, ...]
    total: int
    known: frozenset[str]


@dataclass(frozen=True, slots=True)
class Note:
    """One part of the exchange: a note, or a step of progress (`percent`), which then has no id and no text."""

    id: str
    text: str
    author: str
    at: int | None
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class TicketSheet:
    """A request with its exchange, oldest first, and its files: those that carry its reference as label."""

    ticket: TicketRow
    notes: tuple[Note, ...]
    files: tuple[FileRow, ...]

    @property
    def note_ids(self) -> frozenset[str]:
        """The notes that stand."""
        return frozenset(note.id for note in self.notes if note.id)


def of_customer(store: Store, customer_id: str, first: int = 0) -> TicketList:
    """A page of the customer's requests."""
    with store.reading() as session:
        found = session.find("ticket", customer_id=customer_id)
        made = dict(session.rows(
            "SELECT record_id, MIN(at) FROM (SELECT record_id, at FROM entry WHERE entity='ticket' AND root_id=? AND"
            " kind='create' UNION ALL SELECT record_id, at FROM change WHERE entity='ticket' AND root_id=? AND"
            " kind='create' UNION ALL SELECT record_id, at FROM made WHERE root_id=?) GROUP BY 1",
            customer_id, customer_id, customer_id,
        ))  # fmt: skip
        counts = dict(session.rows(
            "SELECT e.ticket_id, COUNT(*) FROM ticket_entry e JOIN ticket t ON t.id=e.ticket_id"
            " WHERE t.customer_id=? GROUP BY 1",
            customer_id,
        ))  # fmt: skip
    rows = [_row(row, made.get(row["id"]), int(counts.get(row["id"], 0))) for row in found]
    rows.sort(key=lambda row: (row.status == "closed", -(row.opened_at or 0), row.id))
    return TicketList(tuple(rows[first : first + PAGE_ROWS]), len(rows), frozenset(row.id for row in rows))


def one(store: Store, customer_id: str, ticket_id: str) -> TicketSheet | None:
    """A request of this customer, or None."""
    with store.reading() as session:
        row = session.get("ticket", ticket_id)
        if row is None or row["customer_id"] != customer_id:
            return None
        entries = session.find("ticket_entry", order="written_at, id", ticket_id=ticket_id)
        people = dict(session.rows('SELECT id, name FROM "user"'))
        made = session.value(
            "SELECT MIN(at) FROM entry WHERE record_id=? AND kind='create'", ticket_id
        ) or session.value(
            "SELECT at FROM change WHERE record_id=? AND kind='create' UNION ALL SELECT at FROM made WHERE root_id=?"
            " AND record_id=?",
            ticket_id, customer_id, ticket_id,
        )  # fmt: skip
        steps = _steps(session, ticket_id, people)
        files = listed(session, customer_id, label=str(row["reference"]))
    notes = [
        Note(str(e["id"]), str(e["text"] or ""), people.get(str(e["author_id"]), ""),
             e["written_at"] if isinstance(e["written_at"], int) else None)
        for e in entries
    ]  # fmt: skip
    exchange = sorted([*notes, *steps], key=lambda note: (note.at or 0, note.percent is not None))
    return TicketSheet(_row(row, made, len(notes)), tuple(exchange[-EXCHANGE_MAX:]), files)


def _steps(session: Records, ticket_id: str, people: dict[str, str]) -> list[Note]:
    """The changes of its progress, HQ's and the device's own."""
    rows = session.rows(
        "SELECT at, user_id, patch FROM entry WHERE entity='ticket' AND record_id=? AND kind=?"
        " UNION ALL SELECT at, user_id, patch FROM change WHERE entity='ticket' AND record_id=? AND kind=?"
        f" AND state NOT IN ('{REJECTED}', '{DISMISSED}')",
        ticket_id, UPDATE, ticket_id, UPDATE,
    )  # fmt: skip
    found = []
    for at, user_id, patch in rows:
        sides = patch_plain("ticket", json.loads(patch)).get("progress_percent")
        if sides is not None and sides[0] != sides[1] and isinstance(sides[1], int):
            found.append(Note("", "", people.get(str(user_id), ""), at, sides[1]))
    return found


def _row(row: Row, made: int | None, entries: int) -> TicketRow:
    progress = row["progress_percent"]
    return TicketRow(
        str(row["id"]), str(row["reference"]), str(row["description"] or ""), progress if isinstance(progress, int) else 0,
        str(row["status"]), str(row["priority"]), made, entries,
    )  # fmt: skip
