"""The same seeds on SQLite and on PostgreSQL: the same log, byte for byte, and no invariant broken on either."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from mobility_app.hq import moving
from mobility_app.hq.database_settings import DATABASE, VARIABLE
from mobility_app.hq.schema import open_database
from tests.support.cluster import Cluster
from tests.support.simulated.plan import Plan, drawn
from tests.support.simulation import make_template, play

pytestmark = pytest.mark.simulation
# Deaths and full disks strike at the nth statement of HQ, and the engines do not need equally many; only a file is put
# back to a backup by HQ itself.
BY_ENGINE = ("hq_crash", "hq_full", "hq_restored")
EQUAL, WITH_DEATHS = (1, 8), (3, 12)
TABLES = (
    "log",
    "scope_log",
    "chain",
    "record",
    "member",
    "digest",
    "stream",
    "verdict",
    "device",
    "outbox",
    "conflict",
)


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(VARIABLE, raising=False)
    return make_template(tmp_path / "template")


def moved(template: Path, address: str) -> Path:
    """The same beginning, its HQ on the server."""
    other = template.with_name("moved")
    shutil.copytree(template, other)
    moving.move(other / "hq", address)
    return other


def kept(folder: Path, address: str) -> dict[str, list[tuple[Any, ...]]]:
    database = open_database(folder / "hq" / DATABASE, address=address)
    with database.reading() as session:
        found = {table: sorted(session.rows(f"SELECT * FROM {table}"), key=repr) for table in TABLES}
    database.close()
    return found


def calm(plan: Plan) -> Plan:
    for fault in BY_ENGINE:
        plan = plan.without(fault)
    return plan


@pytest.mark.parametrize("seed", EQUAL)
def test_both_engines_write_the_same_log(seed: int, template: Path, tmp_path: Path, cluster: Cluster) -> None:
    plan, address = calm(drawn(seed)), cluster.hq()
    on_sqlite = play(plan, tmp_path / "sqlite", template)
    on_postgres = play(plan, tmp_path / "postgres", moved(template, address))
    assert on_postgres == on_sqlite
    found = kept(tmp_path / "sqlite", "")
    assert len(found["log"]) > 30
    assert kept(tmp_path / "postgres", address) == found
    cluster.give_back(address)


@pytest.mark.parametrize("seed", WITH_DEATHS)
def test_a_seed_with_deaths_of_hq_breaks_no_invariant_on_postgres(
    seed: int, template: Path, tmp_path: Path, cluster: Cluster
) -> None:
    address = cluster.hq()
    outcome = play(drawn(seed), tmp_path / "seed", moved(template, address))
    assert outcome.faults["hq_crash"] + outcome.faults["hq_full"]
    cluster.give_back(address)
