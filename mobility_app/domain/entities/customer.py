"""The customer, root of everything that hangs on it, with its e-mails and telephones.

Taking a telephone off the list is an edit of the card, so both lists follow the right "card"."""

from __future__ import annotations

from mobility_app.domain.fields import Entity, Field, Kind, Merge, Scope

IDENTIFIER_KINDS = ("siret", "siren", "nif", "cif", "nipc", "cnpj", "cpf", "vat", "other")
STATUSES = ("active", "inactive")
PAYMENT_METHODS = ("transfer", "direct_debit", "card", "cash", "cheque", "bill")

CUSTOMER = Entity(
    "customer",
    (
        Field("number", merge=Merge.HQ, right="customer_number", most=60),
        Field("provisional_number", merge=Merge.IMMUTABLE, most=60),
        Field("name", required=True),
        Field(
            "identifier_kind",
            Kind.CHOICE,
            Merge.GROUP,
            choices=IDENTIFIER_KINDS,
            group="identifier",
            right="customer_identity",
        ),
        Field("identifier", merge=Merge.GROUP, group="identifier", right="customer_identity", most=60),
        Field("identifier_override", merge=Merge.GROUP, group="identifier", right="customer_identity"),
        Field("credit_limit_minor", Kind.MONEY, right="credit"),
        Field(
            "status",
            Kind.CHOICE,
            required=True,
            choices=STATUSES,
            default="active",
            right="customer_status",
            indexed=True,
        ),
        Field("shared", Kind.FLAG, required=True, default=False, right="customer_shared"),
        Field("currency", required=True, right="customer_currency", most=3),
        Field("payment_method", Kind.CHOICE, choices=PAYMENT_METHODS, right="payment_terms"),
        Field("payment_term_days", Kind.INTEGER, right="payment_terms", most=366),
        Field("irpf_rate_bp", Kind.RATE, right="tax", most=10_000),
        Field("ledger_account", right="tax", most=40),
        Field("language", required=True, default="pt", most=35),
        Field("preferred_weekday", Kind.INTEGER, most=6),  # 0 = Monday
        Field("website", most=2000),
        Field("notes", Kind.NOTE, Merge.TEXT3),
        Field("vat_exempt", Kind.FLAG, required=True, default=False, right="tax"),
        Field("company_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="company", indexed=True),
        Field("territory_id", Kind.REF, required=True, refers="territory", right="ownership", indexed=True),
        Field("owner_id", Kind.REF, refers="user", right="ownership"),
        Field("to_confirm", Kind.FLAG, required=True, default=False, right="customer_status"),  # an import made it
    ),
    Scope.ROOT,
    right="customer",
    shared=True,
)

CUSTOMER_EMAIL = Entity(
    "customer_email",
    (
        Field("customer_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="customer", indexed=True),
        Field("label", most=60),
        Field("value", required=True, most=320),
        Field("is_main", Kind.FLAG, required=True, default=False),
    ),
    Scope.ROOT,
    right="card",
    parent="customer_id",
    shared=True,
)

CUSTOMER_PHONE = Entity(
    "customer_phone",
    (
        Field("customer_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="customer", indexed=True),
        Field("label", most=60),
        Field("value", merge=Merge.GROUP, required=True, group="number", most=80),  # as typed
        Field(
            "e164", merge=Merge.GROUP, group="number", derived=True, most=20
        ),  # empty where the number could not be understood
        Field("is_main", Kind.FLAG, required=True, default=False),
    ),
    Scope.ROOT,
    right="card",
    parent="customer_id",
    shared=True,
)
