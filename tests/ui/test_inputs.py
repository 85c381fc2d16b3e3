"""What is typed and what it means, in each language."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_app.domain.fields import Plain
from mobility_app.errors import InvalidValue
from mobility_app.ui import inputs
from mobility_app.ui.words import LANGUAGES, Words

LISBON = ZoneInfo("Europe/Lisbon")


@pytest.mark.parametrize(
    ("language", "typed", "minor"),
    [
        ("pt", "3.000,50", 300_050),
        ("pt", "3000,5", 300_050),
        ("pt", "3000.50", 300_050),
        ("pt", "3.000", 300_000),
        ("pt", "€ 3.000,00", 300_000),
        ("pt", "3000 EUR", 300_000),
        ("pt", "-12,30", -1_230),
        ("en", "3,000.50", 300_050),
        ("en", "3,5", 350),
        ("en", "1,234", 123_400),
        ("fr", "3 000,50 €", 300_050),
        ("fr", "3\u202f000,50", 300_050),
        ("es", "1.234.567,89", 123_456_789),
    ],
)
def test_amounts_are_read_as_the_language_writes_them(language: str, typed: str, minor: int) -> None:
    assert inputs.parsed(Words(language), "customer", "credit_limit_minor", typed, "EUR") == minor


@pytest.mark.parametrize("typed", ["abc", "1,2,3", "12.34.56,7", "--3", "NaN", "Infinity", "1e5"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        inputs.parsed(Words("pt"), "customer", "credit_limit_minor", typed, "EUR")
    assert caught.value.field == "credit_limit_minor"
    assert caught.value.reason == "not_an_amount"


def test_an_empty_amount_is_none_and_not_nought() -> None:
    assert inputs.parsed(Words("pt"), "customer", "credit_limit_minor", " ", "EUR") is None
    assert inputs.parsed(Words("pt"), "customer", "credit_limit_minor", "0", "EUR") == 0


def test_more_digits_than_the_currency_has_are_refused() -> None:
    with pytest.raises(InvalidValue, match="too_precise"):
        inputs.parsed(Words("pt"), "customer", "credit_limit_minor", "3,001", "EUR")
    with pytest.raises(InvalidValue, match="too_precise"):
        inputs.parsed(Words("en"), "customer", "credit_limit_minor", "3.5", "JPY")


@pytest.mark.parametrize(
    ("entity", "field", "typed", "plain"),
    [
        ("customer", "irpf_rate_bp", "15", 1500),
        ("customer", "irpf_rate_bp", "19,25 %", 1925),
        ("customer", "payment_term_days", "60", 60),
        ("customer", "shared", True, True),
        ("customer", "notes", "  duas\n linhas ", "  duas\n linhas "),
        ("customer", "name", "  Café  ", "Café"),
        ("customer", "payment_method", "card", "card"),
        ("customer", "payment_method", None, None),
        ("address", "latitude_e7", "38,7369", 387_369_000),
        ("activity", "due_at", "2026-11-26T10:30", 1_795_689_000_000),
        ("file", "expires_on", "2026-12-31", "2026-12-31"),
        ("document_line", "quantity", "1.234,5", "1234.5"),
        ("message", "contact_ids", ["b" * 32, "a" * 32], ["a" * 32, "b" * 32]),
        ("message", "contact_ids", [], None),
    ],
)
def test_each_kind_of_field_is_read(entity: str, field: str, typed: inputs.Raw, plain: Plain) -> None:
    assert inputs.parsed(Words("pt", LISBON), entity, field, typed, "EUR") == plain


@pytest.mark.parametrize(
    ("entity", "field", "typed", "reason"),
    [
        ("customer", "payment_term_days", "sessenta", "not_a_whole_number"),
        ("customer", "payment_term_days", "1,5", "not_a_whole_number"),
        ("customer", "irpf_rate_bp", "muito", "not_a_rate"),
        ("customer", "irpf_rate_bp", "1,234567", "too_precise"),
        ("activity", "due_at", "amanhã", "not_an_instant"),
        ("customer", "notes", "x" * (inputs.TEXT_LENGTH_MAX + 1), "too_long"),
    ],
)
def test_what_does_not_fit_its_kind_is_refused_with_a_reason(entity: str, field: str, typed: str, reason: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        inputs.parsed(Words("pt", LISBON), entity, field, typed, "EUR")
    assert caught.value.reason == reason


@given(st.sampled_from(LANGUAGES), st.integers(-(10**14), 10**14), st.sampled_from(["EUR", "USD", "JPY", "KWD", "BRL"]))
def test_an_amount_that_is_shown_is_read_back_to_the_last_digit(language: str, minor: int, currency: str) -> None:
    words = Words(language)
    text = inputs.shown(words, "customer", "credit_limit_minor", minor, currency)
    assert inputs.parsed(words, "customer", "credit_limit_minor", text, currency) == minor


@given(
    st.sampled_from(LANGUAGES), st.integers(0, 10_000), st.integers(-900_000_000, 900_000_000), st.integers(0, 2**41)
)
def test_rates_places_and_instants_are_read_back(language: str, rate: int, latitude: int, minutes: int) -> None:
    words = Words(language, LISBON)
    instant = minutes // 60_000 * 60_000
    for entity, field, value in (
        ("customer", "irpf_rate_bp", rate),
        ("address", "latitude_e7", latitude),
        ("activity", "due_at", instant),
    ):
        back = inputs.parsed(words, entity, field, inputs.shown(words, entity, field, value, "EUR"), "EUR")
        if field == "due_at":  # the hour that comes twice in autumn is read as the first
            assert back in (value, value - 3_600_000)
        else:
            assert back == value
