"""The customer sheet's header: who this is, how many records each tab holds, credit used, and what is not settled yet.

Read by `ui/sheet/frame.py` at every opening and after every change of the customer: seven statements, whatever the size
of the customer. `records` gives the plain records that an edit mode works on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from mobility_app.domain import registry
from mobility_app.domain.change import CREATE, LIVE, REJECTED, Row
from mobility_app.domain.fields import Plain
from mobility_app.domain.rules import irpf
from mobility_app.store import identity, told
from mobility_app.store.queries import conflicts
from mobility_app.store.queries.conflicts import Conflict
from mobility_app.store.records import Records, patch_plain
from mobility_app.store.store import Store

WAITING, REFUSED, CONFLICT = "waiting", "refused", "conflict"
_GRAVITY = (told.JOINED, told.PASSED_BY, told.SUSPECT, WAITING, REFUSED, CONFLICT)

Place = tuple[str, str, str]  # entity, record id, field; the field is empty for the record as a whole


@dataclass(frozen=True, slots=True)
class Mark:
    """What is not settled about a field. A refused one keeps the `reason`, the value that was `wanted` and the number
    of its change, and so does one that HQ joined with another or passed by (`store/told.py`); a conflict its two sides,
    unless another field of its group carries them."""

    state: str
    reason: str = ""
    wanted: Plain = None
    dseq: int = 0
    conflict: Conflict | None = None


@dataclass(frozen=True, slots=True)
class SheetHeader:
    """What stays in view on every tab. Amounts in minor units of the customer's currency; `credit_used_minor` is what
    open documents of that currency still ask for. `phone` is in E.164 where it was understood; empty where there is none."""

    id: str
    customer: Mapping[str, Plain]
    company_name: str
    company_country: str
    companies: int
    territory_name: str
    owner_name: str
    phone: str
    email: str
    address: Mapping[str, Plain] | None
    region: str
    counts: Mapping[str, int]
    credit_used_minor: int
    marks: Mapping[Place, Mark]
    waiting: int
    refused: int
    conflicts: int

    @property
    def name(self) -> str:
        """The account's name."""
        return str(self.customer["name"] or "")

    @property
    def number(self) -> str:
        """The customer number, provisional until HQ gave one."""
        return str(self.customer["number"] or self.customer["provisional_number"] or "")

    @property
    def provisional(self) -> bool:
        """Whether HQ has yet to give the number."""
        return self.customer["number"] in (None, self.customer["provisional_number"])

    @property
    def currency(self) -> str:
        """ISO 4217, for every amount of the sheet."""
        return str(self.customer["currency"] or "EUR")

    @property
    def active(self) -> bool:
        """Whether the customer is active."""
        return self.customer["status"] == "active"

    @property
    def irpf(self) -> bool:
        """Whether the selling company withholds IRPF."""
        return irpf.applies(self.company_country)

    def mark(self, entity: str, record_id: str, field: str = "") -> Mark | None:
        """What is not settled about a field, or None."""
        return self.marks.get((entity, record_id, field))

    def record_mark(self, entity: str, record_id: str) -> Mark | None:
        """The gravest mark of a record and its fields."""
        found = [mark for (e, r, _), mark in self.marks.items() if (e, r) == (entity, record_id)]
        return max(found, key=lambda mark: _GRAVITY.index(mark.state), default=None)


_WHO = """SELECT o.name, o.country, (SELECT COUNT(*) FROM company), t.name, u.name,
 (SELECT COALESCE(e164, value) FROM customer_phone WHERE customer_id = c.id ORDER BY is_main DESC, id LIMIT 1),
 (SELECT value FROM customer_email WHERE customer_id = c.id ORDER BY is_main DESC, id LIMIT 1),
 (SELECT id FROM address WHERE customer_id = c.id ORDER BY kind = 'delivery' DESC, id LIMIT 1)
 FROM customer c LEFT JOIN company o ON o.id = c.company_id LEFT JOIN territory t ON t.id = c.territory_id
 LEFT JOIN "user" u ON u.id = c.owner_id WHERE c.id = ?"""

_COUNTS = """SELECT (SELECT COUNT(*) FROM address WHERE customer_id = ?1),
 (SELECT COUNT(*) FROM contact WHERE customer_id = ?1),
 (SELECT COUNT(*) FROM activity WHERE customer_id = ?1),
 (SELECT COUNT(*) FROM ticket WHERE customer_id = ?1),
 (SELECT COUNT(*) FROM document WHERE customer_id = ?1),
 (SELECT COUNT(*) FROM product WHERE exclusive_customer_id = ?1),
 (SELECT COUNT(*) FROM file WHERE customer_id = ?1),
 (SELECT COALESCE(SUM((payable_minor - paid_minor) * CASE kind WHEN 'credit_note' THEN -1 ELSE 1 END), 0)
  FROM document WHERE customer_id = ?1 AND currency = ?2)"""

_TABS = ("addresses", "contacts", "activities", "support", "documents", "products", "files")


def led(store: Store, customer_id: str) -> str | None:
    """The customer that this one goes on as since HQ made both one, or None."""
    with store.reading() as session:
        return identity.led(session, customer_id)


def header(store: Store, customer_id: str) -> SheetHeader | None:
    """The header of a customer, or None where this device has no such customer."""
    with store.reading() as session:
        customer = session.get("customer", customer_id)
        who = session.one(_WHO, customer_id)
        if customer is None or who is None:
            return None
        counted = session.one(_COUNTS, customer_id, customer["currency"])
        assert counted is not None
        address = session.get("address", who[7]) if who[7] else None
        marks, waiting, refused = _changes(session, customer_id)
        clashes = _conflicts(session, customer_id)
    marks.update(clashes)
    clashing = sum(mark.conflict is not None for mark in clashes.values())
    country = str(who[1] or "")
    return SheetHeader(
        customer_id, customer, who[0] or "", country, who[2], who[3] or "", who[4] or "", who[5] or "", who[6] or "",
        address, str((address or {}).get("country") or country), dict(zip(_TABS, counted, strict=False)), counted[-1],
        marks, waiting, refused, clashing,
    )  # fmt: skip


def _changes(session: Records, customer_id: str) -> tuple[dict[Place, Mark], int, int]:
    """(marks, number of changes that wait, number that were refused) of the device's own changes."""
    states = ",".join(f"'{state}'" for state in (*LIVE, REJECTED))
    rows = session.rows(
        "SELECT dseq, entity, record_id, kind, patch, state, verdict FROM change"
        f" WHERE root_id=? AND state IN ({states}) ORDER BY ABS(dseq)",
        customer_id,
    )
    marks: dict[Place, Mark] = {
        (one.entity, one.record_id, one.field): Mark(one.how, "", one.wanted, one.dseq)
        for one in told.unread(session, customer_id)
    }
    for dseq, entity, record_id, kind, patch, state, verdict in rows:
        names = patch_plain(entity, json.loads(patch)) if kind != CREATE or state == REJECTED else {}
        said = json.loads(verdict) if state == REJECTED and verdict else {}
        if kind == CREATE:
            reason = str(said.get("reason", ""))
            marks[(entity, record_id, "")] = Mark(REFUSED, reason, None, dseq) if state == REJECTED else Mark(WAITING)
        for name, (_, wanted) in names.items():
            reason = str(said.get("fields", {}).get(name, ["", said.get("reason", "")])[1] or said.get("reason", ""))
            mark = Mark(REFUSED, reason, wanted, dseq) if state == REJECTED else Mark(WAITING)
            marks[(entity, record_id, name)] = mark
    refused = sum(row[5] == REJECTED for row in rows)
    return marks, len(rows) - refused, refused


def _conflicts(session: Records, customer_id: str) -> dict[Place, Mark]:
    """The first field of each clash carries it; the others of its group say only that they are in one."""
    marks: dict[Place, Mark] = {}
    for one in conflicts.found(session, session.find("conflict", order="id", customer_id=customer_id, state="open")):
        marks[one.entity, one.record_id, one.field] = Mark(CONFLICT, conflict=one.conflict)
        for other in one.conflict.further:
            marks[one.entity, one.record_id, other.field] = Mark(CONFLICT)
    return marks


def records(store: Store, customer_id: str, *entities: str) -> dict[str, list[Row]]:
    """All records of those kinds that hang on the customer, in the order in which they were made."""
    with store.reading() as session:
        return {entity: _hanging(session, entity, customer_id) for entity in entities}


def _hanging(session: Records, entity: str, customer_id: str) -> list[Row]:
    one = registry.entity(entity)
    if entity == "customer":
        found = session.get("customer", customer_id)
        return [found] if found else []
    parent = one.field(one.parent).refers
    if parent == "customer":
        return session.find(entity, **{one.parent: customer_id})
    above = registry.entity(parent)
    ids = session.rows(
        f'SELECT x.id FROM "{entity}" x JOIN "{parent}" p ON p.id = x.{one.parent}'
        f" WHERE p.{above.parent}=? ORDER BY x.id",
        customer_id,
    )
    return [row for (record_id,) in ids if (row := session.get(entity, record_id)) is not None]


def choices(store: Store, entity: str) -> dict[str, str]:
    """id -> name of all records of a kind that has a name (users, companies, territories, labels), by name."""
    with store.reading() as session:
        return {str(row["id"]): str(row["name"] or "") for row in session.find(entity, order="name, id")}
