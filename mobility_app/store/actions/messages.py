"""Queueing a composed message: a record for each customer, which HQ sends once after the next sync.

A message hangs on one customer, because what is written to people belongs to that customer's history and reaches only
those who look after it. Writing to contacts of several customers makes one for each, in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable

from mobility_app.domain.fields import REFS_MAX
from mobility_app.errors import InvalidValue
from mobility_app.store.queries.receivers import Receiver
from mobility_app.store.writing import Writing

CUSTOMERS_MAX = 200
SUBJECT_MAX, BODY_MAX = 500, 20_000  # characters; the body goes out once for each customer


def queue(tx: Writing, receivers: Iterable[Receiver], subject: str, body: str) -> list[str]:
    """Queues the message and returns the ids of its records. Raises InvalidValue: required, too_long, too_many."""
    if not subject.strip():
        raise InvalidValue("message", "subject", "required")
    if not body.strip():
        raise InvalidValue("message", "body", "required")
    if len(body) > BODY_MAX:
        raise InvalidValue("message", "body", "too_long")
    by_customer: dict[str, list[str]] = {}
    for one in receivers:
        by_customer.setdefault(one.customer_id, []).append(one.contact_id)
    if not by_customer:
        raise InvalidValue("message", "contact_ids", "required")
    if len(by_customer) > CUSTOMERS_MAX:
        raise InvalidValue("message", "contact_ids", "too_many")
    return [
        tx.create("message", {"customer_id": customer_id, "subject": subject, "body": body,
                              "contact_ids": contact_ids[start : start + REFS_MAX]})
        for customer_id, contact_ids in by_customer.items()
        for start in range(0, len(contact_ids), REFS_MAX)
    ]  # fmt: skip
