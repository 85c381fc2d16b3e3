"""Contacts chosen by check boxes, and the preview of vCards that come in."""

from __future__ import annotations

import re
from pathlib import Path

from mobility_app.domain.rules.vcards import Broken, Card, Cards, Reach
from mobility_app.store.queries import contacts as queries
from mobility_app.store.queries import sheet as headers
from mobility_app.store.queries.card_twins import Proposal, Twin
from mobility_app.store.queries.contacts import PAGE_ROWS
from mobility_app.ui.sheet import cards_view, people
from mobility_app.ui.sheet.facts import Facts
from mobility_app.ui.words import Words
from tests.support.desk import Desk, desk
from tests.support.sheets import acts, names, text

PT = Words("pt")


def facts(at: Desk) -> Facts:
    found = headers.header(at.store, at.customer)
    assert found is not None
    return Facts.of(at.app, found)


def crowd(at: Desk, count: int) -> list[str]:
    values = {"customer_id": at.customer, "opted_out": False}
    return [at.from_hq("contact", first_name=f"P{n:03d}", **values) for n in range(count)]  # type: ignore[arg-type]


def checked(markup: str) -> list[str]:
    return re.findall(r'data-arg="([^"]*)" checked', markup)


def test_who_is_chosen_is_checked_and_the_bar_says_how_many_and_what_can_be_done(tmp_path: Path) -> None:
    at = desk(tmp_path)
    ids = crowd(at, PAGE_ROWS + 3)
    model = queries.of_customer(at.store, at.customer)
    nothing = people.render(facts(at), model)
    assert checked(nothing) == []
    assert "fb-float" not in nothing
    some = people.render(facts(at), model, (), frozenset((ids[0], ids[2], ids[-1])))
    assert checked(some) == [ids[0], ids[2]]
    assert "3 selecionados Enviar e-mail Adicionar à lista de envio" in text(some)
    assert [act for act, _ in acts(some)[-5:]] == ["write", "list", "cards", "delete", "none"]
    assert {"Exportar os selecionados como vCards", "Excluir os selecionados", "Limpar seleção"} <= set(names(some))
    assert f"Selecionar todos os {PAGE_ROWS + 3} contatos" in text(some)


def test_choosing_all_reaches_beyond_the_page_and_turns_into_choosing_none(tmp_path: Path) -> None:
    at = desk(tmp_path)
    ids = crowd(at, PAGE_ROWS + 3)
    model = queries.of_customer(at.store, at.customer)
    assert set(model.ids) == set(ids)
    assert ("all", "") in acts(people.render(facts(at), model))
    assert ("all", "") not in acts(people.render(facts(at), model, (), frozenset(ids)))


def test_all_of_those_filtered_are_those_of_the_label_alone(tmp_path: Path) -> None:
    at = desk(tmp_path)
    ids = crowd(at, PAGE_ROWS + 3)
    label = at.from_hq("label", company_id=at.company, name="Diretor")
    for one in ids[-2:]:
        at.from_hq("contact_label", contact_id=one, label_id=label)
    model = queries.of_customer(at.store, at.customer, (label,))
    assert model.ids == tuple(ids[-2:])
    assert "Selecionar todos os 2 contatos" in text(people.render(facts(at), model, (label,)))


def test_a_contact_tells_how_much_more_its_own_page_has(tmp_path: Path) -> None:
    at = desk(tmp_path)
    (contact,) = crowd(at, 1)
    for n in range(3):
        at.from_hq("contact_email", contact_id=contact, value=f"m{n}@x.example", is_main=n == 0)
        at.from_hq("contact_phone", contact_id=contact, value=f"+351 22 340 18 7{n}", is_main=n == 0)
    for n in range(5):
        label = at.from_hq("label", company_id=at.company, name=f"L{n}")
        at.from_hq("contact_label", contact_id=contact, label_id=label)
    said = text(people.render(facts(at), queries.of_customer(at.store, at.customer)))
    assert "m0@x.example +2 +351 22 340 1870 +2 L0 · L1 · L2 · +2" in said


def test_a_contacts_page_shows_its_lists_activities_and_messages(tmp_path: Path) -> None:
    from mobility_app.ui import contact_view

    at = desk(tmp_path)
    contact, other = crowd(at, 2)
    with at.store.writing() as tx:
        made = tx.create("mailing_list", {"company_id": at.company, "name": "Novidades"})
        link = tx.create("mailing_list_member", {"mailing_list_id": made, "contact_id": contact})
        visit = tx.create("activity", {"customer_id": at.customer, "kind": "task", "title": "Ligar de volta"})
        tx.create("activity_participant", {"activity_id": visit, "contact_id": contact})
        for to, subject in ((contact, "Convite"), (other, "Outra coisa")):
            tx.create("message", {"customer_id": at.customer, "subject": subject, "body": "x", "contact_ids": [to]})
    page = queries.one(at.store, contact)
    assert page is not None
    markup = contact_view.render(facts(at), page)
    assert f'href="/lists/{made}"' in markup
    assert f"activities/{visit}" in markup
    assert "Convite" in text(markup)
    assert "Outra coisa" not in text(markup)
    assert {("drop", f"mailing_list_member:{link}"), ("list", ""), ("new-label", ""), ("card", "")} <= set(acts(markup))
    assert "write" not in [act for act, _ in acts(markup)], "without an address there is nothing to write to"


def proposal(n: int, twin: Twin | None = None, left_out: tuple[str, ...] = ()) -> Proposal:
    return Proposal(Card(f"P{n}", "<b>", job_title="Compras", emails=(Reach(f"p{n}@x.example"),)), twin, left_out)


def test_the_preview_says_what_would_be_made_who_is_there_and_what_was_skipped() -> None:
    found = Cards(broken=(Broken(3, "Sem fim", "endless"), Broken(4, "", "empty")), more=7)
    rows = [proposal(0, Twin("x", "Paula", "like"), ("não é",)), *(proposal(n) for n in range(1, 30))]
    markup = cards_view.preview(PT, found, rows, frozenset(range(1, 30)), 0)
    said = text(markup)
    assert "vCard 3, Sem fim: não tem fim" in said
    assert "vCard 4: não nomeia ninguém" in said
    assert "Só são lidos os primeiros 1.000 vCards" in said
    assert "P0 <b> Compras · p0@x.example Fica de fora: não é Parece Paula" in said
    assert "Adicionar 29 contatos" in said
    assert "1 vCard parece alguém que já está aqui." in said
    assert checked(markup) == [str(n) for n in range(1, cards_view.SHOWN)]
    assert ("page", str(cards_view.SHOWN)) in acts(markup)
    assert "<b>" not in markup
    assert len(re.findall(r"<[a-z]", markup)) <= 200


def test_nothing_chosen_adds_nothing_and_no_card_at_all_says_what_one_looks_like() -> None:
    none = cards_view.preview(PT, Cards(), [proposal(0)], frozenset(), 0)
    assert re.search(r'data-act="bring"[^>]* disabled', none)
    assert "BEGIN:VCARD" in text(cards_view.preview(PT, Cards(), [], frozenset(), 0))
    only_broken = cards_view.preview(PT, Cards(broken=(Broken(1, "", "empty"),)), [], frozenset(), 0)
    assert "BEGIN:VCARD" not in text(only_broken)
