"""A billing document as a PDF in its customer's language, a copy of what the office owns. Made in memory.

Called by `routes`. It shows what the document's page shows, all lines of it: amounts as printed on the document, so
those of a credit note are positive and the paper says that they are taken off.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from mobility_app.domain.fields import Plain
from mobility_app.domain.rules import addresses, money, tax_ids
from mobility_app.store.queries.paper import Paper
from mobility_app.ui.exports.sheet_of_paper import GREY, Column, SheetOfPaper
from mobility_app.ui.sheet.documents import STATE_NAMES, unit_price
from mobility_app.ui.sheet.revenue_markup import category_name
from mobility_app.ui.words import LANGUAGES, Words

FALLBACK = "en"  # for a customer whose language the program does not speak
_SECOND = "\x1e"  # between a line's name and what stands in grey below it


def language_for(tag: object) -> str:
    """The language of papers for a customer of that BCP 47 tag."""
    base = str(tag or "").replace("_", "-").split("-")[0].lower()
    return base if base in LANGUAGES else FALLBACK


def file_name(words: Words, found: Paper) -> str:
    """What the file is called: kind and number."""
    document = found.sheet.document
    return f"{words.choice('document', 'kind', str(document['kind']))} {document['number']}.pdf"


def document_pdf(words: Words, found: Paper, made_at: int) -> bytes:
    """The file. `words` in the customer's language, `made_at` in UTC milliseconds."""
    document, seller = found.sheet.document, str(found.company.get("name") or "")
    title = f"{words.choice('document', 'kind', str(document['kind']))} {document['number']}"
    mark = words("Copy of {day}. The office owns the original.", day=words.date(made_at))
    paper = SheetOfPaper(title, seller, words.language, made_at, f"{title} · {mark}", words("Page {page} of {pages}"))
    _head(paper, words, found, title, seller)
    _lines(paper, words, found)
    _taxes(paper, words, found)
    _sums(paper, words, found)
    _payments(paper, words, found)
    _notes(paper, words, found)
    return bytes(paper.output())


def _head(paper: SheetOfPaper, words: Words, found: Paper, title: str, seller: str) -> None:
    paper.type(11, bold=True)
    paper.text_line(seller, 6)
    paper.ln(6)
    paper.type(18, bold=True)
    paper.text_line(title, 9)
    paper.type(9, colour=GREY)
    paper.paragraph(_what_it_is(words, found), 5)
    paper.ln(5)
    paper.beside(lambda: _buyer(paper, words, found), lambda: _facts(paper, words, found))
    paper.ln(7)


def _what_it_is(words: Words, found: Paper) -> str:
    """That this is a copy, and of a credit note that it takes off."""
    parts = [words("Copy. The office owns the original.")]
    if found.sheet.document["kind"] == "credit_note":
        parts.append(words("The amounts of this credit note are taken off."))
    corrects = found.sheet.corrects
    if corrects is not None:
        name = f"{words.choice('document', 'kind', corrects.kind)} {corrects.number}"
        parts.append(words("Corrects {name} of {day}.", name=name, day=words.date(corrects.issued_on)))
    return " ".join(parts)


def _buyer(paper: SheetOfPaper, words: Words, found: Paper) -> None:
    customer, half = found.customer, paper.wide / 2 - 4
    paper.type(8, colour=GREY)
    paper.text_line(words.entity("customer"), 5, width=half)
    paper.type(10, bold=True)
    paper.paragraph(str(customer["name"] or ""), 5, width=half)
    paper.type(9)
    home = str(found.company.get("country") or "") or None
    for line in addresses.formatted(found.address, words.language, home) if found.address else []:
        paper.paragraph(line, 4.6, width=half)
    number = customer["number"] or customer["provisional_number"]
    paper.text_line(f"{words.field('customer', 'number')}: {number}", 4.6, width=half)
    if customer["identifier"] and customer["identifier_kind"]:
        kind = str(customer["identifier_kind"])
        shown = tax_ids.formatted(kind, str(customer["identifier"]))
        paper.text_line(f"{words.choice('customer', 'identifier_kind', kind)}: {shown}", 4.6, width=half)


def _facts(paper: SheetOfPaper, words: Words, found: Paper) -> None:
    document, half = found.sheet.document, paper.wide / 2
    pairs = [
        (words.field("document", "issued_on"), words.date(str(document["issued_on"]))),
        (words.field("document", "due_on"), words.date(str(document["due_on"])) if document["due_on"] else ""),
        (words.field("document", "currency"), words.currency_name(str(document["currency"]))),
        (words("Payment"), words(STATE_NAMES[found.sheet.state])),
    ]
    for label, value in pairs:
        if value:
            paper.type(9, colour=GREY)
            paper.text_line(label, 5, width=half * 0.45, down=False)
            paper.type(9)
            paper.text_line(value, 5, width=half * 0.55)


def _lines(paper: SheetOfPaper, words: Words, found: Paper) -> None:
    sheet, cash = found.sheet, str(found.sheet.document["currency"])
    if not sheet.lines:
        paper.type(9, colour=GREY)
        paper.paragraph(words("This document came with totals and without lines."), 5)
        return
    columns = [
        Column(words.field("document_line", "description"), paper.wide - 104),
        Column(words.field("document_line", "quantity"), 26, right=True),
        Column(words.field("document_line", "unit_price"), 28, right=True),
        Column(words.field("document_line", "tax_rate_bp"), 18, right=True),
        Column(words("Net amount"), 32, right=True),
    ]
    paper.table(columns, [_line(words, line, cash) for line in sheet.lines], second=_SECOND)
    if sheet.line_count > len(sheet.lines):
        paper.paragraph(words("{n} further lines are not shown.", n=sheet.line_count - len(sheet.lines)), 5)


def _line(words: Words, line: Mapping[str, Plain], currency: str) -> list[str]:
    name = str(line["description"] or line["product_name"] or words("Line {n}", n=line["position"]))
    category = str(line["category"] or "").strip()
    parts = [str(line["code"] or ""), category_name(words, category) if category else ""]
    below = " · ".join(part for part in parts if part)
    unit = f" {line['unit']}" if line["unit"] else ""
    rate = line["tax_rate_bp"]
    return [
        f"{name}{_SECOND}{below}",
        words.number(str(line["quantity"])) + unit if line["quantity"] else "",
        unit_price(words, str(line["unit_price"]), currency) if line["unit_price"] else "",
        words.rate(rate) if isinstance(rate, int) else "",
        _money(words, line["net_minor"], currency),
    ]


def _taxes(paper: SheetOfPaper, words: Words, found: Paper) -> None:
    taxes, cash = found.sheet.taxes, str(found.sheet.document["currency"])
    if not taxes:
        return
    paper.ln(5)
    columns = [
        Column(words("Taxes"), paper.wide - 72),
        Column(words.field("document_tax", "base_minor"), 36, right=True),
        Column(words.field("document_tax", "tax_minor"), 36, right=True),
    ]
    rows = []
    for tax in taxes:
        rate, code = tax["tax_rate_bp"], str(tax["category_code"] or "")
        name = " · ".join(part for part in (words.rate(rate) if isinstance(rate, int) else "", code) if part) or "–"
        rows.append([name, _money(words, tax["base_minor"], cash), _money(words, tax["tax_minor"], cash)])
    paper.table(columns, rows)


def sums(words: Words, document: Mapping[str, Plain]) -> list[tuple[str, str, bool]]:
    """(label, amount, whether it is the one that counts): net, VAT, total, IRPF where it was withheld, what is to pay or
    to the customer's credit, what was paid, what is open."""
    cash, credit = str(document["currency"]), document["kind"] == "credit_note"
    payable = words.p("credit note", "To your credit") if credit else words.field("document", "payable_minor")
    found = [
        (words.field("document", name), _money(words, document[name], cash), False)
        for name in ("net_minor", "tax_minor", "gross_minor")
    ]
    if document["withheld_minor"]:
        withheld = -int(str(document["withheld_minor"]))
        found.append((words.field("document", "withheld_minor"), _money(words, withheld, cash), False))
    still = int(str(document["payable_minor"])) - int(str(document["paid_minor"]))
    return [
        *found,
        (payable, _money(words, document["payable_minor"], cash), True),
        (words.field("document", "paid_minor"), _money(words, document["paid_minor"], cash), False),
        (words("Still open"), _money(words, still, cash), False),
    ]


def _sums(paper: SheetOfPaper, words: Words, found: Paper) -> None:
    rows = sums(words, found.sheet.document)
    paper.ln(4)
    paper.need(len(rows) * 6 + 2)
    for label, amount, counts in rows:
        paper.set_x(paper.l_margin + paper.wide - 96)
        paper.type(11 if counts else 9, bold=counts, colour=GREY if not counts else (28, 28, 25))
        paper.text_line(label, 6, width=56, down=False)
        paper.type(11 if counts else 9, bold=counts)
        paper.text_line(amount, 6, width=40, right=True)


def _payments(paper: SheetOfPaper, words: Words, found: Paper) -> None:
    cash = str(found.sheet.document["currency"])
    if not found.sheet.payments:
        return
    paper.ln(5)
    columns = [
        Column(words("Payments"), paper.wide - 86), Column(words.field("payment", "method"), 50),
        Column(words.field("payment", "amount_minor"), 36, right=True),
    ]  # fmt: skip
    paper.table(columns, [
        [words.date(str(one["paid_on"])), words.choice("customer", "payment_method", str(one["method"] or "")),
         _money(words, one["amount_minor"], cash)]
        for one in found.sheet.payments
    ])  # fmt: skip


def _notes(paper: SheetOfPaper, words: Words, found: Paper) -> None:
    """What corrects the document, and its note."""
    cash = str(found.sheet.document["currency"])
    paper.ln(4)
    paper.type(9)
    for one in found.sheet.corrected_by:
        name = f"{words.choice('document', 'kind', one.kind)} {one.number}"
        text = words("Corrected by {name} of {day}, {amount}.", name=name, day=words.date(one.issued_on),
                     amount=_money(words, one.gross_minor, cash))  # fmt: skip
        paper.paragraph(text, 5)
    if found.sheet.document["note"]:
        paper.paragraph(str(found.sheet.document["note"]), 5)


def _money(words: Words, minor: Plain | Decimal, currency: str) -> str:
    return money.written(minor if isinstance(minor, int) else 0, currency, words.language)
