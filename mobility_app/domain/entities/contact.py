"""Contacts of a customer, their e-mails, telephones and labels; mailing lists; the composed message."""

from __future__ import annotations

from mobility_app.domain.fields import Entity, Field, Kind, Merge, Scope

# Why a mail did not reach somebody: nobody answered for a day, turned away, no e-mail address, wants no mailings.
UNDELIVERED = ("unreachable", "refused", "no_address", "opted_out")

CONTACT = Entity(
    "contact",
    (
        Field("customer_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="customer", indexed=True),
        Field("first_name"),
        Field("last_name"),
        Field("employer"),
        Field("job_title"),
        Field("notes", Kind.NOTE, Merge.TEXT3),
        Field("opted_out", Kind.FLAG, Merge.PROGRESS, required=True, default=False),
    ),
    Scope.ROOT,
    right="card",
    parent="customer_id",
    shared=True,
)

CONTACT_EMAIL = Entity(
    "contact_email",
    (
        Field("contact_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="contact", indexed=True),
        Field("label", most=60),
        Field("value", required=True, most=320, right="reach"),
        Field("is_main", Kind.FLAG, required=True, default=False),
    ),
    Scope.ROOT,
    right="card",
    parent="contact_id",
    shared=True,
)

CONTACT_PHONE = Entity(
    "contact_phone",
    (
        Field("contact_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="contact", indexed=True),
        Field("label", most=60),
        Field("value", merge=Merge.GROUP, required=True, group="number", most=80, right="reach"),
        Field("e164", merge=Merge.GROUP, group="number", derived=True, most=20, right="reach"),
        Field("is_main", Kind.FLAG, required=True, default=False),
    ),
    Scope.ROOT,
    right="card",
    parent="contact_id",
    shared=True,
)

LABEL = Entity(
    "label",
    (
        Field("company_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="company"),
        Field("name", required=True, most=80),
    ),
    Scope.COMPANY,
    right="lists",
)

CONTACT_LABEL = Entity(
    "contact_label",
    (
        Field("contact_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="contact", indexed=True),
        Field("label_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="label", indexed=True),
    ),
    Scope.ROOT,
    right="lists",
    parent="contact_id",
    unique=("contact_id", "label_id"),
)

MAILING_LIST = Entity(
    "mailing_list",
    (
        Field("company_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="company"),
        Field("name", required=True, most=120),
    ),
    Scope.COMPANY,
    right="lists",
)

MAILING_LIST_MEMBER = Entity(
    "mailing_list_member",
    (
        Field("mailing_list_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="mailing_list", indexed=True),
        Field("contact_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="contact", indexed=True),
    ),
    Scope.ROOT,
    right="lists",
    parent="contact_id",
    unique=("mailing_list_id", "contact_id"),
)

MESSAGE = Entity(
    "message",
    (
        Field("customer_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="customer", indexed=True),
        Field("sender_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="user"),
        Field("subject", merge=Merge.IMMUTABLE, required=True),
        Field("body", Kind.NOTE, Merge.IMMUTABLE, required=True),
        Field("contact_ids", Kind.REFS, Merge.IMMUTABLE, required=True, refers="contact"),
        Field("state", Kind.CHOICE, Merge.HQ, choices=("waiting", "sent", "failed"), default="waiting"),
        Field("reason", Kind.CHOICE, Merge.HQ, choices=UNDELIVERED),  # why, where it failed
        Field("undelivered_ids", Kind.REFS, Merge.HQ, refers="contact"),  # to whom
    ),
    Scope.ROOT,
    right="lists",
    parent="customer_id",
)
