"""Tab "Billing documents": invoices and credit notes with filters, order and totals; one opens on a page of its own.

The office owns them: nothing is changed here. Both views are pure markup over `store/queries/documents.py`; CSV and PDF
are made by `ui/exports`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from types import MappingProxyType

from nicegui import ui

from mobility_app.domain.change import Row
from mobility_app.domain.rules import documents as rules
from mobility_app.domain.rules import money
from mobility_app.store.queries import documents as queries
from mobility_app.store.queries.documents import DocumentPage, DocumentRow, DocumentSheet, Filters, Reference, Total
from mobility_app.ui import lists
from mobility_app.ui.lists import Column, Line
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import N_, P_
from mobility_app.ui.sheet import billing
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.revenue_markup import category_name
from mobility_app.ui.sheet.revenue_query import Pairs, keep_query, query_of
from mobility_app.ui.sheet.tab import Tab
from mobility_app.ui.words import NOT_SET, Words

STATE_NAMES = MappingProxyType({
    rules.PAID: P_("document", "Paid"), rules.PART_PAID: P_("document", "Part paid"),
    rules.OPEN: P_("document", "Open"), rules.OVERDUE: P_("document", "Overdue"),
})  # fmt: skip
STATE_TONES = MappingProxyType({rules.PAID: "ok", rules.PART_PAID: "warn", rules.OPEN: "neutral", rules.OVERDUE: "bad"})
YEARS_MAX = 5
NUMBER_SHORT = 18  # characters of a number; a longer one may break

Href = Callable[[str], str]


def state_chip(words: Words, state: str) -> Html:
    """The payment state."""
    return lists.chip(words(STATE_NAMES[state]), STATE_TONES[state], dot=True)


# -- the list


class DocumentList:
    """The list in one browser tab: which documents are asked for."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._filters = filters_of(sheet.query)

    async def show(self) -> None:
        """Draws and follows."""
        sheet = self._sheet
        self._live = await sheet.live(
            queries.documents, partial(render_list, sheet.words, href=partial(sheet.href, "documents"), csv=self._csv),
            self._filters, sheet.app.today().isoformat(), on_act=self._act,
        )  # fmt: skip

    async def _act(self, act: str, arg: str) -> None:
        asked = changed(self._filters, act, arg)
        if asked == self._filters:
            return
        self._filters = asked
        sheet = self._sheet
        await self._live.show(asked, sheet.app.today().isoformat())
        page: DocumentPage = self._live.model
        sheet.announce(sheet.words.n("{n} document", "{n} documents", page.total))
        sheet.window.run(keep_query(pairs_of(asked)))

    def _csv(self, asked: Filters) -> str:
        return f"/exports/documents/{self._sheet.customer_id}.csv{query_of(pairs_of(asked))}"


def pairs_of(asked: Filters) -> Pairs:
    """The filters and the order as an address says them."""
    pairs = [("kind", asked.kind), ("state", asked.state), ("year", asked.year)]
    usual = Filters()
    if (asked.sort, asked.descending) != (usual.sort, usual.descending):
        pairs += [("sort", asked.sort), ("down", "1" if asked.descending else "0")]
    return pairs


def filters_of(query: Mapping[str, str]) -> Filters:
    """The filters that an address names; what it does not know is left out."""
    asked = Filters()
    for act in ("kind", "state", "year"):
        asked = changed(asked, act, query.get(act, ""))
    if query.get("sort") in queries.SORTS:
        asked = replace(asked, sort=query["sort"], descending=query.get("down") == "1")
    return asked


def changed(filters: Filters, act: str, arg: str) -> Filters:
    """The filters after an act of the list; unknown ones change nothing. The same column again turns the order round."""
    match act:
        case "kind" if arg in queries.KINDS:
            return replace(filters, kind=arg, first=0)
        case "state" if arg in queries.STATES:
            return replace(filters, state=arg, first=0)
        case "year" if arg == "" or (arg.isdecimal() and len(arg) == 4):
            return replace(filters, year=arg, first=0)
        case "sort" if arg in queries.SORTS:
            down = not filters.descending if arg == filters.sort else arg not in ("number", "state")
            return replace(filters, sort=arg, descending=down, first=0)
        case "page" if arg.isdecimal():
            return replace(filters, first=int(arg))
        case "clear":
            return Filters(sort=filters.sort, descending=filters.descending)
    return filters


def render_list(words: Words, page: DocumentPage, *, href: Href, csv: Callable[[Filters], str]) -> Html:
    """The list with its filters. `csv`: the address of all that they let through."""
    if not page.ever:
        text = words("Invoices and credit notes come from the office.")
        return lists.empty("receipt", words("No billing documents"), text)
    return h("div", _filters(words, page), _list_card(words, page, href, csv(page.filters)), class_="fb-stack")


def _filters(words: Words, page: DocumentPage) -> Html:
    asked, every = page.filters, words.p("documents", "All")
    kinds = [("", every, None), *((kind, words(text), None) for kind, text in _KIND_NAMES.items())]
    states = [("", every, None), *((state, words(text), None) for state, text in STATE_NAMES.items())]
    years = None
    if len(page.years) > 1:
        shown = [("", words("All years"), None), *((year, year, None) for year in page.years[:YEARS_MAX])]
        years = lists.segments(words("Year"), shown, asked.year, act="year")
    return h(
        "div",
        lists.segments(words("Kind"), kinds, asked.kind, act="kind"),
        lists.segments(words("Payment state"), states, asked.state, act="state"),
        years,
        class_="fb-bar",
    )


_KIND_NAMES = MappingProxyType({"invoice": N_("Invoices"), "credit_note": N_("Credit notes")})


def _list_card(words: Words, page: DocumentPage, href: Href, csv: str) -> Html:
    if not page.rows:
        clear = lists.button(words("Show all documents"), act="clear")
        return lists.nothing(words("No document matches these filters."), clear)
    columns = [
        Column(words.field("document", "number"), sort="number"),
        Column(words.field("document", "issued_on"), sort="issued_on"),
        Column(words.field("document", "due_on"), hide_narrow=True, sort="due_on"),
        Column(words("Net amount"), right=True, hide_narrow=True, sort="net"),
        Column(words("Total"), right=True, sort="gross"),
        Column(words("Payment"), sort="state"),
        Column("PDF"),
    ]
    lines = [_line(words, row, href) for row in page.rows]
    table = lists.table(
        words("Billing documents"), columns, lines, sorted_by=page.filters.sort, descending=page.filters.descending
    )
    pager = lists.pager(words, page.filters.first, len(page.rows), page.total, size=queries.PAGE_ROWS)
    sums = h("div", [_total(words, one) for one in page.totals], class_="fb-sums")
    return lists.card(
        words("Billing documents"), h("div", table, class_="fb-doclist"), sums, pager, count=words.number(page.total),
        actions=lists.download("CSV", csv, words("CSV of these documents"), kind="ghost"), flush=True,
    )  # fmt: skip


def _line(words: Words, row: DocumentRow, href: Href) -> Line:
    """One line, in as few elements as can be: a page holds many."""
    name = f"{row.number}\n{words.choice('document', 'kind', row.kind)}"
    cells = (
        h("span", name) if len(row.number) > NUMBER_SHORT else name,
        words.date(row.issued_on), words.date(row.due_on) if row.due_on else "–",
        words.money(row.net_minor, row.currency), words.money(row.gross_minor, row.currency),
        _state_word(words, row.state), pdf_link(words, row.id, row.number),
    )  # fmt: skip
    return Line(cells, href=href(row.id))


def pdf_link(words: Words, document_id: str, number: str) -> Html:
    """The way to a document's PDF, from its line."""
    name = words("PDF of {name}", name=number)
    return h("a", "PDF", class_="fb-pdf", href=pdf_address(document_id), download=True, aria_label=name)


def pdf_address(document_id: str) -> str:
    """Where the PDF is made."""
    return f"/exports/document/{document_id}.pdf"


def _state_word(words: Words, state: str) -> Html:
    return h("span", words(STATE_NAMES[state]), class_=f"fb-chip fb-chip-{STATE_TONES[state]}")


def _amount(words: Words, minor: int, currency: str) -> Html:
    return h("span", words.money(minor, currency), class_="fb-num")


def _total(words: Words, one: Total) -> Html:
    """The sums of one currency over all that the filters let through, as fields."""
    count = words.n("Total of {n} document", "Total of {n} documents", one.count)
    pairs = (
        (words("Net amount"), one.net_minor), (words("Total"), one.gross_minor), (words("Still open"), one.owed_minor),
    )  # fmt: skip
    cells = [
        h("div", h("dt", name), h("dd", words.money(minor, one.currency), class_="fb-num"), class_="fb-field")
        for name, minor in pairs
    ]
    return h("div", h("p", count, class_="fb-strong"), h("dl", cells, class_="fb-fields"), class_="fb-sum")


async def build(sheet: Sheet) -> None:
    """Draws the list; it cannot be edited, so both modes look the same."""
    if not billing.sees(sheet.app.actor, sheet.header):
        ui.html(billing.unseen(sheet.words, sheet.app.actor, sheet.header), sanitize=False)
        return
    await DocumentList(sheet).show()


# -- one document


async def show_one(sheet: Sheet, record_id: str) -> None:
    """Draws one document and follows it."""
    if not billing.sees(sheet.app.actor, sheet.header):
        ui.html(billing.unseen(sheet.words, sheet.app.actor, sheet.header), sanitize=False)
        return

    async def act(name: str, arg: str) -> None:
        if name == "page" and arg.isdecimal():
            await live.show(record_id, today, int(arg))

    today = sheet.app.today().isoformat()
    render = partial(
        render_one, sheet.words, href=partial(sheet.href, "documents"), product=partial(sheet.href, "products")
    )
    live = await sheet.live(
        queries.document, partial(render, may_irpf=sheet.header.irpf), record_id, today, 0, on_act=act
    )  # fmt: skip


def render_one(
    words: Words, model: DocumentSheet | None, *, href: Href, product: Href, may_irpf: bool
) -> Html:  # fmt: skip
    """One document: head, lines, taxes, sums, payments, corrections both ways."""
    back = h("div", lists.button(words("All billing documents"), href=href(""), symbol="chevron-left", kind="ghost"),
             class_="fb-bar")  # fmt: skip
    if model is None:
        text = words("It was taken back by the office, or belongs to another customer.")
        return h("div", back, lists.empty("receipt", words("This document is not here"), text), class_="fb-stack")
    side = h(
        "div", _sums(words, model, may_irpf=may_irpf), _payments(words, model), _corrections(words, model, href),
        class_="fb-side",
    )  # fmt: skip
    main = h("div", _head(words, model), _lines(words, model, product), _taxes(words, model), class_="fb-stack")
    return h("div", back, h("div", main, side, class_="fb-cols"), class_="fb-stack")


def _head(words: Words, model: DocumentSheet) -> Html:
    document = model.document
    kind = words.choice("document", "kind", str(document["kind"]))
    names = ("issued_on", "due_on", "currency", "type_code")
    views = [_field(words, name, words.value("document", name, document[name])) for name in names]
    if document["note"]:
        note = h("dd", h("span", str(document["note"]), class_="fb-pre"))
        views.append(h("div", h("dt", words.field("document", "note")), note, class_="fb-field fb-field-wide"))
    title, name = f"{kind} {document['number']}", words("PDF of {name}", name=str(document["number"]))
    pdf = lists.download("PDF", pdf_address(str(document["id"])), name)
    return lists.card(title, lists.fields(*views), actions=[state_chip(words, model.state), pdf])


def _field(words: Words, name: str, shown: str) -> Html:
    label = h("dt", words.field("document", name))
    return h("div", label, h("dd", shown or words(NOT_SET), class_=None if shown else "fb-unset"), class_="fb-field")


def _lines(words: Words, model: DocumentSheet, product: Href) -> Html:
    title = words("Lines")
    if not model.lines:
        return lists.card(title, h("p", words("This document came with totals and without lines."), class_="fb-meta"))
    cash = str(model.document["currency"])
    columns = [
        Column(words.field("document_line", "description")),
        Column(words.field("document_line", "category"), hide_narrow=True),
        Column(words.field("document_line", "quantity"), right=True, hide_narrow=True),
        Column(words.field("document_line", "unit_price"), right=True, hide_narrow=True),
        Column(words.field("document_line", "tax_rate_bp"), right=True, hide_narrow=True),
        Column(words("Net amount"), right=True),
    ]
    table = lists.table(title, columns, [_document_line(words, line, cash, product) for line in model.lines])
    pager = lists.pager(words, model.first, len(model.lines), model.line_count, size=queries.LINE_ROWS)
    return lists.card(title, table, pager, count=words.number(model.line_count), flush=True)


def _document_line(words: Words, line: Row, currency: str, product: Href) -> Line:
    name = str(line["description"] or line["product_name"] or words("Line {n}", n=line["position"]))
    what = h("a", name, class_="fb-link", href=product(str(line["product_id"]))) if line["code"] else h("span", name)
    code = h("div", str(line["code"]), class_="fb-meta") if line["code"] else None
    unit = f" {line['unit']}" if line["unit"] else ""
    quantity = words.number(str(line["quantity"])) + unit if line["quantity"] else "–"
    price = unit_price(words, str(line["unit_price"]), currency) if line["unit_price"] else "–"
    rate = line["tax_rate_bp"]
    return Line((
        h("div", what, code), category_name(words, str(line["category"] or "").strip()), quantity, price,
        words.rate(rate) if isinstance(rate, int) else "–", _amount(words, _minor(line["net_minor"]), currency),
    ))  # fmt: skip


def unit_price(words: Words, price: str, currency: str) -> str:
    """A decimal string with at least the minor digits of its currency."""
    own = max(0, -int(Decimal(price).as_tuple().exponent))
    return words.number(price, max(money.digits(currency), own))


def _taxes(words: Words, model: DocumentSheet) -> Html | None:
    if not model.taxes:
        return None
    cash, title = str(model.document["currency"]), words("Taxes")
    columns = [
        Column(words.field("document_tax", "tax_rate_bp")),
        Column(words.field("document_tax", "base_minor"), right=True),
        Column(words.field("document_tax", "tax_minor"), right=True),
    ]
    lines = []
    for tax in model.taxes:
        rate, code = tax["tax_rate_bp"], str(tax["category_code"] or "")
        name = " · ".join(part for part in (words.rate(rate) if isinstance(rate, int) else "", code) if part) or "–"
        lines.append(
            Line(
                (name, _amount(words, _minor(tax["base_minor"]), cash), _amount(words, _minor(tax["tax_minor"]), cash))
            )
        )
    return lists.card(title, h("div", lists.table(title, columns, lines), class_="fb-figs"), flush=True)


def _sums(words: Words, model: DocumentSheet, *, may_irpf: bool) -> Html:
    """Net, VAT, total, IRPF where it applies, what is to pay, what was paid, what is open: as printed, without sign."""
    one, cash = model.document, str(model.document["currency"])
    names = ["net_minor", "tax_minor", "gross_minor"]
    if one["withheld_minor"] or may_irpf:
        names.append("withheld_minor")
    names += ["payable_minor", "paid_minor"]
    rows = [
        _sum_row(words.field("document", name), words.money(_minor(one[name]), cash), name == "payable_minor")
        for name in names
    ]
    still = _minor(one["payable_minor"]) - _minor(one["paid_minor"])
    rows.append(_sum_row(words("Still open"), words.money(still, cash), False))
    return lists.card(words("Amounts"), h("dl", rows, class_="fb-sumlist"))


def _sum_row(name: str, amount: str, strong: bool) -> Html:
    look = "fb-num fb-strong" if strong else "fb-num"
    return h("div", h("dt", name), h("dd", amount, class_=look))


def _payments(words: Words, model: DocumentSheet) -> Html:
    cash = str(model.document["currency"])
    if not model.payments:
        return lists.card(words("Payments"), h("p", words("No payment yet."), class_="fb-meta"))
    rows = [
        lists.row(
            words.date(str(one["paid_on"])), _method(words, str(one["method"] or "")),
            end=h("span", words.money(_minor(one["amount_minor"]), cash), class_="fb-row-amount"),
        )
        for one in model.payments
    ]  # fmt: skip
    return lists.card(words("Payments"), lists.rows(*rows), count=len(rows), flush=True)


def _method(words: Words, method: str) -> str:
    return words.choice("customer", "payment_method", method)


def _corrections(words: Words, model: DocumentSheet, href: Href) -> Html | None:
    rows = []
    if model.corrects is not None:
        rows.append(_reference(words, model.corrects, words("Corrects"), href))
    rows += [_reference(words, one, words("Corrected by"), href) for one in model.corrected_by]
    if model.corrects_missing:
        rows.append(
            lists.row(words("Corrects a document that is not on this device"), None, lead=lists.tile("receipt"))
        )
    return lists.card(words("Corrections"), lists.rows(*rows), flush=True) if rows else None


def _reference(words: Words, one: Reference, how: str, href: Href) -> Html:
    title = f"{words.choice('document', 'kind', one.kind)} {one.number}"
    meta = f"{how} · {words.date(one.issued_on)} · {words.money(one.gross_minor, one.currency)}"
    return lists.row(title, meta, href=href(one.id), lead=lists.tile("link"), wrap=True)


def _minor(value: object) -> int:
    return value if isinstance(value, int) else 0


TAB = Tab(
    "documents", N_("Billing documents"), build, count=lambda header: header.counts["documents"], open=show_one
)  # fmt: skip
