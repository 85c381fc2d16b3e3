"""Tasks, calls and appointments, and who takes part in them."""

from __future__ import annotations

from mobility_app.domain.fields import Entity, Field, Kind, Merge, Scope

KINDS = ("task", "call", "appointment")
STATUSES = ("open", "closed", "cancelled")
MAIL_STATES = ("waiting", "sent", "failed")

ACTIVITY = Entity(
    "activity",
    (
        Field("customer_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="customer", indexed=True),
        Field("kind", Kind.CHOICE, Merge.IMMUTABLE, required=True, choices=KINDS),
        Field("title", required=True),
        Field("status", Kind.CHOICE, required=True, choices=STATUSES, default="open"),
        Field("direction", Kind.CHOICE, choices=("made", "received")),  # of a call
        Field("starts_at", Kind.INSTANT, Merge.GROUP, group="time"),
        Field("ends_at", Kind.INSTANT, Merge.GROUP, group="time"),
        Field("due_at", Kind.INSTANT),
        Field("place"),
        Field("notes", Kind.NOTE, Merge.TEXT3),
        Field("outcome", Kind.NOTE, Merge.TEXT3),
        Field("assignee_id", Kind.REF, refers="user"),
        Field("mail_state", Kind.CHOICE, Merge.HQ, choices=MAIL_STATES, derived=True),  # of the mails about it
    ),
    Scope.ROOT,
    right="activity",
    parent="customer_id",
)

ACTIVITY_PARTICIPANT = Entity(
    "activity_participant",
    (
        Field("activity_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="activity", indexed=True),
        Field("user_id", Kind.REF, Merge.IMMUTABLE, refers="user"),
        Field("contact_id", Kind.REF, Merge.IMMUTABLE, refers="contact"),
    ),
    Scope.ROOT,
    right="participant",
    parent="activity_id",
    unique=("activity_id", "user_id", "contact_id"),
)
