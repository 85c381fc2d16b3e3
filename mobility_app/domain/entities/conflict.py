"""Two people changed one field without seeing each other: what each wrote, kept as a record that people can see.

HQ makes it with the default already applied; a person settles it. `base`, `winner`, `loser` are plain values.
"""

from __future__ import annotations

from mobility_app.domain.fields import Entity, Field, Kind, Merge, Scope

CONFLICT = Entity(
    "conflict",
    (
        Field("customer_id", Kind.REF, Merge.HQ, refers="customer", indexed=True),
        Field("entity", merge=Merge.HQ, required=True, most=60),
        Field("record_id", Kind.REF, Merge.HQ, required=True, indexed=True),
        Field("field", merge=Merge.HQ, required=True, most=60),
        Field("base", Kind.VALUE, Merge.HQ),
        Field("winner", Kind.VALUE, Merge.HQ),
        Field("loser", Kind.VALUE, Merge.HQ),
        Field("winner_user_id", Kind.REF, Merge.HQ, refers="user"),
        Field("loser_user_id", Kind.REF, Merge.HQ, refers="user"),
        Field("winner_at", Kind.INSTANT, Merge.HQ),
        Field("loser_at", Kind.INSTANT, Merge.HQ),
        Field("rule", merge=Merge.HQ, most=20),
        Field("state", Kind.CHOICE, Merge.PROGRESS, required=True, choices=("open", "settled"), default="open"),
    ),
    Scope.ROOT,
    right="conflict",
    parent="customer_id",
)
