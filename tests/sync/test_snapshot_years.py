"""Snapshots over the years of an HQ: its log's horizon, a restore, an import, two that make them, who takes an older one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mobility_app.hq import backup, horizon
from mobility_app.hq.demo import make
from mobility_app.hq.office import Office
from mobility_app.store import snapshot
from mobility_app.store.database import Session
from mobility_app.store.queries import arriving
from mobility_app.store.verify import faults
from tests.support.fleet import Fleet
from tests.support.snapped import CUSTOMERS, asked, enrolled, half_way, made, populated, small, whole

DAY_MS = 86_400_000


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return populated(tmp_path)


def touch_all(fleet: Fleet, notes: str) -> None:
    ana = fleet.devices["ana"]
    with ana.store.writing() as tx:
        for row in tx.find("customer"):
            tx.update("customer", str(row["id"]), {"notes": notes})
    ana.sync()


def test_history_comes_from_the_archive_too_and_its_chain_holds(fleet: Fleet) -> None:
    fleet.clock.at += 401 * DAY_MS
    with fleet.devices["ana"].store.writing() as tx:
        tx.update("customer", str(tx.find("customer")[0]["id"]), {"notes": "young"})
    fleet.devices["ana"].sync()
    with fleet.office.ledger.reading() as hq:
        ids = {row[0] for row in hq.rows("SELECT root_id || seq FROM log WHERE root_id IS NOT NULL")}
    assert horizon.compact(fleet.office.ledger) > 0
    assert made(fleet) >= 1
    rui = enrolled(fleet, "rui", "Rui")
    rui.sync()
    assert asked(rui, "/v1/snapshot") > 0
    with rui.store.reading() as session:
        here = {row[0] for row in session.rows("SELECT root_id || seq FROM entry WHERE root_id IS NOT NULL")}
        assert session.value("SELECT COUNT(*) FROM anchor WHERE floor_chain != ''") == 0
    assert here == ids
    whole(fleet, "rui")


def test_a_scope_whose_lines_are_all_archived_is_worth_a_snapshot(fleet: Fleet) -> None:
    snaps = fleet.office.headquarters.snapshots
    snaps.least_lines = CUSTOMERS * 10
    fleet.clock.at += 401 * DAY_MS
    horizon.compact(fleet.office.ledger)
    assert made(fleet) >= 1


def test_a_snapshot_that_the_horizon_has_passed_is_made_anew_and_not_offered(fleet: Fleet) -> None:
    made(fleet)
    touch_all(fleet, "later")
    fleet.clock.at += 401 * DAY_MS
    horizon.compact(fleet.office.ledger)
    rui = enrolled(fleet, "rui", "Rui")
    rui.sync()
    assert asked(rui, "/v1/snapshot") == 0
    whole(fleet, "rui")
    assert made(fleet) >= 1
    eva = enrolled(fleet, "rui2", "Rui")
    eva.sync()
    assert asked(eva, "/v1/snapshot") > 0
    whole(fleet, "rui2")


def test_a_device_in_the_middle_of_an_older_one_takes_it_to_its_end(fleet: Fleet) -> None:
    made(fleet)
    rui = enrolled(fleet, "rui", "Rui")
    half_way(rui)
    with rui.store.reading() as session:
        old = {(one.scope, one.seq) for one in snapshot.arriving(session)}
    touch_all(fleet, "newer")
    assert made(fleet) >= 1
    fleet.clock.at += 600_000
    made(fleet)
    rui.sync()
    with rui.store.reading() as session:
        taken = {(row[0]) for row in session.rows("SELECT DISTINCT whole_seq FROM anchor WHERE whole_seq > 0")}
    assert taken <= {seq for _, seq in old}
    whole(fleet, "rui")


def test_one_of_which_a_piece_is_gone_is_neither_offered_nor_asked_for_again_and_again(fleet: Fleet) -> None:
    made(fleet)
    rui = enrolled(fleet, "rui", "Rui")
    half_way(rui)
    with fleet.office.database.transaction() as session:
        session.run("DELETE FROM snapshot_piece WHERE number = 1")
    before = len(rui.link.requests)
    rui.sync()
    assert len(rui.link.requests) - before < 200
    whole(fleet, "rui")
    assert made(fleet) >= 1  # and made anew


def test_hq_restored_while_a_device_takes_one(fleet: Fleet) -> None:
    made(fleet)
    file = fleet.folder / "backup.db"
    backup.backup(fleet.office.database, file)
    rui = enrolled(fleet, "rui", "Rui")
    touch_all(fleet, "lost and brought back")
    made(fleet)
    half_way(rui)
    with rui.store.writing() as tx:
        mine = tx.find("customer")[0]
        tx.update("customer", str(mine["id"]), {"name": "Typed in the middle"})
    fleet.office.database.close()
    backup.restore(fleet.folder / "hq", file, now=fleet.clock, random=fleet.random.randbytes)
    fleet.office = Office(fleet.folder / "hq", now=fleet.clock, random=fleet.random.randbytes)
    small(fleet)
    # the backup does not know rui's device: it is invited anew by its person, with what it holds
    again = enrolled(fleet, "rui3", "Rui")
    half_way(again)
    fleet.devices["ana"].sync()  # offers what was lost
    made(fleet)
    again.sync()
    fleet.devices["ana"].sync()
    again.sync()
    whole(fleet, "rui3")
    assert {row["notes"] for row in again.dump()["customer"].values()} == {"lost and brought back"}


def test_a_known_device_whose_hq_is_restored_in_the_middle_begins_anew_and_loses_nothing(fleet: Fleet) -> None:
    rui = enrolled(fleet, "rui", "Rui")
    file = fleet.folder / "backup.db"
    backup.backup(fleet.office.database, file)
    touch_all(fleet, "lost and brought back")
    made(fleet)
    half_way(rui)
    with rui.store.writing() as tx:
        mine = str(tx.find("customer")[0]["id"])
        tx.update("customer", mine, {"name": "Typed in the middle"})
    fleet.office.database.close()
    backup.restore(fleet.folder / "hq", file, now=fleet.clock, random=fleet.random.randbytes)
    fleet.office = Office(fleet.folder / "hq", now=fleet.clock, random=fleet.random.randbytes)
    small(fleet)
    made(fleet)
    rui.sync()
    fleet.devices["ana"].sync()
    rui.sync()
    fleet.devices["ana"].sync()
    for name in ("rui", "ana"):
        whole(fleet, name)
    assert arriving.coming(rui.store) is None
    assert fleet.office.dump()["customer"][mine]["name"] == "Typed in the middle"
    assert {row["notes"] for row in fleet.office.dump()["customer"].values()} == {"lost and brought back"}


@pytest.mark.parametrize("role", ["manager", "support"])
def test_another_role_in_the_middle_begins_anew_with_what_it_may_see(fleet: Fleet, role: str) -> None:
    made(fleet)
    rui = enrolled(fleet, "rui", "Rui")
    half_way(rui)
    with fleet.office.ledger.transaction() as tx:
        tx.update("user", fleet.id_of("user", "Rui"), {"role": role})
    made(fleet)
    rui.sync()
    rui.sync()
    assert arriving.coming(rui.store) is None
    assert faults(rui.store) == []
    taxed = {row["vat_exempt"] for row in rui.dump()["customer"].values()}
    assert taxed == ({None} if role == "support" else {False})  # tax is not support's to see
    assert len(rui.dump()["ticket"]) == CUSTOMERS
    if role == "manager":
        whole(fleet, "rui")


def test_shared_on_and_off_in_the_middle(fleet: Fleet) -> None:
    made(fleet)
    eva = enrolled(fleet, "eva", "Eva")
    half_way(eva, pieces=0)
    with fleet.office.ledger.transaction() as tx:
        rows = tx.find("customer")
        for row in rows[:3]:
            tx.update("customer", str(row["id"]), {"shared": False})
        for row in rows[20:23]:
            tx.update("customer", str(row["id"]), {"shared": True})
    eva.sync()
    eva.sync()
    whole(fleet, "eva")
    assert len(eva.dump()["customer"]) == 5


def test_two_that_make_the_same_leave_one_that_is_whole(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """The office's command beside the server: the sweep of one takes pieces that the other has just written."""
    other = Office(fleet.folder / "hq", now=fleet.clock, random=fleet.random.randbytes)
    ours, theirs = fleet.office.headquarters.snapshots, other.headquarters.snapshots
    theirs.least_lines, theirs.part_rows, theirs.piece_rows = 1, 12, 40
    transaction, began = fleet.office.database.transaction, [0]

    @contextmanager
    def interrupted() -> Iterator[Session]:
        began[0] += 1
        if began[0] == 3:  # the first piece is committed, its snapshot not yet
            theirs.keep_fresh()
        with transaction() as session:
            yield session

    monkeypatch.setattr(fleet.office.database, "transaction", interrupted)
    ours.keep_fresh()
    monkeypatch.undo()
    other.database.close()
    assert began[0] > 3
    ours.keep_fresh()
    rui = enrolled(fleet, "rui", "Rui")
    rui.sync()
    assert asked(rui, "/v1/snapshot") > 0
    whole(fleet, "rui")


def test_made_data_and_imports_leave_snapshots_ready(tmp_path: Path) -> None:
    office = Office(tmp_path / "hq", now=lambda: 1_795_600_000_000)
    office.headquarters.snapshots.least_lines = 1
    make(office, customers=4)
    with office.ledger.reading() as session:
        assert session.value("SELECT COUNT(*) FROM snapshot") > 0
    office.database.close()
