"""Addresses of a customer. The place is one group: a street of one edit never meets the town of another."""

from __future__ import annotations

from mobility_app.domain.fields import Entity, Field, Kind, Merge, Scope


def _place(name: str, kind: Kind = Kind.TEXT, most: int = 0) -> Field:
    return Field(name, kind, Merge.GROUP, group="place", most=most)


ADDRESS = Entity(
    "address",
    (
        Field("customer_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="customer", indexed=True),
        Field("kind", Kind.CHOICE, required=True, choices=("delivery", "billing", "other"), default="other"),
        _place("line1"),
        _place("line2"),
        _place("line3"),
        _place("postcode", most=20),
        _place("city"),
        _place("region"),
        _place("country", most=2),
        _place("latitude_e7", Kind.INTEGER, most=900_000_000),
        _place("longitude_e7", Kind.INTEGER, most=1_800_000_000),
        Field("fax", most=80),
    ),
    Scope.ROOT,
    right="card",
    parent="customer_id",
    shared=True,
)
