"""An address as its country writes it, and the links that open its place.

Called by the sheet (shown, copied, opened in a map). The order of town, postcode and region follows the Universal
Postal Union's sheets for the countries below; elsewhere the postcode leads. Addresses are never completed or corrected.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote

from mobility_app.domain.fields import Plain

# What follows the street: P postcode, C town, R region, | a new line; signs stand only between parts that are there.
_USUAL = "P C, R"
_FORMS = MappingProxyType(
    {
        **dict.fromkeys("PT FR DE AT CH LI BE NL LU DK SE NO FI IS PL CZ SK SI HR BG RO GR EE LV LT MC AD".split(), "P C"),  # noqa: SIM905 - a table
        "ES": "P C (R)",
        "IT": "P C R",
        "BR": "C - R|P",
        "GB": "C|P",
        "IE": "C|R|P",
        "US": "C, R P",
        "CA": "C R P",
        "AU": "C R P",
        "NZ": "C P",
        "IN": "C P|R",
        "AR": "P C|R",
        "CO": "C, R, P",
        "HK": "C|R",
    }
)  # fmt: skip
_NAMES = MappingProxyType({"P": "postcode", "C": "city", "R": "region"})
_STREETS = ("line1", "line2", "line3")


def formatted(address: Mapping[str, Plain], locale: str | None = None, home: str | None = None) -> list[str]:
    """Lines of the address. The country comes last: its code or, with a `locale`, its name in that language; left out
    where it is `home`, as within one country nobody writes it."""
    country = _part(address, "country")
    lines = [_part(address, name) for name in _STREETS]
    lines += [_line(address, form) for form in _FORMS.get(country, _USUAL).split("|")]
    if country != home:
        lines.append(_country(country, locale))
    return [line for line in lines if line]


def google_maps(address: Mapping[str, Plain]) -> str:
    """A link that opens the place in Google Maps: by coordinates where known, else by text."""
    return "https://www.google.com/maps/search/?api=1&query=" + quote(_coordinates(address) or _text(address), safe="")


def geo(address: Mapping[str, Plain]) -> str:
    """A link for the device's own map application (RFC 5870; without coordinates the search that Android added)."""
    place = _coordinates(address)
    return f"geo:{place}" if place else f"geo:0,0?q={quote(_text(address), safe='')}"


def _part(address: Mapping[str, Plain], name: str) -> str:
    return str(address.get(name) or "").strip()


def _line(address: Mapping[str, Plain], form: str) -> str:
    line = ""
    for before, letter, after in re.findall(r"([^PCR]*)([PCR])(\)?)", form):
        part = _part(address, _NAMES[letter])
        if letter == "R" and part.casefold() == _part(address, "city").casefold():
            continue  # Madrid (Madrid)
        if part:
            line = f"{line}{before}{part}{after}" if line else part
    return line


def _country(code: str, locale: str | None) -> str:
    if not code or locale is None:
        return code
    from babel import Locale

    return str(Locale.parse(locale.replace("-", "_")).territories.get(code, code))


def _coordinates(address: Mapping[str, Plain]) -> str:
    latitude, longitude = address.get("latitude_e7"), address.get("longitude_e7")
    if not isinstance(latitude, int) or not isinstance(longitude, int):
        return ""
    return f"{latitude / 10**7:.7f},{longitude / 10**7:.7f}"


def _text(address: Mapping[str, Plain]) -> str:
    return ", ".join(formatted(address))
