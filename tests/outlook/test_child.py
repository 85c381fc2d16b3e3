"""The process that makes a forecast: what it foresees, what it measures itself by, and how it is bounded."""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from mobility_app.outlook import child
from mobility_app.outlook.child import COMMAND, NoOutlook, forecast
from mobility_app.outlook.history import HELD_BACK, HORIZON, Ask, Outlook


def season(noise: float, seed: int = 4) -> tuple[int, ...]:
    chance = random.Random(seed)
    return tuple(
        round(500_000 * (1 + 0.6 * math.sin(at / 12 * 2 * math.pi)) * (1 + chance.gauss(0, noise))) for at in range(48)
    )


def level(seed: int = 1) -> tuple[int, ...]:
    chance = random.Random(seed)
    return tuple(round(400_000 * (1 + chance.gauss(0, 0.2))) for _ in range(36))


@pytest.fixture(scope="module")
def steady() -> Outlook:
    return forecast(Ask("2023-11", level()))


def test_the_next_six_months_after_the_running_one_come_with_a_range_around_what_is_expected(steady: Outlook) -> None:
    assert [one.month for one in steady.months] == ["2026-12", "2027-01", "2027-02", "2027-03", "2027-04", "2027-05"]
    assert len(steady.months) == HORIZON
    for one in steady.months:
        assert 0 <= one.low_minor < one.expected_minor < one.high_minor
        assert 300_000 < one.expected_minor < 500_000, "a level history goes on at its level"


def test_the_error_is_measured_beside_a_yardstick_that_repeats_the_year_before(steady: Outlook) -> None:
    values = level()
    errors = [
        abs(values[at - 12] - values[at])
        for origin in range(len(values) - HELD_BACK, len(values))
        for at in range(origin, len(values))
    ]
    brought = sum(values[-HELD_BACK:]) / HELD_BACK
    assert steady.yardstick_minor == round(sum(errors) / len(errors))
    assert steady.yardstick_percent == round(100 * sum(errors) / len(errors) / brought)
    assert not steady.repeats
    assert 0 < steady.error_minor < steady.yardstick_minor
    widest = max(one.high_minor - one.expected_minor for one in steady.months)
    assert widest >= steady.error_minor, "the range is no narrower than what it missed by"


def test_where_repeating_the_year_before_does_no_worse_it_is_what_is_shown() -> None:
    values = season(0.0)
    found = forecast(Ask("2022-11", values))
    assert found.repeats
    assert (found.error_minor, found.yardstick_minor) == (0, 0)
    assert [one.expected_minor for one in found.months] == [values[36 + at] for at in range(1, 7)]


def test_months_without_revenue_and_corrections_below_zero_are_figures_like_others() -> None:
    chance = random.Random(2)
    values = tuple(chance.choice([0, 0, 90_000, 120_000, -30_000]) for _ in range(30))
    found = forecast(Ask("2024-05", values))
    assert all(one.low_minor <= one.expected_minor <= one.high_minor for one in found.months)
    assert min(one.low_minor for one in found.months) < 0
    quiet = forecast(Ask("2024-05", (100,) * 18 + (0,) * 6))
    assert quiet.yardstick_percent is None, "no percent of nothing"
    assert min(one.low_minor for one in quiet.months) == 0, "never below 0 where nothing ever was"


def test_the_same_figures_give_the_same_forecast(steady: Outlook) -> None:
    assert forecast(Ask("2023-11", level())) == steady


def test_what_takes_too_long_is_killed_and_leaves_nothing_behind(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    with pytest.raises(NoOutlook):
        forecast(Ask("2023-11", level()), seconds=3, command=(sys.executable, "-c", script))
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)


@pytest.mark.parametrize("script", ["print('no json')", "raise SystemExit(3)", "print('{}')", "print('x' * 100_000)"])
def test_an_answer_that_is_none_is_no_forecast(script: str) -> None:
    with pytest.raises(NoOutlook):
        forecast(Ask("2023-11", level()), command=(sys.executable, "-c", script))
    with pytest.raises(NoOutlook):
        forecast(Ask("2023-11", level()), command=("/no/such/program",))


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX")
def test_the_process_bounds_itself_and_can_write_no_file(tmp_path: Path) -> None:
    script = (
        "import json, resource, sys; from mobility_app.outlook.__main__ import bound; bound()\n"
        "try: open(sys.argv[1], 'wb', buffering=0).write(b'figures'); wrote = True\n"
        "except OSError: wrote = False\n"
        "limits = [resource.getrlimit(one)[0] for one in (resource.RLIMIT_AS, resource.RLIMIT_CPU)]\n"
        "print(json.dumps([wrote, *limits]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "left")],
        capture_output=True,
        check=True,
        env=child._environment(),
    )
    assert json.loads(done.stdout) == [False, 1 << 30, 60]
    assert (tmp_path / "left").read_bytes() == b""


def test_it_runs_anywhere_and_is_told_no_more_than_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOBILITY_SECRET", "of the app")
    assert set(child._environment()) <= {*child._KEPT, "PYTHONPATH", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
                                         "MKL_NUM_THREADS"}  # fmt: skip
    assert len(forecast(Ask("2023-11", level(3))).months) == HORIZON
    assert list(tmp_path.iterdir()) == []
    assert COMMAND[1:] == ("-B", "-m", "mobility_app.outlook")
