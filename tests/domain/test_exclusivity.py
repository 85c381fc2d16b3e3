"""Exclusive products: billed to their customer alone, who still buys everything else."""

from __future__ import annotations

import pytest

from mobility_app.domain.rules import exclusivity
from mobility_app.errors import NotAllowed

ANA, RUI = "a" * 32, "b" * 32


@pytest.mark.parametrize(
    ("exclusive_to", "customer", "allowed"), [(None, ANA, True), (ANA, ANA, True), (ANA, RUI, False)]
)
def test_an_exclusive_product_goes_to_its_customer_alone(
    exclusive_to: str | None, customer: str, allowed: bool
) -> None:
    assert exclusivity.may_bill(exclusive_to, customer) is allowed


def test_whoever_would_bill_it_to_another_is_told_why() -> None:
    exclusivity.require(ANA, ANA)
    exclusivity.require(None, RUI)
    with pytest.raises(NotAllowed) as refused:
        exclusivity.require(ANA, RUI, "customer_price")
    assert (refused.value.entity, refused.value.field, refused.value.reason) == (
        "customer_price",
        "product_id",
        "exclusive_product",
    )
