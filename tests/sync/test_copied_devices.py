"""Devices whose database was copied or put back from an old copy: recognised, nothing lost, nothing twice. And all lives
together: seeds of edits, syncs, restores of HQ and of devices."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from mobility_app.errors import Unreachable
from mobility_app.hq import backup
from mobility_app.hq.office import Office
from mobility_app.hq.verify import faults
from mobility_app.store.store import Store
from mobility_app.sync import renewal
from mobility_app.sync.engine import Engine
from tests.support import invariants
from tests.support.fleet import Device, Fleet

SEEDS, STEPS = 25, 40


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    made = Fleet(tmp_path)
    for name in ("Ana", "Rui"):
        made.user(name)
    return made


def customer(device: Device, name: str) -> str:
    with device.store.writing() as tx:
        return tx.create("customer", {"name": name})


def copied(device: Device, to: Path) -> Path:
    with device.store.reading() as session:
        session.run("VACUUM INTO ?", str(to))
    return to


def opened(fleet: Fleet, like: Device, file: Path) -> Device:
    """A second device that is a copy of the first."""
    store = Store(file, None, now=like.clock, random=fleet.random.randbytes)
    return Device(store, Engine(store, like.link), like.link, like.clock)


def put_back(fleet: Fleet, name: str, file: Path) -> None:
    """The device goes on from an old copy of its database."""
    device = fleet.devices[name]
    device.store.close()
    for tail in ("-wal", "-shm"):
        Path(f"{device.store.path}{tail}").unlink(missing_ok=True)
    shutil.copy(file, device.store.path)
    fleet.devices[name] = opened(fleet, device, device.store.path)


def names(fleet: Fleet) -> list[str]:
    return sorted(str(row["name"]) for row in fleet.office.dump()["customer"].values())


def equal(fleet: Fleet) -> None:
    fleet.settle()
    assert faults(fleet.office.ledger) == []
    with fleet.office.ledger.reading() as hq:
        invariants.streams(hq)
        invariants.folds(hq)
        assert hq.rows("SELECT device_id, dseq FROM log WHERE device_id IS NOT NULL GROUP BY 1, 2"
                       " HAVING COUNT(DISTINCT stream || '-' || txn) > 1") == []  # fmt: skip
    for name, device in fleet.devices.items():
        invariants.pulled_exactly(name, device.store, fleet.office)
        invariants.overlay_holds(name, device.store)
        with device.store.reading() as session:
            assert session.value("SELECT COUNT(*) FROM change WHERE state IN ('open', 'sent', 'accepted')") == 0


def test_a_copy_becomes_a_device_of_its_own_and_both_go_on(fleet: Fleet, tmp_path: Path) -> None:
    ana = fleet.device("ana", "Ana")
    customer(ana, "before")
    ana.sync()
    twin = opened(fleet, ana, copied(ana, tmp_path / "twin.db"))
    fleet.devices["twin"] = twin
    customer(ana, "by the first")
    customer(twin, "by the copy")
    equal(fleet)
    customer(ana, "more")
    customer(twin, "more")
    equal(fleet)
    assert names(fleet) == ["before", "by the copy", "by the first", "more", "more"]
    first, second = ana.store.identity(), twin.store.identity()
    assert first is not None
    assert second is not None
    assert first.device_id != second.device_id
    with fleet.office.ledger.reading() as session:
        assert session.value("SELECT came_from FROM device WHERE id=?", second.device_id) == first.device_id


def test_what_the_copy_has_in_common_with_the_first_counts_once(fleet: Fleet, tmp_path: Path) -> None:
    ana = fleet.device("ana", "Ana")
    customer(ana, "unsent on both")
    twin = opened(fleet, ana, copied(ana, tmp_path / "twin.db"))
    fleet.devices["twin"] = twin
    customer(ana, "first alone")
    customer(twin, "copy alone")
    ana.sync()
    equal(fleet)
    assert names(fleet) == ["copy alone", "first alone", "unsent on both"]


def test_an_old_copy_put_back_goes_on_without_losing_what_is_typed_then(fleet: Fleet, tmp_path: Path) -> None:
    ana = fleet.device("ana", "Ana")
    old = copied(ana, tmp_path / "old.db")
    customer(ana, "sent before")
    ana.sync()
    put_back(fleet, "ana", old)
    customer(fleet.devices["ana"], "typed after")
    equal(fleet)
    assert names(fleet) == ["sent before", "typed after"]


def test_a_copy_put_back_is_noticed_before_anything_is_typed_into_it(fleet: Fleet, tmp_path: Path) -> None:
    ana = fleet.device("ana", "Ana")
    old = copied(ana, tmp_path / "old.db")
    customer(ana, "sent before")
    ana.sync()
    first = ana.store.identity()
    put_back(fleet, "ana", old)
    fleet.devices["ana"].sync()
    assert first is not None
    assert (second := fleet.devices["ana"].store.identity()) is not None
    assert second.device_id != first.device_id
    customer(fleet.devices["ana"], "typed after")
    equal(fleet)
    assert names(fleet) == ["sent before", "typed after"]


def test_a_copy_is_noticed_at_the_first_pull_after_the_other_has_sent(fleet: Fleet, tmp_path: Path) -> None:
    ana = fleet.device("ana", "Ana")
    customer(ana, "before")
    ana.sync()
    twin = opened(fleet, ana, copied(ana, tmp_path / "twin.db"))
    fleet.devices["twin"] = twin
    twin.sync()
    assert twin.store.identity() == ana.store.identity(), "two that have counted alike are one to HQ"
    customer(ana, "by the first")
    ana.sync()
    twin.sync()
    assert twin.store.identity() != ana.store.identity()
    equal(fleet)


def test_a_renewal_cut_at_any_statement_is_done_once(fleet: Fleet, tmp_path: Path) -> None:
    ana = fleet.device("ana", "Ana")
    old = copied(ana, tmp_path / "old.db")
    customer(ana, "sent before")
    ana.sync()
    put_back(fleet, "ana", old)
    device = fleet.devices["ana"]
    customer(device, "typed after")

    class Cut(BaseException):
        pass

    for statement in range(1, 300):
        left = [statement]

        def watch(sql: str, left: list[int] = left) -> None:
            left[0] -= 1
            if not left[0]:
                raise Cut

        device.store.database.watch = watch
        try:
            device.sync()
            break
        except Cut:
            pass
        finally:
            device.store.database.watch = None
    equal(fleet)
    assert names(fleet) == ["sent before", "typed after"]
    with fleet.office.ledger.reading() as session:
        assert session.value("SELECT COUNT(*) FROM device") == 2


def test_a_renewal_whose_answer_is_lost_makes_one_device(fleet: Fleet, tmp_path: Path) -> None:
    ana = fleet.device("ana", "Ana")
    old = copied(ana, tmp_path / "old.db")
    customer(ana, "a")
    ana.sync()
    put_back(fleet, "ana", old)
    device = fleet.devices["ana"]
    customer(device, "b")
    send, lose = device.link.send, [True]

    def losing(method: str, target: str, headers: object, body: bytes) -> object:
        reply = send(method, target, headers, body)  # type: ignore[arg-type]
        if target == "/v1/renew" and lose.pop():
            raise Unreachable("network")
        return reply

    device.link.send = losing  # type: ignore[assignment,method-assign]
    with pytest.raises(Unreachable):
        device.sync()
    lose.append(False)
    equal(fleet)
    with fleet.office.ledger.reading() as session:
        assert session.value("SELECT COUNT(*) FROM device") == 2
        assert session.value("SELECT MAX(last_dseq) FROM device") > renewal.BEYOND


@pytest.mark.parametrize("seed", range(SEEDS))
def test_lives_of_both_sides_in_any_order(seed: int, tmp_path: Path) -> None:
    """What was typed on a disk that stayed stands at HQ at the end, exactly once, whatever was put back meanwhile."""
    chance = random.Random(seed)
    fleet = Fleet(tmp_path, seed)
    for name in ("Ana", "Rui", "Eva"):
        fleet.user(name)
        fleet.device(name, name)
    copies: dict[str, tuple[Path, set[str]]] = {}
    on_disk: dict[str, set[str]] = {name: set() for name in fleet.devices}
    kept_by_hq: Path | None = None
    for step in range(STEPS):
        name = chance.choice(sorted(fleet.devices))
        device = fleet.devices[name]
        match chance.choices(("edit", "sync", "copy", "back", "backup", "restore"), (40, 30, 8, 5, 6, 4))[0]:
            case "edit":
                if on_disk[name] and chance.random() < 0.4:
                    with device.store.writing() as tx:
                        found = tx.find("customer")
                        if found:
                            tx.update(
                                "customer", str(chance.choice(found)["id"]), {"website": f"https://s{step}.example"}
                            )
                else:
                    customer(device, f"{name} {step}")
                    on_disk[name].add(f"{name} {step}")
            case "sync":
                device.sync()
            case "copy":
                path = tmp_path / f"copy-{step}.db"
                copies[name] = (copied(device, path), set(on_disk[name]))
            case "back" if name in copies and step < STEPS // 2:
                device.sync()  # what never reached HQ is gone with the disk
                put_back(fleet, name, copies[name][0])
            case "backup":
                kept_by_hq = tmp_path / f"hq-{step}.db"
                backup.backup(fleet.office.database, kept_by_hq)
                copies.clear()  # an old device and an older HQ at once: what both lost is nobody's
            case "restore" if kept_by_hq is not None and step >= STEPS // 2:
                fleet.office.database.close()
                backup.restore(tmp_path / "hq", kept_by_hq, now=fleet.clock, random=fleet.random.randbytes)
                fleet.office = Office(tmp_path / "hq", now=fleet.clock, random=fleet.random.randbytes)
            case _:
                pass
    equal(fleet)
    assert names(fleet) == sorted(word for words in on_disk.values() for word in words)
