"""Countries, currencies and languages: which codes and names there are, and the language, currency and time zone that
nobody said.

Called by `checks.settled`, defaults and imports. The source is CLDR, through Babel, which is loaded at the first
question. Codes out of use stay known: an old record must not become unwritable because a country changed its money.
"""

from __future__ import annotations

import re
from functools import lru_cache

LANGUAGE_FALLBACK, CURRENCY_FALLBACK, ZONE_FALLBACK = "en", "EUR", "UTC"

_ALIASES = {"uk": "GB", "great britain": "GB", "england": "GB", "usa": "US", "u.s.a.": "US", "holland": "NL"}
_ZONES = {
    "PT": "Europe/Lisbon", "ES": "Europe/Madrid", "FR": "Europe/Paris", "DE": "Europe/Berlin", "BR": "America/Sao_Paulo",
    "MX": "America/Mexico_City", "CL": "America/Santiago", "AR": "America/Argentina/Buenos_Aires", "US": "America/New_York",
    "CA": "America/Toronto", "AU": "Australia/Sydney",
}  # fmt: skip
_CODES = {"UK": "GB", "XI": "GB", "EL": "GR", "1A": "XK"}  # as VAT ids and e-invoices write them

# CLDR's two letters beyond ISO 3166-1: reserved, of the user's own, unions. Kosovo's XK stays: mail and trade use it.
_NO_COUNTRY = frozenset(("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"))
_NO_CURRENCY = frozenset(("XXX", "XTS"))  # ISO 4217's codes for "none" and for tests

# BCP 47 (RFC 5646): language, script, region, variants, extensions, private use.
_TAG = re.compile(
    r"(?P<language>[A-Za-z]{2,3})(?:-(?P<script>[A-Za-z]{4}))?(?:-(?P<region>[A-Za-z]{2}|[0-9]{3}))?"
    r"(?P<rest>(?:-(?:[0-9A-Za-z]{5,8}|[0-9][0-9A-Za-z]{3}))*(?:-[0-9A-WY-Za-wy-z](?:-[0-9A-Za-z]{2,8})+)*"
    r"(?:-[Xx](?:-[0-9A-Za-z]{1,8})+)?)"
)


@lru_cache(maxsize=300)
def language_of(country: str) -> str:
    """The language of a country (ISO 3166-1 alpha-2), as a BCP 47 tag of two letters."""
    from babel.languages import get_official_languages

    found = get_official_languages(country, de_facto=True)
    return found[0].split("_")[0] if found else LANGUAGE_FALLBACK


@lru_cache(maxsize=300)
def currency_of(country: str) -> str:
    """The currency of a country today, ISO 4217. Where several are legal tender: its own (HTG, not USD, in Haiti)."""
    from babel.numbers import get_territory_currencies

    found = get_territory_currencies(country)
    own = [currency for currency in found if currency.startswith(country)]
    return (own or found or [CURRENCY_FALLBACK])[-1]


def country_of(text: str) -> str | None:
    """ISO 3166-1 alpha-2 of a country's code or English name in any case ("UK", "USA", "el", "Brazil"), or None."""
    plain = " ".join(text.split())
    code = _CODES.get(plain.upper(), plain.upper())
    if code in countries():
        return code
    return _ALIASES.get(plain.casefold()) or _by_name().get(plain.casefold())


@lru_cache(maxsize=300)
def zone_of(country: str) -> str:
    """The time zone (IANA) in which a company of that country tells the time: its only one, or that of its capital."""
    from babel.core import get_global

    if country in _ZONES:
        return _ZONES[country]
    zones = sorted(zone for zone, where in get_global("zone_territories").items() if where == country)
    return zones[0] if len(zones) == 1 else ZONE_FALLBACK


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """All ISO 3166-1 alpha-2 codes in use, and XK."""
    from babel import Locale

    return (
        frozenset(code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha())
        - _NO_COUNTRY
    )


@lru_cache(maxsize=1)
def currencies() -> frozenset[str]:
    """All ISO 4217 codes that CLDR knows, those out of use included."""
    from babel import Locale

    return frozenset(Locale("en").currencies) - _NO_CURRENCY


@lru_cache(maxsize=1)
def _by_name() -> dict[str, str]:
    from babel import Locale

    return {str(name).casefold(): code for code, name in Locale("en").territories.items() if code in countries()}


@lru_cache(maxsize=300)
def language_tag(text: str) -> str | None:
    """A BCP 47 tag in its customary letters ("PT-br" is "pt-BR"), or None where it is none. An underscore counts as a
    hyphen, as programs write one. Whether somebody speaks it is not asked."""
    found = _TAG.fullmatch(text.strip().replace("_", "-"))
    if found is None:
        return None
    parts = [found["language"].lower()]
    if found["script"]:
        parts.append(found["script"].title())
    if found["region"]:
        parts.append(found["region"].upper())
    return "-".join(parts) + found["rest"].lower()
