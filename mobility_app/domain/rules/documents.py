"""Billing documents: their sign in sums, what is still open, and their payment state.

Called by the documents tab, Today, revenue and the credit used. Amounts are minor units as stored: a credit note is
positive, an invoice carries its own sign. What was paid is HQ's to say.
"""

from __future__ import annotations

PAID, PART_PAID, OPEN, OVERDUE = "paid", "part_paid", "open", "overdue"
STATES = (PAID, PART_PAID, OPEN, OVERDUE)


def sign(kind: str) -> int:
    """Credit notes are stored positive and subtracted in every sum."""
    return -1 if kind == "credit_note" else 1


def open_minor(kind: str, payable_minor: int, paid_minor: int) -> int:
    """What the customer still owes for the document, with its sign in sums: negative where we owe it."""
    return sign(kind) * (payable_minor - paid_minor)


def payment_state(payable_minor: int, paid_minor: int, due_on: str | None, today: str) -> str:
    """paid, overdue, part_paid or open, of invoices and credit notes alike. One that is paid in part and past its day
    is overdue; the day itself is still in time. A payment of the other sign settles nothing. ISO days."""
    settled = paid_minor if payable_minor >= 0 else -paid_minor
    if settled >= abs(payable_minor):
        return PAID
    if due_on is not None and due_on < today:
        return OVERDUE
    return PART_PAID if settled > 0 else OPEN
