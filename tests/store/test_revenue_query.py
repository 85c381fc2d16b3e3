"""Revenue as the screen reads it: grouped by the database, equal to the rules over every single line, to the cent."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mobility_app.domain.rules import revenue as rules
from mobility_app.domain.rules.documents import sign
from mobility_app.domain.rules.revenue import ALLOWANCES, NO_CATEGORY, Period
from mobility_app.errors import InvalidValue
from mobility_app.store.queries import documents, revenue
from mobility_app.store.queries.documents import Filters
from mobility_app.store.queries.revenue import Asked, RevenueView
from tests.support.billing import Billing, generated
from tests.support.desk import Desk, desk

TODAY = date(2026, 11, 24)
ASKED = (
    Asked(), Asked("this_year"), Asked("last_year"), Asked("from_to", "2024-02-29", "2026-01-17"),
    Asked("from_to", "2026-11-24", "2026-11-24"), Asked("this_year", currency="USD"),
)  # fmt: skip


def view_of(at: Desk, asked: Asked = ASKED[0], today: date = TODAY) -> RevenueView:
    return revenue.revenue(at.store, at.customer, asked, today)


@pytest.mark.parametrize("seed", range(6))
def test_pie_and_bars_and_documents_agree_to_the_cent_on_generated_billing(tmp_path: Path, seed: int) -> None:
    at = desk(tmp_path)
    billing = generated(at, seed, 120, TODAY)
    lines = [row for _, row in billing.records["document_line"]]
    by_currency = rules.lines_of([{**row, "id": one} for one, row in billing.documents], lines)
    for asked in ASKED:
        view = view_of(at, asked)
        expected = rules.summed(by_currency[view.currency], view.period)
        assert view.now.by_month == expected.by_month
        assert [one for one in view.now.by_category if one.net_minor] == [
            one for one in expected.by_category if one.net_minor
        ]
        signed = [
            sign(str(row["kind"])) * int(str(row["net_minor"]))
            for _, row in billing.documents
            if row["currency"] == view.currency and view.period.holds(str(row["issued_on"]))
        ]
        pie, bars = sum(one.net_minor for one in view.now.by_category), sum(net for _, net in view.now.by_month)
        assert pie == bars == sum(signed) == view.now.total_minor
        assert view.documents == len(signed)
        assert view.before == rules.summed(by_currency[view.currency], view.period.year_before())


@pytest.mark.parametrize("seed", range(3))
def test_the_documents_behind_each_slice_and_bar_add_up_to_it(tmp_path: Path, seed: int) -> None:
    at = desk(tmp_path)
    billing = generated(at, seed, 40, TODAY)
    lines = [row for _, row in billing.records["document_line"]]
    all_lines = rules.lines_of([{**row, "id": one} for one, row in billing.documents], lines)["EUR"]
    view = view_of(at)
    for share in view.now.by_category:
        page = revenue.behind(at.store, at.customer, "EUR", view.period, [share.category])
        assert page.net_minor == share.net_minor == sum(one.net_minor for one in page.rows)
        assert {one.id for one in page.rows} == rules.documents_behind(all_lines, view.period, category=share.category)
    for month, net in view.now.by_month:
        page = revenue.behind(at.store, at.customer, "EUR", view.period, None, month)
        assert page.net_minor == net
        assert {one.id for one in page.rows} >= rules.documents_behind(all_lines, view.period, month=month)
    names = [one.category for one in view.now.by_category[2:]]
    rest = revenue.behind(at.store, at.customer, "EUR", view.period, names)
    assert rest.net_minor == sum(one.net_minor for one in view.now.by_category[2:])


def test_a_year_agrees_with_the_totals_of_the_document_list(tmp_path: Path) -> None:
    at = desk(tmp_path)
    generated(at, 7, 150, TODAY)
    totals = documents.documents(at.store, at.customer, Filters(year="2025"), TODAY.isoformat()).totals
    assert {one.currency for one in totals} == {"EUR", "USD"}
    for one in totals:
        view = view_of(at, Asked("last_year", currency=one.currency))
        assert (view.now.total_minor, view.documents) == (one.net_minor, one.count)


def test_five_thousand_lines_are_grouped_in_the_database_and_never_read_one_by_one(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    for number in range(500):
        parts = [(f"C{line % 7}", 100 + number) for line in range(10)]
        billing.document(f"2026-{number % 11 + 1:02d}-{number % 28 + 1:02d}", sum(net for _, net in parts), *parts)
    billing.lay()
    asked: list[str] = []
    at.store.database.watch = asked.append
    view = view_of(at)
    assert view.now.total_minor == sum(10 * (100 + number) for number in range(500))
    assert len(asked) <= 8
    assert all("document_line" not in sql or "GROUP BY" in sql for sql in asked)
    with at.store.reading() as session:
        grouped = session.rows(
            revenue._LINES, at.customer, "EUR", view.period.start.isoformat(), view.period.end.isoformat()
        )
        plan = str(session.rows("EXPLAIN QUERY PLAN " + revenue._LINES, at.customer, "EUR", "2026-01-01", "2026-12-31"))
    assert len(grouped) == 11 * 7
    assert "SCAN l" not in plan
    assert "SCAN d" not in plan


def test_a_credit_note_is_taken_off_in_its_own_month_and_category(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    billing.document("2026-01-15", 10_000, ("Vinho", 7_000), ("Azeite", 3_000))
    billing.document("2026-03-02", 4_000, ("Vinho", 4_000), kind="credit_note")
    billing.lay()
    view = view_of(at, Asked("this_year"))
    assert [(one.category, one.net_minor) for one in view.now.by_category] == [("Azeite", 3_000), ("Vinho", 3_000)]
    assert dict(view.now.by_month)["2026-03"] == -4_000
    assert dict(view.now.by_month)["2026-02"] == 0
    assert view.best == ("2026-01", 10_000)


def test_totals_without_lines_and_lines_that_miss_cents_have_no_category(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    billing.document("2026-05-05", 999)
    billing.document("2026-05-06", 1_000, ("Vinho", 1_001))
    billing.document("2026-05-07", 500, (" Vinho ", 600), (ALLOWANCES, -100))
    billing.lay()
    found = {one.category: one.net_minor for one in view_of(at).now.by_category}
    assert found == {"Vinho": 1_601, NO_CATEGORY: 998, ALLOWANCES: -100}


def test_currencies_are_never_mixed_and_the_customers_own_comes_first(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    billing.document("2026-05-05", 100, currency="USD")
    billing.document("2026-05-05", 7, currency="CHF")
    billing.lay()
    own = view_of(at)
    assert (own.currency, own.currencies, own.now.total_minor) == ("EUR", ("EUR", "CHF", "USD"), 0)
    assert view_of(at, Asked(currency="USD")).now.total_minor == 100
    assert view_of(at, Asked(currency="XXX")).currency == "EUR", "a currency that nothing was billed in is not taken"


def test_a_period_that_still_runs_is_compared_with_the_same_days_a_year_before(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    billing.document("2026-05-05", 150_00)
    billing.document("2025-05-05", 100_00)
    billing.document("2025-12-20", 900_00)
    billing.lay()
    running = view_of(at, Asked("this_year"))
    assert (running.before.total_minor, running.before_so_far_minor, running.change_percent) == (1_000_00, 100_00, 50)
    assert (running.months_begun, running.average_minor) == (11, 1364)
    over = view_of(at, Asked("last_year"))
    assert (over.still_runs, over.months_begun, over.change_percent) == (False, 12, None)


def test_the_years_are_those_of_the_sellers_fiscal_year(tmp_path: Path) -> None:
    at = desk(tmp_path)
    at.from_hq("company", at.company, fiscal_year_start_month=4)
    assert view_of(at, Asked("this_year")).period == Period(date(2026, 4, 1), date(2027, 3, 31))
    assert view_of(at, Asked("last_year")).period == Period(date(2025, 4, 1), date(2026, 3, 31))


def test_days_that_make_no_period_are_refused_with_a_reason(tmp_path: Path) -> None:
    at = desk(tmp_path)
    for start, end, reason in (
        ("2026-02-30", "2026-03-01", "not_a_day"), ("", "2026-03-01", "not_a_day"),
        ("0026-01-01", "2026-03-01", "not_a_day"),
        ("2026-03-02", "2026-03-01", "ends_before_start"), ("2021-11-30", "2026-11-01", "too_many"),
    ):  # fmt: skip
        with pytest.raises(InvalidValue) as caught:
            view_of(at, Asked("from_to", start, end))
        assert caught.value.reason == reason
    assert len(view_of(at, Asked("from_to", "2021-12-31", "2026-11-01")).now.by_month) == revenue.MONTHS_MAX


def test_a_customer_without_billing_has_nothing_and_another_ones_is_not_seen(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    billing.document("2026-05-05", 100, customer_id="9" * 32)
    billing.lay()
    view = view_of(at)
    assert (view.documents_ever, view.now.total_minor, view.best, view.now.by_category) == (0, 0, None, ())
