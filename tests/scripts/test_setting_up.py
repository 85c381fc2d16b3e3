"""The lock is exact and anonymous, and a machine that lacks something is told what, in one line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent.parent
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
ENTRIES = [entry for entry in re.split(r"\n(?=[a-z0-9])", LOCK) if not entry.startswith("#")]
PYTHONS = ("3.11.0", "3.11.9", "3.12.3", "3.13.0")
SYSTEMS = ("linux", "darwin", "win32")


def locked(entry: str) -> Requirement:
    return Requirement(entry.splitlines()[0].removesuffix("\\").strip())


def test_every_locked_package_has_one_exact_version_and_hashes() -> None:
    for entry in ENTRIES:
        versions = list(locked(entry).specifier)
        assert [one.operator for one in versions] == ["=="], entry[:60]
        assert "*" not in versions[0].version
        assert re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry[:60]


def test_the_lock_names_no_index() -> None:
    assert "://" not in LOCK
    assert not re.search(r"(?m)^\s*--(?!hash)", LOCK)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("python", PYTHONS)
def test_what_the_project_asks_for_is_locked_once_for_every_python_and_system(python: str, system: str) -> None:
    here = {
        "python_full_version": python, "python_version": python.rpartition(".")[0], "sys_platform": system,
        "platform_system": system, "implementation_name": "cpython", "platform_python_implementation": "CPython",
    }  # fmt: skip
    chosen: dict[str, Requirement] = {}
    for one in map(locked, ENTRIES):
        if one.marker is None or one.marker.evaluate(here):
            name = canonicalize_name(one.name)
            assert name not in chosen, f"{name} is locked twice"
            chosen[name] = one
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for asked in map(Requirement, (*project["dependencies"], *project["optional-dependencies"]["test"])):
        if asked.marker is not None and not asked.marker.evaluate(here):
            continue  # not asked for on that system
        version = next(iter(chosen[canonicalize_name(asked.name)].specifier)).version
        assert asked.specifier.contains(version), f"{asked} is locked at {version}"


def run_setup(folder: Path, before: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs `environment.ensure()` of a copy of the scripts in a process of its own."""
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    for name in ("requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    code = f"import sys; sys.path.insert(0, {str(folder / 'scripts')!r}); import environment\n{before}\nenvironment.ensure()"
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )


def test_an_older_python_is_told_which_ones_fit(tmp_path: Path) -> None:
    done = run_setup(tmp_path, "environment.LOWEST = (3, 98); environment.HIGHEST = (3, 99)")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "is needed; this is 3." in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_python_without_a_feature_is_told_which_one(tmp_path: Path) -> None:
    done = run_setup(tmp_path, "environment.FEATURES['_never_built'] = 'sealing wax'")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "without sealing wax" in done.stderr


def test_a_small_disk_is_told_how_much_room_is_needed(tmp_path: Path) -> None:
    done = run_setup(tmp_path, "environment.ROOM_BYTES = 10**18")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "1000000000000 MB are needed" in done.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.system
def test_without_a_network_the_setup_ends_with_a_reason_and_begins_anew_next_time(tmp_path: Path) -> None:
    nowhere = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_RETRIES": "0",
        "PIP_NO_INDEX": "1",
    }
    done = run_setup(tmp_path, "environment.TRIES = 2", PIP_FIND_LINKS=str(tmp_path), **nowhere)
    assert done.returncode == 2
    assert "Is there a network?" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / ".venv" / "ready").exists()
