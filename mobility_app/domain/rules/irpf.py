"""IRPF, the withholding of Spanish sellers: net to pay = base + VAT - withholding.

Called by whoever shows, exports or sums a document, and by the sheet, which leaves the field out elsewhere. Rates are
basis points and come with the customer; which rate the law asks for is not known here.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def applies(company_country: str | None) -> bool:
    """Whether the selling company withholds at all: only where it is Spanish."""
    return company_country == "ES"


def withheld(base_minor: int, rate_bp: int) -> int:
    """The amount withheld, in minor units, rounded half up (away from zero)."""
    return int((Decimal(base_minor) * rate_bp / 10_000).quantize(Decimal(1), ROUND_HALF_UP))


def net_to_pay(base_minor: int, vat_minor: int, rate_bp: int) -> int:
    """What the customer pays, in minor units."""
    return base_minor + vat_minor - withheld(base_minor, rate_bp)
