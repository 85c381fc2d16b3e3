"""Who sees the billing of a customer: roles with that right, where the customer is the person's own and not lent by another
company. For everybody else nothing of it is on the device, and the tabs say so in place of figures that would be 0. Pure.
"""

from __future__ import annotations

from mobility_app.domain import access
from mobility_app.domain.access import Actor
from mobility_app.store.queries.sheet import SheetHeader
from mobility_app.ui import lists
from mobility_app.ui.markup import Html
from mobility_app.ui.words import Words


def sees(actor: Actor | None, header: SheetHeader, right: str = "billing") -> bool:
    """Whether the person sees amounts of this customer. `right`: billing, or price for products."""
    return actor is not None and access.may(actor.role, right, "read") and _holds(actor, header)


def unseen(words: Words, actor: Actor | None, header: SheetHeader) -> Html:
    """What stands in place of the figures."""
    if actor is not None and not _holds(actor, header):
        text = words("Only {company} sees what this customer is billed.", company=header.company_name)
    else:
        text = words("Your role does not see what customers are billed.")
    return lists.empty("lock", words("Billing is not shown"), text)


def _holds(actor: Actor, header: SheetHeader) -> bool:
    return actor.holds(str(header.customer["company_id"]), str(header.customer["territory_id"]))
