"""vCards at a customer: who is there already is found by four signs, what can't be kept is named, and all or nothing is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_app.domain.rules import vcards
from mobility_app.domain.rules.vcards import Card, Reach
from mobility_app.errors import NotAllowed
from mobility_app.store.actions.cards import Made, bring_in
from mobility_app.store.queries import contacts as queries
from mobility_app.store.queries.card_twins import Proposal, proposals
from mobility_app.ui.cards_out import card_of
from tests.support.desk import Desk, desk


def known(at: Desk) -> str:
    at.from_hq("address", customer_id=at.customer, kind="delivery", country="PT")
    contact = at.from_hq("contact", customer_id=at.customer, first_name="João", last_name="Conceição", opted_out=False)
    at.from_hq("contact_email", contact_id=contact, value="joao@x.example", is_main=True)
    at.from_hq("contact_phone", contact_id=contact, value="22 340 18 77", e164="+351223401877", is_main=True)
    return contact


def proposed(at: Desk, *cards: Card) -> tuple[Proposal, ...]:
    return proposals(at.store, at.customer, cards)


def brought(at: Desk, *cards: Card) -> Made:
    with at.store.writing() as tx:
        return bring_in(tx, at.customer, cards)


@pytest.mark.parametrize(
    ("card", "by"),
    [
        (Card("Outro", "Nome", emails=(Reach("JOAO@x.example"),)), "email"),
        (Card("Outro", "Nome", phones=(Reach("00351 223 401 877"),)), "phone"),
        (Card("joao", "conceicao"), "name"),
        (Card("Conceição", "João"), "like"),
        (Card("João", "Conceicão S."), "like"),
        (Card("Joana", "Cruz"), ""),
        (Card(employer="Óptica"), ""),
    ],
)
def test_somebody_who_is_there_is_recognised(tmp_path: Path, card: Card, by: str) -> None:
    at = desk(tmp_path)
    contact = known(at)
    (found,) = proposed(at, card)
    assert (
        (found.twin.by, found.twin.contact_id, found.twin.name)
        if found.twin
        else ((by, contact, "João Conceição") if by else ("", "", "")) == ("", "", "")
    )
    assert bool(found.twin) == bool(by)
    assert found.twin is None or found.twin.by == by


def test_those_who_are_there_come_first_and_a_card_twice_in_the_file_is_told(tmp_path: Path) -> None:
    at = desk(tmp_path)
    known(at)
    rui = Card("Rui", "Sá", emails=(Reach("rui@x.example"),))
    found = proposed(
        at, Card("Eva", "Luz"), rui, Card("Rui", "S.", emails=(Reach("RUI@x.example"),)), Card("João", "Conceição")
    )
    assert [(one.card.name, one.twin.by if one.twin else "") for one in found] == [
        ("Rui S.", "card"), ("João Conceição", "name"), ("Eva Luz", ""), ("Rui Sá", ""),
    ]  # fmt: skip


def test_what_the_fields_would_refuse_is_named_and_the_rest_stays(tmp_path: Path) -> None:
    at = desk(tmp_path)
    card = Card("Ana", "Reis", emails=(Reach("não é", is_main=True), Reach("Ana@X.example")), phones=(Reach("9" * 81),))
    (found,) = proposed(at, card)
    assert found.left_out == ("não é", "9" * 81)
    assert found.card.emails == (Reach("Ana@x.example", is_main=True),)
    assert found.card.phones == ()


def test_cards_become_contacts_with_what_hangs_on_them_and_go_out_the_same(tmp_path: Path) -> None:
    at = desk(tmp_path)
    at.from_hq("address", customer_id=at.customer, kind="delivery", country="PT")
    label = at.from_hq("label", company_id=at.company, name="Diretor")
    card = Card(
        "Ana", "Reis", "Óptica", "Compras", "uma\nduas", (Reach("a@x.example", "", "", True), Reach("b@x.example", "Loja")),
        (Reach("912 345 678", "Casa", "", True),), ("diretor", "Novo"),
    )  # fmt: skip
    made = brought(at, card, Card("Rui", "Sá"))
    assert (len(made.contacts), made.refused) == (2, ())
    (person, _) = queries.several(at.store, made.contacts)
    assert (person.name, person.row["notes"], person.phones[0]["e164"]) == ("Ana Reis", "uma\nduas", "+351912345678")
    assert [one.name for one in person.labels] == ["Diretor", "Novo"]
    assert person.labels[0].label_id == label
    out = vcards.read(vcards.written([card_of(person)])).cards[0]
    assert (out.name, out.notes, out.emails, out.labels) == (card.name, card.notes, card.emails, ("Diretor", "Novo"))
    assert out.phones == (Reach("+351912345678", "Casa", "", True),)
    assert proposed(at, out)[0].twin is not None


def test_a_role_that_makes_no_contacts_brings_nothing_in(tmp_path: Path) -> None:
    at = desk(tmp_path, role="accountant")
    with pytest.raises(NotAllowed):
        brought(at, Card("Ana", "Reis"))
    assert queries.of_customer(at.store, at.customer).total == 0


def test_a_card_that_the_rules_refuse_after_all_is_named_and_the_others_are_made(tmp_path: Path) -> None:
    at = desk(tmp_path)
    made = brought(at, Card("Ana", "Reis"), Card("Rui", "Sá", emails=(Reach("não é"),)), Card("Eva", "Luz"))
    assert (len(made.contacts), made.refused) == (2, ("Rui Sá",))
    assert [one.name for one in queries.several(at.store, made.contacts)] == ["Ana Reis", "Eva Luz"]
    with at.store.reading() as session:
        assert session.value("SELECT COUNT(*) FROM contact") == 2


def test_looking_for_twins_costs_the_same_for_any_number_of_cards(tmp_path: Path) -> None:
    at = desk(tmp_path)
    known(at)
    said: list[str] = []
    at.store.database.watch = said.append
    proposed(at, *(Card(f"P{n}", "X") for n in range(300)))
    assert len([one for one in said if one.startswith("SELECT")]) <= 5
