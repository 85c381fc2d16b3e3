"""What this device does with files: the room they take, and customers that are pinned."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mobility_app.errors import FileRefused, InvalidValue
from mobility_app.store import pins
from mobility_app.store.actions.attachments import attach
from mobility_app.store.files import FileVault
from mobility_app.store.queries.disk_use import CUSTOMERS_MOST, disk_use
from mobility_app.store.queries.files import of_customer
from mobility_app.store.store import Store
from tests.support.desk import Desk, desk
from tests.support.fleet import Fleet


@pytest.fixture
def at(tmp_path: Path) -> Desk:
    return desk(tmp_path)


def put(at: Desk, customer: str, size: int, **more: object) -> str:
    vault = FileVault(at.store.path.parent / "files", bytes(32))
    return attach(at.store, vault, customer, f"{size}.bin", [bytes(size)], **more)  # type: ignore[arg-type]


def customer(at: Desk, name: str) -> str:
    row = at.store.read("customer", at.customer) or {}
    return at.from_hq("customer", **{**{key: value for key, value in row.items() if key != "id"}, "name": name})


def test_bytes_are_summed_by_customer_and_in_all(at: Desk) -> None:
    assert disk_use(at.store).customers == ()
    other = customer(at, "Padaria")
    put(at, at.customer, 1_000)
    put(at, at.customer, 2_000)
    put(at, other, 5_000)
    at.from_hq("file", customer_id=at.customer, name="x", media_type="a/b", size_bytes=700, sha256="0" * 64)
    with at.store.transaction() as session:
        pins.pin(session, at.customer, 1)
    found = disk_use(at.store)
    assert (found.here_bytes, found.files, found.pinned, found.others_bytes) == (8_000, 3, 1, 0)
    assert found.free_bytes == pytest.approx(shutil.disk_usage(at.store.path.parent).free, rel=0.1)
    seen = [(one.name, one.here_bytes, one.size_bytes, one.files, one.pinned) for one in found.customers]
    assert seen == [("Padaria", 5_000, 5_000, 1, False), ("Óptica Lusitânia & Filhos", 3_000, 3_700, 3, True)]


def test_a_deleted_file_takes_room_until_its_deletion_was_confirmed(at: Desk) -> None:
    one = put(at, at.customer, 1_000)
    with at.store.writing() as tx:
        tx.delete("file", one)
    found = disk_use(at.store)
    assert (found.here_bytes, found.others_bytes, found.customers) == (1_000, 1_000, ())


def test_two_statements_however_many_customers_there_are(at: Desk) -> None:
    for n in range(CUSTOMERS_MOST + 3):
        put(at, customer(at, f"C{n}"), n + 1)
    asked: list[str] = []
    store = Store(at.store.path, None, watch=asked.append)
    asked.clear()
    found = disk_use(store)
    assert len(asked) == 2
    assert len(found.customers) == CUSTOMERS_MOST
    assert found.others_bytes == 1 + 2 + 3


def test_a_pin_is_kept_once_and_goes_again(at: Desk) -> None:
    with at.store.transaction() as session:
        pins.pin(session, at.customer, 2)
        pins.pin(session, at.customer, 3)
        pins.pin(session, "e" * 32, 1)
        assert pins.all_pinned(session) == ["e" * 32, at.customer]
    assert of_customer(at.store, at.customer).pinned
    with at.store.transaction() as session:
        pins.unpin(session, at.customer)
    assert not of_customer(at.store, at.customer).pinned


def test_more_pins_than_a_disk_can_promise_are_refused(at: Desk) -> None:
    with at.store.transaction() as session:
        for n in range(pins.PINS_MOST):
            pins.pin(session, f"{n:032x}", n)
    with pytest.raises(InvalidValue, match="too_many"), at.store.transaction() as session:
        pins.pin(session, at.customer, 1)
    assert not of_customer(at.store, at.customer).pinned


def test_a_customer_that_leaves_the_device_takes_pin_and_folder_along(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    fleet.user("Ana")
    fleet.user("Marta", "manager", territories=("Norte", "Sul"))
    ana, marta = fleet.device("ana", "Ana"), fleet.device("marta", "Marta")
    with ana.store.writing() as tx:
        one = tx.create("customer", {"name": "Padaria Central"})
    with ana.store.transaction() as session:
        pins.pin(session, one, 1)
        session.run("INSERT INTO watched VALUES (?, '/x/C-1 Padaria Central', 1)", one)
    fleet.settle()
    with ana.store.reading() as session:
        assert pins.all_pinned(session) == [one]
    with marta.store.writing() as tx:
        tx.update("customer", one, {"territory_id": fleet.id_of("territory", "Sul")})
    fleet.settle()
    assert ana.store.read("customer", one) is None
    with ana.store.reading() as session:
        assert pins.all_pinned(session) == []
        assert session.rows("SELECT * FROM watched") == []


def test_a_label_is_written_with_the_file_and_the_same_bytes_can_be_refused(at: Desk) -> None:
    one = put(at, at.customer, 10, label="T-0001")
    assert (at.store.read("file", one) or {})["label"] == "T-0001"
    with pytest.raises(FileRefused, match="already_there"):
        put(at, at.customer, 10, twice=False)
    put(at, customer(at, "Padaria"), 10, twice=False)
    with pytest.raises(InvalidValue):
        put(at, at.customer, 11, label="x" * 500)
    assert len(list((at.store.path.parent / "files").iterdir())) == 2


def test_headquarters_takes_a_labelled_file_from_a_role_that_may_add_but_not_change(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    fleet.user("Ana")
    fleet.user("Sol", "support", territories=())
    ana, sol = fleet.device("ana", "Ana"), fleet.device("sol", "Sol")
    with ana.store.writing() as tx:
        one = tx.create("customer", {"name": "Padaria Central"})
    fleet.settle()
    added = attach(sol.store, FileVault(tmp_path / "files", bytes(32)), one, "foto.txt", [b"x"], label="S-9-1")
    fleet.settle()
    assert fleet.office.dump()["file"][added]["label"] == "S-9-1"
    assert (ana.store.read("file", added) or {})["label"] == "S-9-1"
