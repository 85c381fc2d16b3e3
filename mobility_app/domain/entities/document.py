"""Billing documents with their lines, taxes and payments. HQ owns them: a device never changes one.

A credit note is stored positive and subtracted in every sum; an invoice keeps the sign it carries (a correction may be
negative). `type_code` is UNTDID 1001. Taxes are one record for each rate of the document.
"""

from __future__ import annotations

from mobility_app.domain.fields import Entity, Field, Kind, Merge, Scope

DOCUMENT_KINDS = ("invoice", "credit_note")


def _hq(name: str, kind: Kind = Kind.TEXT, **more: object) -> Field:
    return Field(name, kind, Merge.HQ, **more)  # type: ignore[arg-type]


DOCUMENT = Entity(
    "document",
    (
        _hq("customer_id", Kind.REF, required=True, refers="customer", indexed=True),
        _hq("kind", Kind.CHOICE, required=True, choices=DOCUMENT_KINDS),
        _hq("type_code", required=True, most=10),
        _hq("number", required=True, most=120),
        _hq("issued_on", Kind.DAY, required=True, indexed=True),
        _hq("due_on", Kind.DAY),
        _hq("currency", required=True, most=3),
        _hq("net_minor", Kind.MONEY, required=True),
        _hq("tax_minor", Kind.MONEY, required=True),
        _hq("gross_minor", Kind.MONEY, required=True),
        _hq("withheld_minor", Kind.MONEY, required=True, default=0),
        _hq("payable_minor", Kind.MONEY, required=True),
        _hq("paid_minor", Kind.MONEY, required=True, default=0),
        _hq("corrects_id", Kind.REF, refers="document", indexed=True),
        _hq("fingerprint", most=64),  # of seller, buyer, number, type, dates, currency, totals, lines: finds the twin
        _hq("note", Kind.NOTE),
    ),
    Scope.ROOT,
    right="billing",
    parent="customer_id",
)

DOCUMENT_LINE = Entity(
    "document_line",
    (
        _hq("document_id", Kind.REF, required=True, refers="document", indexed=True),
        _hq("position", Kind.INTEGER, required=True),
        _hq("product_id", Kind.REF, refers="product"),
        _hq("description", Kind.NOTE),
        _hq("category"),  # empty: "Sem categoria"
        _hq("quantity", Kind.DECIMAL),
        _hq("unit_price", Kind.DECIMAL),
        _hq("net_minor", Kind.MONEY, required=True),
        _hq("tax_rate_bp", Kind.RATE),
    ),
    Scope.ROOT,
    right="billing",
    parent="document_id",
)

DOCUMENT_TAX = Entity(
    "document_tax",
    (
        _hq("document_id", Kind.REF, required=True, refers="document", indexed=True),
        _hq("category_code", most=5),  # UNTDID 5305: S, Z, E, AE, K, G, O ...
        _hq("tax_rate_bp", Kind.RATE),
        _hq("base_minor", Kind.MONEY, required=True),
        _hq("tax_minor", Kind.MONEY, required=True),
    ),
    Scope.ROOT,
    right="billing",
    parent="document_id",
)

PAYMENT = Entity(
    "payment",
    (
        _hq("document_id", Kind.REF, required=True, refers="document", indexed=True),
        _hq("paid_on", Kind.DAY, required=True),
        _hq("amount_minor", Kind.MONEY, required=True),
        _hq("method", most=60),
    ),
    Scope.ROOT,
    right="billing",
    parent="document_id",
)
