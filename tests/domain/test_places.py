"""Countries, currencies, languages: the codes of the standards, and what nobody said."""

from __future__ import annotations

import pytest

from mobility_app.domain.rules import places


def test_countries_are_those_of_iso_3166_1_and_kosovo() -> None:
    assert len(places.countries()) == 250  # 249 of the standard
    assert {"PT", "ES", "FR", "BR", "GB", "US", "XK", "AX", "SS"} <= places.countries()
    assert not {"EU", "UK", "EL", "UN", "ZZ", "pt", "", "XI"} & places.countries()


def test_currencies_are_those_of_iso_4217_old_ones_included() -> None:
    assert {"EUR", "BRL", "USD", "GBP", "JPY", "KWD", "HRK", "PTE"} <= places.currencies()
    assert not {"XXX", "XTS", "EURO", "eur", ""} & places.currencies()


@pytest.mark.parametrize(
    ("country", "language", "currency"),
    [("PT", "pt", "EUR"), ("BR", "pt", "BRL"), ("ES", "es", "EUR"), ("FR", "fr", "EUR"), ("GB", "en", "GBP")],
)
def test_a_country_brings_its_language_and_its_money(country: str, language: str, currency: str) -> None:
    assert places.language_of(country) == language
    assert places.currency_of(country) == currency


def test_a_countrys_own_money_comes_before_a_foreign_one_that_is_tender_there() -> None:
    assert places.currency_of("HT") == "HTG"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("PT", "PT"), (" pt ", "PT"), ("UK", "GB"), ("XI", "GB"), ("el", "GR"), ("1A", "XK"), ("Brazil", "BR"),
        ("usa", "US"), ("United  States", "US"), ("Holland", "NL"), ("EU", None), ("Nowhere", None), ("", None),
    ],
)  # fmt: skip
def test_a_country_is_known_by_its_code_and_by_its_english_name(text: str, code: str | None) -> None:
    assert places.country_of(text) == code


def test_a_country_that_nobody_knows_falls_back() -> None:
    assert (places.language_of("QQ"), places.currency_of("QQ")) == ("en", "EUR")


@pytest.mark.parametrize(
    ("typed", "tag"),
    [
        ("pt", "pt"),
        ("PT", "pt"),
        ("pt-br", "pt-BR"),
        ("pt_PT", "pt-PT"),
        (" es-419 ", "es-419"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("sl-rozaj-biske", "sl-rozaj-biske"),
        ("de-CH-1996", "de-CH-1996"),
        ("en-US-u-islamcal", "en-US-u-islamcal"),
        ("fr-x-acme", "fr-x-acme"),
        ("", None),
        ("p", None),
        ("portuguese", None),
        ("pt-", None),
        ("-pt", None),
        ("pt--PT", None),
        ("pt-PT-PT-PT", None),
        ("pt PT", None),
        ("pt;q=1", None),
        ("рт", None),  # Cyrillic
        ("pt\n", "pt"),
    ],
)
def test_a_language_is_a_well_formed_tag_in_its_customary_letters(typed: str, tag: str | None) -> None:
    assert places.language_tag(typed) == tag
    assert tag is None or places.language_tag(tag) == tag
