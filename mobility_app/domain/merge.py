"""What HQ does with a field that two people changed without seeing each other: one pure function for each rule.

Called by `hq/judge.py` (with authority) and by the device's overlay (as an optimistic guess). Nothing here knows
clocks or rights: causality and stamps are the judge's business, and it asks `incoming_wins`.
"""

from __future__ import annotations

from collections.abc import Sequence

from merge3 import Merge3

from mobility_app.domain.fields import Plain

LINES_MAX = 20_000  # beyond this a note is kept whole from both sides instead of merged by lines
MINE, THEIRS = "<<<", ">>>"


def incoming_wins(incoming: tuple[int, str], standing: tuple[int, str]) -> bool:
    """Last writer wins between concurrent edits: (stamp, device id), the device id only breaks ties."""
    return incoming > standing


def refs(base: Plain, mine: Plain, theirs: Plain) -> list[str]:
    """Sets: everything that either side added, nothing that a side removed after having seen it. Add wins."""
    start, ours, other = (set(side) if isinstance(side, list) else set() for side in (base, mine, theirs))
    added, removed = (ours - start) | (other - start), (start - ours) | (start - other)
    return sorted((start - removed) | added)


def text3(base: Plain, mine: Plain, theirs: Plain) -> str:
    """Notes: three-way by lines. Overlapping edits keep both versions, one under the other, each under its mark."""
    start, ours, other = (side if isinstance(side, str) else "" for side in (base, mine, theirs))
    if ours in (other, start):
        return other
    if other == start:
        return ours
    lines = [side.splitlines(keepends=True) for side in (start, ours, other)]
    if max(len(side) for side in lines) > LINES_MAX:
        return _both(ours, other)
    # A last line without its end would glue to what follows: give every line one, take it off at the end.
    closed = [[*side[:-1], side[-1].rstrip("\n") + "\n"] if side else [] for side in lines]
    merged = "".join(_pieces(Merge3(*closed)))
    return merged if ours.endswith("\n") and other.endswith("\n") else merged.removesuffix("\n")


def _pieces(merge: Merge3) -> Sequence[str]:
    pieces: list[str] = []
    for group in merge.merge_groups():
        if group[0] == "conflict":
            pieces += _by_line(*group[1:])
        else:
            pieces += group[1]
    return pieces


def _by_line(start: Sequence[str], ours: Sequence[str], other: Sequence[str]) -> Sequence[str]:
    """A region that both sides changed. Where neither added nor removed lines, each line is settled for itself: edits of
    neighbouring lines do not overlap."""
    if not len(start) == len(ours) == len(other):
        return [_both("".join(ours).rstrip("\n"), "".join(other).rstrip("\n")), "\n"]
    pieces: list[str] = []
    for base, mine, theirs in zip(start, ours, other, strict=True):
        if theirs == base or mine == theirs:
            pieces.append(mine)
        elif mine == base:
            pieces.append(theirs)
        else:
            pieces += [_both(mine.rstrip("\n"), theirs.rstrip("\n")), "\n"]
    return pieces


def _both(ours: str, other: str) -> str:
    return f"{THEIRS} {other}\n{MINE} {ours}" if ours and other else ours or other
