"""A closed request is opened again, and why: progress goes back only by somebody who saw it closed and says the reason."""

from __future__ import annotations

from mobility_app.domain.rules.reopening import NOTE
from mobility_app.errors import InvalidValue
from mobility_app.store.writing import Writing

REASON_MOST = 2000  # characters


def reopen(tx: Writing, ticket_id: str, reason: str, percent: int | None = None) -> None:
    """Opens the request, at `percent` of its progress if given; the reason becomes one of its notes. Both stand or fall
    as one at HQ, which takes neither without the other.

    Raises InvalidValue `required`, NotFound, NotAllowed."""
    if not reason.strip():
        raise InvalidValue(NOTE, "text", "required")
    explain(tx, ticket_id, reason)
    tx.update("ticket", ticket_id, {"status": "open"} if percent is None else {"progress_percent": percent})


def explain(tx: Writing, ticket_id: str, reason: str) -> None:
    """Writes the reason, if there is one, before what it is the reason of."""
    if reason.strip():
        tx.as_one()
        tx.create(NOTE, {"ticket_id": ticket_id, "text": reason.strip()})
