"""What HQ does with a field that two people changed without seeing each other: one pure function for each rule.

Called by `hq/judge.py` (with authority) and by the device's overlay (as an optimistic guess). Nothing here knows
clocks or rights: causality and stamps are the judge's business, and it asks `incoming_wins`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from merge3 import Merge3

from mobility_app.domain.fields import Field, Kind, Merge, Plain

LINES_MAX = 20_000  # beyond this a note is kept whole from both sides instead of merged by lines
MINE, THEIRS = "<<<", ">>>"  # where the names of the authors are not known
JOINS = frozenset({Merge.TEXT3, Merge.SET, Merge.COUNTER})  # built on what the author saw, concurrent or not
TEXT_LEAST = 60  # characters: what may not be as long is a code
_WORDS = re.compile(r"\s+|\S+")


def incoming_wins(incoming: tuple[int, str], standing: tuple[int, str]) -> bool:
    """Last writer wins between concurrent edits: (stamp, device id), the device id only breaks ties."""
    return incoming > standing


def joined(field: Field, base: Plain, mine: Plain, theirs: Plain, marks: tuple[str, str] = (MINE, THEIRS)) -> Plain:
    """Both sides in one value, for the rules in JOINS. `marks`: what stands before my and their version of a line."""
    match field.merge:
        case Merge.TEXT3:
            return text3(base, mine, theirs, marks)
        case Merge.SET:
            return list[str](refs(base, mine, theirs))
        case _:
            return counter(base, mine, theirs)


def combined(field: Field, base: Plain, mine: Plain, theirs: Plain) -> str | None:
    """What an editor begins with that makes one text of two: joined where the words allow it, else both.
    None where two values can't be one: choices, amounts, codes, and groups, which are never a mix."""
    text = field.kind in (Kind.NOTE, Kind.TEXT) and field.merge in (Merge.LWW, Merge.TEXT3) and not field.derived
    if not text or not isinstance(mine, str) or not isinstance(theirs, str):
        return None
    if field.kind is Kind.NOTE:
        return text3(theirs if mine == theirs else base, mine, theirs, ("", ""))
    joined = _by_word(base if isinstance(base, str) else "", mine, theirs)
    found = joined.rstrip("\n") if joined else f"{mine} / {theirs}"
    return found if (field.most or TEXT_LEAST) >= TEXT_LEAST else None


def wins(field: Field, mine: Plain, theirs: Plain) -> bool:
    """Whether mine stands between two concurrent values of a field whose rule needs no clock: MOST, LEAST, PROGRESS."""
    if mine is None or theirs is None:
        return mine is not None and theirs is None
    ours, other = _rank(field, mine), _rank(field, theirs)
    return ours < other if field.merge is Merge.LEAST else ours > other


def further(fields: Sequence[Field], mine: Mapping[str, Plain], theirs: Mapping[str, Plain]) -> bool:
    """Progress of one field or of a group: the first field in which the sides differ decides. Never goes back."""
    for field in fields:
        if mine[field.name] != theirs[field.name]:
            return wins(field, mine[field.name], theirs[field.name])
    return False


def alike(fields: Sequence[Field], mine: Mapping[str, Plain], theirs: Mapping[str, Plain]) -> bool:
    """Whether two values (of a group: all of them) say the same: spaces and Unicode forms aside, and two telephones
    whose international form, which follows from what was typed, is one."""
    if any(field.derived and mine[field.name] and mine[field.name] == theirs[field.name] for field in fields):
        return True
    return all(_said(mine[field.name]) == _said(theirs[field.name]) for field in fields)


def _said(value: Plain) -> Plain:
    if not isinstance(value, str):
        return value
    lines = unicodedata.normalize("NFC", value).splitlines()
    return "\n".join(" ".join(line.split()) for line in lines).strip() or None


def _rank(field: Field, value: Plain) -> int:
    """The place of a value in the order of its kind."""
    if field.kind is Kind.CHOICE:
        return field.choices.index(str(value))
    return value if isinstance(value, int) else 0


def counter(base: Plain, mine: Plain, theirs: Plain) -> int:
    """Counters: what each side added or took away counts."""
    start, ours, other = (side if isinstance(side, int) else 0 for side in (base, mine, theirs))
    return other + ours - start


def refs(base: Plain, mine: Plain, theirs: Plain) -> list[str]:
    """Sets: everything that either side added, nothing that a side removed after having seen it. Add wins."""
    start, ours, other = (set(side) if isinstance(side, list) else set() for side in (base, mine, theirs))
    added, removed = (ours - start) | (other - start), (start - ours) | (start - other)
    return sorted((start - removed) | added)


def text3(base: Plain, mine: Plain, theirs: Plain, marks: tuple[str, str] = (MINE, THEIRS)) -> str:
    """Notes: three-way by lines, then by words. Edits of one word keep both lines, one under the other, each under its
    mark (mine, theirs)."""
    start, ours, other = (side if isinstance(side, str) else "" for side in (base, mine, theirs))
    if ours in (other, start):
        return other
    if other == start:
        return ours
    lines = [side.splitlines(keepends=True) for side in (start, ours, other)]
    if max(len(side) for side in lines) > LINES_MAX:
        return _both(ours, other, marks)
    # A last line without its end would glue to what follows: give every line one, take it off at the end.
    closed = [[*side[:-1], side[-1].rstrip("\n") + "\n"] if side else [] for side in lines]
    merged = "".join(_pieces(Merge3(*closed), marks))
    return merged if ours.endswith("\n") and other.endswith("\n") else merged.removesuffix("\n")


def _pieces(merge: Merge3, marks: tuple[str, str]) -> Sequence[str]:
    pieces: list[str] = []
    for group in merge.merge_groups():
        if group[0] == "conflict":
            pieces += _by_line(group[1], group[2], group[3], marks)
        else:
            pieces += group[1]
    return pieces


def _by_line(
    start: Sequence[str], ours: Sequence[str], other: Sequence[str], marks: tuple[str, str]
) -> Sequence[str]:  # fmt: skip
    """A region that both sides changed. Where neither added nor removed lines, each line is settled for itself: edits of
    neighbouring lines do not overlap."""
    if not len(start) == len(ours) == len(other):
        return [_both("".join(ours).rstrip("\n"), "".join(other).rstrip("\n"), marks), "\n"]
    pieces: list[str] = []
    for base, mine, theirs in zip(start, ours, other, strict=True):
        if theirs == base or mine == theirs:
            pieces.append(mine)
        elif mine == base:
            pieces.append(theirs)
        elif (line := _by_word(base, mine, theirs)) is not None:
            pieces.append(line)
        else:
            pieces += [_both(mine.rstrip("\n"), theirs.rstrip("\n"), marks), "\n"]
    return pieces


def _by_word(base: str, mine: str, theirs: str) -> str | None:
    """One line in which both changed other words, or None where the words meet."""
    groups = Merge3(*(_WORDS.findall(line.rstrip("\n")) for line in (base, mine, theirs))).merge_groups()
    pieces: list[str] = []
    for group in groups:
        if group[0] == "conflict":
            return None
        pieces += group[1]
    return "".join(pieces) + "\n"


def _both(ours: str, other: str, marks: tuple[str, str]) -> str:
    return f"{_marked(marks[1], other)}\n{_marked(marks[0], ours)}" if ours and other else ours or other


def _marked(mark: str, text: str) -> str:
    return f"{mark} {text}" if mark else text
