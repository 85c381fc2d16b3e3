"""Amounts: minor units of ISO 4217, typed and written in the person's language, rounded half up once."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_app.domain.fields import MONEY_MAX
from mobility_app.domain.rules import money
from mobility_app.errors import InvalidValue


@pytest.mark.parametrize(
    ("currency", "digits"),
    [("EUR", 2), ("BRL", 2), ("JPY", 0), ("KWD", 3), ("TND", 3), ("CLF", 4), ("ISK", 0), ("RSD", 2), ("IQD", 3)],
)
def test_minor_units_are_those_of_iso_4217(currency: str, digits: int) -> None:
    assert money.digits(currency) == digits


@pytest.mark.parametrize(
    ("typed", "currency", "locale", "minor"),
    [
        ("1.234,56", "EUR", "pt", 123456),
        ("1234,56", "EUR", "pt", 123456),
        ("1234,5", "EUR", "pt", 123450),
        ("1.234", "EUR", "pt", 123400),
        (" 1.234,56 € ", "EUR", "pt", 123456),
        ("R$ 1.234,56", "BRL", "pt", 123456),
        ("1.234,56 EUR", "EUR", "es", 123456),
        ("eur 10", "EUR", "pt", 1000),
        ("1 234,56", "EUR", "fr", 123456),
        ("1\u00a0234,56\u00a0€", "EUR", "fr", 123456),
        ("12 345,6", "EUR", "pt_PT", 1234560),
        ("12 345,6", "EUR", "pt-PT", 1234560),
        ("$1,234.56", "USD", "en", 123456),
        ("-5", "EUR", "en", -500),
        ("−5,25 €", "EUR", "es", -525),
        ("-€5.25", "EUR", "en", -525),
        ("0", "EUR", "pt", 0),
        ("1500", "JPY", "en", 1500),
        ("1,500", "JPY", "en", 1500),
        ("1.2345", "KWD", "pt", None),
        ("1,234", "KWD", "pt", 1234),
    ],
)
def test_an_amount_is_read_as_the_language_writes_it(typed: str, currency: str, locale: str, minor: int | None) -> None:
    if minor is None:
        with pytest.raises(InvalidValue, match="not_an_amount"):
            money.parse(typed, currency, locale)
    else:
        assert money.parse(typed, currency, locale) == minor


@pytest.mark.parametrize(
    ("typed", "currency", "locale", "reason"),
    [
        ("", "EUR", "pt", "not_an_amount"),
        ("€", "EUR", "pt", "not_an_amount"),
        ("ten", "EUR", "en", "not_an_amount"),
        ("1e5", "EUR", "en", "not_an_amount"),
        ("NaN", "EUR", "en", "not_an_amount"),
        ("Infinity", "EUR", "en", "not_an_amount"),
        ("12.34", "EUR", "pt", "not_an_amount"),  # thousands stand in threes
        ("1,5", "EUR", "en", "not_an_amount"),
        ("1.2.3", "EUR", "en", "not_an_amount"),
        ("1 234", "EUR", "pt", "not_an_amount"),
        ("1.234,", "EUR", "pt", "not_an_amount"),
        (",50", "EUR", "pt", "not_an_amount"),
        ("--5", "EUR", "en", "not_an_amount"),
        ("5-", "EUR", "en", "not_an_amount"),
        ("$5", "EUR", "en", "not_an_amount"),  # another currency is no amount of this one
        ("٥", "EUR", "en", "not_an_amount"),
        ("9" * 61, "EUR", "en", "not_an_amount"),
        ("1,234.567", "EUR", "en", "too_precise"),
        ("0.5", "JPY", "en", "too_precise"),
        ("10000000000001", "EUR", "en", "too_large"),
        ("9" * 60, "EUR", "en", "too_large"),
    ],
)
def test_what_is_no_exact_amount_is_refused_with_its_reason(
    typed: str, currency: str, locale: str, reason: str
) -> None:
    with pytest.raises(InvalidValue) as refused:
        money.parse(typed, currency, locale)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "text"),
    [
        (123456, "EUR", "pt_PT", "1 234,56 €"),
        (1234567, "EUR", "pt_PT", "12 345,67 €"),
        (123456, "BRL", "pt", "R$ 1.234,56"),
        (1234567, "EUR", "es", "12.345,67 €"),
        (123456, "EUR", "fr", "1 234,56 €"),
        (-123456, "EUR", "en", "-€1,234.56"),
        (1500, "JPY", "en", "¥1,500"),
        (1234, "KWD", "en", "KWD 1.234"),
        (1250, "RSD", "en", "RSD 12.50"),
        (5, "EUR", "en", "€0.05"),
    ],
)
def test_an_amount_is_written_with_all_its_minor_digits(minor: int, currency: str, locale: str, text: str) -> None:
    plain = money.written(minor, currency, locale).replace("\u00a0", " ").replace("\u202f", " ")
    assert plain == text


@given(
    st.integers(-MONEY_MAX, MONEY_MAX),
    st.sampled_from(["EUR", "BRL", "USD", "JPY", "KWD", "RSD", "GBP"]),
    st.sampled_from(["pt", "pt_PT", "es", "fr", "en"]),
)
def test_what_is_written_is_read_back_to_the_cent(minor: int, currency: str, locale: str) -> None:
    assert money.parse(money.written(minor, currency, locale), currency, locale) == minor
    assert money.exact_minor(money.decimal(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("price", "quantity", "discount", "currency", "net"),
    [
        ("10", "3", "0", "EUR", 3000),
        ("0.005", "1", "0", "EUR", 1),  # half up
        ("-0.005", "1", "0", "EUR", -1),  # away from zero
        ("0.00499999", "1", "0", "EUR", 0),
        ("1.15", "3", "0.1", "EUR", 311),  # 3.105
        ("19.99", "7", "0.15", "EUR", 11894),
        ("1.5", "1", "0", "JPY", 2),
        ("0.0005", "1", "0", "KWD", 1),
        ("10", "1", "1", "EUR", 0),
    ],
)
def test_a_line_is_reckoned_exactly_and_rounded_once(
    price: str, quantity: str, discount: str, currency: str, net: int
) -> None:
    assert money.line_net(price, quantity, discount, currency) == net


DECIMALS = st.decimals(min_value=-(10**5), max_value=10**5, places=9, allow_nan=False, allow_infinity=False)


@given(DECIMALS, DECIMALS, st.decimals(min_value=0, max_value=1, places=9))
def test_a_line_is_the_nearest_cent_to_the_true_product(price: Decimal, quantity: Decimal, discount: Decimal) -> None:
    true = Fraction(price) * Fraction(quantity) * (1 - Fraction(discount)) * 100
    net = money.line_net(format(price, "f"), format(quantity, "f"), format(discount, "f"), "EUR")
    assert abs(net - true) <= Fraction(1, 2)
    if abs(net - true) == Fraction(1, 2):
        assert abs(net) > abs(true)  # the half goes away from zero


def test_long_factors_are_not_rounded_on_the_way() -> None:
    assert money.line_net("0.000000001", "4999999.999999999", "0", "EUR") == 0
    assert money.line_net("0.000000001", "5000000", "0", "EUR") == 1
    assert money.line_net("123456.123456789", "1.000000001", "0.000000001", "EUR") == 12345612
    # The product has more digits than decimal's usual 28 and lies 10^-18 under a half.
    assert money.line_net("100001.000000007", "8879591.857142857", "0", "EUR") == 88796806530620


@pytest.mark.parametrize("bad", ["", "1,5", "abc", "1.2.3"])
def test_a_factor_that_is_no_decimal_is_refused(bad: str) -> None:
    with pytest.raises(InvalidValue, match="not_a_decimal"):
        money.line_net(bad, "1", "0", "EUR")


@pytest.mark.parametrize("amount", [Decimal("NaN"), Decimal("Infinity"), Decimal("1e200"), Decimal("1e999999")])
def test_no_amount_is_beyond_all_sums(amount: Decimal) -> None:
    with pytest.raises(InvalidValue, match="too_large"):
        money.minor(amount, "EUR")
