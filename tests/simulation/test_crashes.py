"""Every scripted scenario, dying at some statements of each side; all of them: `scripts/simulate.py --crashes`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.simulated import crashes

pytestmark = pytest.mark.simulation
EVERY = 17  # a prime, so that other statements of the same loop are met in other scenarios


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return crashes.prepared(tmp_path_factory.mktemp("template"))


@pytest.mark.parametrize("name", sorted(crashes.SCENARIOS))
def test_a_death_at_a_statement_loses_nothing(name: str, template: Path, tmp_path: Path) -> None:
    points, failed = crashes.every_point(name, tmp_path / "run", template, EVERY)
    assert failed == []
    assert points > 0


@pytest.mark.parametrize("name", ["pull only"])
def test_a_death_at_any_statement_loses_nothing(name: str, template: Path, tmp_path: Path) -> None:
    _, failed = crashes.every_point(name, tmp_path / "run", template)
    assert failed == []
