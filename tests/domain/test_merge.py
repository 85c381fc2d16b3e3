"""The merge rules by themselves: what two people wrote without seeing each other is kept, line by line where it can be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_app.domain import merge

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
        # the same line does: both stand, one under the other
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
