"""Billing documents: the list with filters, order and totals, and one document with all that hangs on it."""

from __future__ import annotations

import html
import re
from datetime import date
from pathlib import Path

import pytest

from mobility_app.domain.rules import documents as rules
from mobility_app.store.queries import documents as queries
from mobility_app.store.queries.documents import DocumentPage, DocumentSheet, Filters
from mobility_app.ui.markup import Html
from mobility_app.ui.sheet import documents
from mobility_app.ui.words import Words
from tests.support.billing import Billing, generated
from tests.support.desk import Desk, desk

TODAY = date(2026, 11, 24)
PT = Words("pt")


def text(markup: Html) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def shown(minor: int, currency: str = "EUR") -> str:
    return " ".join(PT.money(minor, currency).split())


def page_of(at: Desk, **filters: object) -> DocumentPage:
    return queries.documents(at.store, at.customer, Filters(**filters), TODAY.isoformat())  # type: ignore[arg-type]


def sheet_of(at: Desk, record_id: str, first: int = 0) -> DocumentSheet:
    found = queries.document(at.store, at.customer, record_id, TODAY.isoformat(), first)
    assert found is not None
    return found


def rendered(model: DocumentSheet | None, *, irpf: bool = False) -> Html:
    return documents.render_one(PT, model, href=lambda one: f"/d/{one}", product=lambda one: f"/p/{one}", may_irpf=irpf)


def everything(at: Desk, **filters: object) -> list[queries.DocumentRow]:
    found: list[queries.DocumentRow] = []
    while True:
        page = page_of(at, first=len(found), **filters)
        found += page.rows
        if not page.rows or len(found) >= page.total:
            return found


@pytest.mark.parametrize("seed", range(4))
def test_the_payment_state_in_the_list_is_that_of_the_rule(tmp_path: Path, seed: int) -> None:
    at = desk(tmp_path)
    billing = generated(at, seed, 150, TODAY)
    expected = {
        one: rules.payment_state(row["payable_minor"], row["paid_minor"], row["due_on"], TODAY.isoformat())  # type: ignore[arg-type]
        for one, row in billing.documents
    }
    assert {row.id: row.state for row in everything(at)} == expected
    assert set(expected.values()) == set(rules.STATES), "the data holds every state"
    for state in rules.STATES:
        assert {row.id for row in everything(at, state=state)} == {
            one for one, found in expected.items() if found == state
        }


def test_the_due_day_itself_is_still_in_time(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    for number, due in (("a", "2026-11-23"), ("b", "2026-11-24"), ("c", None)):
        billing.document("2026-11-01", 100, number=number, due_on=due)
    billing.lay()
    states = {row.number: row.state for row in everything(at)}
    assert states == {"a": rules.OVERDUE, "b": rules.OPEN, "c": rules.OPEN}


def test_totals_are_those_of_all_pages_by_currency_and_credit_notes_take_off(tmp_path: Path) -> None:
    at = desk(tmp_path)
    generated(at, 3, 90, TODAY)
    for filters in ({}, {"kind": "credit_note"}, {"year": "2025"}, {"state": "overdue", "year": "2024"}):
        rows = everything(at, **filters)
        for total in page_of(at, **filters).totals:
            mine = [row for row in rows if row.currency == total.currency]
            assert (total.count, total.net_minor, total.gross_minor, total.owed_minor) == (
                len(mine), sum(row.net_minor for row in mine), sum(row.gross_minor for row in mine),
                sum(row.owed_minor for row in mine),
            )  # fmt: skip
    assert len(page_of(at).rows) == queries.PAGE_ROWS


@pytest.mark.parametrize(("sort", "key"), [
    ("issued_on", lambda row: row.issued_on), ("number", lambda row: row.number.lower()),
    ("gross", lambda row: (row.currency, row.gross_minor)), ("net", lambda row: (row.currency, row.net_minor)),
])  # fmt: skip
def test_a_column_sorts_both_ways_and_never_compares_currencies(tmp_path: Path, sort: str, key: object) -> None:
    at = desk(tmp_path)
    generated(at, 5, 60, TODAY)
    up = [key(row) for row in everything(at, sort=sort, descending=False)]  # type: ignore[operator]
    assert up == sorted(up)
    down = everything(at, sort=sort, descending=True)
    if sort in ("gross", "net"):
        assert [row.currency for row in down] == sorted(row.currency for row in down)
        amounts = [getattr(row, f"{sort}_minor") for row in down if row.currency == "EUR"]
        assert amounts == sorted(amounts, reverse=True)
    else:
        assert [key(row) for row in down] == sorted(up, reverse=True)  # type: ignore[operator]


def test_the_list_names_kind_number_days_amounts_and_state_and_leads_to_the_document(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    note = billing.document("2026-11-02", 1_000, kind="credit_note", type_code="381", number="NC 7", gross_minor=1_230)
    billing.document("2026-10-01", 5_000, due_on="2026-10-31", number="FT <1>")
    billing.lay()
    markup = documents.render_list(PT, page_of(at), href=lambda one: f"/d/{one}", csv=repr)
    said = text(markup)
    assert f"NC 7 Nota de crédito 2 nov. 2026 – {shown(-1_000)} {shown(-1_230)} Em aberto" in said
    assert f"FT <1> Fatura 1 out. 2026 31 out. 2026 {shown(5_000)} {shown(5_000)} Vencido" in said
    assert f'href="/d/{note}"' in markup
    assert f"Total de 2 documentos Valor líquido {shown(4_000)}" in said


def test_acts_change_the_filters_and_unknown_ones_nothing() -> None:
    asked = Filters(first=40)
    assert documents.changed(asked, "kind", "invoice") == Filters(kind="invoice")
    assert documents.changed(asked, "sort", "gross") == Filters(sort="gross", descending=True)
    assert documents.changed(Filters(sort="gross"), "sort", "gross") == Filters(sort="gross", descending=False)
    assert documents.changed(asked, "page", "20") == Filters(first=20)
    for act, arg in (
        ("kind", "x"),
        ("state", "x"),
        ("year", "20-26"),
        ("sort", "id; DROP"),
        ("page", "-1"),
        ("no", ""),
    ):
        assert documents.changed(asked, act, arg) == asked
    query = {"kind": "credit_note", "state": "paid", "year": "2025", "sort": "number", "down": "1"}
    assert documents.filters_of(query) == Filters("credit_note", "paid", "2025", "number", True)
    assert documents.filters_of({"kind": "x", "sort": "y"}) == Filters()


def test_filters_that_let_nothing_through_offer_the_way_back_and_no_document_says_why(tmp_path: Path) -> None:
    at = desk(tmp_path)
    empty = documents.render_list(PT, page_of(at), href=str, csv=repr)
    assert "Sem documentos de faturamento" in text(empty)
    generated(at, 1, 5, TODAY)
    none = documents.render_list(PT, page_of(at, year="1999"), href=str, csv=repr)
    assert 'data-act="clear"' in none


def corrected(at: Desk) -> tuple[str, str]:
    billing = Billing(at)
    invoice = billing.document(
        "2026-10-01", 10_000, ("Vinho", 9_000), (None, 1_000), number="FT 1", tax_minor=2_100, gross_minor=12_100,
        withheld_minor=1_500, payable_minor=10_600, paid_minor=600, due_on="2026-10-31", note="Obrigado\npela compra",
    )  # fmt: skip
    note = billing.document("2026-10-10", 500, ("Vinho", 500), kind="credit_note", number="NC 1", corrects_id=invoice)
    billing.add(
        "document_tax", document_id=invoice, category_code="S", tax_rate_bp=2_100, base_minor=10_000, tax_minor=2_100
    )
    billing.add("payment", document_id=invoice, paid_on="2026-10-20", amount_minor=600, method="transfer")
    billing.lay()
    return invoice, note


def test_a_document_shows_lines_taxes_irpf_payments_and_what_corrects_it(tmp_path: Path) -> None:
    at = desk(tmp_path)
    invoice, note = corrected(at)
    said = text(rendered(sheet_of(at, invoice), irpf=True))
    assert "Fatura FT 1" in said
    assert f"Vinho – – – {shown(9_000)}" in said
    assert f"Sem categoria – – – {shown(1_000)}" in said
    assert f"21 % · S {shown(10_000)} {shown(2_100)}" in said
    assert f"Retenção IRPF {shown(1_500)}" in said or f"IRPF retido {shown(1_500)}" in said
    assert f"Líquido a pagar {shown(10_600)}" in said
    assert f"Ainda em aberto {shown(10_000)}" in said
    assert f"20 out. 2026 Transferência bancária {shown(600)}" in said
    assert f"Nota de crédito NC 1 Corrigido por · 10 out. 2026 · {shown(500)}" in said
    assert f'href="/d/{note}"' in rendered(sheet_of(at, invoice))
    back = rendered(sheet_of(at, note))
    assert "Fatura FT 1 Corrige · 1 out. 2026" in text(back)
    assert f'href="/d/{invoice}"' in back


def test_irpf_stands_only_where_it_applies(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    plain = billing.document("2026-10-01", 10_000)
    billing.lay()
    assert "IRPF" not in rendered(sheet_of(at, plain))
    assert "IRPF" in rendered(sheet_of(at, plain), irpf=True)
    assert "sem linhas" in rendered(sheet_of(at, plain))


def test_a_document_of_another_customer_is_not_shown_even_by_its_address(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    theirs = billing.document("2026-10-01", 10_000, customer_id="9" * 32)
    mine = billing.document("2026-10-02", 5, kind="credit_note", corrects_id=theirs)
    billing.lay()
    assert queries.document(at.store, at.customer, theirs, TODAY.isoformat()) is None
    assert queries.document(at.store, at.customer, "0" * 32, TODAY.isoformat()) is None
    assert "Este documento não está aqui" in rendered(None)
    model = sheet_of(at, mine)
    assert (model.corrects, model.corrects_missing) == (None, True)


def test_a_document_with_many_lines_pages_them(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    long = billing.document("2026-10-01", 57, *[(f"C{n}", 1) for n in range(57)])
    billing.lay()
    last = sheet_of(at, long, 2 * queries.LINE_ROWS)
    assert (last.line_count, len(last.lines), last.lines[0]["position"]) == (57, 57 - 2 * queries.LINE_ROWS, 41)
    assert "41 a 57 de 57" in text(rendered(last))
    for quantity, price, written in (("2.5", "12.5", "2,5 12,50"), ("1", "0.1234", "1 0,1234")):
        other = Billing(at)
        one = other.document("2026-10-01", 5)
        other.add("document_line", document_id=one, position=1, net_minor=5, description="x", quantity=quantity,
                  unit_price=price)  # fmt: skip
        other.lay()
        assert written in text(rendered(sheet_of(at, one)))


def test_a_page_costs_the_same_few_statements_whatever_there_is(tmp_path: Path) -> None:
    at = desk(tmp_path)
    generated(at, 2, 200, TODAY)
    asked: list[str] = []
    at.store.database.watch = asked.append
    page_of(at)
    assert len(asked) == 3
