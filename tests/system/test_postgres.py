"""HQ as a process on a real PostgreSQL, under devices that save and sync all the time: connections are ended, the server
is stopped as by a crash and started again, HQ is killed. Nothing is lost, nothing counts twice, no reader skips an entry."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mobility_app.errors import Unreachable
from mobility_app.hq.verify import faults
from tests.support import invariants
from tests.support.bench import ROOT, Device, Hq, environment, new_device, select_wait, start_hq
from tests.support.cluster import Cluster, psycopg
from tests.support.writers import END_ONE, Reader

pytestmark = pytest.mark.system
DEVICES, SAVES = 4, 40
END_SECONDS, TRIES = 0.15, 200


@contextmanager
def trouble(cluster: Cluster, address: str, hq: Hq) -> Iterator[list[str]]:
    """Ends a connection every moment; once each kills HQ and stops the server as a crash would."""
    stop, done = threading.Event(), list[str]()

    def make() -> None:
        for number in range(TRIES):
            if stop.wait(END_SECONDS):
                return
            if number == 8:
                hq.kill()
                hq.start()
                done.append("killed")
            elif number == 16:
                cluster.stop("immediate")
                cluster.start()
                done.append("crashed")
            else:
                with psycopg.connect(address, autocommit=True) as connection:
                    done.extend("ended" for _ in connection.execute(END_ONE))

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    yield done
    stop.set()
    thread.join()


def work(device: Device, chance: random.Random, saved: list[str]) -> None:
    """Saves and syncs; what HQ can't take now waits, as it does in the app."""
    for number in range(SAVES):
        saved.append(device.create("customer", name=f"{device.folder.name} {number}"))
        try:
            device.sync()
        except Unreachable:
            select_wait(chance.random() * 0.1)
    device.store.close()


def settle(device: Device) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            device.sync()
            return
        except Unreachable:
            select_wait(0.2)
    raise AssertionError("it never syncs again")


def test_ended_connections_a_crash_of_the_server_and_kills_of_hq_lose_nothing(cluster: Cluster, tmp_path: Path) -> None:
    address = cluster.hq()
    hq = start_hq(tmp_path / "hq", address)
    company = hq.add_company("Lusa", "PT")
    hq.add_territory("Lusa", "Norte")
    devices = []
    for number in range(DEVICES):
        hq.add_user(f"u{number}", "rep", "Lusa", ["Norte"])
        devices.append(new_device(hq, tmp_path / f"d{number}", f"u{number}"))
    reader = Reader(address, [company])
    reader.start()
    saved: dict[str, list[str]] = {device.folder.name: [] for device in devices}
    with trouble(cluster, address, hq) as done:
        threads = [
            threading.Thread(target=work, args=(device, random.Random(at), saved[device.folder.name]))
            for at, device in enumerate(devices)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        while "crashed" not in done:
            select_wait(0.05)
    again = [Device(device.folder, device.passphrase, hq.url) for device in devices]
    for device in [*again, *again]:
        settle(device)
    everything = {one for ids in saved.values() for one in ids}
    assert everything == set(hq.dump()["customer"])
    assert all(set(device.dump()["customer"]) == everything for device in again)
    with hq.office.ledger.reading() as session:
        head = session.value("SELECT head FROM stream WHERE id=?", company)
        invariants.streams(session)
        for device in again:
            identity = device.store.identity()
            assert identity is not None
            invariants.accounted(session, device.folder.name, identity.device_id, range(1, SAVES + 1))
        assert session.value("SELECT COUNT(*) FROM aside") == 0
    reader.end()
    assert (reader.missed, reader.last) == ([], {company: head})
    assert reader.looks > SAVES
    assert done.count("ended") > 10
    assert faults(hq.office.ledger) == []
    hq.stop()
    hq.office.database.close()
    cluster.give_back(address)


def test_the_command_line_works_on_a_server_as_on_a_file_and_says_what_is_the_servers(
    cluster: Cluster, tmp_path: Path
) -> None:
    address, folder = cluster.hq(), str(tmp_path / "hq")

    def mobility(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "mobility_app", "hq", "--database", address, *words, "--folder", folder],
            cwd=ROOT, env={**environment(), "MOBILITY_LANG": "en"}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    assert mobility("company", "Lusa", "--country", "PT")[0] == 0
    assert mobility("user", "Ana", "--role", "rep", "--company", "Lusa", "--territory", "Lusa")[0] == 0
    assert '"name": "Ana"' in mobility("dump")[1]
    assert mobility("verify")[0] == 0
    assert not (tmp_path / "hq" / "hq.db").exists()
    code, said = mobility("backup", str(tmp_path / "copy.db"))
    assert (code, "pg_dump" in said) == (1, True)
    code, said = mobility("restore")
    assert (code, "new life" in said) == (0, True)
    cluster.give_back(address)
    cluster.stop()
    try:
        code, said = mobility("dump")
    finally:
        cluster.start()
    assert (code, said.strip()) == (3, "The server's database does not answer.")
