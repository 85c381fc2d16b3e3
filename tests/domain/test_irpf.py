"""IRPF: Spanish sellers withhold; net to pay = base + VAT - withholding."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_app.domain.rules import irpf


@pytest.mark.parametrize(
    ("country", "present"), [("ES", True), ("PT", False), ("FR", False), ("", False), (None, False)]
)
def test_only_a_spanish_company_withholds(country: str | None, present: bool) -> None:
    assert irpf.applies(country) is present


@pytest.mark.parametrize(
    ("base", "vat", "rate", "withheld", "pay"),
    [
        (100_000, 21_000, 1500, 15_000, 106_000),  # the general rate of professionals: 15 %
        (100_000, 21_000, 700, 7_000, 114_000),  # the first three years: 7 %
        (333, 70, 1500, 50, 353),  # 49.95
        (330, 69, 1500, 50, 349),  # 49.5, half up
        (70, 15, 1500, 11, 74),  # 10.5, half up, not to the even one
        (-330, -69, 1500, -50, -349),  # a correction mirrors what it corrects
        (12_345, 0, 0, 0, 12_345),
        (0, 0, 1900, 0, 0),
        (10**15, 0, 10_000, 10**15, 0),
    ],
)
def test_what_is_withheld_and_what_is_paid(base: int, vat: int, rate: int, withheld: int, pay: int) -> None:
    assert irpf.withheld(base, rate) == withheld
    assert irpf.net_to_pay(base, vat, rate) == pay


@given(st.integers(-(10**15), 10**15), st.integers(-(10**14), 10**14), st.integers(0, 10_000))
def test_the_parts_add_up_and_the_withholding_is_the_nearest_cent(base: int, vat: int, rate: int) -> None:
    kept = irpf.withheld(base, rate)
    assert irpf.net_to_pay(base, vat, rate) + kept == base + vat
    assert abs(kept - Fraction(base * rate, 10_000)) <= Fraction(1, 2)
    assert irpf.withheld(-base, rate) == -kept
