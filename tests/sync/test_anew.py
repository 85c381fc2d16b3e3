"""Begun anew, what stands goes on standing: a role that changed, HQ put back, a customer that comes again.

HQ then plays its log from the start, in pages; between two of them nobody sees a value that was left behind long ago.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from mobility_app.errors import Unreachable
from mobility_app.hq import backup
from mobility_app.hq.office import Office
from mobility_app.store import faults, scrub, snapshot
from mobility_app.store.store import Store
from mobility_app.sync import holding
from mobility_app.sync.engine import Engine
from mobility_app.sync.enrolment import enrol
from mobility_app.sync.transport import Reply
from tests.support.fleet import HQ_URL, Device, Fleet, Link

VALUES = 6


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    made = Fleet(tmp_path)
    made.user("Ana", territories=("Norte", "Sul"))
    made.user("Rui")
    return made


@pytest.fixture
def pair(fleet: Fleet) -> tuple[Device, Device, str]:
    """Ana's and Rui's devices, and a customer whose name both have changed in turns, Ana last."""
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    with ana.store.writing() as tx:
        customer = tx.create("customer", {"name": "name 0"})
    fleet.settle(1)
    for number in range(1, VALUES + 1):
        name(rui if number % 2 else ana, customer, f"name {number}")
        fleet.settle(2)
    return ana, rui, customer


def name(device: Device, customer: str, value: str) -> None:
    with device.store.writing() as tx:
        tx.update("customer", customer, {"name": value})


def shown(device: Device, customer: str) -> object:
    return (device.store.read("customer", customer) or {}).get("name")


def watched(device: Device, customer: str) -> list[object]:
    """What the device shows whenever it tells that something changed."""
    seen = list[object]()
    device.store.listen(lambda touched: seen.append(shown(device, customer)))
    return seen


class _Cut:
    """A connection that ends after some pulls."""

    def __init__(self, link: Link, pulls: int) -> None:
        self._link, self.left = link, pulls

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if target == "/v1/pull":
            self.left -= 1
            if self.left < 0:
                raise Unreachable("network")
        return self._link.send(method, target, headers, body)


class _NoPush:
    """A connection that ends where something is pushed."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if target == "/v1/push":
            raise Unreachable("network")
        return self._link.send(method, target, headers, body)


def promoted(fleet: Fleet) -> None:
    with fleet.office.ledger.transaction() as tx:
        tx.update("user", fleet.id_of("user", "Ana"), {"role": "manager"})
    fleet.office.headquarters.page_entries = 2


def test_with_another_role_no_older_value_shows_between_two_pages(
    fleet: Fleet, pair: tuple[Device, Device, str]
) -> None:
    ana, _, customer = pair
    promoted(fleet)
    seen = watched(ana, customer)
    ana.sync()
    assert set(seen) == {f"name {VALUES}"}


def test_a_connection_that_ends_between_two_pages_leaves_what_stood_and_costs_no_page(
    fleet: Fleet, pair: tuple[Device, Device, str]
) -> None:
    ana, rui, customer = pair
    promoted(fleet)
    seen, cut = watched(ana, customer), _Cut(ana.link, 1)
    engine = Engine(ana.store, cut)
    rounds = 0
    while True:
        try:
            engine.round()
        except Unreachable:
            assert shown(ana, customer) == f"name {VALUES}"
            cut.left, rounds = 1, rounds + 1
            assert rounds < 100
            continue
        break
    assert rounds > 3
    assert set(seen) == {f"name {VALUES}"}
    fleet.settle()
    assert ana.dump()["customer"] == rui.dump()["customer"]


def test_a_process_that_ends_between_two_pages_begins_anew_once_more(
    fleet: Fleet, pair: tuple[Device, Device, str]
) -> None:
    ana, rui, customer = pair
    promoted(fleet)
    for pulls in range(1, 6):
        with pytest.raises(Unreachable):
            Engine(ana.store, _Cut(ana.link, pulls)).round()
        assert shown(ana, customer) == f"name {VALUES}"
    name(ana, customer, "typed in between")
    with pytest.raises(Unreachable):
        Engine(ana.store, _Cut(ana.link, 2)).round()
    assert shown(ana, customer) == "typed in between"
    fleet.settle()
    assert {shown(device, customer) for device in (ana, rui)} == {"typed in between"}
    assert fleet.office.dump()["conflict"] == {}


def test_a_replay_longer_than_is_held_back_is_applied_as_it_comes(
    fleet: Fleet, pair: tuple[Device, Device, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, rui, customer = pair
    monkeypatch.setattr(holding, "HELD_MAX", 4)
    promoted(fleet)
    seen = watched(ana, customer)
    ana.sync()
    assert seen[-1] == f"name {VALUES}"
    assert len(seen) > 2
    fleet.settle()
    assert ana.dump()["customer"] == rui.dump()["customer"]


def test_a_customer_that_comes_again_comes_with_all_that_it_was(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    _, rui, customer = pair
    for territory in ("Sul", "Norte"):
        with fleet.office.ledger.transaction() as tx:
            tx.update("customer", customer, {"territory_id": fleet.id_of("territory", territory)})
        if territory == "Sul":
            rui.sync()
            assert shown(rui, customer) is None
    fleet.office.headquarters.page_entries = 2
    seen = watched(rui, customer)
    rui.sync()
    assert set(seen) <= {None, f"name {VALUES}"}
    assert seen[-1] == f"name {VALUES}"


def test_a_value_that_the_restored_hq_takes_stays_though_its_number_was_another_entrys(
    fleet: Fleet, pair: tuple[Device, Device, str], tmp_path: Path
) -> None:
    ana, rui, customer = pair
    file = tmp_path / "backup.db"
    backup.backup(fleet.office.database, file)
    for number in range(3):  # HQ loses these, and Ana has seen them
        name(rui, customer, f"lost {number}")
        fleet.settle(2)
    fleet.office.database.close()
    backup.restore(fleet.folder / "hq", file, now=fleet.clock, random=fleet.random.randbytes)
    fleet.office = Office(fleet.folder / "hq", now=fleet.clock, random=fleet.random.randbytes)
    with ana.store.writing() as tx:
        tx.update("customer", customer, {"website": "https://typed.example"})
    for pulls in (0, 1):
        with pytest.raises(Unreachable):
            Engine(ana.store, _Cut(ana.link, pulls)).round()
            raise Unreachable("network")
        row = ana.store.read("customer", customer)
        assert row is not None
        assert row["website"] == "https://typed.example"


def test_words_that_a_cut_round_has_still_to_read_are_no_fault(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    ana, _, _ = pair
    for number in range(snapshot.INDEX_BATCH + 1):
        with ana.store.writing() as tx:
            tx.create("customer", {"name": f"customer {number}"})
    ana.sync()
    snapshots = fleet.office.headquarters.snapshots
    snapshots.least_lines = 1
    assert snapshots.keep_fresh()
    fresh = Store(fleet.folder / "fresh.db", None, now=fleet.clock, random=fleet.random.randbytes)
    link = Link(lambda: fleet.office)
    enrol(fresh, link, HQ_URL, fleet.office.invite("Ana"), "fresh", fleet.random.randbytes)
    engine = Engine(fresh, _NoPush(link))

    def typed(doing: str, done: int, total: int) -> None:
        with fresh.writing() as tx:
            tx.create("customer", {"name": "typed meanwhile"})

    engine.progress = typed
    with pytest.raises(Unreachable):
        engine.round()
    with fresh.reading() as session:
        assert scrub.unsearched(session)
    assert scrub.scrub(fresh) == 0
    engine = Engine(fresh, link)
    engine.round()
    with fresh.reading() as session:
        assert scrub.unsearched(session) == []
        assert faults.newest(session, 1) == []
