"""A closed request is opened again, and why: progress goes back only by somebody who saw it closed and says the reason."""

from __future__ import annotations

from mobility_app.errors import InvalidValue
from mobility_app.store.writing import Writing

REASON_MOST = 2000  # characters


def reopen(tx: Writing, ticket_id: str, reason: str) -> None:
    """Opens the request; the reason becomes one of its notes, in the same transaction.

    Raises InvalidValue `required`, NotFound, NotAllowed."""
    if not reason.strip():
        raise InvalidValue("ticket_entry", "text", "required")
    tx.update("ticket", ticket_id, {"status": "open"})
    tx.create("ticket_entry", {"ticket_id": ticket_id, "text": reason.strip()})
