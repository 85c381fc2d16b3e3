"""Which versions of the program this HQ serves, and what it makes of an older or a newer one's changes (docs/decisions/0011)."""

from __future__ import annotations

from msgspec.structs import replace

from mobility_app.domain import registry, versions
from mobility_app.domain.change import VOID, Change
from mobility_app.errors import Refused
from mobility_app.sync import protocol
from mobility_app.sync.protocol import WireChange


def require(version: int) -> None:
    """Raises Refused 426, with HQ's version, for a device outside the window."""
    if version < versions.VERSION - versions.OLDER:
        raise Refused("too_old", 426, wanted=versions.VERSION)
    if version > versions.VERSION + versions.NEWER:
        raise Refused("too_new", 426, wanted=versions.VERSION)


def raised(changes: list[WireChange], version: int) -> list[Change]:
    """Changes of a program of that version as this one would have written them. Raises Refused 409 hq_older where they
    hold what this one does not know yet: nothing of the push is judged, and the device keeps it."""
    plain = [protocol.plain_change(change) for change in changes]
    if version > versions.VERSION and any(_strange(change) for change in plain):
        raise Refused("hq_older", 409, wanted=versions.VERSION)
    return [versions.raised(replace(change, version=version), version) for change in plain]


def _strange(change: Change) -> bool:
    one = registry.BY_NAME.get(change.entity)
    return change.kind != VOID and (one is None or not set(change.patch) <= set(one.names))
