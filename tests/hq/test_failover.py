"""HQ on a PostgreSQL server that another takes over from, and on one that was put back: what was acknowledged is there, or
HQ goes on with nothing before somebody has said what is to be done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobility_app.errors import Unreachable
from mobility_app.hq import backup as copies
from mobility_app.hq import database_settings, witness
from mobility_app.hq.office import Office
from mobility_app.hq.schema import PostgresHq
from mobility_app.hq.verify import faults
from tests.support import invariants
from tests.support.cluster import Cluster
from tests.support.fleet import Device, Fleet
from tests.support.writers import Reader, Writers

WRITERS, COMPANIES, PUSHES, BEFORE = 4, 2, 12, 10


@pytest.fixture
def pair() -> Iterator[tuple[Cluster, Cluster, str]]:
    """A server with HQ's database, its standby, and an address that finds whichever of them takes writes."""
    first = Cluster()
    second: Cluster | None = None
    try:
        made = first.hq()
        second = Cluster(follows=first)
        yield first, second, first.address_of_both(made.split("/")[3].split("?")[0], second)
    finally:
        for one in (second, first):
            if one is not None:
                one.end()


def save(device: Device, name: str) -> None:
    with device.store.writing() as tx:
        tx.create("customer", {"name": name})


def names(fleet: Fleet) -> set[object]:
    return {row["name"] for row in fleet.office.dump()["customer"].values()}


def opened(fleet: Fleet) -> Office:
    return Office(fleet.folder / "hq", now=fleet.clock, random=fleet.random.randbytes)


def begin_anew(fleet: Fleet, address: str) -> str:
    """What `mobility hq restore` does."""
    server = PostgresHq(address, fleet.folder / "hq")
    server.prepare()
    done = copies.begin_anew(server, now=fleet.clock, random=fleet.random.randbytes)
    server.close()
    return done.epoch


def test_a_standby_that_has_all_takes_over_in_the_middle_of_the_work_and_no_acknowledged_change_is_lost(
    pair: tuple[Cluster, Cluster, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, address = pair
    monkeypatch.setenv(database_settings.VARIABLE, address)
    first.wait_for_standby()
    writers = Writers(tmp_path, address, WRITERS, COMPANIES)
    epoch = writers.fleet.office.headquarters.epoch
    reader, done, enough = Reader(address, writers.streams), list[int](), threading.Event()

    def work(number: int) -> None:
        for turn in range(PUSHES):
            writers.edit(number, f"w{number}-{turn}")
            done.append(number)
            if len(done) >= BEFORE:
                enough.set()

    failed: list[BaseException] = []
    reader.start()
    all_of_them = threading.Thread(target=lambda: failed.extend(writers.run(work)))
    all_of_them.start()
    assert enough.wait(60)
    first.stop("immediate")
    acknowledged = len(done)
    second.promote()
    all_of_them.join()
    reader.end()
    assert failed == []
    assert acknowledged < len(done) == WRITERS * PUSHES
    assert reader.missed == []
    assert opened(writers.fleet).headquarters.epoch == epoch
    with writers.fleet.office.ledger.reading() as session:
        invariants.streams(session)
        for forger in writers.forgers:
            given = session.rows("SELECT dseq FROM verdict WHERE device_id=? ORDER BY dseq", forger.device_id)
            assert [dseq for (dseq,) in given] == list(range(1, PUSHES + 1))
        heads = dict(session.rows("SELECT id, head FROM stream"))
        assert reader.last == {stream: heads[stream] for stream in writers.streams}
    assert faults(writers.fleet.office.ledger) == []
    writers.close()


def test_a_standby_that_lacks_some_is_noticed_and_in_a_new_life_devices_bring_it_back(
    pair: tuple[Cluster, Cluster, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first, second, address = pair
    monkeypatch.setenv(database_settings.VARIABLE, address)
    fleet = Fleet(tmp_path)
    fleet.user("Ana")
    ana = fleet.device("ana", "Ana")
    save(ana, "on both")
    ana.sync()
    second.stop()
    save(ana, "on the first alone")
    ana.sync()
    epoch = fleet.office.headquarters.epoch
    first.stop("immediate")
    second.start()
    second.promote()
    save(ana, "afterwards")
    for _ in range(2):
        with pytest.raises(Unreachable, match="busy"):
            ana.sync()
    with pytest.raises(Unreachable, match="put back"):
        fleet.office.dump()
    with pytest.raises(Unreachable, match="put back"):
        opened(fleet)
    said = [record.getMessage() for record in caplog.records if "put back to an older state" in record.getMessage()]
    assert len(said) == 2  # one line of each HQ that met it
    assert "mobility hq restore" in said[0]
    begun = begin_anew(fleet, address)
    fleet.office = opened(fleet)
    assert fleet.office.headquarters.epoch == begun != epoch
    fleet.settle()
    assert names(fleet) == {"on both", "on the first alone", "afterwards"}
    assert faults(fleet.office.ledger) == []
    fleet.close()


def test_a_database_that_was_put_back_is_noticed_by_what_hq_kept_and_without_it_by_what_a_device_was_told(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = cluster.hq()
    monkeypatch.setenv(database_settings.VARIABLE, address)
    fleet = Fleet(tmp_path)
    fleet.user("Ana")
    ana = fleet.device("ana", "Ana")
    save(ana, "before the dump")
    ana.sync()
    dump = cluster.dump(address)
    save(ana, "after the dump")
    fleet.settle()
    cluster.put_back(address, dump)
    with pytest.raises(Unreachable, match="busy"):
        ana.sync()
    with pytest.raises(Unreachable, match="put back"):
        fleet.office.add_company("typed at the office", "PT")
    (tmp_path / "hq" / witness.NAME).unlink()
    fleet.office = opened(fleet)
    assert names(fleet) == {"before the dump"}
    for _ in range(2):
        with pytest.raises(Unreachable, match="busy"):
            ana.sync()
    begin_anew(fleet, address)
    fleet.office = opened(fleet)
    fleet.settle()
    assert names(fleet) == {"before the dump", "after the dump"}
    with fleet.office.ledger.reading() as session:
        assert session.find("company", name="typed at the office") == []
    assert faults(fleet.office.ledger) == []
    fleet.close()
    cluster.give_back(address)
