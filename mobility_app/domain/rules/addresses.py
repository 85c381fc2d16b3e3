"""An address as its country writes it, and the links that open its place."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from mobility_app.domain.fields import Plain

_TOWN_FIRST = {"GB", "IE", "US", "CA", "AU", "NZ", "IN"}  # the postcode follows the town


def formatted(address: Mapping[str, Plain]) -> list[str]:
    """Lines of the address, the country's code last."""

    def part(name: str) -> str:
        return str(address.get(name) or "")

    country = part("country")
    if country in _TOWN_FIRST:
        town = " ".join(filter(None, (part("city"), part("region"), part("postcode"))))
    elif country == "BR":
        town = " - ".join(filter(None, (part("city"), part("region"))))
        town = ", ".join(filter(None, (town, part("postcode"))))
    else:
        town = " ".join(filter(None, (part("postcode"), part("city"))))
        if part("region") and part("region") != part("city"):
            town = f"{town} ({part('region')})" if country in ("ES", "IT") else f"{town}, {part('region')}"
    lines = [part("line1"), part("line2"), part("line3"), town.strip(" ,"), country]
    return [line for line in lines if line]


def google_maps(address: Mapping[str, Plain]) -> str:
    """A link that opens the place in Google Maps: by coordinates where known, else by text."""
    return "https://www.google.com/maps/search/?api=1&query=" + quote(_coordinates(address) or _text(address))


def geo(address: Mapping[str, Plain]) -> str:
    """A link for the device's own map application (RFC 5870)."""
    place = _coordinates(address)
    return f"geo:{place}" if place else f"geo:0,0?q={quote(_text(address))}"


def _coordinates(address: Mapping[str, Plain]) -> str:
    latitude, longitude = address.get("latitude_e7"), address.get("longitude_e7")
    if not isinstance(latitude, int) or not isinstance(longitude, int):
        return ""
    return f"{latitude / 10**7:.7f},{longitude / 10**7:.7f}"


def _text(address: Mapping[str, Plain]) -> str:
    return ", ".join(formatted(address))
