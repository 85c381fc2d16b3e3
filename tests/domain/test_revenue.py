"""Revenue: pie, bars and the list of documents tell the same story to the cent, whatever was billed."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_app.domain.fields import Plain
from mobility_app.domain.rules import revenue
from mobility_app.domain.rules.revenue import ALLOWANCES, NO_CATEGORY, Line, Period, Share
from mobility_app.errors import InvalidValue

TODAY = date(2026, 11, 24)
YEAR = revenue.this_year(TODAY)


def document(identity: str, day: str, net: int, kind: str = "invoice", currency: str = "EUR") -> dict[str, Plain]:
    return {"id": identity, "issued_on": day, "net_minor": net, "kind": kind, "currency": currency}


def line(identity: str, net: int, category: str | None = None) -> dict[str, Plain]:
    return {"document_id": identity, "net_minor": net, "category": category}


def test_a_credit_note_is_taken_off_in_its_own_month_and_category() -> None:
    documents = [document("a", "2026-01-15", 10_000), document("b", "2026-03-02", 4_000, "credit_note")]
    lines = [line("a", 7_000, "Wine"), line("a", 3_000, "Oil"), line("b", 4_000, "Wine")]
    found = revenue.summed(revenue.lines_of(documents, lines)["EUR"], YEAR)
    assert found.total_minor == 6_000
    assert found.by_category == (Share("Oil", 3_000, 50), Share("Wine", 3_000, 50))
    assert dict(found.by_month)["2026-01"] == 10_000
    assert dict(found.by_month)["2026-03"] == -4_000
    assert dict(found.by_month)["2026-02"] == 0
    assert len(found.by_month) == 12


def test_totals_without_lines_count_as_no_category() -> None:
    found = revenue.summed(revenue.lines_of([document("a", "2026-05-05", 999)], [])["EUR"], YEAR)
    assert found.by_category == (Share(NO_CATEGORY, 999, 100),)


def test_what_the_lines_leave_over_counts_as_no_category_and_lines_too_many_are_taken_back() -> None:
    documents = [document("a", "2026-05-05", 1_000), document("b", "2026-05-06", 1_000)]
    lines = [line("a", 900, "Wine"), line("a", 50), line("b", 1_001, "Wine"), line("elsewhere", 5, "Wine")]
    found = revenue.summed(revenue.lines_of(documents, lines)["EUR"], YEAR)
    assert found.by_category == (Share("Wine", 1_901, 95), Share(NO_CATEGORY, 99, 5))
    assert found.total_minor == 2_000


def test_a_negative_category_is_listed_with_no_share_of_the_pie() -> None:
    documents = [document("a", "2026-05-05", 800)]
    lines = [line("a", 1_000, "Wine"), line("a", -200, ALLOWANCES)]
    found = revenue.summed(revenue.lines_of(documents, lines)["EUR"], YEAR)
    assert found.by_category == (Share("Wine", 1_000, 100), Share(ALLOWANCES, -200, 0))


def test_a_correction_invoice_keeps_the_sign_that_it_carries() -> None:
    documents = [document("a", "2026-05-05", -300), document("b", "2026-05-06", 500)]
    assert revenue.summed(revenue.lines_of(documents, [])["EUR"], YEAR).total_minor == 200


def test_currencies_are_never_mixed() -> None:
    documents = [document("a", "2026-05-05", 100), document("b", "2026-05-06", 900, currency="BRL")]
    found = revenue.lines_of(documents, [line("a", 100, "Wine"), line("b", 900, "Wine")])
    assert {currency: revenue.summed(lines, YEAR).total_minor for currency, lines in found.items()} == {
        "BRL": 900,
        "EUR": 100,
    }


def test_a_click_on_a_slice_or_a_bar_names_the_documents_behind_it() -> None:
    documents = [document("a", "2026-01-31", 100), document("b", "2026-02-01", 100), document("c", "2025-12-31", 9)]
    lines = revenue.lines_of(documents, [line("a", 100, "Wine"), line("b", 60, "Wine"), line("c", 9, "Wine")])["EUR"]
    assert revenue.documents_behind(lines, YEAR) == {"a", "b"}
    assert revenue.documents_behind(lines, YEAR, category="Wine", month="2026-01") == {"a"}
    assert revenue.documents_behind(lines, YEAR, category=NO_CATEGORY) == {"b"}
    assert revenue.documents_behind(lines, YEAR, month="2026-03") == frozenset()


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        (revenue.this_year(TODAY), "2026-01-01", "2026-12-31"),
        (revenue.last_year(TODAY), "2025-01-01", "2025-12-31"),
        (revenue.this_year(TODAY, 4), "2026-04-01", "2027-03-31"),
        (revenue.this_year(date(2026, 3, 31), 4), "2025-04-01", "2026-03-31"),
        (revenue.last_year(date(2026, 3, 31), 4), "2024-04-01", "2025-03-31"),
        (revenue.last_year(date(2024, 2, 29), 3), "2022-03-01", "2023-02-28"),
        (revenue.last_12_months(TODAY), "2025-12-01", "2026-11-30"),
        (revenue.last_12_months(date(2026, 12, 31)), "2026-01-01", "2026-12-31"),
        (revenue.last_12_months(date(2024, 2, 1)), "2023-03-01", "2024-02-29"),
        (revenue.this_year(TODAY).year_before(), "2025-01-01", "2025-12-31"),
        (Period(date(2024, 2, 29), date(2024, 2, 29)).year_before(), "2023-02-28", "2023-02-28"),
        (Period(date(2024, 3, 1), date(2025, 2, 28)).year_before(), "2023-03-01", "2024-02-29"),
        (Period(date(2025, 2, 28), date(2025, 2, 28)).year_before(), "2024-02-28", "2024-02-28"),
        (Period(date(2026, 5, 10), date(2026, 6, 9)).year_before(), "2025-05-10", "2025-06-09"),
    ],
)
def test_periods(period: Period, start: str, end: str) -> None:
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InvalidValue, match="ends_before_start"):
        Period(date(2026, 2, 1), date(2026, 1, 31))


def test_a_period_inside_one_month_counts_only_its_days() -> None:
    documents = [document(day, day, 1) for day in ("2026-05-09", "2026-05-10", "2026-05-12", "2026-05-13")]
    found = revenue.summed(revenue.lines_of(documents, [])["EUR"], Period(date(2026, 5, 10), date(2026, 5, 12)))
    assert found.by_month == (("2026-05", 2),)


AMOUNT = st.integers(-(10**6), 10**6)
BILLED = st.lists(
    st.tuples(
        st.dates(date(2024, 1, 1), date(2026, 12, 31)),
        st.sampled_from(["invoice", "credit_note"]),
        st.sampled_from(["EUR", "BRL", "JPY"]),
        AMOUNT,
        st.lists(st.tuples(st.sampled_from([None, "", "Wine", "Oil", " Oil", ALLOWANCES]), AMOUNT), max_size=4),
    ),
    max_size=12,
)


@given(BILLED, st.dates(date(2024, 1, 1), date(2026, 12, 31)), st.integers(0, 800))
def test_pie_bars_and_documents_agree_to_the_cent(
    billed: list[tuple[date, str, str, int, list[tuple[str | None, int]]]], start: date, length: int
) -> None:
    period = Period(start, start + timedelta(days=length))
    documents, lines = [], []
    truth: Counter[str] = Counter()
    for number, (day, kind, currency, net, parts) in enumerate(billed):
        documents.append(document(str(number), day.isoformat(), net, kind, currency))
        lines += [line(str(number), part, category) for category, part in parts]
        if period.start <= day <= period.end:
            truth[currency] += -net if kind == "credit_note" else net
    for currency, found in revenue.lines_of(documents, lines).items():
        seen = revenue.summed(found, period)
        assert seen.total_minor == truth[currency]
        assert sum(share.net_minor for share in seen.by_category) == truth[currency]
        assert sum(net for _, net in seen.by_month) == truth[currency]
        assert [month for month, _ in seen.by_month] == period.months()
        assert len({share.category for share in seen.by_category}) == len(seen.by_category)
        truth.pop(currency, 0)
    assert not any(truth.values())


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=40))
def test_percents_add_up_to_a_hundred_and_none_is_off_by_one(nets: list[int]) -> None:
    lines = [Line("2026-05-05", "invoice", f"c{number}", net) for number, net in enumerate(nets)]
    shares = revenue.summed(lines, YEAR).by_category
    positive = sum(net for net in nets if net > 0)
    assert sum(share.percent for share in shares) == (100 if positive else 0)
    for share in shares:
        if share.net_minor <= 0:
            assert share.percent == 0
        else:
            assert abs(share.percent * positive - share.net_minor * 100) < positive
    assert [share.net_minor for share in shares] == sorted(nets, reverse=True)
