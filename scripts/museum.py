#!/usr/bin/env python3
"""Plants the bugs of `tests/museum/bugs.toml` one by one in a copy of the project and looks whether the suite notices.

    python scripts/museum.py                    # all of them, and writes docs/museum.md
    python scripts/museum.py --jobs 4
    python scripts/museum.py --only overlay     # those with this in their name; writes nothing

Exit code 1 when a bug lives. Every bug is a small patch: a text that stands in a file exactly once, and what replaces it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parent.parent
BUGS, PAGE = ROOT / "tests" / "museum" / "bugs.toml", ROOT / "docs" / "museum.md"
COPIED = ("mobility_app", "tests", "scripts", "docs", "pyproject.toml")
TEST_SECONDS = 600  # a bug that makes a test hang counts as caught: the suite would not pass


@dataclass(frozen=True, slots=True)
class Bug:
    """A planted bug: what it is, who had it, the patch, and the tests that should notice."""

    name: str
    had: str
    file: str
    search: str
    replace: str
    tests: tuple[str, ...]


def bugs() -> list[Bug]:
    """All bugs of the museum."""
    found = tomllib.loads(BUGS.read_text("utf-8"))["bug"]
    return [
        Bug(one["name"], one["had"], one["file"], one["search"], one["replace"], tuple(one["tests"])) for one in found
    ]


def planted(bug: Bug, text: str) -> str:
    """The file with the bug in it. Raises ValueError where the patch does not apply exactly once."""
    if text.count(bug.search) != 1:
        raise ValueError(f"{bug.name}: its text stands {text.count(bug.search)} times in {bug.file}")
    return text.replace(bug.search, bug.replace)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1, help="copies of the project to work in")
    parser.add_argument("--only", default="", help="only the bugs with this in their name")
    options = parser.parse_args()
    wanted = [bug for bug in bugs() if options.only in bug.name]
    places: SimpleQueue[Path] = SimpleQueue()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.jobs):
            places.put(_copy(Path(folder) / str(number)))
        with ThreadPoolExecutor(options.jobs) as pool:
            caught = list(pool.map(lambda bug: _look(bug, places), wanted))
    if not options.only:
        PAGE.write_text(page(wanted, caught), "utf-8")
    print(f"{len(wanted)} bugs, {sum(bool(by) for by in caught)} caught")
    return 0 if all(caught) else 1


def _copy(folder: Path) -> Path:
    folder.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def _look(bug: Bug, places: SimpleQueue[Path]) -> str:
    place = places.get()
    try:
        with _in(place, bug):
            by = _first_failure(place, bug.tests)
    finally:
        places.put(place)
    print(f"{'caught' if by else 'LIVES '}  {bug.name}  {by}", flush=True)
    return by


@contextmanager
def _in(place: Path, bug: Bug) -> Iterator[None]:
    path = place / bug.file
    whole = path.read_text("utf-8")
    path.write_text(planted(bug, whole), "utf-8")
    try:
        yield
    finally:
        path.write_text(whole, "utf-8")


def _first_failure(place: Path, tests: tuple[str, ...]) -> str:
    """The first test that fails, or ""."""
    command = [
        sys.executable,
        "-B",
        "-m",
        "pytest",
        "-q",
        "-x",
        "--no-header",
        "-p",
        "no:cacheprovider",
        "--tb=no",
        *tests,
    ]
    try:
        done = subprocess.run(
            command, cwd=place, env={**os.environ, "PYTHONPATH": str(place)}, capture_output=True, text=True,
            timeout=TEST_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "a test that never ends"
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    if done.returncode not in (0, 1, 2) or (done.returncode and not failed):
        raise RuntimeError(f"pytest ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return failed[0].split(" ", maxsplit=1)[1].split(" - ")[0] if failed else ""


def page(wanted: list[Bug], caught: list[str]) -> str:
    """docs/museum.md."""
    lines = [
        "# The museum", "",
        "Bugs that others had, or that a developer of sync is likely to make, planted one by one in the real code:"
        " `python scripts/museum.py`. The patches are in `tests/museum/bugs.toml`; a test sees that each still applies.",
        "", f"{len(wanted)} bugs, {sum(bool(by) for by in caught)} caught.", "",
        "| bug | who had it | where | caught by | caught |", "| --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for bug, by in zip(wanted, caught, strict=True):
        where = f"`{bug.file.removeprefix('mobility_app/')}`"
        lines.append(
            f"| {bug.name} | {bug.had} | {where} | {f'`{_short(by)}`' if by else ''} | {'yes' if by else 'no'} |"
        )
    return "\n".join(lines) + "\n"


def _short(by: str) -> str:
    return by.removeprefix("tests/")


if __name__ == "__main__":
    sys.exit(main())
