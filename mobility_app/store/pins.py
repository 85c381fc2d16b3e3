"""Customers that the rep pinned: their files shall always lie on this device. A note of this device alone, never synced.

What fetches bytes asks `all_pinned`. A customer that leaves the device takes its pin along (`apply.py`).
"""

from __future__ import annotations

from mobility_app.errors import InvalidValue
from mobility_app.store.database import Session

PINS_MOST = 500


def pin(session: Session, customer_id: str, now: int) -> None:
    """Pins the customer. Raises InvalidValue too_many: each pin is a promise of room on the disk."""
    if int(session.value("SELECT count(*) FROM pin")) >= PINS_MOST:
        raise InvalidValue("file", "customer_id", "too_many", most=PINS_MOST)
    session.run(
        "INSERT INTO pin (customer_id, since) VALUES (?, ?) ON CONFLICT (customer_id) DO NOTHING", customer_id, now
    )


def unpin(session: Session, customer_id: str) -> None:
    """Takes the pin away. Files that are here stay."""
    session.run("DELETE FROM pin WHERE customer_id=?", customer_id)


def pinned(session: Session, customer_id: str) -> bool:
    """Whether the customer is pinned."""
    return session.one("SELECT 1 FROM pin WHERE customer_id=?", customer_id) is not None


def all_pinned(session: Session) -> list[str]:
    """Ids of the pinned customers, first pinned first."""
    return [row[0] for row in session.rows("SELECT customer_id FROM pin ORDER BY since, customer_id")]
