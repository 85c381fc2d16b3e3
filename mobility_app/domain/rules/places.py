"""Countries: the language and currency that nobody said. Source: CLDR, through Babel."""

from __future__ import annotations

from functools import lru_cache

LANGUAGE_FALLBACK, CURRENCY_FALLBACK = "en", "EUR"


@lru_cache(maxsize=300)
def language_of(country: str) -> str:
    """The language of a country (ISO 3166-1 alpha-2), as a BCP 47 tag of two letters."""
    from babel.languages import get_official_languages

    found = get_official_languages(country, de_facto=True)
    return found[0].split("_")[0] if found else LANGUAGE_FALLBACK


@lru_cache(maxsize=300)
def currency_of(country: str) -> str:
    """The currency of a country today, ISO 4217."""
    from babel.numbers import get_territory_currencies

    found = get_territory_currencies(country)
    return found[-1] if found else CURRENCY_FALLBACK


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """All ISO 3166-1 alpha-2 codes in use."""
    from babel import Locale

    return frozenset(
        code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha() and code < "ZZ"
    )


@lru_cache(maxsize=1)
def currencies() -> frozenset[str]:
    """All ISO 4217 codes that CLDR knows."""
    from babel import Locale

    return frozenset(Locale("en").currencies)
