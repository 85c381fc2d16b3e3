"""The CSV folder: read whole, priced line by line, refused whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mobility_app.hq.intake import northwind
from mobility_app.hq.intake.model import Unfit
from tests.hq.intake.conftest import DATA


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA / "shop", tmp_path / "shop"))


def test_an_order_is_an_invoice_priced_line_by_line(shop: Path) -> None:
    first, second = northwind.parse(shop).documents
    assert (first.number, first.kind, first.issued_on, first.due_on, first.currency) == (
        "1", "invoice", "2025-01-31", None, "USD",
    )  # fmt: skip
    assert [line.net_minor for line in first.lines] == [3_672, 83]  # 36.72; 0.825, rounded half up
    assert (first.net_minor, first.tax_minor, first.payable_minor, first.prepaid_minor) == (3_755, 0, 3_755, 0)
    assert [line.category for line in first.lines] == ["Beverages", "Condiments"]
    assert (second.net_minor, second.lines[0].quantity, second.lines[0].unit_price) == (1_000, "1", "10")


def test_customers_and_products_come_from_their_files(shop: Path) -> None:
    catalogue = northwind.parse(shop)
    alpha = catalogue.buyers["ALPHA"]
    assert (alpha.name, alpha.place.country, alpha.place.city, alpha.fax) == (
        "Alpha, Óptica",
        "PT",
        "Lisboa",
        "21 000 0002",
    )
    assert (catalogue.buyers["BETA"].place.country, catalogue.buyers["GAMMA"].place.country) == ("GB", None)
    assert [(one.code, one.name, one.price_minor) for one in catalogue.products] == [
        ("1", "Tea", 1_800), ("2", 'Syrup "dark"', 1_001),
    ]  # fmt: skip


def test_the_folder_is_known_by_its_four_files(shop: Path) -> None:
    names = [path.name for path in shop.iterdir()]
    assert len(northwind.files(shop, [*names, "README.md"])) == 4
    assert northwind.files(shop, names[:3]) == ()


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("orders.csv", "BETA", "NOBODY", "orders.csv, row 3: no customer NOBODY"),
        ("order_lines.csv", "2,2,10,1,0.0", "2,9,10,1,0.0", "order_lines.csv, row 4: no product 9"),
        ("order_lines.csv", "2,2,10,1,0.0", "7,2,10,1,0.0", "no order 7"),
        ("order_lines.csv", "2,2,10,1,0.0", "2,2,10,1", "row 4: another number of values"),
        ("order_lines.csv", "2,2,10,1,0.0", "2,2,10,1,0.0,x", "row 4: another number of values"),
        ("order_lines.csv", "0.15", "1.5", "Discount is not between 0 and 1"),
        ("order_lines.csv", "14.4", "14,4", "another number of values"),
        ("order_lines.csv", "14.4", "=1+1", "UnitPrice: no decimal number"),
        ("orders.csv", "2025-01-31", "31/01/2025", "OrderDate: no day"),
        ("orders.csv", "2,BETA", "1,BETA", "OrderID is empty, too long or there twice"),
        ("customers.csv", "GAMMA,", ",", "CustomerID is empty, too long or there twice"),
        ("products.csv", "CategoryName", "Category", "products.csv: no column CategoryName"),
        ("customers.csv", '"Alpha, Óptica"', '"Alpha', "customers.csv"),
    ],
)
def test_a_broken_row_is_named_and_the_folder_refused(shop: Path, name: str, old: str, new: str, told: str) -> None:
    text = (shop / name).read_text("utf-8")
    assert old in text
    (shop / name).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(Unfit) as unfit:
        northwind.parse(shop)
    assert told in unfit.value.detail


def test_text_that_is_not_utf_8_is_refused(shop: Path) -> None:
    (shop / "customers.csv").write_bytes((shop / "customers.csv").read_text("utf-8").encode("latin-1"))
    with pytest.raises(Unfit) as unfit:
        northwind.parse(shop)
    assert unfit.value.reason == "broken_csv"
