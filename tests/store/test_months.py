"""Whole months of revenue, as a forecast goes by them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from mobility_app.store.queries.months import Months, months
from tests.support.billing import Billing
from tests.support.desk import desk

TODAY = date(2026, 11, 24)


def test_months_run_from_the_first_billed_one_to_the_last_that_is_over(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    billing.document("2026-07-31", 10_000)
    billing.document("2026-09-01", 4_000)
    billing.document("2026-09-30", 1_500, kind="credit_note")
    billing.document("2026-10-05", 700, kind="credit_note")
    billing.document("2026-11-02", 99_999)  # half a month is no month
    billing.document("2026-08-02", 5_000, currency="USD")
    billing.lay()
    assert months(at.store, at.customer, "EUR", TODAY, 120) == Months("2026-07", (10_000, 0, 2_500, -700))
    assert months(at.store, at.customer, "EUR", TODAY, 2) == Months("2026-09", (2_500, -700))
    assert months(at.store, at.customer, "USD", TODAY, 120) == Months("2026-08", (5_000, 0, 0))
    assert months(at.store, at.customer, "GBP", TODAY, 120) == Months("", ())


def test_a_customer_billed_this_month_for_the_first_time_has_no_whole_month(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    billing.document("2026-11-02", 99_999)
    billing.lay()
    assert months(at.store, at.customer, "EUR", TODAY, 120) == Months("", ())
