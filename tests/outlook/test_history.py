"""What is asked and answered about the months to come, and when there is enough to go by."""

from __future__ import annotations

import pytest

from mobility_app.outlook.history import Ask, Foreseen, Outlook, answered, asked, busy_months, month_after

YEAR = (100, 100, 100, 300, 100, 100, 100, 0, 100, 100, 250, 100)


@pytest.mark.parametrize(
    ("values", "enough"),
    [
        ((1,) * 24, True),
        ((1,) * 23, False),
        ((0, 1) * 12, True),
        ((0,) * 13 + (1,) * 11, False),
        ((1,) * 24 + (0,) * 13, False),  # busy once, and not any more
        ((1,) * 12 + (0,) * 12 + (1,) * 12, True),
        ((), False),
    ],
)
def test_24_whole_months_with_revenue_in_12_of_the_last_24_are_enough(values: tuple[int, ...], enough: bool) -> None:
    assert Ask("2023-01", values).enough is enough


def test_months_are_counted_over_years() -> None:
    assert [month_after("2025-11", count) for count in (0, 1, 2, 14)] == ["2025-11", "2025-12", "2026-01", "2027-01"]


def test_a_month_is_busy_when_it_was_so_in_both_years_and_one_good_month_makes_no_season() -> None:
    assert busy_months(Ask("2024-01", YEAR + YEAR)) == {4, 11}
    assert busy_months(Ask("2024-03", YEAR + YEAR)) == {6, 1}, "by the calendar, wherever the history starts"
    once = (*YEAR[:11], 5_000, *YEAR)
    assert 12 not in busy_months(Ask("2024-01", once))
    assert busy_months(Ask("2024-01", (0,) * 24)) == frozenset()
    assert busy_months(Ask("2024-01", (-5,) * 24)) == frozenset()
    assert busy_months(Ask("2024-01", ())) == frozenset()


def test_question_and_answer_travel_as_they_are() -> None:
    ask = Ask("2024-01", YEAR + YEAR, 2, 3)
    assert asked(ask.json()) == ask
    assert ask.key == Ask("2024-01", YEAR + YEAR, 2, 3).key != Ask("2024-01", YEAR + YEAR).key
    found = Outlook((Foreseen("2026-12", -1, 2, 3),), True, 4, None, 5, 6)
    assert answered(found.json()) == found


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"first": "2024-01", "values": [1], "skip": 1, "horizon": 6}',
                                  '{"first": "2024-01", "values": "abc", "skip": 1, "horizon": 6}'])  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        asked(text)
    with pytest.raises((ValueError, KeyError, TypeError)):
        answered(text)
