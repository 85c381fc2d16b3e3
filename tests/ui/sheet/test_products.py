"""Exclusive products: bound to this customer alone, beside this customer's own prices on general products."""

from __future__ import annotations

import html
import re
from pathlib import Path

from mobility_app.store.queries import products as queries
from mobility_app.ui.markup import Html
from mobility_app.ui.sheet import products
from mobility_app.ui.words import Words
from tests.support.billing import Billing
from tests.support.desk import Desk, desk

PT = Words("pt")
TODAY = "2026-11-24"


def text(markup: Html | None) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup or "")).split())


def product(at: Desk, code: str, **more: object) -> str:
    values = {"company_id": at.company, "code": code, "name": f"Produto {code}", "unit": "un", "price_minor": 1_000,
              "currency": "EUR", **more}  # fmt: skip
    return at.from_hq("product", **values)  # type: ignore[arg-type]


def test_only_this_customers_products_are_listed_with_its_own_prices_on_general_ones(tmp_path: Path) -> None:
    at = desk(tmp_path)
    own = product(at, "X-1", exclusive_customer_id=at.customer)
    product(at, "X-2", exclusive_customer_id="9" * 32)
    general = product(at, "P-1")
    product(at, "P-2")
    at.from_hq("customer_price", customer_id=at.customer, product_id=general, price_minor=850, currency="EUR")
    at.from_hq("customer_price", customer_id="9" * 32, product_id=general, price_minor=1, currency="EUR")
    found = queries.products(at.store, at.customer)
    assert [row["id"] for row in found.exclusive] == [own]
    assert [(one.code, one.price_minor, one.general_minor) for one in found.prices] == [("P-1", 850, 1_000)]
    assert (found.exclusive_count, found.price_count) == (1, 1)


def test_a_product_of_another_customer_is_not_shown_even_by_its_address(tmp_path: Path) -> None:
    at = desk(tmp_path)
    theirs = product(at, "X-2", exclusive_customer_id="9" * 32)
    assert queries.product(at.store, at.customer, theirs) is None
    assert queries.product(at.store, at.customer, "0" * 32) is None


def test_a_product_says_whether_it_is_exclusive_and_when_it_was_billed(tmp_path: Path) -> None:
    at = desk(tmp_path)
    own, general = product(at, "X-1", exclusive_customer_id=at.customer), product(at, "P-1")
    billing = Billing(at)
    for day in ("2026-03-01", "2026-01-01"):
        one = billing.document(day, 5)
        for position in (1, 2):
            billing.add("document_line", document_id=one, position=position, net_minor=2, product_id=own)
    billing.lay()
    found = queries.product(at.store, at.customer, own)
    assert found is not None
    assert (found.exclusive, found.billed_last, found.billed_times) == (True, "2026-03-01", 2)
    other = queries.product(at.store, at.customer, general)
    assert other is not None
    assert (other.exclusive, other.billed_last, other.billed_times) == (False, "", 0)


def test_a_validity_that_is_over_or_still_to_come_stands_out() -> None:
    assert text(products.validity_chip(PT, "2026-01-01", "2026-11-23", TODAY)) == "Expirado"
    assert text(products.validity_chip(PT, "2026-11-25", None, TODAY)) == "a partir de 25 nov. 2026"
    for start, end in (("2026-11-24", None), (None, "2026-11-24"), (None, None), ("2026-01-01", "2026-12-31")):
        assert products.validity_chip(PT, start, end, TODAY) is None
    assert products.validity_text(PT, "2026-01-01", "2026-12-31") == "1 jan. 2026 – 31 dez. 2026"
    assert products.validity_text(PT, None, "2026-12-31") == "até 31 dez. 2026"
    assert products.validity_text(PT, None, None) == ""


def test_a_price_is_written_in_its_own_currency_for_its_unit() -> None:
    assert " ".join(products.price_text(PT, 1_050, "USD", "mês").split()) == "US$ 10,50 / mês"
    assert products.price_text(PT, 0, "EUR", "") == PT.money(0, "EUR")
    assert products.price_text(PT, None, "EUR", "un") == ""
