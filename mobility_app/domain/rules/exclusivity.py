"""Which products may be billed to which customer: an exclusive one to its customer alone, every other to everybody."""

from __future__ import annotations


def may_bill(exclusive_customer_id: str | None, customer_id: str) -> bool:
    """Whether a product with that exclusive customer may be billed to this one."""
    return exclusive_customer_id is None or exclusive_customer_id == customer_id
