"""Full disks, damaged files, wrong keys: a clear error, nothing lost, nothing half done."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mobility_app.domain.change import Change
from mobility_app.errors import DiskFull, StoreDamaged
from mobility_app.hq.headquarters import Request
from mobility_app.hq.office import Office
from mobility_app.store.store import Store
from mobility_app.store.verify import faults
from mobility_app.sync import protocol, signing
from mobility_app.sync.enrolment import enrol
from tests.support.fleet import Link, SteppedClock


def test_a_full_disk_saves_nothing_says_so_and_goes_on_when_there_is_room(store: Store) -> None:
    with store.writing() as tx:
        customer = tx.create("customer", {"name": "C"})
    with store.database.session() as session:
        pages = session.value("PRAGMA page_count")
        session.run(f"PRAGMA max_page_count={pages}")
    with pytest.raises(DiskFull), store.writing() as tx:
        tx.update("customer", customer, {"notes": "x" * 500_000})
    assert store.read("customer", customer)["notes"] is None  # type: ignore[index]
    with store.database.session() as session:
        session.run("PRAGMA max_page_count=1073741823")
    with store.writing() as tx:
        tx.update("customer", customer, {"notes": "x" * 500_000})
    assert len(str(store.read("customer", customer)["notes"])) == 500_000  # type: ignore[index]


def test_headquarters_with_a_full_disk_takes_nothing_in_and_says_so(
    office: Office, engine: str, tmp_path: Path
) -> None:
    if engine == "postgres":
        pytest.skip(
            "a server's disk can't be made full here; what it says then is looked at in tests/hq/test_postgres.py"
        )
    office.add_user("Ana", "rep", "Lusa", ["Lusa"])
    store = Store(tmp_path / "d.db", None, now=SteppedClock())
    identity = enrol(
        store, Link(lambda: office), "http://hq.test", office.invite("Ana"), "d", random.Random(1).randbytes
    )
    before = office.dump()
    with office.database.session() as session:
        session.run(f"PRAGMA max_page_count={session.value('PRAGMA page_count')}")
    patch = {"name": (None, "C"), "notes": (None, "x" * 500_000), "currency": (None, "EUR"), "language": (None, "pt")}
    company, territory = next(iter(before["company"])), next(iter(before["territory"]))
    full = {**patch, "company_id": (None, company), "territory_id": (None, territory)}
    change = Change(1, 1, "customer", "a" * 32, "create", full, 0, 1, 1)
    body = protocol.pack(protocol.PushRequest(protocol.in_columns([protocol.wire_change(change)])))
    headers = signing.headers(identity.private_key, identity.device_id, "POST", "/v1/push", body)
    assert office.headquarters.answer(Request("POST", "/v1/push", headers, body)).status == 507
    assert office.dump() == before
    with office.database.session() as session:
        session.run("PRAGMA max_page_count=1073741823")
    assert office.headquarters.answer(Request("POST", "/v1/push", headers, body)).status == 200
    assert "a" * 32 in office.dump()["customer"]


def test_a_wrong_key_and_every_kind_of_damage_are_noticed(tmp_path: Path) -> None:
    path, key = tmp_path / "store.db", b"k" * 32
    store = Store(path, key, now=SteppedClock())
    store.close()
    whole = path.read_bytes()
    with pytest.raises(StoreDamaged):
        Store(path, b"x" * 32)
    chance = random.Random(5)
    for _ in range(40):
        harmed = bytearray(whole)
        harmed[chance.randrange(len(harmed))] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes(harmed))
        for name in ("store.db-wal", "store.db-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        try:
            opened = Store(path, key)
        except StoreDamaged:
            continue
        assert faults(opened), "a flipped bit was not found"
        opened.database.close()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreDamaged):
        Store(path, key).read("customer", "a" * 32)
