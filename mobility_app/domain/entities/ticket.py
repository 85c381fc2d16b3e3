"""Support requests and the exchange of notes about them. A reference made offline is final at once."""

from __future__ import annotations

from mobility_app.domain.fields import Entity, Field, Kind, Merge, Scope

TICKET = Entity(
    "ticket",
    (
        Field("customer_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="customer", indexed=True),
        Field("reference", merge=Merge.IMMUTABLE, required=True, most=40),
        Field("description", Kind.NOTE, required=True, most=20_000),
        Field("progress_percent", Kind.INTEGER, Merge.PROGRESS, required=True, default=0, group="progress", most=100),
        Field(
            "status",
            Kind.CHOICE,
            Merge.PROGRESS,
            required=True,
            choices=("open", "closed"),
            default="open",
            group="progress",
        ),
        Field("priority", Kind.CHOICE, required=True, choices=("low", "normal", "high"), default="normal"),
    ),
    Scope.ROOT,
    right="ticket",
    parent="customer_id",
)

TICKET_ENTRY = Entity(
    "ticket_entry",
    (
        Field("ticket_id", Kind.REF, Merge.APPEND, required=True, refers="ticket", indexed=True),
        Field("text", Kind.NOTE, Merge.APPEND, required=True),
        Field("author_id", Kind.REF, Merge.APPEND, refers="user"),
        Field("written_at", Kind.INSTANT, Merge.APPEND),
    ),
    Scope.ROOT,
    right="ticket",
    parent="ticket_id",
)
