"""The night's work: when HQ's own clock says that it is time, once a night, and what it leaves behind."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from mobility_app.hq import faults
from mobility_app.hq.nightly import HOUR_MS, Nightly
from mobility_app.sync.verify import nightly
from tests.support.fleet import START_MS, Fleet

MIDNIGHT = START_MS - START_MS % (24 * HOUR_MS)


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    made = Fleet(tmp_path)
    made.user("Ana")
    return made


@pytest.mark.parametrize(
    ("since", "hour", "due"),
    [(3, 2, False), (20, 2, True), (21, 4, True), (21, 0, False), (21, 5, False), (35, 12, False), (36, 12, True), (-1, 2, True)],
)  # fmt: skip
def test_hqs_own_clock_decides(fleet: Fleet, since: int, hour: int, due: bool) -> None:
    at = MIDNIGHT + 40 * 24 * HOUR_MS + hour * HOUR_MS
    fleet.clock.at = at - since * HOUR_MS
    night = Nightly(fleet.office.ledger)
    night.night(threading.Event())
    fleet.clock.at = at + 60_000
    assert night.due() == due


def test_a_night_finds_what_changed_and_mends_nothing(fleet: Fleet) -> None:
    company = fleet.id_of("company", "Lusa")
    with fleet.office.database.transaction() as session:
        session.run("UPDATE ctx SET applying=1")
        session.run("UPDATE company SET name='Rot' WHERE id=?", company)
        session.run("UPDATE ctx SET applying=0")
    night = Nightly(fleet.office.ledger)
    night.night(threading.Event())
    with fleet.office.ledger.reading() as session:
        (found,) = faults.newest(session)
        assert (found.kind, found.record_id, found.mended) == (faults.DRIFT, company, False)
        assert session.get("company", company) == {**(session.get("company", company) or {}), "name": "Rot"}
    assert not night.due()


def test_a_device_looks_once_a_day_and_goes_on_where_it_was_stopped(fleet: Fleet) -> None:
    ana = fleet.device("ana", "Ana")
    assert not nightly(ana.store, lambda: False)  # nothing found
    statements: list[str] = []
    ana.store.database.watch = statements.append
    assert not nightly(ana.store, lambda: False)  # not due
    assert [sql for sql in statements if not sql.startswith("SELECT")] == []
    ana.store.database.watch = None
    with ana.store.transaction() as session:
        session.run("UPDATE ctx SET applying=1")
        session.run('UPDATE "user" SET name=?', "Rot")
        session.run("UPDATE ctx SET applying=0")
    fleet.clock.at += 25 * HOUR_MS
    left = iter([False, False, False, True])
    assert not nightly(ana.store, lambda: next(left))  # stopped before it came to people
    assert nightly(ana.store, lambda: False)
    assert ana.sync().mended == 1
    assert not nightly(ana.store, lambda: False)
