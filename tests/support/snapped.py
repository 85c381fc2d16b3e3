"""An HQ that is worth snapshots, and devices that take them: for tests of a first sync in one process."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_app.errors import Unreachable
from mobility_app.store.store import Store
from mobility_app.store.verify import faults
from mobility_app.sync.engine import Engine
from mobility_app.sync.enrolment import enrol
from tests.support import invariants
from tests.support.fleet import Device, Fleet, Link, Skewed

CUSTOMERS = 30


def populated(folder: Path) -> Fleet:
    """An HQ with customers in Norte, made by Ana's device, of which some are shared; small pieces and pages."""
    fleet = Fleet(folder)
    fleet.user("Ana")
    fleet.user("Rui", territories=("Norte", "Sul"))
    fleet.user("Eva", territories=("Sul",))
    ana = fleet.device("ana", "Ana")
    for number in range(CUSTOMERS):
        with ana.store.writing() as tx:
            customer = tx.create("customer", {"name": f"Casa {number}", "notes": "a\nb"})
            contact = tx.create("contact", {"customer_id": customer, "first_name": f"Zita{number}"})
            tx.create("contact_email", {"contact_id": contact, "value": f"c{number}@x.example"})
            tx.create("activity", {"customer_id": customer, "kind": "call", "title": "call"})
            tx.create("ticket", {"customer_id": customer, "description": "broken"})
    ana.sync()
    with fleet.office.ledger.transaction() as tx:
        for row in tx.find("customer")[:5]:
            tx.update("customer", str(row["id"]), {"shared": True})
    with ana.store.writing() as tx:
        for row in tx.find("customer")[10:20]:
            tx.update("customer", str(row["id"]), {"website": "https://new.example"})
    ana.sync()
    small(fleet)
    return fleet


def small(fleet: Fleet) -> None:
    """Pages and pieces so small that there are several of each."""
    fleet.office.headquarters.page_entries = 20
    snaps = fleet.office.headquarters.snapshots
    snaps.least_lines, snaps.part_rows, snaps.piece_rows = 1, 12, 40


def made(fleet: Fleet) -> int:
    """HQ makes what is missing or stale. Returns how many."""
    return fleet.office.headquarters.snapshots.keep_fresh()


def enrolled(fleet: Fleet, name: str, user: str) -> Device:
    """A device that has not synced yet."""
    clock = Skewed(fleet.clock)
    store = Store(fleet.folder / f"{name}.db", None, now=clock, random=fleet.random.randbytes)
    link = Link(lambda: fleet.office)
    enrol(store, link, "http://hq.test", fleet.office.invite(user), name, fleet.random.randbytes)
    fleet.devices[name] = Device(store, Engine(store, link), link, clock)
    return fleet.devices[name]


def whole(fleet: Fleet, name: str) -> None:
    """The device holds exactly what it may see, and is in order."""
    device = fleet.devices[name]
    invariants.pulled_exactly(name, device.store, fleet.office)
    invariants.overlay_holds(name, device.store)
    assert faults(device.store) == []


def asked(device: Device, target: str) -> int:
    """How many requests of that kind it made."""
    return sum(each[0] == target for each in device.link.requests)


def half_way(device: Device, pieces: int = 1) -> None:
    """Syncs until so many pieces of a snapshot were asked for, then the line is cut."""
    send, left = device.link.send, [pieces]

    def cut(method: str, target: str, headers: object, body: bytes) -> object:
        if target == "/v1/snapshot":
            left[0] -= 1
            if left[0] < 0:
                raise Unreachable("network")
        return send(method, target, headers, body)  # type: ignore[arg-type]

    device.link.send = cut  # type: ignore[method-assign, assignment]
    with pytest.raises(Unreachable):
        device.sync()
    del device.link.send  # type: ignore[attr-defined]
