"""Telephones: E.164 from the customer's country alone, national on the screen, found in any spelling.

The numbers of the United Kingdom are Ofcom's for drama; the others follow the numbering plans of ANACOM (PT), CNMC
(ES), ARCEP (FR) and Anatel (BR).
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_app.domain.rules import phones

READ = [
    ("912 345 678", "PT", "+351912345678"),
    ("912.345.678", "pt", "+351912345678"),
    ("+351 912 345 678", None, "+351912345678"),
    ("00351 912 345 678", "PT", "+351912345678"),
    ("00 351 912 345 678", "ES", "+351912345678"),
    ("911 23 45 67", "ES", "+34911234567"),
    ("01 42 68 53 00", "FR", "+33142685300"),
    ("+33 (0)1 42 68 53 00", None, "+33142685300"),
    ("(11) 91234-5678", "BR", "+5511912345678"),
    ("0 11 91234-5678", "BR", "+5511912345678"),
    ("020 7946 0958", "GB", "+442079460958"),
    ("+44 (0)20 7946 0958", "PT", "+442079460958"),
    ("06 1234 5678", "IT", "+390612345678"),  # in Italy the zero belongs to the number
    ("tel:+351912345678", None, "+351912345678"),
]

NOT_READ = [
    ("912 345 678", None),  # no country, no guess
    ("00351 912 345 678", None),
    ("912 345 678", "ZZ"),
    ("call me", "PT"),
    ("", "PT"),
    ("112", "PT"),
    ("555-0100", "US"),  # without its area code it can't be dialled from elsewhere
    ("+999 123 456", "PT"),
    ("9" * 300, "PT"),
    ("ask for Ana", None),
    ("000 001738047", "DE"),  # read again, it would lose its noughts one by one
]


@pytest.mark.parametrize(("typed", "region", "e164"), READ)
def test_a_number_is_read_from_the_customers_country(typed: str, region: str | None, e164: str) -> None:
    assert phones.parse(typed, region).e164 == e164
    assert phones.parse(typed, region).typed == typed


@pytest.mark.parametrize(("typed", "region"), NOT_READ)
def test_what_is_no_number_here_stays_as_typed(typed: str, region: str | None) -> None:
    assert phones.parse(typed, region) == phones.Phone(typed)
    assert phones.shown(typed, region) == typed


def test_an_extension_is_kept_beside_the_number_and_shown() -> None:
    phone = phones.parse("21 123 45 67 ext. 12", "PT")
    assert (phone.e164, phone.extension, phone.region) == ("+351211234567", "12", "PT")
    assert phones.shown("21 123 45 67 ext. 12", "PT") == "21 123 4567 ext. 12"


@pytest.mark.parametrize(
    ("number", "region", "written"),
    [
        ("+351912345678", "PT", "912 345 678"),
        ("+351912345678", "ES", "+351 912 345 678"),
        ("+351912345678", None, "+351 912 345 678"),
        ("+33142685300", "FR", "01 42 68 53 00"),
        ("0142685300", "FR", "01 42 68 53 00"),
        ("+5511912345678", "BR", "(11) 91234-5678"),
        ("+442079460958", "GB", "020 7946 0958"),
        ("+34911234567", "ES", "911 23 45 67"),
    ],
)
def test_a_number_is_shown_as_the_country_writes_it_and_a_foreign_one_with_its_code(
    number: str, region: str | None, written: str
) -> None:
    assert phones.shown(number, region) == written


@pytest.mark.parametrize(
    ("kept", "region", "sought"),
    [
        (
            "+442079460958",
            "GB",
            ["020 7946 0958", "+44 20 7946 0958", "0044 20 7946", "20 7946", "+44 (0)20 7946 0958"],
        ),
        ("01 42 68 53 00", "FR", ["0142685300", "+33142685300", "0033 1 42 68", "33142", "+33 (0)1 42"]),
        ("+351912345678", "PT", ["912 345 678", "351 912", "00351 912 345 678", "+351912345678"]),
        ("+5511912345678", "BR", ["(11) 91234-5678", "011 91234", "+55 11", "0055 11 9"]),
        ("+390612345678", "IT", ["06 1234", "+39 06 1234", "0039 06"]),
        ("21 123 45 67 ext. 12", "PT", ["211234567", "+351 21 123 4567"]),
        ("ask 123", None, ["123"]),
    ],
)
def test_a_number_is_found_in_any_spelling(kept: str, region: str | None, sought: list[str]) -> None:
    forms = phones.search_forms(kept, region)
    for spelling in sought:
        digits = "".join(letter for letter in spelling if letter.isdigit())
        assert any(form.startswith(digits) for form in forms), (spelling, forms)


def test_no_digits_no_forms() -> None:
    assert phones.search_forms("ask for Ana", "PT") == ()


def test_headquarters_keeps_an_e164_that_the_typed_number_still_gives_and_no_other() -> None:
    assert phones.still_fits("912 345 678", "+351912345678")
    assert phones.still_fits("020 7946 0958", "+442079460958")
    assert phones.still_fits("21 123 45 67 ext. 12", "+351211234567")
    assert phones.still_fits("0061 2 8876 5432", "+61288765432")  # typed in Europe; Australia's prefix is not 00
    assert phones.still_fits("0061 (0)2 8876 5432", "+61288765432")
    assert phones.still_fits("011 351 912 345 678", "+351912345678")
    assert phones.still_fits("999 999 999", "+351999999999")  # possible, if in no series that was given out
    assert phones.still_fits("712345", "+441481712345")  # a Guernsey number dialled from the island
    assert not phones.still_fits("912 345 679", "+351912345678")
    assert not phones.still_fits("912 345 678", "garbage")


@given(st.text(max_size=40), st.sampled_from([None, "PT", "ES", "FR", "BR", "GB", "US", "XX"]))
def test_whatever_is_typed_is_read_or_left_alone(typed: str, region: str | None) -> None:
    phone = phones.parse(typed, region)
    if phone.e164 is None:
        assert phones.shown(typed, region) == typed
    else:
        assert phones.parse(phone.e164, None).e164 == phone.e164
        assert phone.e164[1:] in phones.search_forms(typed, region)
    assert len(phones.search_forms(typed, region)) <= 7


@given(st.integers(910_000_000, 969_999_999), st.sampled_from(["", " ", "-", "."]))
def test_a_portuguese_mobile_comes_back_the_same_through_every_form(number: int, gap: str) -> None:
    digits = str(number)
    typed = gap.join((digits[:3], digits[3:6], digits[6:]))
    for form in (
        typed,
        f"+351{gap}{typed}",
        f"00351{typed}",
        phones.shown(typed, "PT"),
        phones.shown(f"+351{typed}", "FR"),
    ):
        assert phones.parse(form, "PT").e164 == f"+351{digits}"
