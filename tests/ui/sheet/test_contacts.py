"""Contacts: found by label, page by page, with how to reach them; and a contact's own page with its marks and drafts."""

from __future__ import annotations

import asyncio
import html
import re
from pathlib import Path

import pytest

from mobility_app.store.queries import contacts as queries
from mobility_app.store.queries import sheet as headers
from mobility_app.store.queries.contacts import PAGE_ROWS, ContactPage, People
from mobility_app.ui import contact_form, contact_view
from mobility_app.ui.sheet import people as people_view
from mobility_app.ui.sheet.editing import EditSession
from mobility_app.ui.sheet.facts import Facts
from tests.support.desk import NOW, Desk, desk
from tests.support.sheets import acts, names, refuse, text


def person(at: Desk, first: str, last: str = "", *labels: str, **more: object) -> str:
    values = {"customer_id": at.customer, "first_name": first, "last_name": last or None, "opted_out": False, **more}
    record_id = at.from_hq("contact", **values)  # type: ignore[arg-type]
    for label in labels:
        at.from_hq("contact_label", contact_id=record_id, label_id=label)
    return record_id


def label(at: Desk, name: str) -> str:
    return at.from_hq("label", company_id=at.company, name=name)


def facts(at: Desk) -> Facts:
    found = headers.header(at.store, at.customer)
    assert found is not None
    return Facts.of(at.app, found)


def people(at: Desk, *wanted: str, first: int = 0) -> People:
    return queries.of_customer(at.store, at.customer, wanted, first)


def page_of(at: Desk, contact_id: str) -> ContactPage:
    found = queries.one(at.store, contact_id)
    assert found is not None
    return found


def who(found: People) -> list[str]:
    return [one.name for one in found.persons]


def test_several_labels_find_those_who_carry_any_and_each_says_how_many(tmp_path: Path) -> None:
    at = desk(tmp_path)
    director, marketing, idle = label(at, "Diretor"), label(at, "Responsável de Marketing"), label(at, "Armazém")
    person(at, "Ana", "Reis", director)
    person(at, "Bruno", "Sá", director, marketing)
    person(at, "Carla", "Luz", marketing)
    person(at, "Duarte", "Pio")
    assert who(people(at)) == ["Ana Reis", "Bruno Sá", "Carla Luz", "Duarte Pio"]
    assert who(people(at, director)) == ["Ana Reis", "Bruno Sá"]
    assert who(people(at, director, marketing)) == ["Ana Reis", "Bruno Sá", "Carla Luz"]
    found = people(at, marketing)
    assert (found.total, found.found) == (4, 2)
    assert found.labels == {director: ("Diretor", 2), marketing: ("Responsável de Marketing", 2)}
    assert idle not in found.labels
    markup = people_view.render(facts(at), found, (marketing,))
    pressed = re.findall(r'data-arg="([^"]*)" aria-pressed="true"', markup)
    assert pressed == [marketing]
    assert "Todos 4 Diretor 2 Responsável de Marketing 2" in text(markup)


def test_names_are_ordered_as_people_look_for_them(tmp_path: Path) -> None:
    at = desk(tmp_path)
    for name in ("Zita", "Álvaro", "ana", "Érica", "Bento"):
        person(at, name)
    assert who(people(at)) == ["Álvaro", "ana", "Bento", "Érica", "Zita"]


def test_every_contact_stands_on_exactly_one_page_and_a_page_costs_the_same(tmp_path: Path) -> None:
    at = desk(tmp_path)
    for n in range(3 * PAGE_ROWS + 1):
        contact_id = person(at, f"P{n:03d}")
        at.from_hq(
            "contact_phone", contact_id=contact_id, value="+351 22 340 18 77", e164="+351223401877", is_main=True
        )
    seen: list[str] = []
    for first in range(0, 3 * PAGE_ROWS + 1, PAGE_ROWS):
        seen += who(people(at, first=first))
    assert seen == [f"P{n:03d}" for n in range(3 * PAGE_ROWS + 1)]
    assert who(people(at, first=10_000)) == who(people(at)), "a page that is gone is the first one"
    said: list[str] = []
    at.store.database.watch = said.append
    people(at)
    assert len([one for one in said if one.lstrip().upper().startswith("SELECT")]) <= 7
    assert "1 a 14 de 43" in text(people_view.render(facts(at), people(at)))


def test_a_row_says_who_it_is_and_writes_and_dials(tmp_path: Path) -> None:
    at = desk(tmp_path)
    at.from_hq("address", customer_id=at.customer, kind="delivery", country="PT")
    contact_id = person(at, "Marta", "Ferreira", label(at, "Diretor"), employer="Óptica", job_title="Compras")
    at.from_hq("contact_email", contact_id=contact_id, value="b@optica.example", is_main=False)
    at.from_hq("contact_email", contact_id=contact_id, value="a@optica.example", is_main=True)
    at.from_hq("contact_phone", contact_id=contact_id, value="22 340 18 77", e164="+351223401877", is_main=True)
    markup = people_view.render(facts(at), people(at))
    said = text(markup)
    assert "MF Marta Ferreira Compras · Óptica a@optica.example +1 22 340 1877 Diretor Editar" in said
    assert "Editar Marta Ferreira" in names(markup)
    assert re.findall(r'href="((?:mailto|tel):[^"]*)"', markup) == [
        "mailto:a@optica.example", "tel:+351223401877",
    ]  # fmt: skip
    assert "Escrever para Marta Ferreira: a@optica.example" in names(markup)
    own = re.findall(rf'<a [^>]*href="/contacts/{contact_id}"[^>]*>', markup)
    assert len(own) == 2
    assert all('target="_blank"' in one for one in own)


def test_a_contact_without_a_name_can_still_be_opened(tmp_path: Path) -> None:
    at = desk(tmp_path)
    person(at, "", job_title="Receção")
    assert "Sem nome" in text(people_view.render(facts(at), people(at)))


def test_a_view_of_waiting_contacts_stays_within_its_elements(tmp_path: Path) -> None:
    at = desk(tmp_path)
    labels = [label(at, f"Etiqueta {n}") for n in range(3)]
    with at.store.writing() as tx:
        for n in range(PAGE_ROWS + 2):
            one = tx.create("contact", {"customer_id": at.customer, "first_name": f"P{n}", "job_title": "X"})
            tx.create("contact_email", {"contact_id": one, "value": f"p{n}@x.example"})
            tx.create("contact_phone", {"contact_id": one, "value": "+351 22 340 18 77"})
            for each in labels:
                tx.create("contact_label", {"contact_id": one, "label_id": each})
    markup = people_view.render(facts(at), people(at))
    assert markup.count("Não sincronizado") == PAGE_ROWS
    assert len(re.findall(r"<[a-z]", markup)) <= 200  # the frame around it and the last messages have 200


def test_a_role_that_may_only_read_is_offered_nothing_to_change(tmp_path: Path) -> None:
    at = desk(tmp_path, role="accountant")
    contact_id = person(at, "Ana", "Reis", label(at, "Diretor"))
    markup = people_view.render(facts(at), people(at))
    assert [act for act, _ in acts(markup)] == ["label", "label", "all", "cards", "pick"]
    assert "Editar" not in text(markup)
    assert [act for act, _ in acts(people_view.bar_of(facts(at), 1))] == ["cards", "none"]
    own = contact_view.render(facts(at), page_of(at, contact_id))
    assert acts(own) == [("card", "")]
    assert "Diretor" in text(own)


def test_support_may_correct_how_somebody_is_reached_but_not_who_it_is(tmp_path: Path) -> None:
    at = desk(tmp_path, role="support")
    contact_id = person(at, "Ana", "Reis")
    assert [act for act, _ in acts(contact_view.render(facts(at), page_of(at, contact_id)))] == ["card", "edit"]


def test_the_own_page_shows_each_field_with_its_mark(tmp_path: Path) -> None:
    at = desk(tmp_path)
    contact_id = person(at, "Ana", "Reis", job_title="Compras")
    mail = at.from_hq("contact_email", contact_id=contact_id, value="a@x.example", is_main=True)
    with at.store.writing() as tx:
        tx.update("contact", contact_id, {"employer": "Nova Lda"})
        tx.update("contact_email", mail, {"value": "b@x.example"})
    dseq = refuse(at, "forbidden")
    found = at.from_hq(
        "conflict", customer_id=at.customer, entity="contact", record_id=contact_id, field="job_title", base=None,
        winner="Compras", loser="Vendas", winner_user_id=at.colleague, loser_user_id=at.user, winner_at=NOW, loser_at=NOW,
        rule="lww", state="open",
    )  # fmt: skip
    markup = contact_view.render(facts(at), page_of(at, contact_id))
    said = text(markup)
    assert "Empresa Não sincronizado Nova Lda" in said
    assert "Cargo: alterado aqui e no escritório" in said
    assert "O escritório recusou “b@x.example”." in said
    assert {("settle", f"{found}:loser"), ("dismiss", str(dseq))} <= set(acts(markup))


def test_labels_of_the_company_are_pressed_where_the_contact_carries_them(tmp_path: Path) -> None:
    at = desk(tmp_path)
    director, other = label(at, "Diretor"), label(at, "Armazém")
    contact_id = person(at, "Ana", "Reis", director)
    markup = contact_view.render(facts(at), page_of(at, contact_id))
    assert re.findall(r'data-arg="([^"]*)" aria-pressed="true"', markup) == [director]
    assert re.findall(r'data-arg="([^"]*)" aria-pressed="false"', markup) == [other]


def test_a_contact_that_is_not_here_is_said_so(tmp_path: Path) -> None:
    at = desk(tmp_path)
    assert queries.one(at.store, "0" * 32) is None
    assert "Este contato não está neste dispositivo" in text(contact_view.gone(at.app.words))
    assert ("bring-back", "") in acts(contact_view.gone(at.app.words, can_bring_back=True))


def test_what_a_name_holds_is_only_text(tmp_path: Path) -> None:
    at = desk(tmp_path)
    contact_id = person(at, "<img src=x onerror=alert(1)>", '"><script>')
    for markup in (people_view.render(facts(at), people(at)), contact_view.render(facts(at), page_of(at, contact_id))):
        assert "<img" not in markup
        assert "<script" not in markup
        assert "<img src=x onerror=alert(1)>" in html.unescape(markup)


@pytest.mark.parametrize("begun", [False, True])
def test_unsaved_edits_of_a_contact_are_found_on_its_page_after_a_crash(tmp_path: Path, begun: bool) -> None:
    at = desk(tmp_path)
    contact_id, other = person(at, "Ana"), person(at, "Rui")

    async def story() -> None:
        session = EditSession(at.app, at.customer, "EUR", "one", 0)
        contact_form.load(session, page_of(at, contact_id))
        await session.begin()
        session.set(("contact", contact_id, "last_name"), "Reis")
        if begun:
            record_id = session.create("contact_email", contact_form.new(contact_id, True))
            session.set(("contact_email", record_id, "value"), "ana@x.example")
        await session.pause()
        left = contact_form.left_behind(at.store, page_of(at, contact_id))
        assert len(left) == (3 if begun else 1)
        assert contact_form.left_behind(at.store, page_of(at, other)) == []
        again = EditSession(at.app, at.customer, "EUR", "two", 0)
        contact_form.load(again, page_of(at, contact_id))
        await again.resume(left)
        assert await again.save()

    asyncio.run(asyncio.wait_for(story(), 20))
    found = page_of(at, contact_id).person
    assert found.name == "Ana Reis"
    assert [row["value"] for row in found.emails] == (["ana@x.example"] if begun else [])


def test_edits_of_the_customer_are_not_offered_on_a_contacts_page(tmp_path: Path) -> None:
    at = desk(tmp_path)
    contact_id = person(at, "Ana")

    async def story() -> None:
        session = EditSession(at.app, at.customer, "EUR", "one", 0)
        session.load("customer", headers.records(at.store, at.customer, "customer")["customer"])
        contact_form.load(session, page_of(at, contact_id))
        await session.begin()
        session.set(("contact", contact_id, "last_name"), "Reis")
        session.set(("customer", at.customer, "website"), "https://x.example")
        await session.pause()
        assert contact_form.left_behind(at.store, page_of(at, contact_id)) == []

    asyncio.run(asyncio.wait_for(story(), 20))
