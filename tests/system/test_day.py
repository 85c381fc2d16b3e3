"""A short bad day: real devices and HQ behind a lossy proxy, killed every few seconds; nothing lost, nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.day import play

pytestmark = pytest.mark.system
SECONDS = 40  # twice the longest time until somebody is killed


def test_every_edit_of_a_bad_day_has_one_verdict_and_both_ends_agree(tmp_path: Path) -> None:
    day = play(tmp_path, SECONDS, pause=0.1)
    assert day.saves
    assert day.kills["device"] >= 2
    assert day.kills["hq"] >= 1
    assert sum(day.connections.values()) > day.connections["fine"]
