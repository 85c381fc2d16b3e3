"""A page of a customer's history for people: whole changes with their fields, and what they are called.

`history.py` gives the same lines as plain data. Filters are by person, kind of change, kind of record and period.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mobility_app.domain import registry
from mobility_app.domain.change import DELETE, REJECTED, Row
from mobility_app.domain.fields import Entity, Kind, Plain
from mobility_app.store import identity
from mobility_app.store.queries.history import ACTS, Line, lines_of
from mobility_app.store.records import Records
from mobility_app.store.store import Store

PAGE_CHANGES = 50
DAY_MS = 86_400_000
HQ = "hq"  # as a user
HQ_NAME = "HQ"  # what a change of HQ's own has as its user; the screen says "the office"
TITLES = ("name", "title", "value", "reference", "subject", "line1", "number", "text")
TITLE_LETTERS = 60
WHOLE, COMING, AT_HQ = "whole", "coming", "at_hq"  # what lies before the entries of a device that began with a snapshot


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see: a user's id ("hq" for HQ), a kind of change, an entity, the last so many days; empty
    or 0 is all."""

    user: str = ""
    kind: str = ""
    entity: str = ""
    days: int = 0
    first: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """One change with its fields. `title` names the record as it is now, or as it was; `standing` is the record as it
    is now, None where it is gone. `state`: confirmed, waiting, rejected. `here`: made on this device."""

    key: str
    kind: str
    entity: str
    record_id: str
    title: str
    user: str
    device: str
    here: bool
    at: int
    state: str
    lines: tuple[Line, ...]
    standing: Row | None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Changes, newest first; who and what there is to filter by; `names` of all that their fields refer to;
    `earlier`: nothing lies before the first of them, or that is on its way, or lies at HQ until somebody asks."""

    changes: tuple[Shown, ...]
    total: int
    users: dict[str, str]
    kinds: tuple[str, ...]
    entities: tuple[str, ...]
    names: dict[str, str]
    earlier: str = WHOLE


_UNION = (
    "SELECT at, kind, entity, record_id, patch, user_id, device_id, 'confirmed' AS state, stream || ':' || seq AS k,"
    f" seq AS n FROM entry WHERE root_id=? AND patch != '{{}}' AND {ACTS}"
    " UNION ALL SELECT at, kind, entity, record_id, patch, user_id, ?, state, 'own:' || dseq, 9000000000000 + abs(dseq)"
    " FROM change WHERE root_id=? AND state != 'dismissed'"
)


def page(store: Store, customer_id: str, asked: Asked, now: int) -> HistoryPage:
    """A page of a customer's history. `now` in UTC milliseconds: periods end there."""
    condition, params = _condition(asked, now)
    with store.reading() as session:
        enrolled = identity.read(session)
        device = enrolled.device_id if enrolled else ""
        base = (customer_id, device, customer_id)
        people = dict(session.rows('SELECT id, name FROM "user"'))
        rows = session.rows(
            "SELECT at, kind, entity, record_id, patch, user_id, device_id, state, k"
            f" FROM ({_UNION}) WHERE {condition} ORDER BY at DESC, n DESC LIMIT ? OFFSET ?",
            *base, *params, PAGE_CHANGES, asked.first,
        )  # fmt: skip
        total = session.value(f"SELECT COUNT(*) FROM ({_UNION}) WHERE {condition}", *base, *params)
        seen = session.rows(f"SELECT DISTINCT user_id, kind, entity FROM ({_UNION})", *base)
        drafts = [(row, tuple(lines_of(people, row, whole=True))) for row in rows]
        known = _read(session, ((str(row[2]), str(row[3])) for row, _ in drafts))
        standing = [(registry.entity(str(row[2])), known.get(str(row[3])) or {}) for row, _ in drafts]
        earlier = session.one("SELECT wanted, floor_chain FROM anchor WHERE root_id=?", customer_id)
        known |= _read(session, [*_referred(line for _, lines in drafts for line in lines), *_links(standing)])
    changes = tuple(_shown(known, people, device, row, lines) for row, lines in drafts)
    names = _names(known, changes)
    users = {str(row[0]): people.get(str(row[0]), str(row[0])) for row in seen if row[0]}
    users = dict(sorted(users.items(), key=lambda pair: pair[1]))
    if any(row[0] is None for row in seen):
        users[HQ] = HQ_NAME
    kinds = tuple(sorted({str(row[1]) for row in seen}))
    entities = tuple(sorted({str(row[2]) for row in seen}))
    return HistoryPage(changes, int(total), users, kinds, entities, names, _earlier(earlier))


def _earlier(anchor: tuple[int, str] | None) -> str:
    if anchor is None or not anchor[1]:
        return WHOLE
    return COMING if anchor[0] else AT_HQ


def _condition(asked: Asked, now: int) -> tuple[str, list[object]]:
    where, params = ["1=1"], list[object]()
    if asked.user == HQ:
        where.append("user_id IS NULL")
    elif asked.user:
        where.append("user_id=?")
        params.append(asked.user)
    for name, value in (("kind", asked.kind), ("entity", asked.entity)):
        if value:
            where.append(f"{name}=?")
            params.append(value)
    if asked.days:
        where.append("at>=?")
        params.append(now - asked.days * DAY_MS)
    return " AND ".join(where), params


def _read(session: Records, places: Iterable[tuple[str, str]]) -> dict[str, Row]:
    """The records of those (entity, id) that still stand here, by id: one statement for each kind of record."""
    wanted: dict[str, dict[str, None]] = {}
    for entity, record_id in places:
        wanted.setdefault(entity, {})[record_id] = None
    return {str(row["id"]): row for entity, ids in wanted.items() for row in session.find_among(entity, "id", ids)}


def _referred(lines: Iterable[Line]) -> Iterator[tuple[str, str]]:
    """(entity, id) of every record that a field refers to, before or after."""
    for line in lines:
        refers = registry.entity(line.entity).field(line.field).refers if line.field else ""
        for side in (line.before, line.after) if refers else ():
            yield from ((refers, str(one)) for one in (side if isinstance(side, list) else [side]) if one)


def _links(rows: Iterable[tuple[Entity, Row]]) -> Iterator[tuple[str, str]]:
    """(entity, id) of what records link to beside their parent."""
    for one, row in rows:
        for field in one.fields:
            if field.kind is Kind.REF and field.name != one.parent and field.refers and row.get(field.name):
                yield field.refers, str(row[field.name])


def _shown(
    known: Mapping[str, Row], people: dict[str, str], device: str, row: tuple[object, ...], lines: tuple[Line, ...]
) -> Shown:
    at, kind, entity, record_id = int(str(row[0])), str(row[1]), str(row[2]), str(row[3])
    standing = known.get(record_id)
    was: Row = {line.field: line.before if kind == DELETE else line.after for line in lines if line.field}
    who = people.get(str(row[5]), str(row[5])) if row[5] else HQ_NAME
    state = {"confirmed": "confirmed", REJECTED: "rejected"}.get(str(row[7]), "waiting")
    made_on = str(row[6] or "")
    return Shown(
        str(row[8]), kind, entity, record_id, _title(known, entity, standing or was), who, made_on,
        bool(made_on) and made_on == device, at, state, lines, standing,
    )  # fmt: skip


def _title(known: Mapping[str, Row], entity: str, row: Mapping[str, Plain], depth: int = 1) -> str:
    """What the record is called; a link record, by what it links to."""
    if row.get("first_name") or row.get("last_name"):
        return " ".join(str(row[part]) for part in ("first_name", "last_name") if row.get(part))
    text = next((str(row[name]) for name in TITLES if row.get(name)), "")
    if not text and depth and entity != "conflict":  # whose people are not what it is about
        linked = _links([(registry.entity(entity), dict(row))])
        found = [_title(known, refers, known.get(other) or {}, depth - 1) for refers, other in linked]
        text = next(filter(None, found), "")
    first = text.split("\n")[0]
    return first if len(first) <= TITLE_LETTERS else first[: TITLE_LETTERS - 1] + "…"


def _names(known: Mapping[str, Row], changes: Iterable[Shown]) -> dict[str, str]:
    """id -> name of every record that a shown field refers to, as far as it still stands here."""
    places = _referred(line for change in changes for line in change.lines)
    return {one: _title(known, entity, known[one]) for entity, one in places if one in known}
