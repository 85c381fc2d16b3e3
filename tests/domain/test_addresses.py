"""Addresses: written as their country writes them, opened where they are."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_app.domain.fields import Plain
from mobility_app.domain.rules import addresses


def place(line1: str, postcode: str, city: str, region: str | None, country: str) -> dict[str, Plain]:
    return {"line1": line1, "postcode": postcode, "city": city, "region": region, "country": country}


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (place("Rua das Flores 12", "4050-262", "Porto", "Norte", "PT"), ["Rua das Flores 12", "4050-262 Porto", "PT"]),
        (place("Calle Mayor 1", "28013", "Madrid", "Madrid", "ES"), ["Calle Mayor 1", "28013 Madrid", "ES"]),
        (place("C/ Real 3", "11100", "San Fernando", "Cádiz", "ES"), ["C/ Real 3", "11100 San Fernando (Cádiz)", "ES"]),
        (place("10 rue de la Paix", "75002", "Paris", None, "FR"), ["10 rue de la Paix", "75002 Paris", "FR"]),
        (
            place("Av. Paulista, 1578", "01310-200", "São Paulo", "SP", "BR"),
            ["Av. Paulista, 1578", "São Paulo - SP", "01310-200", "BR"],
        ),
        (
            place("10 Downing Street", "SW1A 2AA", "London", None, "GB"),
            ["10 Downing Street", "London", "SW1A 2AA", "GB"],
        ),
        (
            place("1600 Pennsylvania Ave NW", "20500", "Washington", "DC", "US"),
            ["1600 Pennsylvania Ave NW", "Washington, DC 20500", "US"],
        ),
        (
            place("Platz der Republik 1", "11011", "Berlin", "Berlin", "DE"),
            ["Platz der Republik 1", "11011 Berlin", "DE"],
        ),
        (place("Via Roma 1", "20121", "Milano", "MI", "IT"), ["Via Roma 1", "20121 Milano MI", "IT"]),
        (place("Rua 1", "1000", "Luanda", "Luanda", "AO"), ["Rua 1", "1000 Luanda", "AO"]),
        (place("Main 1", "12345", "Town", "Province", "ZA"), ["Main 1", "12345 Town, Province", "ZA"]),
    ],
)
def test_each_country_has_its_order(address: dict[str, Plain], lines: list[str]) -> None:
    assert addresses.formatted(address) == lines


def test_the_three_street_lines_stand_above_the_town() -> None:
    address = {**place("Rua 1", "1000-001", "Lisboa", None, "PT"), "line2": "2.º Esq.", "line3": "Armazém"}
    assert addresses.formatted(address) == ["Rua 1", "2.º Esq.", "Armazém", "1000-001 Lisboa", "PT"]


@pytest.mark.parametrize(
    ("known", "country", "lines"),
    [
        ({}, None, []),
        ({"region": "Cádiz"}, "ES", ["Cádiz", "ES"]),  # no bracket without a town before it
        ({"region": "DC"}, "US", ["DC", "US"]),
        ({"postcode": "20500", "city": "Washington"}, "US", ["Washington 20500", "US"]),
        ({"region": "SP"}, "BR", ["SP", "BR"]),
        ({"line1": "Rua 1"}, None, ["Rua 1"]),
    ],
)
def test_what_is_not_known_leaves_no_sign_behind(
    known: dict[str, Plain], country: str | None, lines: list[str]
) -> None:
    assert addresses.formatted({**known, "country": country}) == lines


def test_the_country_is_named_in_the_readers_language_and_left_out_at_home() -> None:
    address = place("10 rue de la Paix", "75002", "Paris", None, "FR")
    assert addresses.formatted(address, "pt")[-1] == "França"
    assert addresses.formatted(address, "pt-PT")[-1] == "França"
    assert addresses.formatted(address, "en", home="PT")[-1] == "France"
    assert addresses.formatted(address, "en", home="FR")[-1] == "75002 Paris"


def test_a_map_opens_at_the_coordinates_where_they_are_known() -> None:
    address = {**place("Rua 1", "1100", "Lisboa", None, "PT"), "latitude_e7": 387_077_000, "longitude_e7": -91_365_000}
    assert addresses.google_maps(address) == ("https://www.google.com/maps/search/?api=1&query=38.7077000%2C-9.1365000")
    assert addresses.geo(address) == "geo:38.7077000,-9.1365000"
    assert addresses.geo({"latitude_e7": 0, "longitude_e7": 0}) == "geo:0.0000000,0.0000000"


def test_a_map_looks_for_the_text_where_no_coordinates_are_known() -> None:
    address = {**place("Rua A&B #1, 2/3", "4050-262", "Porto", None, "PT"), "latitude_e7": 1, "longitude_e7": None}
    asked = parse_qs(urlsplit(addresses.google_maps(address)).query)
    assert asked == {"api": ["1"], "query": ["Rua A&B #1, 2/3, 4050-262 Porto, PT"]}
    assert parse_qs(urlsplit(addresses.geo(address)).query) == {"q": ["Rua A&B #1, 2/3, 4050-262 Porto, PT"]}


@given(
    st.fixed_dictionaries(
        {name: st.none() | st.text(max_size=8) for name in ("line1", "line2", "line3", "postcode", "city", "region")},
        optional={"country": st.sampled_from(["PT", "ES", "BR", "GB", "US", "IN", "JP", None])},
    )
)
def test_street_town_and_postcode_are_never_lost(address: dict[str, Plain]) -> None:
    lines = addresses.formatted(address)
    assert all(lines)
    for name in ("line1", "line2", "line3", "postcode", "city"):
        assert str(address[name] or "").strip() in "\n".join(lines)
