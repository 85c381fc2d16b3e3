"""Scripted scenarios that die at every statement: of a device, and of HQ.

Each scenario is a few lines that a person could do on Ana's device, with Rui's beside it. It is played once to count
the statements of both sides; then once more for each statement, from the same prepared folder: the process dies there,
is opened again, the scenario is finished by plain rounds, and everything must hold. What `writing()` had returned
from before the crash must be at HQ at the end.
"""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from pathlib import Path

from mobility_app.domain.fields import Plain
from mobility_app.errors import MobilityError, Unreachable
from mobility_app.store import faults
from mobility_app.store.database import Database
from mobility_app.store.records import Records
from mobility_app.store.store import Store
from tests.support import invariants
from tests.support.fleet import Fleet
from tests.support.simulated.bombs import Crash, bomb
from tests.support.simulated.checks import SETTLE_ROUNDS
from tests.support.simulated.scenarios import DEVICES, SCENARIOS, Desk


def prepared(folder: Path) -> Path:
    """The folder that every run starts from: HQ, Ana and Rui with one territory, two customers with what hangs on them."""
    fleet = Fleet(folder)
    for name in ("Ana", "Rui"):
        fleet.user(name)
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    with ana.store.writing() as tx:
        for which in ("one", "two"):
            customer = tx.create("customer", {"name": which, "notes": "a\nb\nc"})
            contact = tx.create("contact", {"customer_id": customer, "first_name": which})
            tx.create("contact_email", {"contact_id": contact, "value": f"{which}@x.example"})
            tx.create("address", {"customer_id": customer, "line1": which, "country": "PT"})
            tx.create("activity", {"customer_id": customer, "kind": "call", "title": which})
    fleet.settle()
    for device in (ana, rui):
        device.store.close()
    with fleet.office.database.session() as session:
        session.run("PRAGMA wal_checkpoint(TRUNCATE)")
    fleet.office.database.close()
    return folder


def _ids(desk_folder: Path) -> dict[str, str]:
    store = Store(desk_folder / "ana.db", None)
    with store.reading() as session:
        found = {f"customer {row['name']}": str(row["id"]) for row in session.find("customer")}
        found |= {f"contact {row['first_name']}": str(row["id"]) for row in session.find("contact")}
        found |= {f"address {row['line1']}": str(row["id"]) for row in session.find("address")}
        found |= {f"activity {row['title']}": str(row["id"]) for row in session.find("activity")}
        found["Norte"], found["Sul"] = (str(session.find("territory", name=name)[0]["id"]) for name in ("Norte", "Sul"))
    store.close()
    return found


def every_point(name: str, folder: Path, template: Path, every: int = 1) -> tuple[int, list[str]]:
    """(points tried, what went wrong): the scenario with a death at each statement of each side; `every` 1 tries all."""
    ids = _ids_of(template, folder)
    tried, failed = 0, list[str]()
    for side in (*DEVICES, "hq"):
        count = _counted(name, folder / "count", template, ids, side)
        for point in range(1, count + 1, every):
            tried += 1
            if wrong := _with_death(name, folder / "run", template, ids, side, point):
                failed.append(f"{name} {side} {point}: {wrong}")
    shutil.rmtree(folder, ignore_errors=True)
    return tried, failed


def _ids_of(template: Path, folder: Path) -> dict[str, str]:
    shutil.copytree(template, folder / "ids")
    return _ids(folder / "ids")


def _desk(folder: Path, template: Path, ids: dict[str, str]) -> Desk:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, folder)
    return Desk(folder, ids)


def _counted(name: str, folder: Path, template: Path, ids: dict[str, str], side: str) -> int:
    desk = _desk(folder, template, ids)
    statements: list[str] = []
    _database(desk, side).watch = statements.append
    SCENARIOS[name](desk)
    desk.close()
    return len(statements)


def _with_death(name: str, folder: Path, template: Path, ids: dict[str, str], side: str, point: int) -> str:
    desk = _desk(folder, template, ids)
    _database(desk, side).watch = bomb(point)
    with suppress(Crash, Unreachable):
        SCENARIOS[name](desk)
    _database(desk, side).watch = None
    if side == "hq":
        desk.open_hq()
    else:
        desk.open(side)
    try:
        _finish(desk)
        return ""
    except (invariants.Violation, MobilityError) as wrong:
        return str(wrong)
    finally:
        desk.close()


def _parts(key: str, value: Plain) -> list[str]:
    """What must stand in the log for a saved value: its lines, since notes are merged with those of others."""
    if isinstance(value, str):
        return [json.dumps(line, ensure_ascii=False)[1:-1] for line in value.splitlines()]
    return [f'"{key}":'] if isinstance(value, bool) else [str(value)]


def _logged(hq: Records, record_id: str, key: str, part: str) -> bool:
    """Whether HQ's log has it: with the record, or in the conflict about a value that met a delete."""
    return bool(hq.value(
        "SELECT 1 FROM log WHERE (record_id=? AND (?='' OR patch LIKE ?))"
        " OR (entity='conflict' AND patch LIKE ? AND patch LIKE ?) LIMIT 1",
        record_id, key, f"%{part}%", f"%{record_id}%", f"%{part}%",
    ))  # fmt: skip


def _finish(desk: Desk) -> None:
    for _ in range(SETTLE_ROUNDS):
        for name in DEVICES:
            desk.sync(name)
            invariants.overlay_holds(name, desk.stores[name])
            invariants.pulled_exactly(name, desk.stores[name], desk.office)
            invariants.sums_hold(name, desk.stores[name])
        if not any(_open(desk, name) for name in DEVICES):
            break
    for name in DEVICES:
        with desk.stores[name].reading() as session:
            if noted := faults.newest(session, 1):  # mended all the same, but by a comparison that should find nothing
                raise invariants.Violation(f"18: {name} had lost a {noted[0].entity}: {noted[0].kind}")
    with desk.office.ledger.reading() as hq:
        invariants.streams(hq)
        invariants.folds(hq)
        for name in DEVICES:
            identity = desk.stores[name].identity()
            assert identity is not None
            invariants.accounted(hq, name, identity.device_id, ())
        for entity, record_id, key, value in desk.saved:
            if not all(_logged(hq, record_id, key, part) for part in _parts(key, value)):
                raise invariants.Violation(f"1: {key or entity} was saved and is nowhere")


def _open(desk: Desk, name: str) -> int:
    with desk.stores[name].reading() as session:
        return int(session.value("SELECT COUNT(*) FROM change WHERE state IN ('open', 'sent', 'accepted')"))


def _database(desk: Desk, side: str) -> Database:
    return desk.office.database if side == "hq" else desk.stores[side].database
