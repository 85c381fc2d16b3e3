"""Every scripted scenario, dying at some statements and file operations of each side; all: `scripts/simulate.py --crashes`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.simulated import crashes

pytestmark = pytest.mark.simulation
EVERY = 3  # so that other states of the same loop are met in other scenarios


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return crashes.prepared(tmp_path_factory.mktemp("template"))


@pytest.mark.parametrize("name", sorted(crashes.SCENARIOS))
def test_a_death_loses_nothing(name: str, template: Path, tmp_path: Path) -> None:
    tried = crashes.every_point(name, tmp_path / "run", template, EVERY)
    assert tried.failed == []
    assert tried.deaths > 0


def test_a_death_of_who_carries_a_file_loses_nothing(template: Path, tmp_path: Path) -> None:
    assert crashes.every_point("a file there and back", tmp_path / "run", template).failed == []


@pytest.mark.parametrize("name", ["pull only", "another passphrase"])
def test_a_death_at_any_statement_loses_nothing(name: str, template: Path, tmp_path: Path) -> None:
    tried = crashes.every_point(name, tmp_path / "run", template, same=True)
    assert tried.failed == []
    assert tried.deaths == tried.points
