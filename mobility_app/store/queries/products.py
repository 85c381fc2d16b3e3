"""Products that only this customer may be billed, and this customer's own prices on products that everybody may buy.

Called by the products tab. A product exclusive to another customer is not shown, whoever asks for it. Nothing is
written here.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from mobility_app.domain.change import Row
from mobility_app.domain.rules import exclusivity
from mobility_app.store.store import Store

ROWS_MAX = 200  # of each kind; the rest is counted
BILLED_MAX = 10  # newest documents that a product's page names


@dataclass(frozen=True, slots=True)
class Price:
    """A price of this customer on a product, with the general price beside it (None where there is none). ISO days."""

    id: str
    product_id: str
    code: str
    name: str
    unit: str
    price_minor: int
    currency: str
    valid_from: str | None
    valid_to: str | None
    general_minor: int | None
    general_currency: str

    def holds(self, day: str) -> bool:
        """Whether it is in force on an ISO day; both ends belong to it."""
        return (self.valid_from or "") <= day and (self.valid_to is None or day <= self.valid_to)

    @property
    def off_percent(self) -> int | None:
        """By how many whole percents it differs from the general price; None where the two can't be compared."""
        if not self.general_minor or self.general_minor < 0 or self.general_currency not in ("", self.currency):
            return None
        more = Decimal(self.price_minor - self.general_minor) * 100 / self.general_minor
        return int(more.quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class Billed:
    """A document of this customer that bills the product: what its lines bring, a credit note's taking off."""

    id: str
    number: str
    kind: str
    issued_on: str
    currency: str
    net_minor: int


@dataclass(frozen=True, slots=True)
class ProductList:
    """Exclusive products by code, own prices by the product's code and day; the counts are of all there are."""

    exclusive: tuple[Row, ...]
    exclusive_count: int
    prices: tuple[Price, ...]
    price_count: int


@dataclass(frozen=True, slots=True)
class ProductSheet:
    """One product with this customer's prices on it, and when this customer was last billed it (ISO day, or empty).
    `billed`: the newest documents with it, at most BILLED_MAX."""

    product: Row
    exclusive: bool
    prices: tuple[Price, ...]
    billed_last: str
    billed_times: int
    billed: tuple[Billed, ...]

    def price_on(self, day: str) -> Price | None:
        """This customer's price in force on an ISO day; of several the one that began last, then the newest."""
        found = [one for one in self.prices if one.holds(day)]
        return max(found, key=lambda one: (one.valid_from or "", one.id), default=None)


_PRICES = """SELECT x.id, x.product_id, COALESCE(p.code, ''), COALESCE(p.name, ''), COALESCE(p.unit, ''), x.price_minor,
 x.currency, x.valid_from, x.valid_to, p.price_minor, COALESCE(p.currency, '')
 FROM customer_price x LEFT JOIN product p ON p.id = x.product_id WHERE x.customer_id = ?"""
_BILLED = """SELECT d.id, d.number, d.kind, d.issued_on, d.currency,
 SUM(l.net_minor) * CASE d.kind WHEN 'credit_note' THEN -1 ELSE 1 END
 FROM document d JOIN document_line l ON l.document_id = d.id WHERE d.customer_id=? AND l.product_id=?
 GROUP BY d.id ORDER BY d.issued_on DESC, d.number DESC, d.id LIMIT ?"""
_ORDER = " ORDER BY p.code, x.valid_from, x.id LIMIT ?"


def products(store: Store, customer_id: str) -> ProductList:
    """What the tab lists."""
    with store.reading() as session:
        counts = session.one(
            "SELECT (SELECT COUNT(*) FROM product WHERE exclusive_customer_id=?1),"
            " (SELECT COUNT(*) FROM customer_price WHERE customer_id=?1)",
            customer_id,
        )
        assert counts is not None
        own = session.find("product", order=f"code, id LIMIT {ROWS_MAX}", exclusive_customer_id=customer_id)
        prices = session.rows(_PRICES + _ORDER, customer_id, ROWS_MAX)
    return ProductList(tuple(own), counts[0], tuple(Price(*row) for row in prices), counts[1])


def product(store: Store, customer_id: str, record_id: str) -> ProductSheet | None:
    """One product, or None where there is none that this customer may be billed."""
    with store.reading() as session:
        found = session.get("product", record_id)
        if found is None:
            return None
        owner = found["exclusive_customer_id"]
        if not exclusivity.may_bill(str(owner) if owner else None, customer_id):
            return None
        prices = session.rows(f"{_PRICES} AND x.product_id = ?{_ORDER}", customer_id, record_id, ROWS_MAX)
        billed = session.one(
            "SELECT MAX(d.issued_on), COUNT(DISTINCT d.id) FROM document d JOIN document_line l ON l.document_id = d.id"
            " WHERE d.customer_id=? AND l.product_id=? AND d.kind='invoice'",
            customer_id, record_id,
        )  # fmt: skip
        newest = session.rows(_BILLED, customer_id, record_id, BILLED_MAX)
    last, times = billed or ("", 0)
    own = tuple(Price(*row) for row in prices)
    return ProductSheet(found, bool(owner), own, last or "", times, tuple(Billed(*row) for row in newest))
