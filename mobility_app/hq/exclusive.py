"""Nothing that HQ keeps bills an exclusive product to another customer, whoever writes it: import, office or device.

Called by HQ's write door for document lines, prices and documents that move to another customer, and by the judge. The
intake asks its own books before, to put a whole file into quarantine with the product's code.
"""

from __future__ import annotations

from mobility_app.domain.change import Row
from mobility_app.domain.fields import Plain
from mobility_app.domain.rules import exclusivity
from mobility_app.store.records import Records

BILLS = frozenset({"document_line", "customer_price"})


class Exclusive:
    """The rule in one transaction. It remembers what products are bound to: an import bills the same few many times."""

    def __init__(self, session: Records) -> None:
        self._session = session
        self._owners: dict[str, str | None] = {}

    def require(self, entity: str, row: Row) -> None:
        """Nothing, or NotAllowed `exclusive_product` where the record would bill a product of another customer."""
        if entity in BILLS and (product_id := row.get("product_id")):
            owner = self._owner(str(product_id))
            if owner is not None:
                exclusivity.require(owner, self._customer(entity, row), entity)

    def moved(self, document_id: str, customer_id: Plain) -> None:
        """Nothing, or NotAllowed where a document that goes to that customer bills a product of another one."""
        owners = self._session.rows(
            "SELECT DISTINCT p.exclusive_customer_id FROM document_line l JOIN product p ON p.id = l.product_id"
            " WHERE l.document_id=?",
            document_id,
        )
        for (owner,) in owners:
            exclusivity.require(owner, str(customer_id), "document")

    def made(self, product_id: str, row: Row) -> None:
        """A product was just made or changed."""
        self._owners[product_id] = _text(row.get("exclusive_customer_id"))

    def _owner(self, product_id: str) -> str | None:
        if product_id not in self._owners:
            found = self._session.value("SELECT exclusive_customer_id FROM product WHERE id=?", product_id)
            self._owners[product_id] = _text(found)
        return self._owners[product_id]

    def _customer(self, entity: str, row: Row) -> str:
        if entity == "customer_price":
            return str(row.get("customer_id"))
        return str(self._session.value("SELECT customer_id FROM document WHERE id=?", row.get("document_id")))


def _text(value: object) -> str | None:
    return str(value) if value else None
