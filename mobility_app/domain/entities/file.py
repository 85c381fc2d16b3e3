"""A file attached to a customer: the record. Its bytes lie encrypted beside the database (`store/files.py`)."""

from __future__ import annotations

from mobility_app.domain.fields import Entity, Field, Kind, Merge, Scope

SIZE_MAX_BYTES = 500 * 1024 * 1024
SPAN_BYTES = 1024 * 1024  # a piece of a file as it travels

FILE = Entity(
    "file",
    (
        Field("customer_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="customer", indexed=True),
        Field("name", required=True, most=255),
        Field("media_type", merge=Merge.IMMUTABLE, required=True, default="application/octet-stream", most=120),
        Field("size_bytes", Kind.INTEGER, Merge.IMMUTABLE, required=True, most=SIZE_MAX_BYTES),
        Field("sha256", merge=Merge.IMMUTABLE, required=True, most=64),
        Field("label", most=120),
        Field("expires_on", Kind.DAY),
    ),
    Scope.ROOT,
    right="file",
    parent="customer_id",
)


def spans(size_bytes: int) -> int:
    """In how many pieces a file travels; an empty one in an empty piece."""
    return max(1, -(-size_bytes // SPAN_BYTES))


def span_bytes(size_bytes: int, number: int) -> int:
    """How long that piece is: all are full but the last."""
    return min(SPAN_BYTES, size_bytes - number * SPAN_BYTES)
