"""What a whole database goes through: HQ put back to a backup, a device put back from a copy, customers made one, snapshots.

A restore that the office would make good by hand first (devices that were enrolled or revoked since) is not played.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mobility_app.hq import backup
from mobility_app.hq.merging import merge_customers
from tests.support.simulated import checks
from tests.support.simulated.history import Log

if TYPE_CHECKING:
    from tests.support.simulated.world import Member, World


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of HQ's database. `devices`: name -> whether it was revoked; `stolen_next`: the thief's next number;
    `heads`: how far each stream stood."""

    file: Path
    devices: dict[str, bool]
    stolen_next: int
    heads: dict[str, int]


def back_up(world: World, member: Member) -> None:
    """HQ is backed up."""
    if not world.plan.rate("hq_restored"):
        return
    file = world.folder / "backup.db"
    file.unlink(missing_ok=True)
    backup.backup(world.office.database, file)
    with world.office.ledger.reading() as hq:
        heads = dict(hq.rows("SELECT id, head FROM stream"))
    world.backup = Backup(file, _devices(world), world.mallory.next, heads)
    world.tell("office", "backs up HQ")


def put_hq_back(world: World, member: Member) -> None:
    """HQ is put back to its backup: devices bring back what it lost."""
    if world.backup is None or world.backup.devices != _devices(world):
        return
    world.faults["hq_restored"] += 1
    with world.office.ledger.reading() as hq:
        world.history.logs.append(Log.read(hq))
    world.office.database.close()
    backup.restore(world.folder / "hq", world.backup.file, now=world.clock, random=world.randbytes)
    world.reopen_hq()
    world.mallory.next = world.backup.stolen_next
    world.typed.heads.append(world.backup.heads)
    world.typed.epochs.append(world.office.headquarters.epoch)
    world.tell("office", "puts HQ back to its backup")


def copy(world: World, member: Member) -> None:
    """A copy of a device's database is kept somewhere."""
    if not world.plan.rate("device_copied"):
        return
    member.copy = world.folder / f"{member.name}.copy"
    member.copy.unlink(missing_ok=True)
    with member.store.reading() as session:
        session.run("VACUUM INTO ?", str(member.copy))
    world.tell(member.name, "is copied")


def put_back(world: World, member: Member) -> None:
    """A device goes on from its copy; HQ makes it a device of its own."""
    copied = [other for other in world.active() if other.copy is not None]
    if not copied:
        return
    member = world.random.choice(copied)
    assert member.copy is not None
    world.faults["device_copied"] += 1
    member.store.database.close()
    for tail in ("-wal", "-shm"):
        Path(f"{member.path}{tail}").unlink(missing_ok=True)
    shutil.copy(member.copy, member.path)
    world.reopen(member)
    member.put_back = True
    member.saved.clear()
    world.history.put_back(member.name)
    checks.learn(world, member)
    world.tell(member.name, "goes on from its copy")


def merge(world: World, member: Member) -> None:
    """The office makes two customers of a company one."""
    if not world.plan.rate("merged"):
        return
    with world.office.ledger.transaction(silent=True) as tx:
        customers = tx.find("customer")
        kept = world.random.choice(customers)
        others = [row for row in customers if row["company_id"] == kept["company_id"] and row["id"] != kept["id"]]
        if not others:
            return
        gone = world.random.choice(others)
        merge_customers(tx, str(gone["id"]), str(kept["id"]))
    world.faults["merged"] += 1
    world.tell("office", f"{gone['name']} becomes one with {kept['name']}")


def make_snapshots(world: World, member: Member) -> None:
    """HQ makes what snapshots are missing or stale."""
    if world.plan.rate("snapshots"):
        made = world.office.headquarters.snapshots.keep_fresh()
        world.faults["snapshots"] += made
        world.tell("HQ", f"makes {made} snapshots")


def _devices(world: World) -> dict[str, bool]:
    return {name: member.revoked_at is not None for name, member in world.members.items()}
