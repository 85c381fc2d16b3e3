"""Freezes a version of the program: an HQ and a device with unsent work, as that version leaves them on the disk.

    python scripts/freeze.py                     this program, into tests/data/versions/
    python scripts/freeze.py --program FOLDER    an earlier one, from a checkout of it

The program itself makes them, through its own write door, engine and HQ. The device's database lies there without a key,
which packs ten times smaller; the tests give it one before they open it. All of it is made up. What is kept:
`<step>.tar.zst` with `device.db`, `hq.db`, `hq.key` and `facts.json`: what the device showed, and its unsent changes.
Run it when a version is released; `tests/sync/test_frozen.py` opens every one with the program of the day.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import zstandard

TARGET = Path(__file__).parent.parent / "tests" / "data" / "versions"
LEVEL = 19
MANY = 25  # customers besides the one that is worked on


class Lost:
    """A transport over which HQ takes a push and its answer never comes back."""

    def __init__(self, link: Any, error: type[Exception]) -> None:
        self._link, self._error = link, error

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Any:
        answer = self._link.send(method, target, headers, body)
        if target == "/v1/push":
            raise self._error("network")
        return answer


def made(folder: Path) -> dict[str, Any]:
    """Makes HQ and device in the folder. Returns the facts."""
    from mobility_app.errors import Unreachable
    from mobility_app.sync.engine import Engine
    from tests.support.fleet import Fleet

    fleet = Fleet(folder)
    for name in ("Ana", "Rui"):
        fleet.user(name)
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    with ana.store.writing() as tx:
        customer = tx.create("customer", {"name": "Óptica Lusitânia", "notes": "one\ntwo\nthree"})
        address = tx.create("address", {"customer_id": customer, "line1": "Rua A", "city": "Porto", "country": "PT"})
        contact = tx.create("contact", {"customer_id": customer, "first_name": "Eva", "last_name": "Reis"})
        tx.create("contact_email", {"contact_id": contact, "label": "work", "value": "eva@lusitania.example"})
        visit = tx.create("activity", {"customer_id": customer, "kind": "task", "title": "call", "due_at": ana.clock()})
        for number in range(MANY):
            tx.create("customer", {"name": f"Loja {number}", "website": f"https://loja{number}.example"})
    fleet.settle()
    with ana.store.writing() as tx:  # a conflict, settled by nobody yet
        tx.update("customer", customer, {"name": "Óptica A"})
    with rui.store.writing() as tx:
        tx.update("customer", customer, {"name": "Óptica B"})
    fleet.settle()
    with ana.store.writing() as tx:  # taken by HQ, and its answer lost
        tx.update("customer", customer, {"website": "https://lusitania.example"})
    with contextlib.suppress(Unreachable):
        Engine(ana.store, Lost(ana.link, Unreachable)).round()
    with rui.store.writing() as tx:
        tx.update("address", address, {"city": "Braga"})
        tx.update("customer", customer, {"notes": "one\ntwo\nthree by Rui"})
    rui.sync()
    with ana.store.writing() as tx:  # never sent
        tx.update("customer", customer, {"notes": "one by Ana\ntwo\nthree"})
    with ana.store.writing() as tx:
        new = tx.create("customer", {"name": "Nova"})
        tx.create("contact", {"customer_id": new, "first_name": "Zé"})
    with ana.store.writing() as tx:
        tx.update("address", address, {"line1": "Rua Nova"})
    with ana.store.writing() as tx:
        tx.update("activity", visit, {"title": "call again"})
    with ana.store.writing() as tx:
        tx.delete("contact", contact)
    with ana.store.reading() as session:
        unsent = session.rows(
            "SELECT dseq, entity, record_id, kind, patch FROM change WHERE state IN ('open', 'sent') ORDER BY dseq"
        )
        step = session.value("PRAGMA user_version")
    facts = {
        "step": step, "user": "Ana", "customer": customer, "address": address, "contact": contact, "visit": visit,
        "new": new, "shown": ana.dump(), "unsent": [list(row) for row in unsent], "at": fleet.clock.at,
    }  # fmt: skip
    ana.store.close()
    rui.store.close()
    with fleet.office.database.session() as session:
        session.run("PRAGMA wal_checkpoint(TRUNCATE)")
    return facts


def main() -> None:
    parser = argparse.ArgumentParser(description="Freezes a version of the program for the tests.")
    parser.add_argument("--program", type=Path, default=Path(__file__).parent.parent, help="the folder of the program")
    program = parser.parse_args().program.resolve()
    sys.path.insert(0, str(program))
    import mobility_app

    assert Path(mobility_app.__file__).is_relative_to(program), "another program than the one that was asked for"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        facts = made(folder)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for name, data in (
                ("device.db", (folder / "ana.db").read_bytes()),
                ("hq.db", (folder / "hq" / "hq.db").read_bytes()),
                ("hq.key", (folder / "hq" / "hq.key").read_bytes()),
                ("facts.json", json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()),
            ):
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    TARGET.mkdir(parents=True, exist_ok=True)
    path = TARGET / f"{facts['step']:04d}.tar.zst"
    path.write_bytes(zstandard.ZstdCompressor(level=LEVEL).compress(packed.getvalue()))
    print(f"{path.name}: {path.stat().st_size} bytes, {len(facts['unsent'])} unsent changes")


if __name__ == "__main__":
    main()
