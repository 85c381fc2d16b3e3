"""What nobody said when a record was made: the rep's company, the first territory, the next provisional number ...

Called by the write door inside its transaction. A later answer of HQ (a final customer number) replaces what is
provisional.
"""

from __future__ import annotations

from mobility_app.domain import registry
from mobility_app.domain.access import Actor
from mobility_app.domain.change import Row
from mobility_app.domain.rules.places import language_of
from mobility_app.store import identity
from mobility_app.store.records import Records


def filled(session: Records, actor: Actor, entity: str, given: Row, now: int) -> Row:
    """`given` with every field of the entity and its defaults."""
    one = registry.entity(entity)
    row: Row = {field.name: field.default for field in one.fields}
    row.update({name: value for name, value in _for(session, actor, entity, given, now).items() if name in row})
    row.update(given)
    return row


def _for(session: Records, actor: Actor, entity: str, given: Row, now: int) -> Row:
    match entity:
        case "customer":
            return _customer(session, actor, given)
        case "activity":
            return {"assignee_id": actor.user_id}
        case "ticket":
            return {"reference": f"S{_next(session)}"}
        case "ticket_entry":
            return {"author_id": actor.user_id, "written_at": now}
        case "message":
            return {"sender_id": actor.user_id}
        case "territory" | "label" | "mailing_list" | "product":
            return {"company_id": actor.company_ids[0] if actor.company_ids else None}
        case _:
            return {}


def _customer(session: Records, actor: Actor, given: Row) -> Row:
    company_id = given.get("company_id") or (actor.company_ids[0] if actor.company_ids else None)
    company = session.get("company", str(company_id)) or {}
    territory_id = actor.territory_ids[0] if actor.territory_ids else company.get("default_territory_id")
    number = f"T{_next(session)}"
    return {
        "company_id": company_id,
        "territory_id": territory_id,
        "owner_id": actor.user_id,
        "currency": company.get("currency"),
        "language": language_of(str(company.get("country") or "PT")),
        "number": number,
        "provisional_number": number,
    }


def _next(session: Records) -> str:
    """`-<device>-<n>`: unique without asking anybody."""
    known = identity.read(session)
    session.run("UPDATE ctx SET number=number+1")
    return f"-{known.device_number if known else 0}-{session.value('SELECT number FROM ctx')}"
