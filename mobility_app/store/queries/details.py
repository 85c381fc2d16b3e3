"""What the tab "Details" shows: the customer with e-mails and telephones, what is next, and the last 12 months.

The revenue is that of the tab "Revenue", from the same sums, so the two never differ. Marks and credit are the header's
(`queries/sheet.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from mobility_app.domain.change import Row
from mobility_app.store.queries import revenue
from mobility_app.store.queries.revenue import Asked
from mobility_app.store.records import Records
from mobility_app.store.store import Store

SOON_MAX = 3


@dataclass(frozen=True, slots=True)
class Coming:
    """A planned activity. `at` is its start, else when it is due, in UTC milliseconds."""

    id: str
    kind: str
    title: str
    at: int
    place: str


@dataclass(frozen=True, slots=True)
class Year:
    """The last 12 months, in minor units of `currency`: the sum, by how many whole percents it is more than the year
    before (None where that was nothing), and the sum of each month ("YYYY-MM"), oldest first."""

    currency: str
    total_minor: int
    change_percent: int | None
    months: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Details:
    """All of it. `customer` is empty where this device does not hold it; main e-mails and telephones come first.
    `region`: the country of the customer's address. `year` is None for a customer without billing documents."""

    customer: Row
    emails: tuple[Row, ...]
    phones: tuple[Row, ...]
    region: str | None
    coming: tuple[Coming, ...]
    year: Year | None


_COMING = """SELECT id, kind, title, COALESCE(starts_at, due_at) AS moment, COALESCE(place, '') FROM activity
 WHERE customer_id=? AND status NOT IN ('closed', 'cancelled') AND moment > ? ORDER BY moment, id LIMIT ?"""


def details(store: Store, customer_id: str, now: Callable[[], int], today: Callable[[], date]) -> Details:
    """The details of a customer, at this moment and on this day of the reader's."""
    with store.reading() as session:
        customer = session.get("customer", customer_id) or {}
        emails = session.find("customer_email", order="is_main DESC, id", customer_id=customer_id)
        phones = session.find("customer_phone", order="is_main DESC, id", customer_id=customer_id)
        region = region_of(session, customer_id)
        coming = [Coming(*row) for row in session.rows(_COMING, customer_id, now(), SOON_MAX)]
        billed = session.value("SELECT 1 FROM document WHERE customer_id=? LIMIT 1", customer_id)
    year = _year(store, customer_id, today()) if billed else None
    return Details(customer, tuple(emails), tuple(phones), region, tuple(coming), year)


def region_of(session: Records, customer_id: str) -> str | None:
    """The country of the customer's address, from which its telephones are read; never a guess."""
    found: str | None = session.value(
        "SELECT country FROM address WHERE customer_id=? AND country IS NOT NULL ORDER BY kind, id LIMIT 1", customer_id
    )
    return found


def _year(store: Store, customer_id: str, today: date) -> Year:
    view = revenue.revenue(store, customer_id, Asked(), today)
    return Year(view.currency, view.now.total_minor, view.change_percent, tuple(view.now.by_month))
