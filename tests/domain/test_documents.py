"""Documents: how they count in sums and whether they are paid."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_app.domain.rules import documents


@pytest.mark.parametrize(
    ("payable", "paid", "due", "state"),
    [
        (10_000, 0, "2026-12-01", "open"),
        (10_000, 0, None, "open"),
        (10_000, 4_000, "2026-12-01", "part_paid"),
        (10_000, 10_000, "2026-01-01", "paid"),
        (10_000, 10_001, None, "paid"),
        (10_000, 0, "2026-11-24", "open"),  # due today is in time
        (10_000, 0, "2026-11-23", "overdue"),
        (10_000, 9_999, "2026-11-23", "overdue"),
        (0, 0, "2026-01-01", "paid"),  # nothing to pay
        (-5_000, 0, "2026-12-01", "open"),  # a correction in the customer's favour
        (-5_000, -2_000, None, "part_paid"),
        (-5_000, -5_000, "2026-01-01", "paid"),
        (-5_000, 5_000, None, "open"),  # the customer paid, where we owe
        (10_000, -10_000, None, "open"),
    ],
)
def test_the_payment_state_of_a_document(payable: int, paid: int, due: str | None, state: str) -> None:
    assert documents.payment_state(payable, paid, due, "2026-11-24") == state


def test_what_a_credit_note_leaves_open_lowers_what_the_customer_owes() -> None:
    assert documents.open_minor("invoice", 10_000, 4_000) == 6_000
    assert documents.open_minor("credit_note", 3_000, 1_000) == -2_000
    assert documents.open_minor("invoice", -3_000, 0) == -3_000
    assert (documents.sign("invoice"), documents.sign("credit_note")) == (1, -1)


@given(st.integers(-100, 100), st.integers(-100, 100), st.none() | st.sampled_from(["2026-11-23", "2026-11-24"]))
def test_every_document_has_one_state_and_nothing_is_open_once_it_is_paid_exactly(
    payable: int, paid: int, due: str | None
) -> None:
    assert documents.payment_state(payable, paid, due, "2026-11-24") in documents.STATES
    assert documents.payment_state(payable, payable, due, "2026-11-24") == "paid"
    assert documents.open_minor("invoice", payable, payable) == 0
