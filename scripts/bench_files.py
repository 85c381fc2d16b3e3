"""`bench.py files`: a file of 100 MB up to a real HQ and down from it, whole and through a proxy that cuts 30 % of its MiB."""

from __future__ import annotations

import hashlib
import os
import random
import time
from pathlib import Path

from mobility_app.errors import Unreachable
from mobility_app.store import transfers
from mobility_app.store.actions.attachments import attach, content
from mobility_app.sync.blobs import Carrier
from mobility_app.sync.transport import HttpTransport
from tests.support.bench import Device, new_device, start_hq
from tests.support.lossy import Lossy, Plan, cut_of_each_mib

SIZE_MIB, SHARE = 100, 0.3


def bench_files(folder: Path, customers: int) -> None:
    """Prints seconds and bytes of both directions, whole and cut, and what was sent again for each cut."""
    from bench import row

    hq = start_hq(folder / "hq")
    hq.add_company("Lusa", "PT")
    hq.add_territory("Lusa", "Norte")
    for name in ("Ana", "Rui"):
        hq.add_user(name, "rep", "Lusa", ["Norte"])
    ana, rui = new_device(hq, folder / "ana", "Ana"), new_device(hq, folder / "rui", "Rui")
    customer = ana.create("customer", name="Bench")
    figures = {}
    for what, share in (("whole", 0.0), ("cut", SHARE)):
        plain = os.urandom(SIZE_MIB * 1024 * 1024)
        file_id = attach(ana.store, ana.files, customer, f"{what}.bin", [plain])
        ana.sync()
        rui.sync()
        transfers.ask(rui.store, file_id)
        for way, device in (("up", ana), ("down", rui)):
            figures[way, what] = _carried(device, hq.port, share)
        got = hashlib.sha256(b"".join(content(rui.store, rui.files, file_id).pieces)).digest()
        assert got == hashlib.sha256(plain).digest()
    for way in ("up", "down"):
        cut, whole = figures[way, "cut"], figures[way, "whole"]
        name = f"{SIZE_MIB} MB {way}, {SHARE:.0%} of its MiB cut"
        row(name, cut[0], "s", "uninterrupted", whole[0])
        row(f"{name}: bytes", cut[1] / 1e6, "MB", "uninterrupted", whole[1] / 1e6)
        row(f"{name}: pieces again", cut[2] - SIZE_MIB, "pieces", "cuts", max(1, cut[3]))
        row(f"{SIZE_MIB} MB {way}", SIZE_MIB / whole[0], "MiB/s", "SHA-256 of them", SIZE_MIB / _hashing())
    for store in (ana.store, rui.store):
        store.close()
    hq.stop()


def _carried(device: Device, port: int, share: float) -> tuple[float, int, int, int]:
    """(seconds, bytes that travelled, pieces, cuts)."""
    chance = random.Random(1)
    proxy = Lossy(port, lambda: cut_of_each_mib(share, chance) if share else Plan())
    carrier = Carrier(device.store, device.files, HttpTransport(proxy.url), random.Random(1).random)
    began = time.perf_counter()
    while True:
        try:
            carrier.run()
            break
        except Unreachable:
            pass
    proxy.close()
    return time.perf_counter() - began, proxy.bytes, carrier.pieces, proxy.struck


def _hashing() -> float:
    plain = bytes(SIZE_MIB * 1024 * 1024)
    began = time.perf_counter()
    hashlib.sha256(plain)
    return time.perf_counter() - began
