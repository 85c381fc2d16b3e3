"""What a rep has to do today: open activities that are theirs, overdue ones apart from those of the next days."""

from __future__ import annotations

from dataclasses import dataclass

from mobility_app.store import identity
from mobility_app.store.store import Store

DAY_MS = 24 * 3600 * 1000
DAYS_AHEAD = 7
ROWS_MAX = 15


@dataclass(frozen=True, slots=True)
class Due:
    """One activity. `at` in UTC milliseconds: an appointment's start, else when it is due."""

    id: str
    customer_id: str
    customer_name: str
    kind: str
    title: str
    at: int


@dataclass(frozen=True, slots=True)
class Today:
    """Overdue ones oldest first, coming ones soonest first; at most ROWS_MAX of each."""

    overdue: tuple[Due, ...]
    coming: tuple[Due, ...]


_SQL = """SELECT a.id, a.customer_id, c.name, a.kind, a.title, COALESCE(a.starts_at, a.due_at) AS at
 FROM activity a JOIN customer c ON c.id = a.customer_id
 WHERE a.status = 'open' AND a.assignee_id = ? AND at >= ? AND at < ? ORDER BY at, a.id LIMIT ?"""


def today(store: Store, now: int) -> Today:
    """The activities of the enrolled user around `now` (UTC milliseconds)."""
    with store.reading() as session:
        known = identity.read(session)
        me = known.user_id if known else ""
        overdue = session.rows(_SQL, me, 0, now, ROWS_MAX)
        coming = session.rows(_SQL, me, now, now + DAYS_AHEAD * DAY_MS, ROWS_MAX)
    return Today(tuple(Due(*row) for row in overdue), tuple(Due(*row) for row in coming))
