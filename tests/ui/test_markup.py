"""Markup: whatever a customer is called, it is text and never markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from mobility_app.ui import lists, marks
from mobility_app.ui.markup import Html, h, icon, join
from mobility_app.ui.words import Words

HOSTILE = '<script>alert("x")</script>&"\''


class Seen(HTMLParser):
    """Tags, attributes and text of a piece of markup."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_strings_are_escaped_and_markup_is_not() -> None:
    assert h("b", "<i>", h("i", "x")) == "<b>&lt;i&gt;<i>x</i></b>"
    assert join("a<", Html("<br>"), None, ["b", 3]) == "a&lt;<br>b3"


def test_attributes_that_are_none_or_false_are_left_out() -> None:
    assert h("a", "x", href='"', hidden=False, title=None, disabled=True, aria_label="y") == (
        '<a href="&quot;" disabled aria-label="y">x</a>'
    )


@given(st.text())
def test_text_stays_text_wherever_it_stands(text: str) -> None:
    pieces = [
        lists.row(text, text, href="/x", lead=lists.avatar(text), end=lists.chip(text)),
        lists.card(text, text, count=text, id="c"),
        lists.icon_button("copy", text, copy=text),
        lists.segments(text, [(text, text, 1)], text),
        lists.table(text, [lists.Column(text)], [lists.Line([text], href="/y")]),
        lists.empty("user", text, text),
        lists.progress(50, text, text=text),
    ]
    clean = [
        lists.row("t", "t", href="/x", lead=lists.avatar("t"), end=lists.chip("t")),
        lists.card("t", "t", count="t", id="c"),
        lists.icon_button("copy", "t", copy="t"),
        lists.segments("t", [("t", "t", 1)], "t"),
        lists.table("t", [lists.Column("t")], [lists.Line(["t"], href="/y")]),
        lists.empty("user", "t", "t"),
        lists.progress(50, "t", text="t"),
    ]
    for piece, other in zip(pieces, clean, strict=True):
        assert re.fullmatch(r"[^\x00]*", piece) or "\x00" in text
        assert [tag for tag, _ in Seen(piece).tags if text.strip()] == [
            tag for tag, _ in Seen(other).tags if text.strip()
        ]


def test_a_hostile_name_reaches_no_attribute_unescaped() -> None:
    for piece in (lists.row(HOSTILE, HOSTILE, href=f"/c/{HOSTILE}"), lists.icon_button("copy", HOSTILE, copy=HOSTILE)):
        tags = [tag for tag, _ in Seen(piece).tags]
        assert "script" not in tags
        assert not any(name.startswith("on") for _, attributes in Seen(piece).tags for name in attributes)


def test_icon_buttons_are_named_and_icons_are_hidden() -> None:
    seen = Seen(lists.icon_button("phone", "Ligar a Ana Silva", href="tel:+351"))
    assert seen.tags[0][1]["aria-label"] == "Ligar a Ana Silva"
    assert 'aria-hidden="true"' in icon("phone")


def test_every_icon_named_in_the_code_is_in_the_sprite() -> None:
    from pathlib import Path

    from mobility_app.ui import assets

    shapes = set(re.findall(r'<symbol id="([^"]+)"', (assets.FOLDER / "icons.svg").read_text()))
    code = "\n".join(path.read_text() for path in Path(assets.FOLDER).parent.rglob("*.py"))
    calls = r'(?:icon|tile|icon_button|empty|_banner)\(\s*"([a-z0-9-]+)"'
    later = r'(?:chip|count_chip|_action)\([^)]*\)?[^)]*?, "([a-z0-9]+-[a-z0-9-]+|mail|phone)"'
    named = {name for pattern in (calls, later, r'symbol="([a-z0-9-]+)"') for name in re.findall(pattern, code)}
    assert "phone" in named
    assert named - shapes == set()


def test_initials_are_those_of_first_and_last_name() -> None:
    assert [lists.initials(name) for name in ("Ana Silva", "Óptica Lusitânia & Filhos", "rui", "", "de la Cruz")] == [
        "AS", "ÓF", "RU", "?", "DC",
    ]  # fmt: skip


def test_a_count_chip_keeps_the_number_apart_from_its_words() -> None:
    seen = Seen(lists.count_chip(2, "2 não sincronizadas", "warn", "cloud-upload"))
    assert seen.text == "2 não sincronizadas"


def test_a_conflict_offers_both_values_with_who_and_when() -> None:
    from mobility_app.store.queries.conflicts import Conflict

    found = Conflict(
        "c" * 32, "+351 1", "+351 2", "Marta Costa", "Ana Silva", 1_795_689_000_000, 1_795_685_400_000, "loser"
    )
    markup = marks.conflict(Words("pt"), "customer_phone", "value", found, 1_795_690_000_000, "EUR")
    buttons = [attributes for tag, attributes in Seen(markup).tags if tag == "button"]
    mine, theirs = f"{'c' * 32}:loser", f"{'c' * 32}:winner"  # mine comes first
    assert [(one["data-act"], one["data-arg"]) for one in buttons] == [
        ("settle", mine), ("settle", theirs), ("both", "c" * 32),
    ]  # fmt: skip
    text = Seen(markup).text
    assert "Telefone: alterado aqui e no escritório" in text
    assert "Seu · hoje" in text
    assert "Marta Costa · hoje" in text
    assert "vale agora+351 1Usar o do outro" in text
    assert "+351 2Manter o meu" in text


def test_a_pager_says_where_one_is_and_stops_at_both_ends() -> None:
    words = Words("pt")
    assert lists.pager(words, 0, 20, 20) == ""
    first, last = Seen(lists.pager(words, 0, 50, 121)), Seen(lists.pager(words, 100, 21, 121))
    assert first.text == "1 a 50 de 121"
    assert ["disabled" in attributes for tag, attributes in first.tags if tag == "button"] == [True, False]
    assert ["disabled" in attributes for tag, attributes in last.tags if tag == "button"] == [False, True]
    many = Seen(lists.pager(words, 50, 50, 1000, more=True))
    assert many.text == "51 a 100 de mais de 1.000"
    far = Seen(lists.pager(words, 1000, 50, 1000, more=True))
    assert far.text == "1.001 a 1.050"
    assert ["disabled" in attributes for tag, attributes in far.tags if tag == "button"] == [False, False]
