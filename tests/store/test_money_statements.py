"""What the three billing tabs cost in statements: the same for one document as for a thousand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from mobility_app.store.queries import documents, months, paper, products, revenue
from mobility_app.store.queries.documents import Filters
from mobility_app.store.queries.revenue import Asked
from tests.support.billing import generated
from tests.support.desk import Desk, desk

TODAY = date(2026, 11, 24)
Read = Callable[[Desk, str, str], object]

COSTS: list[tuple[str, int, Read]] = [
    ("revenue", 7, lambda at, document, product: revenue.revenue(at.store, at.customer, Asked(), TODAY)),
    ("documents behind a bar", 1, lambda at, document, product: revenue.behind(
        at.store, at.customer, "EUR", revenue.period_of(Asked(), TODAY), None, "2026-10")),
    ("months of a forecast", 1, lambda at, document, product: months.months(at.store, at.customer, "EUR", TODAY, 120)),
    ("documents", 3, lambda at, document, product: documents.documents(
        at.store, at.customer, Filters(), TODAY.isoformat())),
    ("documents as CSV", 1, lambda at, document, product: documents.exported(
        at.store, at.customer, Filters(), TODAY.isoformat())),
    ("one document", 7, lambda at, document, product: documents.document(
        at.store, at.customer, document, TODAY.isoformat())),
    ("one document on paper", 11, lambda at, document, product: paper.paper(at.store, document, TODAY.isoformat())),
    ("products", 3, lambda at, document, product: products.products(at.store, at.customer)),
    ("one product", 4, lambda at, document, product: products.product(at.store, at.customer, product)),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "read"), [one[1:] for one in COSTS], ids=[one[0] for one in COSTS])
@pytest.mark.parametrize("count", [1, 400])
def test_a_tab_costs_the_same_few_statements(tmp_path: Path, count: int, statements: int, read: Read) -> None:
    at = desk(tmp_path)
    product = at.from_hq("product", company_id=at.company, code="X-1", name="P", exclusive_customer_id=at.customer)
    billing = generated(at, 2, count, TODAY)
    asked: list[str] = []
    at.store.database.watch = asked.append
    assert read(at, billing.documents[0][0], product) is not None
    assert len(asked) == statements, "\n".join(asked)
