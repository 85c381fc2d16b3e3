"""The fingerprint of a billing document: equal for twins in other syntaxes, different for everything else.

SHA-256 over seller, buyer, number, type code, days, currency, totals and lines in one canonical text. Notes, contacts,
bank accounts and references are left out: syntaxes and programs write them differently, and they are not the document.
"""

from __future__ import annotations

import hashlib

from mobility_app.domain.change import canonical as text_of
from mobility_app.hq.intake.model import Line, ParsedDocument
from mobility_app.hq.intake.parties import canonical, plain_name


def fingerprint(document: ParsedDocument) -> str:
    """64 hex digits."""
    return hashlib.sha256(text_of([
        canonical(document.seller), canonical(document.buyer), document.number, document.type_code,
        document.issued_on, document.due_on, document.currency,
        [document.net_minor, document.tax_minor, document.gross_minor, document.withheld_minor,
         document.payable_minor, document.prepaid_minor],
        [_line(line) for line in document.lines],
        sorted([tax.category_code, tax.rate_bp, tax.base_minor, tax.tax_minor] for tax in document.taxes),
    ])).hexdigest()  # fmt: skip


def _line(line: Line) -> list[str | int | None]:
    return [
        plain_name(line.name), line.quantity, line.unit_price, line.net_minor, line.tax_rate_bp, line.category,
    ]  # fmt: skip
