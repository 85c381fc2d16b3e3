"""One billing document with everything that its PDF shows: all lines, and who sold to whom.

Called by `ui/exports`. The customer is the document's own: whoever asks knows the document alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from mobility_app.domain.change import Row
from mobility_app.store.queries.documents import DocumentSheet, document
from mobility_app.store.store import Store

LINES_MAX = 10_000  # of one document; more than any has, and still made in seconds


@dataclass(frozen=True, slots=True)
class Paper:
    """The document with all its lines, its customer with the address that bills go to (None where none is known), and
    the company that sells."""

    sheet: DocumentSheet
    customer: Row
    address: Row | None
    company: Row


def paper(store: Store, document_id: str, today: str) -> Paper | None:
    """What the PDF of a document shows, or None where this device has no such document."""
    with store.reading() as session:
        found = session.get("document", document_id)
        customer = session.get("customer", str(found["customer_id"])) if found else None
        if customer is None:
            return None
        company = session.get("company", str(customer["company_id"])) or {}
        addresses = session.find(
            "address",
            order="kind = 'billing' DESC, kind = 'delivery' DESC, id LIMIT 1",
            customer_id=str(customer["id"]),
        )
    sheet = document(store, str(customer["id"]), document_id, today, lines=LINES_MAX)
    if sheet is None:  # taken back by a sync between the two readings
        return None
    return Paper(sheet, customer, addresses[0] if addresses else None, company)
