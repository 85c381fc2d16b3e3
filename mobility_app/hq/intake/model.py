"""What a parser gives and the rest of the intake takes: one billing document in frozen values, and why a file is unfit.

Amounts are whole minor units of the document's currency with the sign of the file, credit notes positive. The parsers
(`ubl.py`, `cii.py`, `northwind.py`) make these values, `checks.py` judges their totals, `store.py` keeps them. Nothing
here reads a file or a database.
"""

from __future__ import annotations

from dataclasses import dataclass, field

INVOICE, CREDIT_NOTE = "invoice", "credit_note"

# UNTDID 1001 as EN 16931 (BT-3) admits it. Source: code list of the standard, edition 2024-11.
CREDIT_CODES = frozenset(
    "81 83 261 262 296 308 381 396 420 458 472 473 500 501 502 503 532".split()  # noqa: SIM905 - reads as the list does
)
INVOICE_CODES = frozenset(
    "71 80 82 84 102 130 202 203 204 211 218 219 295 325 326 331 380 382 383 384 385 386 387 388 389 390 393 394 395"  # noqa: SIM905
    " 456 457 471 527 553 575 623 633 751 780 817 870 875 876 877 935".split()
)
CORRECTED_INVOICE = "384"

# Why a file waits in quarantine. Stable codes: they stand in the JSON beside the file and are worded by the screen.
EMPTY = "empty"
TOO_LARGE = "too_large"
TOO_DEEP = "too_deep"
TOO_MANY_ELEMENTS = "too_many_elements"
TOO_MANY_LINES = "too_many_lines"
NOT_XML = "not_xml"
BROKEN_XML = "broken_xml"
DTD = "dtd"
ENTITY = "entity"
BROKEN_PDF = "broken_pdf"
ENCRYPTED_PDF = "encrypted_pdf"
NO_INVOICE_IN_PDF = "no_invoice_in_pdf"
BROKEN_CSV = "broken_csv"
UNKNOWN_FORMAT = "unknown_format"
UNKNOWN_TYPE = "unknown_type_code"
UNKNOWN_CURRENCY = "unknown_currency"
MIXED_CURRENCIES = "mixed_currencies"
MISSING_FIELD = "missing_field"
BAD_VALUE = "bad_value"
WRONG_TOTALS = "wrong_totals"
UNKNOWN_SELLER = "unknown_seller"
NUMBER_TAKEN = "number_taken"
EXCLUSIVE_PRODUCT = "exclusive_product"
UNREADABLE = "unreadable"


class Unfit(Exception):
    """A file, or one order of a CSV folder, that can't be taken in. Nothing of it was kept in the ledger."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True)
class Identifier:
    """A party's identifier: its value, and the list it is from ("0088" = GLN, "0002" = SIREN ...; empty if unsaid)."""

    value: str
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A postal address. `country` is ISO 3166-1 alpha-2 or None."""

    line1: str | None = None
    line2: str | None = None
    line3: str | None = None
    postcode: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """Seller or buyer. `vat` is without blanks and signs; `tax_number` the local one; `own` what partners call it."""

    name: str
    trading_name: str | None = None
    vat: str | None = None
    tax_number: str | None = None
    legal: Identifier | None = None
    own: tuple[Identifier, ...] = ()
    place: Place = field(default_factory=Place)
    contact_name: str | None = None
    job_title: str | None = None
    phone: str | None = None
    email: str | None = None
    fax: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One billed line, or an allowance or charge of the whole document (`category` says so, no quantity).

    `quantity` and `unit_price` are decimal strings; `name` is what twins agree on, `description` the longer text.
    """

    name: str
    net_minor: int
    code: str | None = None
    description: str | None = None
    category: str | None = None
    quantity: str | None = None
    unit_price: str | None = None
    tax_rate_bp: int | None = None


@dataclass(frozen=True, slots=True)
class Tax:
    """One rate of the document: base and tax in minor units, rate in basis points (None where there is none)."""

    category_code: str | None
    rate_bp: int | None
    base_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment that the document itself tells of. Without a day of its own it counts as paid on the day of issue."""

    amount_minor: int
    paid_on: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A document that this one names as preceding it."""

    number: str
    issued_on: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """One billing document. Days are ISO text."""

    seller: Party
    buyer: Party
    kind: str
    type_code: str
    number: str
    issued_on: str
    due_on: str | None
    currency: str
    net_minor: int
    tax_minor: int
    gross_minor: int
    withheld_minor: int
    payable_minor: int
    prepaid_minor: int
    lines: tuple[Line, ...]
    taxes: tuple[Tax, ...]
    payments: tuple[Paid, ...] = ()
    preceding: tuple[Reference, ...] = ()
    note: str | None = None
