"""A long page ends early for a person who waits to save, and goes on after it: nothing of it is lost, nothing seen twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mobility_app.store import apply
from mobility_app.store.cursor import HALFWAY
from mobility_app.store.store import Store
from tests.support import invariants
from tests.support.fleet import Device, Fleet
from tests.support.waiting import until

EDITS = 12


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Fleet, Device, Device, list[str]]:
    """Two devices of one territory; Rui changed every customer, one in a transaction, and Ana has not heard of it."""
    monkeypatch.setattr(apply, "STEP_ENTRIES", 3)
    fleet = Fleet(tmp_path)
    for name in ("Ana", "Rui"):
        fleet.user(name)
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    with ana.store.writing() as tx:
        ids = [tx.create("customer", {"name": f"Zebra {n}"}) for n in range(EDITS)]
    fleet.settle()
    for one in ids:
        with rui.store.writing() as tx:
            tx.update("customer", one, {"website": "https://rui.example"})
        rui.sync()
    return fleet, ana, rui, ids


class Saver:
    """Starts to wait for its turn as soon as the page has begun, and saves when it comes."""

    def __init__(self, store: Store, save: Callable[[], None]) -> None:
        self.applied, self._store, self._save = 0, store, save
        self._thread = threading.Thread(target=self._work)
        store.database.watch = self._look

    def _look(self, sql: str) -> None:
        if sql == "UPDATE ctx SET applying=1" and threading.current_thread() is not self._thread:
            self.applied += 1
            if self.applied == 1:
                self._thread.start()
                until(lambda: self._store.awaited)

    def _work(self) -> None:
        self._save()

    def join(self) -> None:
        self._thread.join(20)
        self._store.database.watch = None


def test_a_save_gets_in_between_and_has_seen_what_the_screen_showed(
    world: tuple[Fleet, Device, Device, list[str]],
) -> None:
    fleet, ana, _, ids = world
    shown: list[object] = []

    def save() -> None:
        with ana.store.writing() as tx:
            shown.append((tx.get("customer", ids[0]) or {}).get("website"))
            tx.update("customer", ids[0], {"website": "https://ana.example"})

    saver = Saver(ana.store, save)
    ana.sync()
    saver.join()
    assert shown == ["https://rui.example"]
    assert saver.applied > 1
    with ana.store.reading() as session:
        assert session.value("SELECT COUNT(*) FROM meta WHERE k=?", HALFWAY) == 0
    fleet.settle()
    assert (ana.store.read("customer", ids[0]) or {})["website"] == "https://ana.example"
    dump = fleet.office.dump()
    assert dump["conflict"] == {}  # she saw Rui's value before she wrote hers
    for name, device in fleet.devices.items():
        invariants.pulled_exactly(name, device.store, fleet.office)
        invariants.overlay_holds(name, device.store)
        invariants.sums_hold(name, device.store)


def test_a_page_that_died_halfway_is_applied_as_a_whole_by_the_next_round(
    world: tuple[Fleet, Device, Device, list[str]],
) -> None:
    fleet, ana, _, ids = world

    class Death(Exception):
        pass

    def save() -> None:
        with ana.store.writing() as tx:
            tx.update("customer", ids[-1], {"website": "https://ana.example"})
        ana.store.database.watch = die

    def die(sql: str) -> None:
        if sql.startswith("INSERT INTO entry"):
            raise Death

    saver = Saver(ana.store, save)
    with pytest.raises(Death):
        ana.sync()
    saver.join()
    with ana.store.reading() as session:
        assert session.value("SELECT COUNT(*) FROM meta WHERE k=?", HALFWAY) == 1
        came = [row[0] for row in session.rows("SELECT website FROM customer ORDER BY id")]
    assert 0 < came.count("https://rui.example") < EDITS - 1
    fleet.settle()
    assert (ana.store.read("customer", ids[-1]) or {})["website"] == "https://ana.example"
    for name, device in fleet.devices.items():
        invariants.pulled_exactly(name, device.store, fleet.office)
        invariants.overlay_holds(name, device.store)
        invariants.sums_hold(name, device.store)
