"""kill -9 of the device's process and of HQ at a hundred random moments: what was said to be saved is there, once."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from mobility_app.store.verify import faults as device_faults
from tests.support.bench import ROOT, Device, environment, new_device, select_wait, start_hq

pytestmark = pytest.mark.system
KILLS = 100
HQ_EVERY = 4


def test_a_hundred_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    hq = start_hq(tmp_path / "hq")
    hq.add_company("Lusa", "PT")
    hq.add_territory("Lusa", "Norte")
    for name in ("Ana", "Rui"):
        hq.add_user(name, "rep", "Lusa", ["Norte"])
    ana, rui = new_device(hq, tmp_path / "ana", "Ana"), new_device(hq, tmp_path / "rui", "Rui")
    customer = ana.create("customer", name="Kill")
    ana.sync()
    ana.store.close()
    chance, saved = random.Random(11), list[str]()
    for number in range(KILLS * (HQ_EVERY - 1) // HQ_EVERY):
        saved += _killed(ana, customer, chance.random() * 0.12)
        if number % (HQ_EVERY - 1) == 0:
            hq.kill()
            hq.start()
    again = Device(ana.folder, ana.passphrase, hq.url)
    assert set(saved) <= set(again.dump()["activity"])
    assert device_faults(again.store) == []
    again.sync()
    rui.sync()
    at_hq = hq.dump()["activity"]
    assert set(saved) <= set(at_hq)
    assert again.dump()["activity"] == at_hq == rui.dump()["activity"]
    with hq.office.ledger.reading() as session:
        assert session.value("SELECT COUNT(*) FROM log WHERE entity='activity' AND kind='create'") == len(at_hq)
    assert len(saved) > KILLS
    hq.stop()


def _killed(device: Device, customer: str, seconds: float) -> list[str]:
    """Lets the process work for a moment after its first save, kills it, returns what it had said was saved."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.editor", str(device.folder), customer],
        cwd=ROOT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(device.passphrase + "\n")
    process.stdin.flush()
    first = process.stdout.readline()
    select_wait(seconds)
    process.kill()
    said = [first, *process.stdout.read().splitlines(keepends=True)]
    process.wait()
    process.stdin.close()
    process.stdout.close()
    return [line.strip() for line in said if line.endswith("\n")]
