"""What sync is made of, as pure functions under generated input: fold, overlay, merge, stamps, cursors on the wire.

The three sides of an edit are one row perturbed: rows made apart would never meet in the same field.
"""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from mobility_app.domain import clock, merge
from mobility_app.domain.change import CREATE, DELETE, LOST, RESTORE, UPDATE, Change, Entry, Patch, Row, fold, link
from mobility_app.domain.fields import Plain
from mobility_app.store import overlay
from mobility_app.sync import protocol
from mobility_app.sync.protocol import PushRequest, WireCursor

NAMES = ("name", "website", "preferred_weekday", "notes")
LINE = st.text("abc é", max_size=3)
NOTES = st.lists(LINE, max_size=5).map("\n".join)
WORDS = st.one_of(st.none(), st.text("abé", max_size=4))
ROWS = st.fixed_dictionaries({"name": WORDS, "website": WORDS, "preferred_weekday": st.integers(0, 6), "notes": NOTES})
STAMPS = st.integers(0, 2**62)
WALLS = st.integers(-(2**45), 2**45)


@st.composite
def perturbed(draw: st.DrawFn, row: Row) -> Row:
    """The row with a few of its fields changed, notes by one line."""
    other = dict(row)
    for name in draw(st.sets(st.sampled_from(NAMES), max_size=2)):
        if name == "notes":
            lines = str(row["notes"]).split("\n")
            lines[draw(st.integers(0, len(lines) - 1))] = draw(LINE)
            other["notes"] = "\n".join(lines)
        else:
            other[name] = draw(st.integers(0, 6)) if name == "preferred_weekday" else draw(WORDS)
    return other


@st.composite
def sides(draw: st.DrawFn) -> tuple[Row, Row, Row]:
    """(base, mine, theirs)."""
    base: Row = dict(draw(ROWS))
    return base, draw(perturbed(base)), draw(perturbed(base))


def patch(before: Row, after: Row) -> Patch:
    return {name: (before[name], after[name]) for name in NAMES if before[name] != after[name]}


@given(sides())
def test_folding_a_patch_gives_the_row_that_it_was_made_of(three: tuple[Row, Row, Row]) -> None:
    base, mine, theirs = three
    assert fold(base, UPDATE, patch(base, mine)) == mine
    assert fold(fold(base, UPDATE, patch(base, mine)), UPDATE, patch(mine, theirs)) == theirs
    assert base == three[0]


@given(sides())
def test_what_is_gone_stays_gone_until_it_is_brought_back(three: tuple[Row, Row, Row]) -> None:
    base, mine, _ = three
    whole: Patch = {name: (None, value) for name, value in base.items()}
    assert fold(None, UPDATE, patch(base, mine)) is None
    assert fold(base, DELETE, {}) is None
    assert fold(None, CREATE, whole) == fold(None, RESTORE, whole) == base


@given(sides())
def test_a_lost_value_is_never_folded(three: tuple[Row, Row, Row]) -> None:
    base, mine, _ = three
    assert fold(base, LOST, patch(base, mine)) == base
    assert fold(None, LOST, patch(base, mine)) is None


@given(sides())
def test_the_overlay_shows_what_was_typed_over_what_came(three: tuple[Row, Row, Row]) -> None:
    base, mine, theirs = three
    shown = overlay.over("customer", theirs, UPDATE, patch(base, mine))
    assert shown is not None
    for name in NAMES:
        if name == "notes":
            assert shown[name] == (
                merge.text3(base[name], mine[name], theirs[name]) if base[name] != mine[name] else theirs[name]
            )
        else:
            assert shown[name] == (mine[name] if base[name] != mine[name] else theirs[name])


@given(sides())
def test_an_overlay_over_its_own_result_changes_nothing(three: tuple[Row, Row, Row]) -> None:
    base, mine, _ = three
    assert overlay.over("customer", mine, UPDATE, patch(base, mine)) == mine


@given(sides())
def test_notes_are_never_lost_and_one_sided_edits_win(three: tuple[Row, Row, Row]) -> None:
    base, mine, theirs = (str(row["notes"]) for row in three)
    assert merge.text3(base, mine, base) == mine
    assert merge.text3(base, base, theirs) == theirs
    assert merge.text3(base, mine, mine) == mine
    both = merge.text3(base, mine, theirs)
    typed = {line for side in (mine, theirs) for line in side.split("\n")} - set(base.split("\n"))
    assert all(line in both for line in typed)


@given(*[st.sets(st.sampled_from("abcdef")) for _ in range(3)])
def test_sets_take_both_sides_in_any_order(base: set[str], mine: set[str], theirs: set[str]) -> None:
    merged = merge.refs(sorted(base), sorted(mine), sorted(theirs))
    assert merged == merge.refs(sorted(base), sorted(theirs), sorted(mine))
    assert set(merged) == {
        one for one in base | mine | theirs
        if (one not in base and (one in mine or one in theirs)) or (one in base and one in mine and one in theirs)
    }  # fmt: skip


@given(STAMPS, st.text("ab", min_size=1), STAMPS, st.text("ab", min_size=1))
def test_of_two_edits_exactly_one_wins_wherever_they_meet(one: int, first: str, other: int, second: str) -> None:
    ours, theirs = (one, first), (other, second)
    if ours != theirs:
        assert merge.incoming_wins(ours, theirs) != merge.incoming_wins(theirs, ours)


@given(STAMPS, st.lists(WALLS, min_size=1, max_size=20))
def test_stamps_grow_whatever_the_wall_says(last: int, walls: list[int]) -> None:
    for wall in walls:
        now = clock.tick(last, wall)
        assert last < now < 2**63
        last = now


@given(st.integers(-(2**62), 2**63 - 1), st.integers(0, 2**45))
def test_hq_keeps_no_stamp_of_the_future(stamp: int, wall: int) -> None:
    kept = clock.clamped(stamp, wall)
    assert 0 <= kept <= clock.first(wall + clock.AHEAD_MAX_MS)
    assert clock.clamped(kept, wall) == kept


PLAIN: st.SearchStrategy[Plain] = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63) + 1, 2**63 - 1),
    st.text("a\u00e9\u20ac\U0001f600\"\\\n", max_size=20), st.lists(st.text("ab"), max_size=3),
)  # fmt: skip
IDS = st.binary(min_size=16, max_size=16).map(bytes.hex)
CHANGES = st.builds(
    Change, st.integers(1, 2**60), st.integers(0, 2**60), st.sampled_from(("customer", "contact")), IDS,
    st.sampled_from((CREATE, UPDATE, DELETE)), st.dictionaries(st.sampled_from(NAMES), st.tuples(PLAIN, PLAIN)),
    st.integers(0, 2**60), st.integers(0, 2**60), st.integers(-(2**60), 2**60), st.booleans(),
)  # fmt: skip


@given(st.lists(CHANGES, min_size=1, max_size=5))
def test_changes_come_through_the_wire_as_they_were(changes: list[Change]) -> None:
    body = protocol.pack(PushRequest(protocol.in_columns([protocol.wire_change(change) for change in changes])))
    came = protocol.in_rows(protocol.unpack(body, PushRequest).changes)
    assert [protocol.plain_change(change) for change in came] == changes


@given(
    st.builds(
        WireCursor, st.text("ab"), st.sampled_from(("rep", "manager")),
        st.dictionaries(IDS, st.tuples(st.integers(0, 2**60), st.integers(0, 2**60)), max_size=4),
        st.dictionaries(IDS, st.integers(0, 2**60), max_size=4),
    )
)  # fmt: skip
def test_a_cursor_comes_back_as_it_was_given(cursor: WireCursor) -> None:
    assert msgspec.json.decode(msgspec.json.encode(cursor), type=WireCursor) == cursor


@given(sides(), st.sampled_from(NAMES), PLAIN)
def test_a_chain_shows_every_altered_value(three: tuple[Row, Row, Row], name: str, other: Plain) -> None:
    base, _, _ = three
    whole: Patch = {field: (None, value) for field, value in base.items()}
    entry = Entry("s", 1, 1, "customer", "c", "c", CREATE, whole, 1, "u", "d", 1, 1, "salt")
    altered = Entry("s", 1, 1, "customer", "c", "c", CREATE, {**whole, name: (None, other)}, 1, "u", "d", 1, 1, "salt")
    same = type(base[name]) is type(other) and base[name] == other
    assert (link("", entry) == link("", altered)) == same
    assert link("x", entry) != link("", entry)
