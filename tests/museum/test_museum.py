"""Every patch of the museum still applies to the code, exactly once; the museum itself is `scripts/museum.py`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
BUGS_LEAST = 40


def _museum() -> ModuleType:
    found = importlib.util.spec_from_file_location("museum", ROOT / "scripts" / "museum.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    import sys

    sys.modules["museum"] = module
    found.loader.exec_module(module)
    return module


MUSEUM = _museum()


@pytest.mark.parametrize("bug", MUSEUM.bugs(), ids=lambda bug: bug.name)
def test_the_patch_applies_once_and_names_tests_that_exist(bug) -> None:  # type: ignore[no-untyped-def]
    path = ROOT / bug.file
    whole = path.read_text("utf-8")
    harmed = MUSEUM.planted(bug, whole)
    assert harmed != whole
    compile(harmed, str(path), "exec")
    for test in bug.tests:
        name = test.split("::")[1].split("[")[0] if "::" in test else ""
        assert name in (ROOT / test.split("::")[0]).read_text("utf-8")


def test_the_museum_is_large_and_no_bug_stands_in_it_twice() -> None:
    bugs = MUSEUM.bugs()
    assert len(bugs) >= BUGS_LEAST
    assert len({bug.name for bug in bugs}) == len({(bug.file, bug.search, bug.replace) for bug in bugs}) == len(bugs)
