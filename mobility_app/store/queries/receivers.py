"""Who gets a message that is written to chosen contacts, and who is left out and why.

Called by the composer (`ui/compose.py`). HQ decides again when it sends, by what it then knows; here it is for telling
the person before. However many contacts there are, it costs the same few statements for each five hundred.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mobility_app.store import identity
from mobility_app.store.queries.contacts import name_of
from mobility_app.store.store import Store

NO_ADDRESS, OPTED_OUT, OUT_OF_REACH = "no_address", "opted_out", "out_of_reach"


@dataclass(frozen=True, slots=True)
class Receiver:
    """A contact with the address that is written to: its main one, else the first."""

    contact_id: str
    customer_id: str
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A contact that gets nothing: no_address, opted_out, or out_of_reach, of a customer that others look after."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Receivers:
    """Both, in the order in which the contacts were given."""

    ready: tuple[Receiver, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def customers(self) -> int:
        """To how many customers they belong."""
        return len({one.customer_id for one in self.ready})


def receivers(store: Store, contact_ids: Sequence[str]) -> Receivers:
    """Those contacts. One that is gone is in neither. Raises NotEnrolled."""
    with store.reading() as session:
        actor = identity.actor(session)
        contacts = {str(row["id"]): row for row in session.find_among("contact", "id", contact_ids)}
        mails = session.find_among("contact_email", "contact_id", contact_ids)
        customers = {str(row["customer_id"]) for row in contacts.values()}
        held = {
            customer_id
            for customer_id, company_id, territory_id in session.among(
                "SELECT id, company_id, territory_id FROM customer WHERE id IN ({marks})", sorted(customers)
            )
            if actor.holds(company_id, territory_id)
        }
    addresses: dict[str, str] = {}
    for row in sorted(mails, key=lambda row: (not row["is_main"], row["id"])):
        addresses.setdefault(str(row["contact_id"]), str(row["value"]))
    ready, left_out = [], []
    for one in dict.fromkeys(contact_ids):
        if one not in contacts:
            continue
        row = contacts[one]
        name, address, customer_id = name_of(row), addresses.get(one, ""), str(row["customer_id"])
        if customer_id not in held:
            left_out.append(LeftOut(name, OUT_OF_REACH))
        elif row["opted_out"]:
            left_out.append(LeftOut(name, OPTED_OUT))
        elif not address:
            left_out.append(LeftOut(name, NO_ADDRESS))
        else:
            ready.append(Receiver(one, customer_id, name, address))
    return Receivers(tuple(ready), tuple(left_out))
