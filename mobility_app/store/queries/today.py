"""What a rep's day asks for: their activities that are due and to come, invoices of their customers that are overdue,
and requests that wait.

Called by Today. Every list is bounded and counted up to COUNT_MAX; the indexes of migration 0004 keep it quick however
many customers a device holds: a fixed number of statements, whatever there is. A rep's own customers are those that they own;
everybody else's are all on the device. What the office changed is `queries/news.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mobility_app.domain import access
from mobility_app.store import identity
from mobility_app.store.records import Records
from mobility_app.store.store import Store

DAY_MS = 24 * 3600 * 1000
DAYS_AHEAD = 7
LONGEST_MS = 14 * DAY_MS  # an appointment under way began no longer ago
LATE_MAX, SOON_MAX = 6, 9  # rows; a view holds 400 elements
SIDE_MAX = 4  # rows of invoices and of requests
PRIORITIES = ("high", "normal", "low")
COUNT_MAX = 1_000  # more are not counted: nobody reads the number


@dataclass(frozen=True, slots=True)
class Due:
    """One open activity of the reader's. `at` in UTC milliseconds: an appointment's start, else when it is due.
    `phone`: the customer's main one, in E.164 where it was understood, empty where there is none."""

    id: str
    customer_id: str
    customer_name: str
    kind: str
    title: str
    at: int
    ends_at: int | None
    place: str
    phone: str


@dataclass(frozen=True, slots=True)
class Overdue:
    """One invoice past its day; `owed_minor` is what is still open."""

    id: str
    customer_id: str
    customer_name: str
    number: str
    due_on: str
    currency: str
    owed_minor: int


@dataclass(frozen=True, slots=True)
class Owed:
    """What is overdue in one currency."""

    currency: str
    count: int
    owed_minor: int


@dataclass(frozen=True, slots=True)
class Request:
    """One open request; `opened_at` in UTC milliseconds, None where its making is not known."""

    id: str
    customer_id: str
    customer_name: str
    reference: str
    description: str
    progress: int
    priority: str
    opened_at: int | None


@dataclass(frozen=True, slots=True)
class Today:
    """`overdue` oldest first, `coming` soonest first, an appointment under way included; `invoices` oldest first, None
    for roles that see no billing; `requests` by priority, then oldest first. Counts are of all, up to COUNT_MAX + 1."""

    overdue: tuple[Due, ...]
    overdue_count: int
    coming: tuple[Due, ...]
    coming_count: int
    invoices: tuple[Overdue, ...] | None
    owed: tuple[Owed, ...]
    requests: tuple[Request, ...]
    request_count: int


_MOMENT = "COALESCE(starts_at, due_at)"
_DUE = f"""SELECT a.id, a.customer_id, c.name, a.kind, a.title, {_MOMENT}, a.ends_at, COALESCE(a.place, ''),
 COALESCE((SELECT COALESCE(e164, value) FROM customer_phone p WHERE p.customer_id = c.id
  ORDER BY is_main DESC, id LIMIT 1), '')
 FROM activity a JOIN customer c ON c.id = a.customer_id WHERE {{}} ORDER BY {_MOMENT}, a.id LIMIT ?"""
_MINE = f"a.status = 'open' AND a.assignee_id = ? AND {_MOMENT} >= ? AND {_MOMENT} < ?"
# The same decision as `rules.activities.overdue`: by its end where it has one.
_LATE = f"{_MINE} AND COALESCE(ends_at, {_MOMENT}) < ?"
_SOON = f"{_MINE} AND COALESCE(ends_at, {_MOMENT}) >= ?"
_COUNT = f"SELECT COUNT(*) FROM (SELECT 1 FROM activity a WHERE {{}} LIMIT {COUNT_MAX + 1})"

_OWED = "kind = 'invoice' AND paid_minor < payable_minor AND payable_minor > 0 AND due_on < ?"
# INDEXED BY: the planner would rather go through all documents of a rep's thousands of customers one by one.
_INVOICES = f"""SELECT d.id, d.customer_id, (SELECT name FROM customer c WHERE c.id = d.customer_id), d.number, d.due_on,
 d.currency, d.payable_minor - d.paid_minor FROM document d INDEXED BY document_owed WHERE {_OWED} AND {{}}
 ORDER BY d.due_on, d.customer_id LIMIT ?"""
_SUMS = f"""SELECT currency, COUNT(*), SUM(payable_minor - paid_minor) FROM document INDEXED BY document_owed
 WHERE {_OWED} AND {{}} GROUP BY currency ORDER BY currency"""

_REQUEST = """SELECT t.id, t.customer_id, (SELECT name FROM customer c WHERE c.id = t.customer_id), t.reference,
 COALESCE(t.description, ''), COALESCE(t.progress_percent, 0), t.priority FROM ticket t INDEXED BY ticket_open
 WHERE t.status = 'open' AND t.priority = ? AND {} ORDER BY t.id LIMIT ?"""
_REQUEST_COUNT = f"""SELECT COUNT(*) FROM (SELECT 1 FROM ticket INDEXED BY ticket_open WHERE status = 'open' AND {{}}
 LIMIT {COUNT_MAX + 1})"""
_MADE = """WITH t AS (SELECT id, customer_id FROM ticket WHERE id IN ({marks}))
 SELECT record_id, MIN(at) FROM (SELECT record_id, at FROM entry WHERE entity = 'ticket' AND kind = 'create'
 AND record_id IN (SELECT id FROM t) UNION ALL SELECT m.record_id, m.at FROM t JOIN made m ON m.root_id = t.customer_id
 AND m.record_id = t.id UNION ALL SELECT record_id, at FROM change WHERE entity = 'ticket' AND kind = 'create')
 GROUP BY record_id"""


def today(store: Store, now: int, day: str) -> Today:
    """The day of the enrolled user around `now` (UTC milliseconds); `day` is the reader's own, as an ISO day."""
    with store.reading() as session:
        known = identity.read(session)
        role = identity.actor(session).role if known else ""
        me = known.user_id if known else ""
        late = (me, 0, now, now)
        soon = (me, now - LONGEST_MS, now + DAYS_AHEAD * DAY_MS, now)
        overdue = [Due(*row) for row in session.rows(_DUE.format(_LATE), *late, LATE_MAX)]
        coming = [Due(*row) for row in session.rows(_DUE.format(_SOON), *soon, SOON_MAX)]
        late_count = session.value(_COUNT.format(_LATE), *late)
        soon_count = session.value(_COUNT.format(_SOON), *soon)
        whose, who = _whose(role, me)
        invoices, owed = None, tuple[Owed, ...]()
        if role and access.may(role, "billing", "read"):
            invoices = tuple(Overdue(*row) for row in session.rows(_INVOICES.format(whose), day, *who, SIDE_MAX))
            owed = tuple(Owed(*row) for row in session.rows(_SUMS.format(whose), day, *who))
        requests = _requests(session, whose, who)
        request_count = session.value(_REQUEST_COUNT.format(whose), *who)
    return Today(
        tuple(overdue), int(late_count), tuple(coming), int(soon_count), invoices, owed, requests, int(request_count)
    )


def _whose(role: str, me: str) -> tuple[str, tuple[str, ...]]:
    """(condition, its parameters) for records of the reader's own customers."""
    if role == "rep":
        return "customer_id IN (SELECT id FROM customer WHERE owner_id = ?)", (me,)
    return "1 = 1", ()


def _requests(session: Records, whose: str, who: tuple[str, ...]) -> tuple[Request, ...]:
    rows: list[tuple[Any, ...]] = []
    for priority in PRIORITIES:
        rows += session.rows(_REQUEST.format(whose), priority, *who, SIDE_MAX - len(rows))
    made = dict(session.among(_MADE, [row[0] for row in rows]))
    return tuple(Request(*(*row, made.get(row[0]))) for row in rows)
