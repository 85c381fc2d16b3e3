"""Fixtures that several rooms share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.cluster import Cluster


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules that take minutes go first: several workers then end together. Those of two kinds take turns, so that a
    browser mostly runs beside something else."""
    modules: dict[str, list[pytest.Item]] = {}
    for item in items:
        modules.setdefault(item.nodeid.partition("::")[0], []).append(item)
    place: dict[str, tuple[float, int]] = {}
    for kinds in (("browser",), ("system", "simulation")):
        of_kind = [name for name, of in modules.items() if any(of[0].get_closest_marker(kind) for kind in kinds)]
        place.update({name: (number / len(of_kind), len(kinds)) for number, name in enumerate(of_kind)})
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], (1.0, 0)))


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real input, named by MOBILITY_SAMPLES."""
    named = os.environ.get("MOBILITY_SAMPLES")
    if not named:
        pytest.skip("MOBILITY_SAMPLES names no folder of real input")
    return Path(named)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of this run."""
    from tests.support.cluster import Cluster

    made = Cluster()
    yield made
    made.end()


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """What keeps the database of the HQ that the test makes. A module that asks for it runs on both."""
    monkeypatch.delenv("MOBILITY_DATABASE", raising=False)
    if request.param == "sqlite":
        yield "sqlite"
        return
    server: Cluster = request.getfixturevalue("cluster")
    address = server.hq()
    monkeypatch.setenv("MOBILITY_DATABASE", address)
    yield "postgres"
    server.give_back(address)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser that scripts/test.py found."""
    import shutil

    found = os.environ.get("MOBILITY_CHROMIUM") or shutil.which("chromium")
    if not found:
        pytest.skip("no Chromium: scripts/test.py gets one")
    return found
