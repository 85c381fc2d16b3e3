"""Products and the prices of one customer. A product with an exclusive customer travels with that customer alone."""

from __future__ import annotations

from mobility_app.domain.fields import Entity, Field, Kind, Merge, Scope

PRODUCT = Entity(
    "product",
    (
        Field("company_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="company"),
        Field("code", required=True, most=60),
        Field("name", required=True),
        Field("description", Kind.NOTE, most=20_000),
        Field("category"),
        Field("unit", most=40),
        Field("price_minor", Kind.MONEY),
        Field("currency", most=3),
        Field("exclusive_customer_id", Kind.REF, Merge.IMMUTABLE, refers="customer", indexed=True),
        Field("valid_from", Kind.DAY),
        Field("valid_to", Kind.DAY),
    ),
    Scope.COMPANY,
    right="price",
    parent="exclusive_customer_id",
)

CUSTOMER_PRICE = Entity(
    "customer_price",
    (
        Field("customer_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="customer", indexed=True),
        Field("product_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="product"),
        Field("price_minor", Kind.MONEY, Merge.GROUP, required=True, group="price"),
        Field("currency", merge=Merge.GROUP, required=True, group="price", most=3),
        Field("valid_from", Kind.DAY),
        Field("valid_to", Kind.DAY),
    ),
    Scope.ROOT,
    right="price",
    parent="customer_id",
)
