"""Which version of the descriptions this program is, since which each field is known, and how older changes are raised.

A version is counted up by whatever changes what a device and HQ tell each other: a kind of record, a field, a rule. A
migration of a device's or HQ's own tables alone does not count. Descriptions only add: an old field is never another,
choices never grow in place, a new name is a new field that an up-cast fills beside the old one. HQ of version N serves
devices from N-OLDER to N+NEWER: it tells each what that one knows (docs/decisions/0011-versions.md). NEWER is two because
the newest device may meet an HQ that is one version behind the newest released.

`registry.install` puts another version's in place of these: tests run the versions that are to come.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from mobility_app.domain.change import VOID, Change

RECORD = "id"  # the field that stands for the record itself
FIRST = 1
OLDER, NEWER = 4, 2

Upcast: TypeAlias = Callable[[Change], Change]
Since: TypeAlias = Mapping[tuple[str, str], int]

VERSION = 3  # 3: a closed request is opened again with a reason only (`rules/reopening.py`)
# (entity, field) -> the version that brought it, RECORD for a kind of record with all its fields; else the first.
SINCE: Since = MappingProxyType(
    {("message", "reason"): 2, ("message", "undelivered_ids"): 2, ("activity", "mail_state"): 2}  # mail of HQ's
)
# version -> what makes a change of the version before it one of it. Pure, and kept as long as anybody may hold such one.
UPCASTS: Mapping[int, Upcast] = MappingProxyType({})


def since(entity: str, field: str = RECORD) -> int:
    """The version that brought a field, or the kind of record."""
    return max(SINCE.get((entity, RECORD), FIRST), SINCE.get((entity, field), FIRST))


def knows(version: int, entity: str, field: str = RECORD) -> bool:
    """Whether a program of that version knows the field. What this program itself does not know, it can't tell."""
    return since(entity, field) <= version


def unknown(change: Change, version: int) -> frozenset[str]:
    """What of a change a program of that version does not know: names of fields, RECORD for all of it."""
    if change.kind == VOID:
        return frozenset()
    if not knows(version, change.entity):
        return frozenset({RECORD})
    return frozenset(name for name in change.patch if not knows(version, change.entity, name))


def raised(change: Change, version: int) -> Change:
    """The change of a program of that version as this one would have written it."""
    for step in sorted(UPCASTS):
        if step > version and change.kind != VOID:
            change = UPCASTS[step](change)
    return change
