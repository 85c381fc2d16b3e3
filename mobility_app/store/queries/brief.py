"""What matters before the door opens: everything of one customer that the visit brief prints on a page.

Called by `ui/brief.py`. Every list is bounded by what fits a page, and counted; a fixed number of statements, whatever
the size of the customer. Roles that see no billing get none. What a customer stopped buying is
`domain/rules/lapsed.py`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from mobility_app.domain import access
from mobility_app.domain.change import LOST, REJECTED
from mobility_app.domain.rules import documents as rules
from mobility_app.domain.rules.lapsed import Lapsed, Sale, first_day, lapsed
from mobility_app.store import identity
from mobility_app.store.queries import news, sheet
from mobility_app.store.queries.history import NEWS, Line, lines_of
from mobility_app.store.queries.sheet import SheetHeader
from mobility_app.store.records import Records
from mobility_app.store.store import Store

PEOPLE_MAX, VISITS_MAX, DUE_MAX, REQUESTS_MAX, OPEN_MAX, LAPSED_MAX, CHANGES_MAX = 3, 4, 5, 4, 5, 5, 6
LOOK_MAX = 200  # of the newest changes, from which those of others are told
UNPAID_MAX = 1_000  # documents of one customer that are looked at


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to ask for. `phone` in E.164 where it was understood; empty where there is none."""

    id: str
    first_name: str
    last_name: str
    job_title: str
    phone: str


@dataclass(frozen=True, slots=True)
class Deed:
    """An activity: what was done, is due or is to come. `at` in UTC milliseconds, None for one without a day; `said` is
    its outcome, else its notes."""

    id: str
    kind: str
    title: str
    at: int | None
    ends_at: int | None
    place: str
    who: str
    said: str


@dataclass(frozen=True, slots=True)
class Request:
    """One open request, with the last note of its exchange."""

    id: str
    reference: str
    description: str
    progress: int
    priority: str
    last_note: str


@dataclass(frozen=True, slots=True)
class Unpaid:
    """One document that is not settled; `owed_minor` is negative where we owe it."""

    number: str
    kind: str
    due_on: str | None
    currency: str
    owed_minor: int
    state: str


@dataclass(frozen=True, slots=True)
class Billing:
    """Unpaid documents, those due first at first; what all of them come to by currency, and of that what is overdue;
    what is not bought any more. Amounts in minor units."""

    unpaid: tuple[Unpaid, ...]
    count: int
    owed: tuple[tuple[str, int], ...]
    overdue: tuple[tuple[str, int], ...]
    stopped: tuple[Lapsed, ...]


@dataclass(frozen=True, slots=True)
class Brief:
    """All of it. `since`: the end of the reader's last visit, else when they last changed something here, None where
    neither ever was; `changes` are fields that others changed after that, newest first."""

    header: SheetHeader
    people: tuple[Person, ...]
    visits: tuple[Deed, ...]
    next: Deed | None
    due: tuple[Deed, ...]
    due_count: int
    requests: tuple[Request, ...]
    request_count: int
    billing: Billing | None
    since: int | None
    changes: tuple[Line, ...]
    change_count: int
    names: dict[str, str]


_PEOPLE = """SELECT c.id, COALESCE(c.first_name, ''), COALESCE(c.last_name, ''), COALESCE(c.job_title, ''),
 COALESCE((SELECT COALESCE(e164, value) FROM contact_phone p WHERE p.contact_id = c.id ORDER BY is_main DESC, id LIMIT 1), '')
 FROM contact c WHERE c.customer_id = ?1 ORDER BY (SELECT COUNT(*) FROM activity a JOIN activity_participant p
  ON p.activity_id = a.id WHERE a.customer_id = ?1 AND p.contact_id = c.id) DESC, c.id LIMIT ?2"""
_MOMENT = "COALESCE(a.starts_at, a.due_at)"
_DEED = f"""SELECT a.id, a.kind, a.title, {_MOMENT} AS at, a.ends_at, COALESCE(a.place, ''),
 COALESCE((SELECT name FROM "user" u WHERE u.id = a.assignee_id), ''), COALESCE(a.outcome, a.notes, '')
 FROM activity a WHERE a.customer_id = ? AND """
_VISITS = f"{_DEED} a.status = 'closed' AND a.kind != 'task' AND at <= ? ORDER BY at DESC, a.id LIMIT ?"
_NEXT = (
    f"{_DEED} a.status = 'open' AND a.kind = 'appointment' AND COALESCE(a.ends_at, at) >= ? ORDER BY at, a.id LIMIT ?"
)
_IS_DUE = f"a.status = 'open' AND NOT (a.kind = 'appointment' AND COALESCE(a.ends_at, {_MOMENT}, 0) >= ?)"
_DUE = f"{_DEED} {_IS_DUE} ORDER BY at IS NULL, at, a.id LIMIT ?"
_DUE_COUNT = f"SELECT COUNT(*) FROM activity a WHERE a.customer_id = ? AND {_IS_DUE}"
_REQUESTS = """SELECT t.id, t.reference, COALESCE(t.description, ''), COALESCE(t.progress_percent, 0), t.priority,
 COALESCE((SELECT text FROM ticket_entry e WHERE e.ticket_id = t.id ORDER BY written_at DESC, id DESC LIMIT 1), '')
 FROM ticket t WHERE t.customer_id = ? AND t.status = 'open'
 ORDER BY CASE t.priority WHEN 'high' THEN 0 WHEN 'normal' THEN 1 ELSE 2 END, t.id LIMIT ?"""
_UNPAID = """SELECT number, kind, due_on, currency, payable_minor, paid_minor FROM document
 WHERE customer_id = ? AND paid_minor != payable_minor ORDER BY due_on IS NULL, due_on, number LIMIT ?"""
_SALES = """SELECT COALESCE(p.name, ''), TRIM(COALESCE(l.category, '')), d.issued_on, d.kind, SUM(l.net_minor)
 FROM document d JOIN document_line l ON l.document_id = d.id LEFT JOIN product p ON p.id = l.product_id
 WHERE d.customer_id = ? AND d.currency = ? AND d.issued_on BETWEEN ? AND ? GROUP BY 1, 2, 3, 4"""
_SINCE = """SELECT COALESCE(
 (SELECT MAX(COALESCE(ends_at, starts_at, due_at)) FROM activity WHERE customer_id = ?1 AND assignee_id = ?2
  AND status = 'closed' AND kind != 'task' AND COALESCE(ends_at, starts_at, due_at) <= ?3),
 NULLIF(MAX(COALESCE((SELECT MAX(at) FROM entry WHERE root_id = ?1 AND user_id = ?2), 0),
  COALESCE((SELECT MAX(at) FROM change WHERE root_id = ?1 AND user_id = ?2), 0)), 0))"""
_CHANGES = f"""SELECT at, kind, entity, record_id, patch, user_id, device_id, 'confirmed', stream || ':' || seq FROM entry
 WHERE root_id = ? AND at > ? AND (user_id IS NULL OR user_id != ?) AND kind != '{LOST}' AND patch != '{{}}' AND {NEWS}
 ORDER BY at DESC, seq DESC LIMIT ?"""


def brief(store: Store, customer_id: str, now: int, today: date) -> Brief | None:
    """The brief of a customer at `now` (UTC milliseconds) on the reader's `today`, or None where this device does not
    hold it."""
    header = sheet.header(store, customer_id)
    if header is None:
        return None
    with store.reading() as session:
        known = identity.read(session)
        role, me = (identity.actor(session).role, known.user_id) if known else ("", "")
        names = dict(session.rows('SELECT id, name FROM "user" UNION ALL SELECT id, name FROM territory'))
        people = [Person(*row) for row in session.rows(_PEOPLE, customer_id, PEOPLE_MAX)]
        visits = [Deed(*row) for row in session.rows(_VISITS, customer_id, now, VISITS_MAX)]
        coming = session.one(_NEXT, customer_id, now, 1)
        due = [Deed(*row) for row in session.rows(_DUE, customer_id, now, DUE_MAX)]
        due_count = int(session.value(_DUE_COUNT, customer_id, now))
        requests = [Request(*row) for row in session.rows(_REQUESTS, customer_id, REQUESTS_MAX)]
        request_count = int(session.value(
            "SELECT COUNT(*) FROM ticket WHERE customer_id=? AND status='open'", customer_id
        ))  # fmt: skip
        seen = bool(role) and access.may(role, "billing", "read")
        billing = _billing(session, header, today) if seen else None
        since: int | None = session.value(_SINCE, customer_id, me, now)
        changes = _changes(session, customer_id, since, me, names) if since is not None else []
    return Brief(
        header, tuple(people), tuple(visits), Deed(*coming) if coming else None, tuple(due), due_count, tuple(requests),
        request_count, billing, since, tuple(changes[:CHANGES_MAX]), len(changes), names,
    )  # fmt: skip


def _billing(session: Records, header: SheetHeader, today: date) -> Billing:
    unpaid = []
    for number, kind, due_on, currency, payable, paid in session.rows(_UNPAID, header.id, UNPAID_MAX):
        state = rules.payment_state(payable, paid, due_on, today.isoformat())
        if state != rules.PAID:
            unpaid.append(Unpaid(number, kind, due_on, currency, rules.open_minor(kind, payable, paid), state))
    rows = session.rows(_SALES, header.id, header.currency, first_day(today).isoformat(), today.isoformat())
    late = [one for one in unpaid if one.state == rules.OVERDUE]
    return Billing(tuple(unpaid[:OPEN_MAX]), len(unpaid), _sums(unpaid), _sums(late), tuple(_stopped(rows, today)))


def _sums(found: Iterable[Unpaid]) -> tuple[tuple[str, int], ...]:
    sums: dict[str, int] = {}
    for one in found:
        sums[one.currency] = sums.get(one.currency, 0) + one.owed_minor
    return tuple(sorted(sums.items()))


def _stopped(rows: Iterable[tuple[str, str, str, str, int]], today: date) -> list[Lapsed]:
    """Categories that are not bought any more, then products, but those of such a category alone."""
    sales = [(product, category, Sale("", date.fromisoformat(day), rules.sign(kind) * net))
             for product, category, day, kind, net in rows]  # fmt: skip
    gone = lapsed([Sale(category, one.day, one.net_minor) for _, category, one in sales if category], today)
    names = {one.thing for one in gone}
    rest = [
        Sale(product, one.day, one.net_minor) for product, category, one in sales if product and category not in names
    ]
    return [*gone, *lapsed(rest, today)][:LAPSED_MAX]


def _changes(session: Records, customer_id: str, since: int, me: str, names: dict[str, str]) -> list[Line]:
    """The changed fields; of a record that was made or deleted, one line."""
    found: list[Line] = []
    for row in session.rows(_CHANGES, customer_id, since, me, LOOK_MAX):
        if row[2] not in news.QUIET:
            lines = [line for line in lines_of(names, row) if line.state != REJECTED]
            found += lines if row[1] == "update" else _named(lines)
    return found


def _named(lines: list[Line]) -> list[Line]:
    """The line that names the record."""
    for name in ("name", "title", "reference", "number", "first_name", "value", "line1", ""):
        for line in lines:
            if line.field == name:
                return [line]
    return lines[:1]
