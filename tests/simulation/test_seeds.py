"""Two hundred seeds of the fleet, and the same seed twice. Long runs: scripts/simulate.py."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.support.simulated.plan import RARE
from tests.support.simulation import FAULTS, make_template, simulate

pytestmark = pytest.mark.simulation
SEEDS, PARTS = 200, 4


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("template"))


@pytest.mark.parametrize("part", range(PARTS))
def test_no_seed_breaks_an_invariant_and_every_fault_occurs(part: int, template: Path, tmp_path: Path) -> None:
    struck, verdicts = Counter[str](), Counter[str]()
    seeds = range(1 + part * SEEDS // PARTS, 1 + (part + 1) * SEEDS // PARTS)
    for seed in seeds:
        outcome = simulate(seed, tmp_path / str(seed), template)
        struck.update(name for name, count in outcome.faults.items() if count)
        verdicts.update(outcome.verdicts)
    print(dict(struck), dict(verdicts))
    assert all(struck[fault] * (50 if fault in RARE else 8) >= len(seeds) for fault in FAULTS), struck
    assert {"accepted", "merged", "superseded", "forbidden", "not_found"} <= set(verdicts)


def test_the_same_seed_gives_the_same_trace(template: Path, tmp_path: Path) -> None:
    first, second = (simulate(4711, tmp_path / name, template) for name in ("a", "b"))
    assert first.trace == second.trace
    assert simulate(4711, tmp_path / "c", template, curve=True).trace == first.trace
    assert simulate(4712, tmp_path / "d", template).trace != first.trace
