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
from tests.support.sheets import sheet_of

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


def test_the_price_of_this_account_is_the_one_in_force_beside_the_general_one(tmp_path: Path) -> None:
    at = desk(tmp_path)
    general = product(at, "P-1", price_minor=10_000, currency="EUR", unit="un")

    def own(minor: int, start: str | None, end: str | None, currency: str = "EUR") -> str:
        return at.from_hq("customer_price", customer_id=at.customer, product_id=general, price_minor=minor, currency=currency,
                          valid_from=start, valid_to=end)  # fmt: skip

    own(9_000, None, "2026-06-30")
    now, later = own(8_500, "2026-07-01", "2026-12-31"), own(8_000, "2027-01-01", None)
    own(8_900, "2026-01-01", None)
    found = queries.product(at.store, at.customer, general)
    assert found is not None
    for day, price in (("2026-06-30", 8_900), ("2026-07-01", 8_500), ("2026-12-31", 8_500), ("2027-01-01", 8_000)):
        in_force = found.price_on(day)
        assert in_force is not None
        assert in_force.price_minor == price, day
    assert found.price_on("2025-06-30") == next(one for one in found.prices if one.price_minor == 9_000)
    assert {one.id: one.off_percent for one in found.prices}[now] == -15
    assert {one.id: one.off_percent for one in found.prices}[later] == -20
    shown = text(products._render_one(sheet_of(at), found))
    assert "Preço para esta conta € 85,00 / un em geral € 100,00 / un · -15 %" in " ".join(shown.split())
    assert "Preço geral € 100,00" in " ".join(shown.split())
    dear = own(9_000, "2026-11-01", None, "USD")
    again = queries.product(at.store, at.customer, general)
    assert again is not None
    assert {one.id: one.off_percent for one in again.prices}[dear] is None, "currencies are never compared"


def test_a_products_page_names_the_newest_documents_with_it_and_credit_notes_take_off(tmp_path: Path) -> None:
    at = desk(tmp_path)
    own = product(at, "X-1", exclusive_customer_id=at.customer, price_minor=5_000, currency="EUR")
    billing = Billing(at)
    for month in range(1, 13):
        one = billing.document(f"2025-{month:02}-01", 0, number=f"FT {month}")
        billing.add("document_line", document_id=one, position=1, net_minor=month * 100, product_id=own)
    note = billing.document("2026-01-05", 0, kind="credit_note", number="NC 1", corrects_id=one)
    for position in (1, 2):
        billing.add("document_line", document_id=note, position=position, net_minor=300, product_id=own)
    billing.lay()
    found = queries.product(at.store, at.customer, own)
    assert found is not None
    assert len(found.billed) == queries.BILLED_MAX
    assert [(one.number, one.net_minor) for one in found.billed[:2]] == [("NC 1", -600), ("FT 12", 1_200)]
    assert (found.billed_times, found.billed_last) == (12, "2025-12-01")
    markup = products._render_one(sheet_of(at), found)
    assert "12 faturas, a última em 1 dez. 2025" in text(markup)
    assert f'href="/customers/{at.customer}/documents/{note}"' in markup
    assert "Preço para esta conta" in text(markup)
    assert "Só este cliente o compra." in text(markup)
