"""vCards: what other programs write is read, what is written reads back the same, and nothing hostile gets far."""

from __future__ import annotations

import quopri
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobility_app.domain.rules import vcards
from mobility_app.domain.rules.vcards import BYTES_MAX, CARDS_MAX, Broken, Card, Reach


def only(*lines: str) -> Card:
    found = vcards.read("\r\n".join(("BEGIN:VCARD", *lines, "END:VCARD")))
    assert found.broken == ()
    (card,) = found.cards
    return card


def test_version_2_1_with_quoted_printable_folded_and_in_two_charsets() -> None:
    card = only(
        "VERSION:2.1",
        "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Concei=C3=A7=C3=A3o;Jo=C3=A3o;;;",
        "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Jo=C3=A3o Concei=",
        "=C3=A7=C3=A3o",
        "ORG:Óptica;Vendas",
        "TEL;CELL;PREF:+351 91 234 56 78",
        "TEL;WORK;FAX:22 340 18 77",
        "EMAIL;INTERNET:joao@optica.example",
        "NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:Ol=E1=0D=0As=F3 de manh=",
        "=E3",
        "PHOTO;ENCODING=BASE64;TYPE=JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD",
        " AAAA=",
        "",
    )
    assert (card.first_name, card.last_name, card.employer) == ("João", "Conceição", "Óptica, Vendas")
    assert card.notes == "Olá\nsó de manhã"
    assert card.phones == (Reach("+351 91 234 56 78", "", "cell", True), Reach("22 340 18 77", "", "fax", False))
    assert card.emails == (Reach("joao@optica.example", "", "", True),)


def test_version_3_0_with_escapes_folds_groups_and_labels_of_ones_own() -> None:
    card = only(
        "VERSION:3.0",
        "N:Ferreira;Marta;Sofia;Dra.;",
        "FN:Dra. Marta Sofia Ferreira",
        "TITLE:Compras",
        "item1.EMAIL;type=INTERNET:loja@optica.example",
        "item1.X-ABLabel:_$!<Loja>!$_",
        "EMAIL;type=INTERNET;type=WORK;type=pref:marta@opti",
        " ca.example",
        "NOTE:uma\\nduas\\, tr\\;ês",
        "CATEGORIES:Diretor,Compras\\, Lisboa",
        "X-SOCIALPROFILE;type=x:https://x.example",
    )
    assert (card.first_name, card.last_name, card.job_title) == ("Marta Sofia", "Ferreira", "Compras")
    assert card.emails == (
        Reach("loja@optica.example", "Loja", "", False), Reach("marta@optica.example", "", "work", True),
    )  # fmt: skip
    assert card.notes == "uma\nduas, tr;ês"
    assert card.labels == ("Diretor", "Compras, Lisboa")


def test_version_4_0_with_addresses_as_uris_and_preferences_in_numbers() -> None:
    card = only(
        "VERSION:4.0",
        "FN:Luc Pereira",
        "EMAIL;PREF=2:b@x.example",
        "EMAIL;PREF=1:mailto:a@x.example",
        'TEL;VALUE=uri;TYPE="voice,home":tel:+351-22-340-1877;ext=12',
        "ROLE:Técnico",
    )
    assert (card.name, card.job_title) == ("Luc Pereira", "Técnico")
    assert (card.first_name, card.last_name) == ("Luc", "Pereira")
    assert [(one.value, one.is_main) for one in card.emails] == [("b@x.example", False), ("a@x.example", True)]
    assert card.phones == (Reach("+351-22-340-1877", "", "home", True),)


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b""), ("utf-8-sig", b""), ("cp1252", b""), ("utf-16", b""), ("utf-16-be", b"\xfe\xff")],
)
def test_the_charset_of_a_file_is_told_from_its_bytes(encoding: str, mark: bytes) -> None:
    data = mark + "BEGIN:VCARD\nVERSION:3.0\nFN:Zoé Ñuñez\nEND:VCARD\n".encode(encoding)
    assert [card.name for card in vcards.read(data).cards] == ["Zoé Ñuñez"]


def test_a_company_without_a_person_gets_no_name_made_up() -> None:
    card = only("VERSION:3.0", "FN:Óptica", "ORG:Óptica", "TEL:22 340 18 77")
    assert (card.name, card.employer) == ("", "Óptica")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("BEGIN:VCARD\nVERSION:3.0\nFN:Só o começo", "endless"),
        ("BEGIN:VCARD\nVERSION:3.0\nTITLE:Sem ninguém\nEND:VCARD", "empty"),
        ("BEGIN:VCARD\nEND:VCARD", "empty"),
        (f"BEGIN:VCARD\nFN:{'a' * 600}\nEND:VCARD", "too_long"),
        (f"BEGIN:VCARD\nFN:a\nNOTE:{'a' * 200_000}\nEND:VCARD", "too_long"),
    ],
)
def test_a_broken_card_is_named_and_costs_only_itself(text: str, reason: str) -> None:
    whole = "BEGIN:VCARD\nVERSION:3.0\nFN:Ana\nEND:VCARD\n"
    found = vcards.read(whole + text + "\n" + whole)
    assert [card.name for card in found.cards] == ["Ana", "Ana"]
    (broken,) = found.broken
    assert (broken.position, broken.reason) == (2, reason)
    assert len(broken.name) <= 80


def test_a_card_inside_a_card_is_passed_over() -> None:
    card = only("VERSION:2.1", "FN:Ana", "AGENT:", "BEGIN:VCARD", "FN:Rui", "END:VCARD", "TITLE:Compras")
    assert (card.name, card.job_title) == ("Ana", "Compras")


def test_what_is_no_card_holds_none() -> None:
    for data in (b"", b"\x00\xff" * 500, b"name;email\nAna;a@x.pt\n", b"BEGIN:VCALENDAR\nEND:VCALENDAR"):
        assert vcards.read(data) == vcards.Cards()


def test_more_cards_than_the_bound_are_counted_and_more_bytes_are_refused() -> None:
    card = "BEGIN:VCARD\nFN:Ana\nEND:VCARD\n"
    found = vcards.read(card * (CARDS_MAX + 5))
    assert (len(found.cards), found.more) == (CARDS_MAX, 5)
    with pytest.raises(ValueError, match="BYTES_MAX"):
        vcards.read(b" " * (BYTES_MAX + 1))


@pytest.mark.parametrize(
    "line",
    [
        ";" * 90_000, "A;" * 45_000, "A;" * 30 + ":", "EMAIL" + ";A" * 40 + "x", "EMAIL" + ";A=x" * 40 + ' "', "x" * 90_000,
        "EMAIL;A=" + "," * 60, "TEL;B=" + '"x' * 30_000 + ":1", "N:" + "\\" * 90_000, "NOTE;QUOTED-PRINTABLE:=\n" * 9_000,
    ],
)  # fmt: skip
def test_a_hostile_line_takes_no_time_and_no_neighbour(line: str) -> None:
    """Patterns that try every way to read a line would not come back from these within a lifetime."""
    found = vcards.read("\r\n".join(("BEGIN:VCARD", "FN:Ana", line, "END:VCARD", "BEGIN:VCARD", "FN:Rui", "END:VCARD")))
    assert found.cards[-1].name == "Rui"
    assert [one.reason for one in found.broken] == (["too_long"] if line[0] == "N" else [])


def test_nothing_hidden_comes_in() -> None:
    card = only("FN:Ana\u2028Bcc: x", "TITLE:a\\nb", "EMAIL:a@x.example\\nBcc: b@x.example")
    for text in (card.name, card.job_title, card.emails[0].value):
        assert text.isprintable()


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


_LINE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=90).map(_tidy)
_NOTE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\v\f\x1c\x1d\x1e\x85\u2028\u2029\r"),
                max_size=300).map(lambda text: unicodedata.normalize("NFC", text).strip())  # fmt: skip
_WORD = (
    st.from_regex(r"\A[a-zà-ÿ0-9+.@,;: \\]{1,80}\Z")
    .map(_tidy)
    .filter(lambda text: text and text[:4] not in ("tel:", "mail"))
)


@st.composite
def _reaches(draw: st.DrawFn) -> tuple[Reach, ...]:
    values = draw(st.lists(_WORD, unique=True, max_size=4))
    main = draw(st.integers(0, max(0, len(values) - 1)))
    kinds = st.sampled_from(("", "work", "home", "cell"))
    return tuple(Reach(value, draw(_LINE), draw(kinds), at == main) for at, value in enumerate(values))


_CARDS = st.builds(
    Card, _LINE, _LINE.filter(bool), _LINE, _LINE, _NOTE, _reaches(), _reaches(),
    st.lists(_LINE.filter(bool), unique=True, max_size=4).map(tuple),
)  # fmt: skip


@settings(deadline=None)  # the first card loads the library
@given(st.lists(_CARDS, max_size=3))
def test_what_is_written_reads_back_the_same(cards: list[Card]) -> None:
    text = vcards.written(cards)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert vcards.read(text.encode()) == vcards.Cards(tuple(cards))


@settings(deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_read_or_named(data: bytes) -> None:
    for part in (
        data,
        b"BEGIN:VCARD\r\n" + data + b"\r\nEND:VCARD\r\n",
        b"BEGIN:VCARD\r\nNOTE:" + quopri.encodestring(data),
    ):
        found = vcards.read(part)
        assert all(isinstance(one, Broken) for one in found.broken)
        for card in found.cards:
            assert vcards.read(vcards.written([card])).cards == (card,)
