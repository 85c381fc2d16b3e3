"""What each version knows is written down: whoever adds a field counts the version up, or this fails."""

from __future__ import annotations

import json
from pathlib import Path

from mobility_app.domain import registry, versions
from mobility_app.domain.change import Change

KNOWN = Path(__file__).parent.parent / "data" / "versions" / "known.json"


def test_the_records_of_each_version_are_those_that_it_was_released_with() -> None:
    written = json.loads(KNOWN.read_text("utf-8"))
    assert max(map(int, written)) == versions.VERSION, "a new version is written down, with all that it knows"
    for version, fields in written.items():
        known = {
            one.name: [name for name in one.names if versions.knows(int(version), one.name, name)]
            for one in registry.ENTITIES if versions.knows(int(version), one.name)
        }  # fmt: skip
        assert known == fields, f"version {version}: what is new belongs to a new version"


def test_what_a_version_does_not_know_is_named() -> None:
    change = Change(1, 1, "activity", "0" * 32, "update", {"title": (None, "a"), "mail_state": (None, "sent")}, 0, 1, 1)
    assert versions.unknown(change, 1) == {"mail_state"}
    assert versions.unknown(change, 2) == frozenset()
    assert versions.raised(change, 1) == change
