"""The Northwind CSV folder as one named mapping: customers, products, orders and their lines become one catalogue and
one invoice for each order.

USD, untaxed, unpaid, number = OrderID, no due date; a line costs UnitPrice x Quantity x (1 - Discount), rounded half up
once; freight is left aside. The folder is read and checked whole before anything of it is kept.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from mobility_app.domain.rules import money, places
from mobility_app.hq.intake import model
from mobility_app.hq.intake.model import INVOICE, Identifier, Line, ParsedDocument, Party, Place, Unfit
from mobility_app.hq.intake.reading import day_of, decimal_of, decimal_text, line_of, minor_of
from mobility_app.hq.intake.xml_tree import SIZE_MAX_BYTES

CURRENCY, COUNTRY = "USD", "US"  # of the company that sells, where nobody said
ROWS_MAX = 500_000
CODE_MAX = 60
SELLER = Party(name="northwind")  # stands for whoever sells: CSV names no seller

_COLUMNS: MappingProxyType[str, tuple[str, ...]] = MappingProxyType({
    "customers.csv": (
        "CustomerID", "CompanyName", "ContactName", "ContactTitle", "Address", "City", "Region", "PostalCode",
        "Country", "Phone", "Fax",
    ),
    "products.csv": ("ProductID", "ProductName", "CategoryName", "QuantityPerUnit", "UnitPrice"),
    "orders.csv": ("OrderID", "CustomerID", "OrderDate"),
    "order_lines.csv": ("OrderID", "ProductID", "UnitPrice", "Quantity", "Discount"),
})  # fmt: skip

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Product:
    """A catalogue entry. `price_minor` in minor units of USD."""

    code: str
    name: str
    category: str | None
    unit: str | None
    price_minor: int | None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A folder, whole: buyers by CustomerID, products, one document for each order."""

    buyers: dict[str, Party]
    products: tuple[Product, ...]
    documents: tuple[ParsedDocument, ...]


def files(folder: Path, names: Iterable[str]) -> tuple[str, ...]:
    """The names of the mapping's four files where a folder holds them all as regular files, else nothing."""
    mine = tuple(sorted(set(_COLUMNS) & set(names)))
    whole = len(mine) == len(_COLUMNS) and all(
        (folder / name).is_file() and not (folder / name).is_symlink() for name in mine
    )
    return mine if whole else ()


def code_of(buyer: Party) -> str:
    """The CustomerID of a buyer."""
    return buyer.legal.value if buyer.legal else ""


def parse(folder: Path) -> Catalogue:
    """The folder's content. Raises Unfit broken_csv (with file and line), bad_value, too_large."""
    buyers = {row["CustomerID"]: _buyer(row) for row in _rows(folder, "customers.csv", "CustomerID")}
    products = {row["ProductID"]: _product(row) for row in _rows(folder, "products.csv", "ProductID")}
    lines: dict[str, list[Line]] = {}
    for number, row in enumerate(_rows(folder, "order_lines.csv"), 2):
        if row["ProductID"] not in products:
            raise Unfit(model.BROKEN_CSV, f"order_lines.csv, row {number}: no product {row['ProductID'][:20]}")
        lines.setdefault(row["OrderID"], []).append(_line(row, products[row["ProductID"]]))
    documents = []
    for number, row in enumerate(_rows(folder, "orders.csv", "OrderID"), 2):
        if row["CustomerID"] not in buyers:
            raise Unfit(model.BROKEN_CSV, f"orders.csv, row {number}: no customer {row['CustomerID'][:20]}")
        documents.append(_document(row, buyers[row["CustomerID"]], lines.pop(row["OrderID"], [])))
    if lines:
        raise Unfit(model.BROKEN_CSV, f"order_lines.csv: no order {next(iter(lines))[:20]}")
    return Catalogue(buyers, tuple(products.values()), tuple(documents))


def _rows(folder: Path, name: str, key: str = "") -> list[Row]:
    """The rows of a file with the columns that the mapping reads; values of `key` are wanted and unique."""
    path = folder / name
    if path.stat().st_size > SIZE_MAX_BYTES:
        raise Unfit(model.TOO_LARGE, name)
    try:
        text = path.read_bytes().decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, restkey="", restval=None)
        missing = [column for column in _COLUMNS[name] if column not in (reader.fieldnames or ())]
        if missing:
            raise Unfit(model.BROKEN_CSV, f"{name}: no column {', '.join(missing)}")
        return _checked(reader, name, key)
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unfit(model.BROKEN_CSV, f"{name}: {error}"[:200]) from None


def _checked(reader: csv.DictReader[str], name: str, key: str) -> list[Row]:
    found: list[Row] = []
    seen: set[str] = set()
    for number, row in enumerate(reader, 2):
        if number > ROWS_MAX:
            raise Unfit(model.TOO_LARGE, f"{name}: more than {ROWS_MAX} rows")
        if "" in row or None in row.values():
            raise Unfit(model.BROKEN_CSV, f"{name}, row {number}: another number of values than the head")
        plain = {column: line_of(row[column]) or "" for column in _COLUMNS[name]}
        if key and (not plain[key] or plain[key] in seen or len(plain[key]) > CODE_MAX):
            raise Unfit(model.BROKEN_CSV, f"{name}, row {number}: {key} is empty, too long or there twice")
        seen.add(plain.get(key, ""))
        found.append(plain)
    return found


def _buyer(row: Row) -> Party:
    return Party(
        name=row["CompanyName"] or row["CustomerID"],
        legal=Identifier(row["CustomerID"]),  # what tells buyers apart, whatever is written over their names
        place=Place(
            line1=row["Address"] or None, postcode=row["PostalCode"] or None, city=row["City"] or None,
            region=row["Region"] or None, country=places.country_of(row["Country"]) if row["Country"] else None,
        ),
        contact_name=row["ContactName"] or None, job_title=row["ContactTitle"] or None,
        phone=row["Phone"] or None, fax=row["Fax"] or None,
    )  # fmt: skip


def _product(row: Row) -> Product:
    price = row["UnitPrice"]
    return Product(
        row["ProductID"], row["ProductName"] or row["ProductID"], row["CategoryName"] or None,
        row["QuantityPerUnit"] or None,
        minor_of(decimal_of(price, "UnitPrice"), CURRENCY, "UnitPrice") if price else None,
    )  # fmt: skip


def _line(row: Row, product: Product) -> Line:
    price, quantity = decimal_of(row["UnitPrice"], "UnitPrice"), decimal_of(row["Quantity"], "Quantity")
    discount = decimal_of(row["Discount"], "Discount")
    if not 0 <= discount <= 1:
        raise Unfit(model.BAD_VALUE, f"order {row['OrderID'][:20]}: Discount is not between 0 and 1")
    net = money.line_net(str(price), str(quantity), str(discount), CURRENCY)
    return Line(
        product.name, net, code=product.code, category=product.category, quantity=decimal_text(quantity),
        unit_price=decimal_text(price),
    )  # fmt: skip


def _document(row: Row, buyer: Party, lines: list[Line]) -> ParsedDocument:
    net = sum(line.net_minor for line in lines)
    return ParsedDocument(
        seller=SELLER, buyer=buyer, kind=INVOICE, type_code="380", number=row["OrderID"],
        issued_on=day_of(row["OrderDate"], "OrderDate"), due_on=None, currency=CURRENCY,
        net_minor=net, tax_minor=0, gross_minor=net, withheld_minor=0, payable_minor=net, prepaid_minor=0,
        lines=tuple(lines), taxes=(),
    )  # fmt: skip
