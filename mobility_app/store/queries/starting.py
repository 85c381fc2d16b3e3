"""What a new customer starts from: the person's company and the territories that it may be put in."""

from __future__ import annotations

from dataclasses import dataclass

from mobility_app.store import identity
from mobility_app.store.store import Store


@dataclass(frozen=True, slots=True)
class Ground:
    """Country and currency of the company; territories as (id, name), the person's own first one first."""

    country: str
    currency: str
    territories: tuple[tuple[str, str], ...]


def ground(store: Store) -> Ground:
    """Where a customer that the enrolled user makes belongs."""
    with store.reading() as session:
        actor = identity.actor(session)
        company = session.get("company", actor.company_ids[0] if actor.company_ids else "") or {}
        names = dict(session.rows("SELECT id, name FROM territory WHERE company_id=?", company.get("id")))
    held = [(one, str(names[one] or "")) for one in actor.territory_ids if one in names]
    return Ground(str(company.get("country") or ""), str(company.get("currency") or "EUR"), tuple(held))
