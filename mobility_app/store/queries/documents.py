"""Billing documents of one customer: the list with filters, order and totals, and one document with all that hangs on it.

Called by the documents tab. A page of rows and its totals are three statements, whatever the number of documents. In
lists amounts carry their sign in sums (a credit note is negative); a document of its own shows what is printed on it.
HQ owns documents: nothing is written here.
"""

from __future__ import annotations

from dataclasses import dataclass

from mobility_app.domain.change import Row
from mobility_app.domain.rules import documents as rules
from mobility_app.store.store import Store

PAGE_ROWS = 15  # a line of the table is eleven elements, and a view holds 400
KINDS = ("", "invoice", "credit_note")
STATES = ("", *rules.STATES)
LINE_ROWS = 20  # lines of a document on one page of it
REFERENCES_MAX = 100
EXPORT_MAX = 20_000  # documents in one file

# The same decision as `rules.payment_state`; a test holds them together.
_SETTLED = "CASE WHEN payable_minor >= 0 THEN paid_minor ELSE -paid_minor END"
_STATE = f"""CASE WHEN {_SETTLED} >= ABS(payable_minor) THEN 'paid' WHEN due_on IS NOT NULL AND due_on < ?1 THEN 'overdue'
 WHEN {_SETTLED} > 0 THEN 'part_paid' ELSE 'open' END"""
_SIGN = "CASE kind WHEN 'credit_note' THEN -1 ELSE 1 END"
_FOUND = f"""WITH found AS (SELECT id, number, kind, issued_on, due_on, currency, net_minor * {_SIGN} AS net,
 gross_minor * {_SIGN} AS gross, (payable_minor - paid_minor) * {_SIGN} AS owed, {_STATE} AS state
 FROM document WHERE customer_id = ?2)"""
_WHERE = "(?3 = '' OR kind = ?3) AND (?4 = '' OR state = ?4) AND (?5 = '' OR issued_on LIKE ?5 || '-%')"

# What the list can be sorted by. Amounts of different currencies are never compared: the currency goes first.
SORTS = {
    "number": "number COLLATE NOCASE {0}",
    "issued_on": "issued_on {0}",
    "due_on": "due_on IS NULL, due_on {0}",
    "net": "currency, net {0}",
    "gross": "currency, gross {0}",
    "state": "CASE state WHEN 'overdue' THEN 0 WHEN 'part_paid' THEN 1 WHEN 'open' THEN 2 ELSE 3 END {0}",
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents, in which order, from which row on. Empty means all."""

    kind: str = ""
    state: str = ""
    year: str = ""
    sort: str = "issued_on"
    descending: bool = True
    first: int = 0


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """One document of the list. Amounts with their sign in sums; `owed_minor` is what is still open."""

    id: str
    number: str
    kind: str
    issued_on: str
    due_on: str | None
    currency: str
    net_minor: int
    gross_minor: int
    owed_minor: int
    state: str


@dataclass(frozen=True, slots=True)
class Total:
    """Sums of one currency over everything that the filters let through."""

    currency: str
    count: int
    net_minor: int
    gross_minor: int
    owed_minor: int


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A page. `total` counts what the filters let through, `ever` all of the customer; `years` newest first."""

    rows: tuple[DocumentRow, ...]
    total: int
    ever: int
    totals: tuple[Total, ...]
    years: tuple[str, ...]
    filters: Filters


def documents(store: Store, customer_id: str, filters: Filters, today: str) -> DocumentPage:
    """The documents of a customer. `today` is an ISO day: it decides what is overdue."""
    given = (today, customer_id, filters.kind, filters.state, filters.year)
    with store.reading() as session:
        years = session.rows(
            "SELECT substr(issued_on, 1, 4) AS year, COUNT(*) FROM document WHERE customer_id=? GROUP BY year"
            " ORDER BY year DESC",
            customer_id,
        )
        totals = session.rows(
            f"{_FOUND} SELECT currency, COUNT(*), SUM(net), SUM(gross), SUM(owed) FROM found WHERE {_WHERE}"
            " GROUP BY currency ORDER BY currency",
            *given,
        )
        rows = session.rows(
            f"{_FOUND} SELECT * FROM found WHERE {_WHERE} ORDER BY {_order(filters)}, issued_on DESC, number DESC, id"
            " LIMIT ?6 OFFSET ?7",
            *given, PAGE_ROWS, max(0, filters.first),
        )  # fmt: skip
    sums = tuple(Total(*row) for row in totals)
    return DocumentPage(
        tuple(DocumentRow(*row) for row in rows), sum(one.count for one in sums), sum(row[1] for row in years), sums,
        tuple(row[0] for row in years), filters,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One document of an export, all amounts with their sign in sums."""

    number: str
    kind: str
    issued_on: str
    due_on: str | None
    currency: str
    net_minor: int
    tax_minor: int
    gross_minor: int
    withheld_minor: int
    payable_minor: int
    paid_minor: int
    state: str


_AMOUNTS = ("net", "tax", "gross", "withheld", "payable", "paid")
_EXPORT = f"""WITH found AS (SELECT id, number, kind, issued_on, due_on, currency,
 {", ".join(f"{name}_minor * {_SIGN} AS {name}" for name in _AMOUNTS)}, {_STATE} AS state
 FROM document WHERE customer_id = ?2) SELECT number, kind, issued_on, due_on, currency, {", ".join(_AMOUNTS)}, state
 FROM found WHERE {_WHERE}"""


def exported(store: Store, customer_id: str, filters: Filters, today: str) -> tuple[ExportRow, ...]:
    """Every document that the filters let through, in their order, at most EXPORT_MAX; their page is passed over."""
    given = (today, customer_id, filters.kind, filters.state, filters.year, EXPORT_MAX)
    with store.reading() as session:
        rows = session.rows(f"{_EXPORT} ORDER BY {_order(filters)}, issued_on DESC, number DESC, id LIMIT ?6", *given)
    return tuple(ExportRow(*row) for row in rows)


def _order(filters: Filters) -> str:
    return SORTS.get(filters.sort, SORTS["issued_on"]).format("DESC" if filters.descending else "ASC")


@dataclass(frozen=True, slots=True)
class Reference:
    """Another document that this one corrects or that corrects it. Its total as printed on it."""

    id: str
    number: str
    kind: str
    issued_on: str
    currency: str
    gross_minor: int


@dataclass(frozen=True, slots=True)
class DocumentSheet:
    """One document: its plain values, a page of its lines (in order, with the code of their product), taxes, payments
    (oldest first), what it corrects and what corrects it. `corrects_missing`: it corrects one that is not here."""

    document: Row
    state: str
    lines: tuple[Row, ...]
    line_count: int
    first: int
    taxes: tuple[Row, ...]
    payments: tuple[Row, ...]
    corrects: Reference | None
    corrects_missing: bool
    corrected_by: tuple[Reference, ...]


_LINES = """SELECT l.id, l.position, l.description, l.category, l.quantity, l.unit_price, l.net_minor, l.tax_rate_bp,
 l.product_id, p.code, p.unit, p.name FROM document_line l LEFT JOIN product p ON p.id = l.product_id
 WHERE l.document_id = ? ORDER BY l.position, l.id LIMIT ? OFFSET ?"""
_LINE_NAMES = ("id", "position", "description", "category", "quantity", "unit_price", "net_minor", "tax_rate_bp",
               "product_id", "code", "unit", "product_name")  # fmt: skip
_REFERENCE = "SELECT id, number, kind, issued_on, currency, gross_minor FROM document"


def document(
    store: Store, customer_id: str, record_id: str, today: str, first: int = 0, lines: int = LINE_ROWS
) -> DocumentSheet | None:
    """One document of this customer, or None. `first` is the offset of the page of lines, `lines` its size."""
    with store.reading() as session:
        found = session.get("document", record_id)
        if found is None or found["customer_id"] != customer_id:
            return None
        corrects_id = found["corrects_id"]
        corrects = session.one(f"{_REFERENCE} WHERE id=? AND customer_id=?", corrects_id, customer_id)
        back = session.rows(
            f"{_REFERENCE} WHERE corrects_id=? AND customer_id=? ORDER BY issued_on, number LIMIT ?",
            record_id, customer_id, REFERENCES_MAX,
        )  # fmt: skip
        page = session.rows(_LINES, record_id, lines, max(0, first))
        count = int(session.value("SELECT COUNT(*) FROM document_line WHERE document_id=?", record_id))
        taxes = session.find("document_tax", order="tax_rate_bp DESC, category_code, id", document_id=record_id)
        payments = session.find("payment", order="paid_on, id", document_id=record_id)
    payable, paid, due = found["payable_minor"], found["paid_minor"], found["due_on"]
    state = rules.payment_state(int(str(payable)), int(str(paid)), str(due) if due else None, today)
    return DocumentSheet(
        found, state, tuple(dict(zip(_LINE_NAMES, line, strict=True)) for line in page), count, max(0, first),
        tuple(taxes), tuple(payments), Reference(*corrects) if corrects else None, bool(corrects_id and not corrects),
        tuple(Reference(*row) for row in back),
    )  # fmt: skip
