"""What a customer stopped buying: the definition at its edges, and properties that hold for any sales."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mobility_app.domain.rules.lapsed import (
    QUIET_MONTHS,
    REGULAR_MONTHS,
    Sale,
    first_day,
    lapsed,
    months_before,
)

TODAY = date(2026, 11, 25)
QUIET = date(2026, 8, 25)  # the last day of the year before the quiet time

days = st.dates(date(2025, 1, 1), date(2027, 1, 1))
sales = st.lists(
    st.builds(Sale, st.sampled_from(["Café", "Chá", "Açúcar"]), days, st.integers(-5_000, 5_000)), max_size=60
)
whole_days = st.dates(date(2000, 3, 1), date(2100, 1, 1))


def monthly(thing: str, months: int, net: int = 1_000) -> list[Sale]:
    return [Sale(thing, months_before(QUIET, month), net) for month in range(months)]


def test_a_thing_of_four_months_that_was_not_billed_for_three_has_lapsed() -> None:
    found = lapsed(monthly("Café", REGULAR_MONTHS), TODAY)
    assert [(one.thing, one.months, one.last_on, one.usual_minor) for one in found] == [("Café", 4, QUIET, 1_000)]


def test_three_months_are_no_habit() -> None:
    assert lapsed(monthly("Café", REGULAR_MONTHS - 1), TODAY) == []
    assert lapsed([Sale("Café", QUIET - timedelta(days=day), 500) for day in range(20)], TODAY) == []  # one month


def test_one_sale_in_the_quiet_time_ends_it_to_the_day() -> None:
    habit = monthly("Café", 6)
    assert lapsed([*habit, Sale("Café", QUIET + timedelta(days=1), 1)], TODAY) == []
    assert lapsed([*habit, Sale("Café", TODAY, 1)], TODAY) == []
    assert len(lapsed([*habit, Sale("Café", TODAY + timedelta(days=1), 1)], TODAY)) == 1


def test_an_order_that_was_taken_back_is_none() -> None:
    habit = monthly("Café", REGULAR_MONTHS)
    assert lapsed([*habit, Sale("Café", QUIET, -1_000)], TODAY) == []
    taken_back = [Sale("Café", TODAY, 700), Sale("Café", TODAY, -700)]
    assert len(lapsed([*habit, *taken_back], TODAY)) == 1


def test_what_brought_most_comes_first() -> None:
    found = lapsed([*monthly("Chá", 4, 100), *monthly("Café", 12, 900), *monthly("Açúcar", 5, 900)], TODAY)
    assert [one.thing for one in found] == ["Café", "Açúcar", "Chá"]


@given(sales)
def test_it_does_not_matter_in_which_order_or_how_split_sales_come(given_sales: list[Sale]) -> None:
    split = [
        part for one in given_sales for part in (Sale(one.thing, one.day, one.net_minor), Sale(one.thing, one.day, 0))
    ]
    assert lapsed(given_sales, TODAY) == lapsed(reversed(split), TODAY)


@given(sales)
def test_what_has_lapsed_was_a_habit_and_brought_nothing_since(given_sales: list[Sale]) -> None:
    for one in lapsed(given_sales, TODAY):
        own = [sale for sale in given_sales if sale.thing == one.thing]
        assert sum(sale.net_minor for sale in own if QUIET < sale.day <= TODAY) <= 0
        year = [sale for sale in own if first_day(TODAY) < sale.day <= QUIET]
        assert len({sale.day for sale in year if sale.net_minor > 0}) >= one.months >= REGULAR_MONTHS
        assert one.last_on == max(sale.day for sale in year if sale.net_minor > 0)
        assert one.usual_minor > 0


@given(sales, st.sampled_from(["Café", "Chá", "Açúcar"]))
def test_a_good_sale_today_brings_a_thing_back_and_touches_no_other(given_sales: list[Sale], thing: str) -> None:
    before = lapsed(given_sales, TODAY)
    after = lapsed([*given_sales, Sale(thing, TODAY, 1_000_000)], TODAY)
    assert after == [one for one in before if one.thing != thing]


@given(whole_days, st.integers(0, 40))
def test_months_before_is_the_same_day_or_the_months_last(day: date, months: int) -> None:
    found = months_before(day, months)
    assert (day.year * 12 + day.month) - (found.year * 12 + found.month) == months
    assert found.day == day.day or (found + timedelta(days=1)).day == 1
    assert first_day(day) == months_before(day, QUIET_MONTHS + 12)
