"""Support requests of a customer, and one request with its exchange of notes."""

from __future__ import annotations

from dataclasses import dataclass

from mobility_app.domain.change import Row
from mobility_app.store.store import Store


@dataclass(frozen=True, slots=True)
class TicketRow:
    """One request. `opened_at`: when its first entry was written, in UTC milliseconds, as far as known here."""

    id: str
    reference: str
    description: str
    progress: int
    status: str
    priority: str
    opened_at: int | None
    entries: int


@dataclass(frozen=True, slots=True)
class Note:
    """One note of the exchange."""

    id: str
    text: str
    author: str
    at: int | None


@dataclass(frozen=True, slots=True)
class TicketSheet:
    """A request with its notes, oldest first."""

    ticket: TicketRow
    notes: tuple[Note, ...]


def of_customer(store: Store, customer_id: str) -> tuple[TicketRow, ...]:
    """All requests: open ones first, newest first."""
    with store.reading() as session:
        found = session.find("ticket", customer_id=customer_id)
        made = _made(session.rows(
            "SELECT record_id, MIN(at) FROM entry WHERE entity='ticket' AND root_id=? AND kind='create' GROUP BY 1"
            " UNION ALL SELECT record_id, at FROM change WHERE entity='ticket' AND root_id=? AND kind='create'",
            customer_id, customer_id,
        ))  # fmt: skip
        counts = dict(session.rows(
            "SELECT e.ticket_id, COUNT(*) FROM ticket_entry e JOIN ticket t ON t.id=e.ticket_id"
            " WHERE t.customer_id=? GROUP BY 1",
            customer_id,
        ))  # fmt: skip
    rows = [_row(row, made.get(str(row["id"])), int(counts.get(row["id"], 0))) for row in found]
    return tuple(sorted(rows, key=lambda row: (row.status == "closed", -(row.opened_at or 0), row.id)))


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
        ) or session.value("SELECT at FROM change WHERE record_id=? AND kind='create'", ticket_id)
    notes = tuple(
        Note(str(e["id"]), str(e["text"] or ""), people.get(str(e["author_id"]), ""),
             e["written_at"] if isinstance(e["written_at"], int) else None)
        for e in entries
    )  # fmt: skip
    return TicketSheet(_row(row, made, len(notes)), notes)


def _made(rows: list[tuple[str, int]]) -> dict[str, int]:
    return {record_id: at for record_id, at in rows if at is not None}


def _row(row: Row, made: int | None, entries: int) -> TicketRow:
    progress = row["progress_percent"]
    return TicketRow(
        str(row["id"]), str(row["reference"]), str(row["description"] or ""), progress if isinstance(progress, int) else 0,
        str(row["status"]), str(row["priority"]), made, entries,
    )  # fmt: skip
