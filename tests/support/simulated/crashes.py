"""Scripted scenarios that die at every statement and file operation: of a device, and of HQ.

Each scenario is a few lines that a person could do on Ana's device, with Rui's beside it. It is played once to see what a
death before each statement and file operation of a side would find on the disks; then once more for each of these states,
from the same prepared folder: the process dies there, is opened again, the scenario is finished by plain rounds, and
everything must hold. What `writing()` and `attach()` had returned from before must be at HQ at the end, with its bytes.

Between two commits every death finds the same disks, so one of them stands for all; `same` plays them all.
"""

from __future__ import annotations

import json
import random
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mobility_app.domain import registry
from mobility_app.domain.fields import Merge, Plain, decode
from mobility_app.errors import FileRefused, MobilityError, Unreachable, WrongPassphrase
from mobility_app.store import faults, transfers, vault
from mobility_app.store.actions import attachments
from mobility_app.store.database import Database
from mobility_app.store.records import Records
from mobility_app.store.store import Store
from tests.support import invariants
from tests.support.fleet import Fleet
from tests.support.simulated.bombs import Crash, bomb, files_watched
from tests.support.simulated.checks import SETTLE_ROUNDS
from tests.support.simulated.scenarios import CHEAP, DEVICES, PHRASE, SCENARIOS, Desk

DAY_MS = 86_400_000
DATABASE = ("hq.db", "hq.db-wal", "hq.db-shm")
HEAD_BYTES = 48  # of the index of SQLite's write-ahead log: changed by each commit


@dataclass(slots=True)
class Tried:
    """How many statements and file operations there were, at how many of them the process died, and what went wrong."""

    points: int = 0
    deaths: int = 0
    failed: list[str] = field(default_factory=list)


def prepared(folder: Path) -> Path:
    """The folder that every run starts from: HQ, Ana and Rui with one territory, two customers with what hangs on them."""
    fleet = Fleet(folder)
    for name in ("Ana", "Rui"):
        fleet.user(name)
    ana, _ = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    with ana.store.writing() as tx:
        for which in ("one", "two"):
            customer = tx.create("customer", {"name": which, "notes": "a\nb\nc"})
            contact = tx.create("contact", {"customer_id": customer, "first_name": which})
            tx.create("contact_email", {"contact_id": contact, "value": f"{which}@x.example"})
            tx.create("address", {"customer_id": customer, "line1": which, "country": "PT"})
            tx.create("activity", {"customer_id": customer, "kind": "call", "title": which})
    fleet.settle()
    fleet.close()
    vault.create(folder / "ana-keys", PHRASE, random=random.Random(5).randbytes, cost=CHEAP)
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


def every_point(name: str, folder: Path, template: Path, every: int = 1, *, same: bool = False) -> Tried:
    """The scenario with a death at each point of each side that finds another state on the disks than the one before;
    with `same` at each point, whatever it finds. `every` 1 tries all of these."""
    tried = Tried()
    shutil.copytree(template, folder / "ids")
    ids = _ids(folder / "ids")
    for side in (*DEVICES, "hq"):
        states = _states(name, folder / "count", template, ids, side)
        points = [at for at, state in enumerate(states) if same or at == 0 or state != states[at - 1]]
        tried.points += len(states)
        for point in points[::every]:
            tried.deaths += 1
            if wrong := _with_death(name, folder / "run", template, ids, side, point + 1):
                tried.failed.append(f"{name} {side} {point + 1}: {wrong}")
    shutil.rmtree(folder, ignore_errors=True)
    return tried


def _desk(folder: Path, template: Path, ids: dict[str, str]) -> Desk:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, folder)
    return Desk(folder, ids)


def _states(name: str, folder: Path, template: Path, ids: dict[str, str], side: str) -> list[object]:
    """What a death finds before each statement and file operation of that side. SQLite counts what it committed in the
    head of its index, the first bytes of the -shm file; of other files it is their names, sizes and times."""
    desk = _desk(folder, template, ids)
    heads = [folder / f"{name}.db-shm" for name in DEVICES] + [folder / "hq" / "hq.db-shm"]
    places = [place for one in (*DEVICES, "hq") for place in desk.disk_of(one)]
    states = list[object]()

    def look(what: str) -> None:
        files = [(str(path), path.stat()) for place in places for path in sorted(place.rglob("*"))]
        states.append((
            [_head(path) for path in heads], len(desk.saved), desk.phrases,
            [(path, at.st_size, at.st_mtime_ns) for path, at in files if not path.endswith(DATABASE)],
        ))  # fmt: skip

    _database(desk, side).watch = look
    with files_watched(desk.disk_of(side), look):
        SCENARIOS[name](desk)
    desk.close()
    return states


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _with_death(name: str, folder: Path, template: Path, ids: dict[str, str], side: str, point: int) -> str:
    desk = _desk(folder, template, ids)
    watch = bomb(point)
    _database(desk, side).watch = watch
    with suppress(Crash, Unreachable), files_watched(desk.disk_of(side), watch):
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


def _logged(hq: Records, entity: str, record_id: str, key: str, value: Plain) -> bool:
    """Whether HQ's log has this value of the record, as it was saved or kept as the loser of a conflict. A note's lines
    may stand in several entries, and behind their author's name, since notes are merged with those of others."""
    patches = [json.loads(row[0]) for row in hq.rows("SELECT patch FROM log WHERE record_id=?", record_id)]
    if not key:
        return bool(patches)
    one = registry.entity(entity).field(key)
    found = [decode(one, patch[key][1]) for patch in patches if key in patch]
    for (kept,) in hq.rows("SELECT patch FROM log WHERE entity='conflict' AND kind='create'"):
        conflict = {name: sides[1] for name, sides in json.loads(kept).items()}
        if (conflict["record_id"], conflict["field"]) == (record_id, key):
            found += [json.loads(conflict[side]) for side in ("winner", "loser") if side in conflict]
    if one.merge is Merge.TEXT3:
        lines = {re.sub(r"^\[\w+\] ", "", line) for text in found if text for line in str(text).splitlines()}
        return set(str(value).splitlines()) <= lines
    return value in found


def _finish(desk: Desk) -> None:
    for _ in range(SETTLE_ROUNDS):
        desk.clock.at += DAY_MS  # whatever waits to be tried again is
        for name in DEVICES:
            desk.sync(name)
            desk.carry(name)
            invariants.overlay_holds(name, desk.stores[name])
            invariants.pulled_exactly(name, desk.stores[name], desk.office)
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
            if not _logged(hq, entity, record_id, key, value):
                raise invariants.Violation(f"1: {key or entity} was saved and is nowhere")
    _bytes_hold(desk)
    if not any(_opens(desk, phrase) for phrase in desk.phrases):
        raise invariants.Violation("1: no passphrase opens the keys")


def _bytes_hold(desk: Desk) -> None:
    """Each attached file can be read here and there, and no vault keeps bytes of another."""
    for name in DEVICES:
        store, files = desk.stores[name], desk.vaults[name]
        for file_id, plain in desk.attached.items():
            with suppress(FileRefused):
                transfers.ask(store, file_id)
            desk.carry(name)
            if b"".join(attachments.content(store, files, file_id).pieces) != plain:
                raise invariants.Violation(f"1: {name} reads other bytes than were attached")
        attachments.sweep(store, files)
        with store.reading() as session:
            known = transfers.tokens(session)
        if len(list(desk.files_of(name).iterdir())) != len(known):
            raise invariants.Violation(f"1: the vault of {name} keeps bytes of no file")


def _opens(desk: Desk, phrase: str) -> bool:
    try:
        return vault.unlock(desk.folder / "ana-keys", phrase).database == desk.keys.database
    except WrongPassphrase:
        return False


def _open(desk: Desk, name: str) -> int:
    with desk.stores[name].reading() as session:
        return int(session.value("SELECT COUNT(*) FROM change WHERE state IN ('open', 'sent', 'accepted')"))


def _database(desk: Desk, side: str) -> Database:
    return desk.office.database if side == "hq" else desk.stores[side].database
