"""Who is who: one firm in all spellings, two firms that look alike."""

from __future__ import annotations

import pytest

from mobility_app.hq.intake import parties
from mobility_app.hq.intake.known import Books, customer_of
from mobility_app.hq.intake.model import Identifier, Party, Place
from mobility_app.hq.intake.parties import Kept

SOLEIL = Party(
    "Optique du Soleil SARL", vat="FR44732829320", legal=Identifier("732 829 320 00074", "0009"),
    own=(Identifier("C-88"),), place=Place(postcode="69002", city="Lyon", country="FR"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("party", "kept"),
    [
        (SOLEIL, Kept("vat", "FR44732829320")),
        (Party("a", vat="DE123456789"), Kept("vat", "DE123456789", "e-invoice")),  # check digit wrong: kept, and said
        (Party("a", vat="GB123456789"), Kept("other", "GB123456789")),
        (Party("a", legal=Identifier("732829320", "0002")), Kept("siren", "732829320")),
        (Party("a", legal=Identifier("73282932000074", "0002")), Kept("siret", "73282932000074")),
        (Party("a", legal=Identifier("57151520")), Kept("other", "57151520")),
        (Party("a", tax_number="11.222.333/0001-81", place=Place(country="BR")), Kept("cnpj", "11222333000181")),
        (Party("a", legal=Identifier("500000000"), place=Place(country="PT")), Kept("nipc", "500000000")),
        (Party("a", own=(Identifier("GE2020211"),)), Kept("other", "GE2020211")),
        (Party("a"), None),
    ],
)
def test_the_identifier_that_a_new_customer_keeps(party: Party, kept: Kept | None) -> None:
    assert parties.kept(party) == kept


def test_one_firm_has_one_key_in_all_spellings() -> None:
    assert parties.keys_of("vat", "FR44732829320") == parties.keys_of("siren", "732829320")
    assert parties.keys_of("vat", "ESB58378431") == parties.keys_of("cif", "B58378431")
    assert parties.keys_of("vat", "PT500000000") == parties.keys_of("nipc", "500000000")


@pytest.mark.parametrize(
    ("buyer", "same"),
    [
        (SOLEIL, True),
        (Party("Another name", vat="FR44732829320"), True),
        (Party("another", legal=Identifier("732829320", "0002")), True),  # the SIREN inside the VAT id
        (Party("optique du soleil, sarl", place=Place(postcode="69002", country="FR")), True),
        (Party("Optique du Soleil SARL"), True),
        (Party("Optique du Soleil SARL", place=Place(postcode="75001", country="FR")), False),
        (Party("Optique du Soleil SARL", place=Place(country="BE")), False),
        (Party("Optique du Soleil SARL", vat="FR61954506077"), False),  # same name, another firm
        (Party("Somebody else", own=(Identifier("C-88"),)), False),
        (Party("Somebody else"), False),
    ],
)
def test_a_buyer_is_found_again(buyer: Party, same: bool) -> None:
    books = Books()
    books.add_customer(customer_of("1" * 32, SOLEIL))
    assert books.customer_for(buyer) == ("1" * 32 if same else None)


@pytest.mark.parametrize(
    ("buyer", "same"),
    [
        (Party("Kunden AG", own=(Identifier("GE 2020211"),), place=Place(postcode="1")), True),
        (Party("Kunden AG Mitte", own=(Identifier("GE2020211"),), place=Place(postcode="69876")), True),
        (Party("Anybody", own=(Identifier("GE2020211"),), place=Place(postcode="1")), False),
        (Party("Anybody", own=(Identifier("GE2020211"),)), False),
    ],
)
def test_a_partners_own_number_is_trusted_only_with_name_or_postcode(buyer: Party, same: bool) -> None:
    books = Books()
    known = Party("Kunden AG", own=(Identifier("GE2020211"),), place=Place(postcode="69876", country="DE"))
    books.add_customer(customer_of("1" * 32, known))
    assert books.customer_for(buyer) == ("1" * 32 if same else None)


def test_two_establishments_of_one_firm_stay_two_customers() -> None:
    books = Books()
    lyon = Party("Soleil", legal=Identifier("73282932000074", "0009"), place=Place(postcode="69002", country="FR"))
    books.add_customer(customer_of("1" * 32, lyon))
    paris = Party("Soleil", legal=Identifier("73282932000082", "0009"), place=Place(postcode="69002", country="FR"))
    assert books.customer_for(paris) is None
    assert books.customer_for(lyon) == "1" * 32


def test_a_firm_without_its_establishment_is_the_customer_at_its_place() -> None:
    books = Books()
    for number, (siret, postcode) in enumerate((("73282932000074", "69002"), ("73282932000082", "75001")), 1):
        place = Place(postcode=postcode, country="FR")
        books.add_customer(customer_of(str(number) * 32, Party("S", legal=Identifier(siret, "0009"), place=place)))
    firm = Party("Soleil Groupe", vat="FR44732829320", place=Place(postcode="75001", country="FR"))
    assert books.customer_for(firm) == "2" * 32
    assert books.customer_for(Party("Soleil Groupe", vat="FR44732829320")) == "1" * 32
