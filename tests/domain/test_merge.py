"""The merge rules by themselves: what two people wrote without seeing each other is kept, line by line where it can be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_app.domain import merge, registry
from mobility_app.domain.fields import Field, Kind, Merge

BASE = "Porta azul.\nTocar duas vezes.\nCão manso."
NOTES = st.lists(st.sampled_from(["a", "b", "c", "d", ""]), max_size=6).map("\n".join)


@pytest.mark.parametrize(
    ("mine", "theirs", "both"),
    [
        ("Porta verde.\nTocar duas vezes.\nCão manso.", BASE, "Porta verde.\nTocar duas vezes.\nCão manso."),
        (BASE + "\nFecha cedo.", "Novo.\n" + BASE, "Novo.\n" + BASE + "\nFecha cedo."),
        # neighbouring lines do not overlap
        (
            "Porta verde.\nTocar duas vezes.\nCão manso.", "Porta azul.\nTocar três vezes.\nCão manso.",
            "Porta verde.\nTocar três vezes.\nCão manso.",
        ),
        (
            "Porta verde.\nTocar duas vezes.\nCão bravo.", "Porta azul.\nTocar três vezes.\nCão manso.",
            "Porta verde.\nTocar três vezes.\nCão bravo.",
        ),
        # other words of one line do not overlap either
        (
            "Porta azul.\nTocar sempre duas vezes.\nCão manso.", "Porta azul.\nTocar duas vezes, alto.\nCão manso.",
            "Porta azul.\nTocar sempre duas vezes, alto.\nCão manso.",
        ),
        # the same word does: both stand, one under the other
        (
            "Porta verde.\nTocar duas vezes.\nCão manso.", "Porta preta.\nTocar duas vezes.\nCão manso.",
            ">>> Porta preta.\n<<< Porta verde.\nTocar duas vezes.\nCão manso.",
        ),
        (
            "Porta verde.\nTocar uma vez.\nCão manso.", "Porta preta.\nTocar duas vezes.\nCão manso.",
            ">>> Porta preta.\n<<< Porta verde.\nTocar uma vez.\nCão manso.",
        ),
    ],
)  # fmt: skip
def test_notes_of_two_people(mine: str, theirs: str, both: str) -> None:
    assert merge.text3(BASE, mine, theirs) == both


def test_a_line_of_two_people_says_who_wrote_which() -> None:
    merged = merge.text3("Porta azul.", "Porta verde.", "Porta preta.", ("[Ana]", "[Rui]"))
    assert merged == "[Rui] Porta preta.\n[Ana] Porta verde."


WORDS = st.lists(st.sampled_from(["um", "dois", "três", "quatro"]), min_size=1, max_size=6).map(" ".join)


@given(base=WORDS, mine=WORDS, theirs=WORDS)
def test_no_word_that_somebody_typed_is_lost(base: str, mine: str, theirs: str) -> None:
    merged = merge.text3(base, mine, theirs)
    for word in {*mine.split(), *theirs.split()} - set(base.split()):
        assert word in merged.split(), (base, mine, theirs, merged)


@given(base=NOTES, mine=NOTES, theirs=NOTES)
def test_no_line_that_somebody_typed_is_lost(base: str, mine: str, theirs: str) -> None:
    """A line that one side added more of than there were stands at least as often afterwards, perhaps under a mark."""
    merged = merge.text3(base, mine, theirs)
    for line in {*mine.split("\n"), *theirs.split("\n")} - {""}:
        if max(mine.split("\n").count(line), theirs.split("\n").count(line)) > base.split("\n").count(line):
            assert line in merged, (base, mine, theirs, merged)


@given(base=NOTES, mine=NOTES)
def test_one_side_alone_is_taken_as_it_is(base: str, mine: str) -> None:
    assert merge.text3(base, mine, base) == mine
    assert merge.text3(base, base, mine) == mine
    assert merge.text3(base, mine, mine) == mine


@given(*(st.lists(st.sampled_from("abcdef"), unique=True).map(sorted) for _ in range(3)))
def test_a_set_keeps_every_addition_and_forgets_what_was_taken_away_knowingly(
    base: list[str], mine: list[str], theirs: list[str]
) -> None:
    merged = set(merge.refs(base, mine, theirs))
    assert (set(mine) | set(theirs)) - set(base) <= merged
    assert merged == set(merge.refs(base, theirs, mine))
    assert not merged & ((set(base) - set(mine)) & (set(base) - set(theirs)))


def test_later_wins_and_the_device_breaks_the_tie() -> None:
    assert merge.incoming_wins((2, "a"), (1, "z"))
    assert not merge.incoming_wins((1, "z"), (2, "a"))
    assert merge.incoming_wins((1, "b"), (1, "a"))
    assert not merge.incoming_wins((1, "a"), (1, "a"))


NUMBERS = st.integers(-100, 100)
STAGE = Field("stage", Kind.CHOICE, Merge.PROGRESS, choices=("new", "begun", "done"))
LAST, FIRST = Field("last", Kind.INSTANT, Merge.MOST), Field("first", Kind.INSTANT, Merge.LEAST)


@given(base=NUMBERS, mine=NUMBERS, theirs=NUMBERS)
def test_a_counter_counts_what_both_added(base: int, mine: int, theirs: int) -> None:
    count = Field("visits", Kind.INTEGER, Merge.COUNTER)
    merged = merge.joined(count, base, mine, theirs)
    assert merged == merge.joined(count, base, theirs, mine)
    assert merged - base == (mine - base) + (theirs - base)  # type: ignore[operator]
    assert merge.joined(count, base, mine, base) == mine  # one side alone: as it is


@pytest.mark.parametrize("field", [STAGE, LAST, FIRST])
@given(data=st.data())
def test_the_furthest_stands_whoever_comes_first(field: Field, data: st.DataObject) -> None:
    values = st.sampled_from(STAGE.choices) if field is STAGE else st.integers(0, 2**40)
    one, two = data.draw(st.none() | values), data.draw(st.none() | values)
    first, then = (one if merge.wins(field, one, two) else two), (two if merge.wins(field, two, one) else one)
    assert first == then  # in either order
    assert not merge.wins(field, one, one)  # once and once again is once
    assert first is not None or one is two is None


@given(*(st.tuples(st.integers(0, 100), st.sampled_from(["open", "closed"])) for _ in range(2)))
def test_the_progress_of_a_request_never_goes_back_and_stays_whole(one: tuple[int, str], two: tuple[int, str]) -> None:
    fields = [registry.entity("ticket").field(name) for name in ("progress_percent", "status")]
    left, right = ({"progress_percent": side[0], "status": side[1]} for side in (one, two))
    stands = left if merge.further(fields, left, right) else right
    assert stands == (right if merge.further(fields, right, left) else left)
    assert stands["progress_percent"] == max(one[0], two[0])


def test_what_says_the_same_in_other_letters_is_alike() -> None:
    name, number = Field("name"), registry.entity("customer_phone")
    assert merge.alike([name], {"name": "O\u0301tica  Lusa "}, {"name": "Ótica Lusa"})
    assert not merge.alike([name], {"name": "Ótica Lusa"}, {"name": "Ótica Luso"})
    assert merge.alike([name], {"name": ""}, {"name": None})
    fields = [number.field("value"), number.field("e164")]
    spoken = {"value": "22 340 18 77", "e164": "+351223401877"}
    assert merge.alike(fields, spoken, {"value": "+351 223401877", "e164": "+351223401877"})
    assert not merge.alike(fields, spoken, {"value": "22 340 18 77", "e164": "+34223401877"})
    assert not merge.alike(fields, {"value": "ask", "e164": None}, {"value": "12", "e164": None})


def test_every_field_has_a_rule_that_fits_what_it_holds() -> None:
    for one in registry.ENTITIES:
        for field in one.fields:
            where = f"{one.name}.{field.name}"
            if field.merge is Merge.PROGRESS:
                assert field.kind in (Kind.CHOICE, Kind.FLAG, Kind.INTEGER), where
            if field.merge in (Merge.COUNTER, Merge.MOST, Merge.LEAST):
                assert field.kind in (Kind.INTEGER, Kind.INSTANT, Kind.MONEY), where
            assert field.kind is not Kind.REFS or field.merge in (Merge.SET, Merge.IMMUTABLE, Merge.HQ), where
            assert one.name.startswith(("document", "payment")) <= (field.merge is Merge.HQ), where


@pytest.mark.parametrize(
    ("entity", "field", "base", "mine", "theirs", "start"),
    [
        ("contact", "job_title", "Chefe de compras", "Chefe das compras", "Chefe de compras, norte", "Chefe das compras, norte"),
        ("contact", "job_title", None, "Diretora", "Gerente", "Diretora / Gerente"),
        ("ticket", "description", "A\nB\nC", "A quente\nB\nC", "A\nB\nC frio", "A quente\nB\nC frio"),
        ("ticket", "description", None, "Não liga.", "Não aquece.", "Não aquece.\nNão liga."),
        ("ticket", "priority", "low", "high", "normal", None),
        ("customer", "currency", "EUR", "USD", "GBP", None),
        ("customer", "website", "https://a.example", None, "https://b.example", None),
        ("address", "city", "Porto", "Braga", "Vigo", None),
    ],
)  # fmt: skip
def test_an_editor_begins_with_both_values_joined_where_words_allow_it(
    entity: str, field: str, base: str | None, mine: str | None, theirs: str, start: str | None
) -> None:
    assert merge.combined(registry.entity(entity).field(field), base, mine, theirs) == start
