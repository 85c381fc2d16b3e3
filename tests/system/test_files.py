"""Files between real processes: attached in one app, seen in another, each killed in the middle, through a net that cuts."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mobility_app.errors import Unreachable
from mobility_app.store import pins, transfers
from mobility_app.store.actions.attachments import content
from mobility_app.sync.blobs import Carrier
from mobility_app.sync.transport import HttpTransport
from tests.support.bench import Device, Hq, new_device, start_hq
from tests.support.lossy import Lossy, cut_of_each_mib
from tests.support.waiting import until

pytestmark = pytest.mark.system
MIB = 1024 * 1024
SECONDS = 90


def two(tmp_path: Path) -> tuple[Hq, Device, Device, str]:
    hq = start_hq(tmp_path / "hq")
    hq.add_company("Lusa", "PT")
    hq.add_territory("Lusa", "Norte")
    for name in ("Ana", "Rui"):
        hq.add_user(name, "rep", "Lusa", ["Norte"])
    ana, rui = new_device(hq, tmp_path / "ana", "Ana"), new_device(hq, tmp_path / "rui", "Rui")
    return hq, ana, rui, ana.create("customer", name="Óptica")


def here(device: Device, file_id: str) -> bool:
    with device.store.reading() as session:
        return session.one("SELECT 1 FROM blob WHERE file_id=?", file_id) is not None


def at_hq(hq: Hq) -> int:
    """Pieces that lie at HQ."""
    return len(list((hq.folder / "blobs").glob("*/*/[0-9][0-9][0-9]")))


def growing(device: Device) -> int:
    """Bytes of the file that comes in."""
    return sum(path.stat().st_size for path in (device.folder / "files").glob("*.part"))


def test_a_photo_attached_in_one_app_is_seen_in_the_other_whatever_is_killed_meanwhile(tmp_path: Path) -> None:
    hq, ana, rui, customer = two(tmp_path)
    ana.sync()
    rui.sync()
    with rui.store.transaction() as session:
        pins.pin(session, customer, 1)
    plain = random.Random(5).randbytes(64 * MIB + 77)
    photo = tmp_path / "fachada.jpg"
    photo.write_bytes(plain)
    file_id = ana.attach(customer, photo)
    ana.start_ui()
    until(lambda: at_hq(hq) >= 5, SECONDS)
    ana.kill_ui()
    sent = at_hq(hq)
    assert 5 <= sent < 65
    hq.kill()
    hq.start()
    ana.start_ui()
    rui.start_ui()
    until(lambda: growing(rui) > 5 * MIB, SECONDS)
    rui.kill_ui()
    assert not here(rui, file_id)
    grown = growing(rui)
    rui.start_ui()
    until(lambda: here(rui, file_id), SECONDS)
    rui.kill_ui()
    ana.kill_ui()
    assert grown > 5 * MIB
    assert b"".join(content(rui.store, rui.files, file_id).pieces) == plain
    assert at_hq(hq) == 65
    assert hq.office.blobs.faults() == []
    hq.stop()


def test_each_cut_of_the_net_costs_one_piece_at_most(tmp_path: Path) -> None:
    hq, ana, rui, customer = two(tmp_path)
    plain = random.Random(6).randbytes(20 * MIB)
    path = tmp_path / "contrato.pdf"
    path.write_bytes(plain)
    file_id = ana.attach(customer, path)
    ana.sync()
    rui.sync()
    transfers.ask(rui.store, file_id)
    chance = random.Random(1)
    for device in (ana, rui):
        proxy = Lossy(hq.port, lambda: cut_of_each_mib(0.4, chance))
        carrier = Carrier(device.store, device.files, HttpTransport(proxy.url), random.Random(1).random)
        until(lambda carrier=carrier: carried(carrier), SECONDS)
        proxy.close()
        assert proxy.struck > 3
        assert carrier.pieces <= 20 + proxy.struck
    assert b"".join(content(rui.store, rui.files, file_id).pieces) == plain
    hq.stop()


def carried(carrier: Carrier) -> bool:
    try:
        carrier.run()
    except Unreachable:
        return False
    return True
