"""The revenue tab as markup: every figure of the view comes from one sum, and what is chosen is kept in the address."""

from __future__ import annotations

import html
import re
from datetime import date
from pathlib import Path

import pytest

from mobility_app.domain.rules.revenue import ALLOWANCES
from mobility_app.store.queries import revenue as queries
from mobility_app.store.queries.revenue import Asked, RevenueView
from mobility_app.ui.markup import Html
from mobility_app.ui.sheet import revenue, revenue_markup, revenue_query
from mobility_app.ui.words import Words
from tests.support.billing import Billing, generated
from tests.support.desk import Desk, desk

TODAY = date(2026, 11, 24)
PT = Words("pt")


def text(markup: Html) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def view_of(at: Desk, asked: Asked | None = None) -> RevenueView:
    return queries.revenue(at.store, at.customer, asked or Asked(), TODAY)


def shown(words: Words, minor: int, currency: str = "EUR") -> str:
    return " ".join(words.money(minor, currency).split())


@pytest.mark.parametrize("seed", range(4))
def test_donut_list_bars_tables_and_figures_show_the_same_total(tmp_path: Path, seed: int) -> None:
    at = desk(tmp_path)
    generated(at, seed, 80, TODAY)
    view = view_of(at)
    total = view.now.total_minor
    parts = revenue_markup.slices_of(PT, view)
    assert sum(part.minor for part in parts) == total
    assert sum(part.percent for part in parts) == 100
    assert sum(bar.minor for bar in revenue_markup.bars_of(PT, view.now.by_month)) == total
    assert shown(PT, total) in text(revenue_markup.figures(PT, view, "last_12"))
    said = text(revenue_markup.legend(PT, parts, "EUR"))
    assert all(shown(PT, part.minor) in said for part in parts)
    tables = text(revenue_markup.tables(PT, view, compare=True))
    assert tables.count(f"Total {shown(PT, total)}") == 2
    assert all(shown(PT, net) in tables for _, net in view.now.by_month)
    assert shown(PT, view.before.total_minor) in tables


def test_the_categories_that_documents_do_not_name_are_translated(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    billing.document("2026-05-05", 900, ("Vinho", 800), (None, 300), (ALLOWANCES, -200))
    billing.lay()
    view = view_of(at)
    said = text(revenue_markup.legend(PT, revenue_markup.slices_of(PT, view), "EUR"))
    assert said == (
        f"Vinho {shown(PT, 800)} 73 % Sem categoria {shown(PT, 300)} 27 % Abatimentos e encargos {shown(PT, -200)} –"
    )


def test_a_category_is_text_and_never_markup(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    billing.document("2026-05-05", 900, ('<img src=x onerror="y">', 900))
    billing.lay()
    view = view_of(at)
    parts = revenue_markup.slices_of(PT, view)
    for markup in (revenue_markup.legend(PT, parts, "EUR"), revenue_markup.tables(PT, view, compare=True)):
        assert "<img" not in markup
        assert "&lt;img" in markup


def test_a_currency_is_offered_only_where_there_are_several(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    billing.document("2026-05-05", 900)
    billing.lay()
    asked = Asked()
    assert "USD" not in revenue_markup.controls(PT, view_of(at), asked, "/x.csv", compare=False)
    billing = Billing(at)
    billing.document("2026-05-05", 5, currency="USD")
    billing.lay()
    controls = revenue_markup.controls(PT, view_of(at), asked, "/x.csv", compare=False)
    assert 'data-act="currency" data-arg="USD"' in controls
    assert shown(PT, 900) in text(revenue_markup.figures(PT, view_of(at), "last_12"))


def test_the_labels_are_those_of_the_product(tmp_path: Path) -> None:
    at = desk(tmp_path)
    generated(at, 1, 10, TODAY)
    view = view_of(at)
    said = text(revenue_markup.controls(PT, view, Asked(), "/x.csv", compare=True))
    for label in ("Últimos 12 meses", "Este ano", "Ano passado", "De–até", "Comparar com o ano anterior"):
        assert label in said
    figures = text(revenue_markup.figures(PT, view, "last_12"))
    assert [label in figures for label in ("Últimos 12 meses", "Média por mês", "Melhor mês")] == [True] * 3


def test_a_period_without_revenue_says_so_and_shows_nought_for_each_month(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    billing.document("2020-05-05", 900)
    billing.lay()
    view = view_of(at)
    assert "Sem faturamento neste período." in revenue_markup.legend(PT, revenue_markup.slices_of(PT, view), "EUR")
    assert text(revenue_markup.tables(PT, view, compare=False)).count(shown(PT, 0)) == 12 + 2
    assert "Nenhum mês com faturamento" in revenue_markup.figures(PT, view, "last_12")


def test_what_an_address_asks_for_is_shown_and_nonsense_is_the_usual_view() -> None:
    assert revenue._from_query({"period": "last_year", "compare": "1"}) == (Asked("last_year"), True)
    days = {"period": "from_to", "from": "2026-01-01", "to": "2026-02-01", "currency": "USD"}
    assert revenue._from_query(days) == (Asked("from_to", "2026-01-01", "2026-02-01", "USD"), False)
    assert revenue._from_query({"period": "from_to", "from": "x", "to": "2026-02-01"}) == (Asked(), False)
    assert revenue._from_query({"period": "<b>"}) == (Asked(), False)


def test_the_choice_is_kept_in_the_address_and_can_not_break_out_of_the_script() -> None:
    script = revenue_query.keep_query([("period", "this_year"), ("currency", ""), ("x", '"</script>')])
    assert '"?period=this_year&x=%22%3C%2Fscript%3E"' in script
    assert revenue_query.keep_query([("period", "")]).endswith('location.pathname + "")')


def test_a_long_periods_table_of_months_is_paged_and_its_total_is_that_of_all(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    for year in range(2022, 2027):
        billing.document(f"{year}-02-10", 10_000, ("Vinho", 10_000))
    billing.lay()
    view = view_of(at, Asked("from_to", "2022-01-01", "2026-12-31"))
    first, last = (revenue_markup.tables(PT, view, compare=False, first=at_) for at_ in (0, 48))
    assert "1 a 24 de 60" in text(first)
    assert "49 a 60 de 60" in text(last)
    assert "fev. 2022" in text(first)
    assert "fev. 2026" in text(last)
    assert 'data-act="bar" data-arg="49"' in last, "a line leads to its own month"
    for page in (first, last):
        assert f"Total {' '.join(PT.money(50_000, 'EUR').split())}" in text(page)
    assert "de 12" not in text(revenue_markup.tables(PT, view_of(at), compare=False))
