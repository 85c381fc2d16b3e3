"""The last composed messages of a customer, and how each stands: waiting, sent, not delivered and to whom.

Called by the sheet's contacts tab (`ui/sheet/mailings.py`). Composing is elsewhere; sending is HQ's.
"""

from __future__ import annotations

from dataclasses import dataclass

from mobility_app.domain.change import Row
from mobility_app.store.queries.contacts import name_of
from mobility_app.store.records import Records
from mobility_app.store.store import Store

NEWEST = 5
NAMES_MAX = 20  # contacts named of those who were not reached


@dataclass(frozen=True, slots=True)
class Composed:
    """One message. `at`: when it was written, UTC milliseconds. `state`: waiting, sent, failed; `reason`: why it failed.
    `missed`: names of contacts that it did not reach, `missed_more` how many beyond those."""

    id: str
    subject: str
    body: str
    sender: str
    at: int
    recipients: int
    state: str
    reason: str
    missed: tuple[str, ...]
    missed_more: int


def newest(store: Store, customer_id: str) -> tuple[Composed, ...]:
    """The newest messages, newest first. Ids begin with the moment in which they were made, so they tell the order."""
    with store.reading() as session:
        rows = session.rows("SELECT id FROM message WHERE customer_id=? ORDER BY id DESC LIMIT ?", customer_id, NEWEST)
        return tuple(_composed(session, row) for (one,) in rows if (row := session.get("message", one)) is not None)


def _composed(session: Records, row: Row) -> Composed:
    message_id, ids, missed = str(row["id"]), row["contact_ids"], row["undelivered_ids"]
    sender = session.value('SELECT name FROM "user" WHERE id=?', row["sender_id"])
    gone = missed if isinstance(missed, list) else []
    names = [name_of(found) for one in gone[:NAMES_MAX] if (found := session.get("contact", one)) is not None]
    named = tuple(name for name in names if name)
    return Composed(
        message_id, str(row["subject"]), str(row["body"]), str(sender or ""), int(message_id[:12], 16),
        len(ids) if isinstance(ids, list) else 0, str(row["state"] or "waiting"), str(row["reason"] or ""), named,
        len(gone) - len(named),
    )  # fmt: skip
