"""Two customers that are one: all that hangs on the first goes over to the second, and the first leads there from then on.

Called by `mobility hq merge` inside a ledger transaction. A record belongs to one customer for its whole life, so what
goes over is written anew under the second customer, and each old record keeps a redirect to its new one: changes that
devices still make of the old ones are judged on the new ones. What the second customer says of itself stands; only what
it leaves empty is taken from the first. Conflicts of the first customer end with it.
"""

from __future__ import annotations

from mobility_app.domain import registry
from mobility_app.domain.change import CREATE, Row
from mobility_app.domain.fields import Entity, Merge, Plain
from mobility_app.errors import InvalidValue, NotFound
from mobility_app.hq.ledger import Transaction

OWN = frozenset({"number", "provisional_number", "name", "company_id", "territory_id", "owner_id", "shared", "status"})


def merge_customers(tx: Transaction, gone_id: str, kept_id: str) -> int:
    """Makes both one and returns how many records went over.

    Raises NotFound, InvalidValue: `itself`, `other_company` (bills never change the company that wrote them).
    """
    gone, kept = tx.get("customer", gone_id), tx.get("customer", kept_id)
    if gone is None or kept is None:
        raise NotFound("customer", kept_id if gone else gone_id)
    if gone_id == kept_id:
        raise InvalidValue("customer", "id", "itself")
    if gone["company_id"] != kept["company_id"]:
        raise InvalidValue("customer", "company_id", "other_company")
    under = tx.under("customer", gone_id)
    places = {one.name: place for place, one in enumerate(registry.ENTITIES)}
    moving = sorted((pair for pair in under if pair[0] != "conflict"), key=lambda pair: places[pair[0]])
    ids = {gone_id: kept_id} | {old: tx.new_id() for _, old in moving}
    for entity, old in moving:
        row = tx.get(entity, old)
        assert row is not None
        tx.add(entity, ids[old], _moved(registry.entity(entity), row, ids), CREATE)
        tx.run("UPDATE outbox SET subject_id=? WHERE subject_id=?", ids[old], old)
        tx.run("UPDATE file_blob SET file_id=? WHERE file_id=?", ids[old], old)
    for entity, old in under:
        tx.delete(entity, old)
        if old in ids:
            tx.redirect(old, ids[old])
    tx.delete("customer", gone_id)
    tx.redirect(gone_id, kept_id)
    tx.update("customer", kept_id, _filled(gone, kept))
    return len(moving)


def _moved(one: Entity, row: Row, ids: dict[str, str]) -> Row:
    """The record as it stands under the other customer: what it refers to went over with it."""
    moved: Row = {}
    for field in one.fields:
        value = row[field.name]
        if field.refers and isinstance(value, str):
            value = ids.get(value, value)
        elif field.refers and isinstance(value, list):
            value = sorted(ids.get(each, each) for each in value)
        moved[field.name] = value
    return moved


def _filled(gone: Row, kept: Row) -> dict[str, Plain]:
    """What the second customer takes from the first: what it leaves empty, groups whole, and the notes of both."""
    taken: dict[str, Plain] = {}
    one = registry.entity("customer")
    for field in one.fields:
        names = one.group(field)
        if field.name in OWN or gone[field.name] is None:
            continue
        if field.merge is Merge.TEXT3:
            taken[field.name] = "\n".join(
                dict.fromkeys(filter(None, (str(kept[field.name] or ""), str(gone[field.name]))))
            )
        elif all(kept[name] is None for name in names):
            taken[field.name] = gone[field.name]
    return taken
