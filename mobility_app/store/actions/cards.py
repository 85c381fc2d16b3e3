"""Contacts made from vCards, in one transaction of the write door: all of those chosen, or none where the disk is full."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mobility_app.domain import access
from mobility_app.domain.rules.vcards import Card, Reach
from mobility_app.errors import InvalidValue
from mobility_app.store.actions import mailing
from mobility_app.store.writing import Writing


@dataclass(frozen=True, slots=True)
class Made:
    """Ids of the new contacts, and the names of cards that the rules refused after all."""

    contacts: tuple[str, ...]
    refused: tuple[str, ...]


def bring_in(tx: Writing, customer_id: str, cards: Iterable[Card]) -> Made:
    """Makes a contact of each card. Labels are found by name or made, where the person may. Raises NotAllowed, NotFound."""
    company_id = str((tx.get("customer", customer_id) or {}).get("company_id") or "")
    labels = access.may(tx.actor.role, "lists", "create")
    made, refused = [], []
    for card in cards:
        try:
            with tx.savepoint():
                made.append(_contact(tx, customer_id, company_id if labels else "", card))
        except InvalidValue:
            refused.append(card.name or card.employer)
    return Made(tuple(made), tuple(refused))


def _contact(tx: Writing, customer_id: str, company_id: str, card: Card) -> str:
    texts = {name: getattr(card, name) for name in ("first_name", "last_name", "employer", "job_title", "notes")}
    contact_id = tx.create(
        "contact", {"customer_id": customer_id, **{name: text for name, text in texts.items() if text}}
    )
    for one in card.emails:
        tx.create("contact_email", {"contact_id": contact_id, **_reach(one)})
    for one in card.phones:
        tx.create("contact_phone", {"contact_id": contact_id, **_reach(one)})
    for name in card.labels if company_id else ():
        mailing.carry(tx, contact_id, company_id, name[:80])
    return contact_id


def _reach(one: Reach) -> dict[str, str | bool]:
    return {"value": one.value, "is_main": one.is_main, **({"label": one.label} if one.label else {})}
