"""Entries that are older than the horizon leave HQ's log: nothing is lost by it, nothing comes back, everybody catches up."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_app.hq import horizon, verify
from mobility_app.store import faults
from mobility_app.store import verify as device_verify
from tests.support.fleet import Device, Fleet
from tests.support.invariants import hq_sums_hold, pulled_exactly, sums_hold

DAY_MS = 86_400_000

pytestmark = pytest.mark.usefixtures("engine")  # on both


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    made = Fleet(tmp_path)
    for name in ("Ana", "Rui"):
        made.user(name)
    made.user("Eva", territories=("Sul",))
    return made


def customer(device: Device, name: str) -> tuple[str, str]:
    with device.store.writing() as tx:
        made = tx.create("customer", {"name": name, "notes": "a\nb"})
        return made, tx.create("contact", {"customer_id": made, "first_name": name})


def change(device: Device, entity: str, record_id: str, **values: object) -> None:
    with device.store.writing() as tx:
        tx.update(entity, record_id, values)  # type: ignore[arg-type]


def whole(fleet: Fleet, *devices: str) -> None:
    """HQ and these devices are whole; nobody has noted a fault."""
    assert verify.faults(fleet.office.ledger) == []
    hq_sums_hold(fleet.office)
    for name in devices:
        store = fleet.devices[name].store
        pulled_exactly(name, store, fleet.office)
        sums_hold(name, store)
        assert device_verify.faults(store) == []
        with store.reading() as session:
            assert faults.newest(session) == []


def test_a_sleeping_device_catches_up_by_what_differs_and_nothing_comes_back(fleet: Fleet) -> None:
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    kept, kept_contact = customer(ana, "Kept")
    deleted, _ = customer(ana, "Deleted child")
    moved, _ = customer(ana, "Moved away")
    fleet.settle()
    with ana.store.reading() as session:
        doomed = str(session.find("contact", customer_id=deleted)[0]["id"])
    # rui sleeps with an unsent edit; meanwhile much happens
    change(rui, "contact", kept_contact, job_title="typed long ago")
    change(ana, "customer", kept, website="https://new.example")
    with ana.store.writing() as tx:
        tx.delete("contact", doomed)
    ana.sync()
    with fleet.office.ledger.transaction() as tx:
        tx.update("customer", moved, {"territory_id": fleet.id_of("territory", "Sul")})
    newer, _ = customer(ana, "Made meanwhile")
    ana.sync()
    fleet.clock.at += 401 * DAY_MS
    change(ana, "customer", kept, preferred_weekday=3)
    ana.sync()

    assert horizon.compact(fleet.office.ledger) > 0
    assert horizon.compact(fleet.office.ledger) == 0
    with fleet.office.ledger.reading() as session:
        left = session.rows("SELECT kind FROM log WHERE kind != 'delete'")
        assert len(left) == 1
        assert session.value("SELECT COUNT(*) FROM log WHERE kind='delete'") == 1
    whole(fleet, "ana")

    done = rui.sync()
    assert done.mended > 0
    rui.sync()
    whole(fleet, "rui")
    own, hq = rui.dump(), fleet.office.dump()
    assert moved not in own["customer"]
    assert doomed not in own["contact"]
    assert own["customer"][newer] == hq["customer"][newer]
    assert hq["contact"][kept_contact]["job_title"] == "typed long ago"
    with rui.store.reading() as session:
        assert session.value("SELECT COUNT(*) FROM entry WHERE root_id=?", moved) == 0
    assert rui.sync().requests == 1


def test_a_new_device_and_a_customer_that_enters_need_no_archive(fleet: Fleet) -> None:
    ana = fleet.device("ana", "Ana")
    first, contact = customer(ana, "Old")
    ana.sync()
    fleet.clock.at += 401 * DAY_MS
    change(ana, "contact", contact, job_title="young")
    ana.sync()
    horizon.compact(fleet.office.ledger)
    fleet.device("rui", "Rui")
    whole(fleet, "ana", "rui")
    eva = fleet.device("eva", "Eva")
    with fleet.office.ledger.transaction() as tx:
        tx.update("customer", first, {"territory_id": fleet.id_of("territory", "Sul")})
    fleet.settle()
    assert eva.store.read("contact", contact) is not None
    assert ana.store.read("customer", first) is None
    whole(fleet, "ana", "eva", "rui")


def test_a_customer_that_came_as_rows_leaves_whole(fleet: Fleet) -> None:
    """Its entries are not here to name its records: they are found by what they hang on."""
    ana = fleet.device("ana", "Ana")
    made, contact = customer(ana, "Old")
    with ana.store.writing() as tx:
        tx.create("contact_email", {"contact_id": contact, "value": "old@x.example"})
    ana.sync()
    fleet.clock.at += 401 * DAY_MS
    horizon.compact(fleet.office.ledger)
    rui = fleet.device("rui", "Rui")
    assert rui.store.read("contact", contact) is not None
    with fleet.office.ledger.transaction() as tx:
        tx.update("customer", made, {"territory_id": fleet.id_of("territory", "Sul")})
    rui.sync()
    assert rui.dump()["contact_email"] == {}
    whole(fleet, "rui")


def test_an_edit_from_beyond_the_horizon_is_judged_and_a_deleted_record_can_come_back(fleet: Fleet) -> None:
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    made, contact = customer(ana, "Old")
    fleet.settle()
    change(rui, "contact", contact, first_name="Rui's")
    change(rui, "customer", made, name="Rui's")
    change(ana, "customer", made, name="Ana's")
    with ana.store.writing() as tx:
        tx.delete("contact", contact)
    ana.sync()
    fleet.clock.at += 401 * DAY_MS
    horizon.compact(fleet.office.ledger)
    rui.sync()
    fleet.settle()
    assert fleet.office.dump()["customer"][made]["name"] == "Ana's"
    assert [row["loser"] for row in fleet.office.dump()["conflict"].values() if row["field"] == "name"] == ["Rui's"]
    assert contact not in fleet.office.dump()["contact"]
    with ana.store.writing() as tx:
        tx.restore("contact", contact)
    fleet.settle()
    assert rui.dump()["contact"][contact]["first_name"] == "Old"
    whole(fleet, "ana", "rui")


def test_a_crash_between_archive_and_log_loses_nothing(fleet: Fleet) -> None:
    class Crash(BaseException):
        pass

    ana = fleet.device("ana", "Ana")
    customer(ana, "Old")
    ana.sync()
    fleet.clock.at += 401 * DAY_MS

    def bomb(sql: str) -> None:
        if sql.startswith("DELETE FROM log"):
            raise Crash

    fleet.office.database.watch = bomb
    with pytest.raises(Crash):
        horizon.compact(fleet.office.ledger)
    fleet.office.database.watch = None
    whole(fleet, "ana")
    assert horizon.compact(fleet.office.ledger) > 0
    whole(fleet, "ana")


def test_an_archive_that_was_touched_or_is_gone_is_reported(fleet: Fleet) -> None:
    ana = fleet.device("ana", "Ana")
    customer(ana, "Old")
    ana.sync()
    fleet.clock.at += 401 * DAY_MS
    horizon.compact(fleet.office.ledger)
    path = horizon.path_of(fleet.office.ledger)
    with horizon.sqlite(path).transaction() as session:
        session.run("UPDATE log SET user_id='somebody else' WHERE seq=1 AND stream='hq'")
    assert any("altered" in line for line in verify.faults(fleet.office.ledger))
    path.rename(path.with_suffix(".away"))
    assert any("archive" in line for line in verify.faults(fleet.office.ledger))
    ana.sync()  # nobody needs it to sync
    fleet.device("rui", "Rui")
