"""What is not settled on this device: changes that wait, or wait for an update of HQ, refused ones and why, conflicts.

Called by the sync centre. Each list holds the newest ROWS_MAX with the number of all. Settling and dismissing are
verbs of `store/actions/settle.py`; the state of the network is `sync/status.py`'s.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from mobility_app.domain.change import OPEN, PARKED, REJECTED, SENT, Row
from mobility_app.domain.fields import Plain
from mobility_app.store import outgoing, told
from mobility_app.store.queries import conflicts
from mobility_app.store.queries.conflicts import Conflict, Found
from mobility_app.store.queries.sheet import Mark
from mobility_app.store.records import Records, patch_plain
from mobility_app.store.store import Store

ROWS_MAX = 30


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is: the record, the customer that it hangs on ("" for none) and what both are called. `here`: the
    record is still on this device."""

    entity: str
    record_id: str
    customer_id: str
    customer_name: str
    currency: str
    title: str
    here: bool


@dataclass(frozen=True, slots=True)
class Pending:
    """One change of this device: its fields with the values that were wanted, in UTC milliseconds `at`."""

    dseq: int
    kind: str
    place: Place
    wanted: tuple[tuple[str, Plain], ...]
    at: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change that HQ refused: the reason of the whole, and those of its fields where they differ."""

    change: Pending
    reason: str
    reasons: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Clash:
    """An open conflict and the field that it is about."""

    place: Place
    field: str
    conflict: Conflict


@dataclass(frozen=True, slots=True)
class Outcome:
    """What HQ joined with somebody else's words or passed by, and its author has not read yet."""

    place: Place
    field: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Unsettled:
    """All of it. `names`: id -> name of what references point to. `parked`: what the office's version does not know yet."""

    waiting: tuple[Pending, ...]
    waiting_count: int
    refused: tuple[Refusal, ...]
    refused_count: int
    clashes: tuple[Clash, ...]
    clash_count: int
    told: tuple[Outcome, ...]
    names: Mapping[str, str]
    parked: tuple[Pending, ...] = ()
    parked_count: int = 0


_CHANGES = """SELECT c.dseq, c.kind, c.entity, c.record_id, c.root_id, c.patch, c.at, c.verdict, u.name, u.currency
 FROM change c LEFT JOIN customer u ON u.id = c.root_id WHERE c.state {} ORDER BY c.at DESC, c.dseq DESC LIMIT ?"""
_WAITS = f"IN ('{OPEN}', '{SENT}')"
_REFUSED = f"= '{REJECTED}' AND c.{outgoing.NOT_OPEN}"
_PARKED = f"= '{PARKED}' AND c.{outgoing.NOT_OPEN}"
_TITLES = ("name", "title", "first_name", "reference", "value", "line1", "code", "number")


def unsettled(store: Store) -> Unsettled:
    """What the sync centre lists."""
    with store.reading() as session:
        counts = session.one(
            f"SELECT {outgoing.WAITING}, {outgoing.REFUSED}, (SELECT COUNT(*) FROM conflict WHERE state = 'open'),"
            f" {outgoing.PARKED_COUNT}"
        )
        assert counts is not None
        waiting = [_pending(session, row) for row in session.rows(_CHANGES.format(_WAITS), ROWS_MAX)]
        refused = [_refusal(session, row) for row in session.rows(_CHANGES.format(_REFUSED), ROWS_MAX)]
        parked = [_pending(session, row) for row in session.rows(_CHANGES.format(_PARKED), ROWS_MAX)]
        clashes = _clashes(session)
        outcomes = _outcomes(session)
        names = dict(session.rows(
            'SELECT id, name FROM "user" UNION ALL SELECT id, name FROM territory UNION ALL SELECT id, name FROM company'
        ))  # fmt: skip
    return Unsettled(
        tuple(waiting), counts[0], tuple(refused), counts[1], tuple(clashes), counts[2], tuple(outcomes), names,
        tuple(parked), counts[3],
    )  # fmt: skip


def refusal(store: Store, dseq: int) -> Refusal | None:
    """One refused change, or None where it was dismissed meanwhile."""
    with store.reading() as session:
        row = session.one(
            _CHANGES.format(f"{_REFUSED} AND c.dseq = ?"),
            dseq, 1,
        )  # fmt: skip
        return _refusal(session, row) if row else None


def _pending(session: Records, row: tuple[object, ...]) -> Pending:
    dseq, kind, entity, record_id, root_id, patch, at, _, name, currency = row
    sides = patch_plain(str(entity), json.loads(str(patch)))
    place = _place(
        session, str(entity), str(record_id), str(root_id or ""), str(name or ""), str(currency or ""),
        {field: pair[1] if pair[1] is not None else pair[0] for field, pair in sides.items()},
    )  # fmt: skip
    wanted = tuple((field, after) for field, (before, after) in sides.items() if before != after)
    return Pending(int(str(dseq)), str(kind), place, wanted, int(str(at)))


def _refusal(session: Records, row: tuple[object, ...]) -> Refusal:
    said = json.loads(str(row[7])) if row[7] else {}
    reason = str(said.get("reason", ""))
    fields = {name: str(fate[1]) for name, fate in (said.get("fields") or {}).items() if fate[0] == REJECTED}
    return Refusal(_pending(session, row), reason, {name: why for name, why in fields.items() if why})


def _place(
    session: Records, entity: str, record_id: str, customer_id: str, name: str, currency: str, values: Row
) -> Place:
    record = session.get(entity, record_id)
    shown = record or values
    title = next((str(shown[field]) for field in _TITLES if isinstance(shown.get(field), str) and shown[field]), "")
    if entity == "contact":
        title = " ".join(str(shown[part]) for part in ("first_name", "last_name") if shown.get(part))
    return Place(entity, record_id, customer_id, name, currency, title, record is not None)


def _clashes(session: Records) -> list[Clash]:
    rows = session.find("conflict", order=f"loser_at DESC, id LIMIT {ROWS_MAX}", state="open")
    return [_clash(session, one) for one in conflicts.found(session, rows)]


def _outcomes(session: Records) -> list[Outcome]:
    found = []
    for one in told.unread(session)[-ROWS_MAX:]:
        about = session.one("SELECT name, currency FROM customer WHERE id=?", one.root_id) or ("", "")
        place = _place(session, one.entity, one.record_id, one.root_id, str(about[0] or ""), str(about[1] or ""), {})
        found.append(Outcome(place, one.field, Mark(one.how, "", one.wanted, one.dseq)))
    return found


def _clash(session: Records, one: Found) -> Clash:
    about = session.one("SELECT name, currency FROM customer WHERE id=?", one.customer_id) or ("", "")
    place = _place(session, one.entity, one.record_id, one.customer_id, str(about[0] or ""), str(about[1] or ""), {})
    return Clash(place, one.field, one.conflict)
