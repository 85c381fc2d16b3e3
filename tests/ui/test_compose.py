"""The composer: who gets it and who does not, in words; the way out to the mail program; what was typed is kept."""

from __future__ import annotations

import html
import re
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_app.domain.rules import links
from mobility_app.store import drafts
from mobility_app.store.actions.mailing import Added
from mobility_app.store.actions.messages import CUSTOMERS_MAX
from mobility_app.store.queries.mailing_lists import ListPage, ListRow, Member, MemberPage
from mobility_app.store.queries.receivers import LeftOut, Receiver, Receivers
from mobility_app.ui import choose_list, compose, mailing_list, mailing_lists
from mobility_app.ui.sheet import kept
from mobility_app.ui.words import Words
from tests.support.desk import desk
from tests.support.sheets import acts, names, text

PT = Words("pt")


def ready(count: int, customers: int = 1) -> tuple[Receiver, ...]:
    return tuple(Receiver(str(n), str(n % customers), f"P{n}", f"p{n}@x.example") for n in range(count))


def test_the_dialog_names_who_gets_it_and_who_does_not_and_why() -> None:
    left_out = (
        LeftOut("Rui", "no_address"),
        LeftOut("", "opted_out"),
        LeftOut("Eva", "out_of_reach"),
        LeftOut("Zé", "no_address"),
    )
    said = text(compose.receivers_view(PT, Receivers(ready(12), left_out)))
    assert "Para 12 contatos · P0, P1" in said
    assert "e mais 2" in said
    assert "Não recebe, sem endereço de e-mail: Rui e Zé" in said
    assert "Não recebe, não quer mensagens: Sem nome" in said
    assert "Não recebe, fora do seu território: Eva" in said


def test_nobody_to_write_to_and_too_many_customers_are_said_before_anything_is_written() -> None:
    assert "Não é possível escrever a nenhum deles." in text(compose.receivers_view(PT, Receivers((), ())))
    crowd = Receivers(ready(CUSTOMERS_MAX + 1, CUSTOMERS_MAX + 1), ())
    assert compose.too_many(crowd)
    assert f"mais de {CUSTOMERS_MAX} clientes" in text(compose.receivers_view(PT, crowd))
    assert not compose.too_many(Receivers(ready(CUSTOMERS_MAX + 1, CUSTOMERS_MAX), ()))


def test_the_mail_program_gets_blind_copies_or_where_that_is_too_much_addresses_to_paste() -> None:
    few = compose.mail_program(PT, ["a@x.example", "b@x.example"], "Olá & bem-vindo", "uma\nduas")
    (href,) = re.findall(r'href="(mailto:[^"]*)"', few)
    assert html.unescape(href) == (
        "mailto:?bcc=a@x.example,b@x.example&subject=Ol%C3%A1%20%26%20bem-vindo&body=uma%0D%0Aduas"
    )
    many = [f"p{n}@x.example" for n in range(200)]
    much = compose.mail_program(PT, many, "", "")
    assert "mailto:" not in much
    assert f'data-copy="{", ".join(many)}"' in much
    assert "Copiar endereços" in text(much)
    assert "data-copy" in compose.mail_program(PT, ["a@x.example"], "", "texto " * 400)
    assert text(compose.mail_program(PT, [], "a", "b")) == ""


_ADDRESS = st.from_regex(r"\A[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,20}@x\.example\Z").map(links.email).filter(bool)


@given(st.lists(_ADDRESS, min_size=1, max_size=5), st.text(max_size=60), st.text(max_size=200))
def test_a_mail_address_says_the_message_whole_and_nothing_gets_between(
    addresses: list[str], subject: str, body: str
) -> None:
    subject = " ".join(subject.encode("utf-8", "ignore").decode().split())
    body = body.encode("utf-8", "ignore").decode()
    parts = urlsplit(links.mailto(addresses, subject, body))
    fields = parse_qs(parts.query.replace("+", "%2B"), keep_blank_values=True)
    assert (parts.scheme, parts.path) == ("mailto", "")
    assert set(fields) <= {"bcc", "subject", "body"}
    assert fields["bcc"][0].split(",") == addresses
    assert fields.get("subject", [""])[0] == subject
    assert fields.get("body", [""])[0].split("\r\n") == (body.splitlines() or [""])
    EmailMessage()["Bcc"] = fields["bcc"][0]


def test_what_is_typed_is_kept_for_each_customer_and_is_no_edit_of_the_sheet(tmp_path: Path) -> None:
    at = desk(tmp_path)
    kept.keep(at.store, at.customer, drafts.MESSAGE, {"subject": '"Olá"', "body": '"Bom dia"'}, 0)
    with at.store.reading() as session:
        assert {name: draft.value for name, draft in drafts.message(session, at.customer, ()).items()} == {
            "subject": '"Olá"', "body": '"Bom dia"',
        }  # fmt: skip
        assert drafts.message(session, at.customer, {drafts.MESSAGE}) == {}
        assert drafts.message(session, "0" * 32, ()) == {}
    assert kept.abandoned(at.store, at.customer) == []
    kept.forget(at.store, at.customer, drafts.MESSAGE)
    with at.store.reading() as session:
        assert drafts.message(session, at.customer, ()) == {}


@pytest.mark.parametrize(
    ("links_made", "already", "said"),
    [
        (("1",), 0, "1 contato adicionado a Feira"),
        (("1", "2"), 1, "2 contatos adicionados a Feira · 1 já estava na lista"),
        ((), 3, "3 já estavam na lista"),
    ],
)
def test_filling_a_list_says_who_was_there_already(links_made: tuple[str, ...], already: int, said: str) -> None:
    assert choose_list.said(PT, Added("x", "Feira", links_made, already)) == said


def test_lists_to_choose_from_are_buttons_and_very_many_are_counted() -> None:
    rows = [ListRow(f"{n}", f"L{n}", "c", "Lusa", n) for n in range(choose_list.SHOWN_MOST + 4)]
    markup = choose_list.options(PT, rows)
    assert acts(markup)[:2] == [("list", "0"), ("list", "1")]
    assert len(acts(markup)) == choose_list.SHOWN_MOST
    assert "mais 4" in text(markup)


def page(count: int) -> MemberPage:
    members = tuple(Member(f"m{n}", f"c{n}", f"P{n}" if n else "", "Compras", "k", "Óptica") for n in range(count))
    return MemberPage(
        ListRow("l", "<b>Feira</b>", "c", "Lusa", count), members, tuple(one.contact_id for one in members), 0
    )


def test_a_list_offers_what_the_person_may_and_stays_within_its_elements() -> None:
    own = mailing_list.render(PT, page(50), writes=True, changes=True, deletes=True)
    assert [act for act, _ in acts(own)[:4]] == ["cards", "rename", "delete", "write"]
    assert ("remove", "m3") in acts(own)
    assert {"Remover P3", "Remover Sem nome"} <= set(names(own))
    assert "&lt;b&gt;Feira&lt;/b&gt;" in own
    assert len(re.findall(r"<[a-z]", own)) <= 340
    read = mailing_list.render(PT, page(2), writes=False, changes=False, deletes=False)
    assert [act for act, _ in acts(read)] == ["cards"]
    empty = mailing_list.render(PT, page(0), writes=True, changes=True, deletes=True)
    assert "Não há ninguém nesta lista" in text(empty)
    assert "write" not in [act for act, _ in acts(empty)]
    assert ("bring-back", "") in acts(mailing_list.gone(PT, deleted=True))
    assert acts(mailing_list.gone(PT, deleted=False)) == []


def test_the_lists_say_how_many_are_on_them_and_whose_they_are() -> None:
    rows = (ListRow("a", "Feira", "c", "Lusa", 1), ListRow("b", "Novidades", "d", "Hispania", 1200))
    said = text(mailing_lists.render(PT, ListPage(rows, 2, 0, 2), may=True))
    assert "Feira 1 contato · Lusa Novidades 1.200 contatos · Hispania" in said
    assert "Hispania" not in text(mailing_lists.render(PT, ListPage(rows, 2, 0, 1), may=True))
    nothing = mailing_lists.render(PT, ListPage((), 0, 0, 1), may=False)
    assert "Nenhuma lista de envio" in text(nothing)
    assert acts(nothing) == []
