"""Which products may be billed to which customer: an exclusive one to its customer alone, every other to everybody.

Called by pickers, imports and prices. The rule binds the product to the customer and not the customer to the product:
a customer with exclusive products still buys everything general.
"""

from __future__ import annotations

from mobility_app.errors import NotAllowed

REASON = "exclusive_product"


def may_bill(exclusive_customer_id: str | None, customer_id: str) -> bool:
    """Whether a product with that exclusive customer may be billed to this one."""
    return exclusive_customer_id is None or exclusive_customer_id == customer_id


def require(exclusive_customer_id: str | None, customer_id: str, entity: str = "document_line") -> None:
    """Nothing, or NotAllowed with the reason `exclusive_product`: `entity` is what would have billed the product."""
    if not may_bill(exclusive_customer_id, customer_id):
        raise NotAllowed(entity, "create", "product_id", reason=REASON)
