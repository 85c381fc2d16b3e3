"""Billing documents: their sign in sums and their payment state."""

from __future__ import annotations

PAID, PART_PAID, OPEN, OVERDUE = "paid", "part_paid", "open", "overdue"


def sign(kind: str) -> int:
    """Credit notes are stored positive and subtracted in every sum."""
    return -1 if kind == "credit_note" else 1


def payment_state(payable_minor: int, paid_minor: int, due_on: str | None, today: str) -> str:
    """paid, part paid, overdue or open. A part paid document past its day is overdue."""
    if abs(paid_minor) >= abs(payable_minor):
        return PAID
    if due_on is not None and due_on < today:
        return OVERDUE
    return PART_PAID if paid_minor else OPEN
