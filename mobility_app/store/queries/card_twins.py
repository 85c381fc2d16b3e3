"""What would become of vCards at a customer: who seems to be there already, and what of a card can't be kept.

Called before anything is written (`ui/sheet/cards_in.py`). Somebody is taken for the same by an e-mail address, a telephone
number, the name, or a name that differs by a letter or in the order of its words; the person decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mobility_app.domain.rules import links, phones
from mobility_app.domain.rules.folding import fold
from mobility_app.domain.rules.vcards import Card, Reach
from mobility_app.store.queries.contacts import name_of
from mobility_app.store.queries.details import region_of
from mobility_app.store.records import Records
from mobility_app.store.store import Store

EMAIL, PHONE, NAME, LIKE, CARD = "email", "phone", "name", "like", "card"
LIKENESS_LEAST = 90  # of 100, by letters, whatever the order of the words
COMPARED_MOST = 5_000  # contacts of the customer whose names are compared letter by letter
EMAIL_MOST, PHONE_MOST, LABEL_MOST = 320, 80, 60  # characters, as the fields have it


@dataclass(frozen=True, slots=True)
class Twin:
    """Somebody who is there: their id ("" for an earlier card of the file), name, and by what they were recognised."""

    contact_id: str
    name: str
    by: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A card as it would be kept, who it seems to be, and the e-mails and telephones that can't be kept."""

    card: Card
    twin: Twin | None
    left_out: tuple[str, ...]


class _Known:
    """The contacts of a customer by what they may be recognised by."""

    def __init__(self, session: Records, customer_id: str) -> None:
        rows = session.find("contact", customer_id=customer_id)
        ids = [str(row["id"]) for row in rows]
        self.names = {str(row["id"]): name_of(row) for row in rows}
        self.emails = {
            str(row["value"]).lower(): str(row["contact_id"])
            for row in session.find_among("contact_email", "contact_id", ids)
        }
        self.phones = {
            str(row["e164"]): str(row["contact_id"])
            for row in session.find_among("contact_phone", "contact_id", ids)
            if row["e164"]
        }
        self.folded = {fold(name): one for one, name in self.names.items() if name}
        self.compared = list(self.folded)[:COMPARED_MOST]

    def twin(self, card: Card, region: str | None) -> Twin | None:
        found = next((self.emails[one.value.lower()] for one in card.emails if one.value.lower() in self.emails), "")
        if found:
            return Twin(found, self.names[found], EMAIL)
        numbers = [phones.e164(one.value, region) for one in card.phones]
        found = next((self.phones[one] for one in numbers if one in self.phones), "")
        if found:
            return Twin(found, self.names[found], PHONE)
        name = fold(card.name)
        if name in self.folded:
            return Twin(self.folded[name], card.name, NAME)
        return self._like(name) if name else None

    def _like(self, name: str) -> Twin | None:
        from rapidfuzz import fuzz, process

        best = process.extractOne(name, self.compared, scorer=fuzz.token_sort_ratio, score_cutoff=LIKENESS_LEAST)
        if best is None:
            return None
        contact_id = self.folded[best[0]]
        return Twin(contact_id, self.names[contact_id], LIKE)


def proposals(store: Store, customer_id: str, cards: Sequence[Card]) -> tuple[Proposal, ...]:
    """What the cards would become, those who seem to be there first, else in the order of the file."""
    with store.reading() as session:
        known, region = _Known(session, customer_id), region_of(session, customer_id)
    found, seen = [], dict[str, str]()
    for card in cards:
        kept, left_out = _kept(card)
        keys = [key for key in (fold(kept.name), *(one.value.lower() for one in kept.emails)) if key]
        twin = known.twin(kept, region)
        if twin is None and (earlier := next((seen[key] for key in keys if key in seen), "")):
            twin = Twin("", earlier, CARD)
        seen.update(dict.fromkeys(keys, kept.name or kept.employer or keys[0] if keys else ""))
        found.append(Proposal(kept, twin, left_out))
    return tuple(sorted(found, key=lambda one: one.twin is None))


def _kept(card: Card) -> tuple[Card, tuple[str, ...]]:
    """The card without what the fields would refuse."""
    mails = [(one, links.email(one.value)) for one in card.emails]
    emails = [replace(one, value=value, label=one.label[:LABEL_MOST]) for one, value in mails if value]
    numbers = [replace(one, label=one.label[:LABEL_MOST]) for one in card.phones if len(one.value) <= PHONE_MOST]
    left_out = [one.value for one, value in mails if not value]
    left_out += [one.value for one in card.phones if len(one.value) > PHONE_MOST]
    return replace(card, emails=_with_main(emails), phones=_with_main(numbers)), tuple(left_out)


def _with_main(reaches: Sequence[Reach]) -> tuple[Reach, ...]:
    if reaches and not any(one.is_main for one in reaches):
        return (replace(reaches[0], is_main=True), *reaches[1:])
    return tuple(reaches)
