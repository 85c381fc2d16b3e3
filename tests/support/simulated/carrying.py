"""Attachments in a seed: attached, sent up in pieces over the seed's network, fetched elsewhere, pinned, let go (23).

What must hold: bytes that `attach` had taken are at HQ in the end and read the same on every device that may see their
record; a piece travels again only for something that went wrong on its way, and from the start only where HQ was put back;
what HQ does not have leaves no device for want of room.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mobility_app.domain.entities.file import SPAN_BYTES, spans
from mobility_app.errors import FileRefused, NotFound, Refused, Unreachable
from mobility_app.hq.blobs_reach import Wanted
from mobility_app.store import identity, pins, transfers
from mobility_app.store.actions.attachments import attach, content, sweep
from mobility_app.store.files import FileVault
from mobility_app.sync.blobs import Carrier
from mobility_app.sync.transport import Reply
from tests.support.invariants import Violation
from tests.support.simulated.link import Link

if TYPE_CHECKING:
    from tests.support.simulated.world import Member, World

FAULT = "files"
SIZES = (1, 900, SPAN_BYTES + 9, 2 * SPAN_BYTES + 9)
STEPS = 12  # requests of one step: a file of two pieces takes four
LAST_STEPS = 1_000


@dataclass(frozen=True, slots=True)
class Attached:
    """Bytes that a device has taken."""

    file_id: str
    size_bytes: int
    by: str


class _Counted:
    """A link that counts the pieces of each file on their way up, and those with which something went wrong."""

    def __init__(self, world: World, name: str, carried: Carried) -> None:
        self._world, self._name, self._link, self._carried = world, name, Link(world, name), carried

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        way = (self._name, target.split("/")[3])
        before, put = self._world.faults.total(), method == "PUT"
        self._carried.puts[way] += put
        try:
            reply = self._link.send(method, target, headers, body)
        except Unreachable:
            self._carried.wrong[way] += put
            raise
        self._carried.wrong[way] += put and (reply.status >= 400 or self._world.faults.total() != before)
        return reply


@dataclass(slots=True)
class Carried:
    """What was attached, by the hash of its bytes, and what travelled: (device, file) -> how often."""

    attached: dict[str, Attached] = field(default_factory=dict)
    puts: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: Counter[tuple[str, str]] = field(default_factory=Counter)
    open: dict[str, tuple[object, FileVault, Carrier]] = field(default_factory=dict)  # device -> of which store

    def of(self, world: World, member: Member) -> tuple[FileVault, Carrier]:
        """The device's vault and who carries for it; anew after each start, which looks after its folder."""
        store, vault, carrier = self.open.get(member.name, (None, None, None))
        if store is not member.store or vault is None or carrier is None:
            if carrier is not None:
                carrier.close()
            vault = FileVault(world.folder / f"{member.name}-files", bytes(32), world.randbytes)
            sweep(member.store, vault)
            carrier = Carrier(member.store, vault, _Counted(world, member.name, self), lambda: world.random.random())
            self.open[member.name] = (member.store, vault, carrier)
        return vault, carrier

    def close(self) -> None:
        """Lets go of open files."""
        for _, _, carrier in self.open.values():
            carrier.close()


def attach_file(world: World, member: Member) -> None:
    """A file is attached to a customer."""
    if not world.plan.rate(FAULT):
        return
    vault, _ = world.carried.of(world, member)
    with member.store.reading() as session:
        customers = session.find("customer")
    if not customers:
        return
    customer, size = world.random.choice(customers), world.random.choice(SIZES)
    plain = (world.randbytes(16) * (size // 16 + 1))[:size]
    made = attach(member.store, vault, str(customer["id"]), "a.bin", [plain])
    world.faults[FAULT] += 1
    world.carried.attached[hashlib.sha256(plain).hexdigest()] = Attached(made, size, member.name)
    world.tell(member.name, f"attaches {size} bytes to {customer['name']}")


def carry(world: World, member: Member) -> None:
    """A few requests about files that wait."""
    waiting = [other for other in world.members.values() if other.name in world.carried.open]
    if not waiting:
        return
    member = world.random.choice(waiting)
    _, carrier = world.carried.of(world, member)
    try:
        done = carrier.run(STEPS)
    except Refused as said:
        if member.revoked_at is None:
            raise
        world.note("files", said.reason)
        return
    finally:
        carrier.close()
    world.tell(member.name, f"carries files: {done} requests")


def shelve(world: World, member: Member) -> None:
    """Somebody wants a file, pins a customer or takes the pin away, or gives files less room."""
    if not world.plan.rate(FAULT):
        return
    kind = world.random.choice(("ask", "ask", "pin", "unpin", "quota", "quota"))
    with member.store.reading() as session:
        files, customers = session.find("file"), session.find("customer")
    if kind == "ask" and files:
        with suppress(FileRefused):
            transfers.ask(member.store, str(world.random.choice(files)["id"]))
    elif kind in ("pin", "unpin") and customers:
        customer = str(world.random.choice(customers)["id"])
        with member.store.transaction() as session:
            pins.pin(session, customer, member.store.now()) if kind == "pin" else pins.unpin(session, customer)
    elif kind == "quota":
        room = world.random.choice((1_000, 1_000, 2 * SPAN_BYTES, transfers.QUOTA_BYTES))
        with member.store.transaction() as session:
            identity.set_meta(session, transfers.QUOTA, str(room))
    world.tell(member.name, f"files: {kind}")


def settle(world: World) -> None:
    """Everybody wants every file, twice: then what waits has gone up and come down. Call between two settlings of data."""
    for room in ("", str(transfers.QUOTA_BYTES)):  # the second time for everything
        for member in world.active():
            _, carrier = world.carried.of(world, member)
            if room:
                with member.store.transaction() as session:
                    identity.set_meta(session, transfers.QUOTA, room)
            carrier.fill()
            with member.store.reading() as session:
                files = session.rows("SELECT file_id FROM transfer UNION SELECT id FROM file ORDER BY 1")
            for (file_id,) in files:
                with suppress(FileRefused, NotFound):
                    transfers.ask(member.store, file_id)
            carrier.run(LAST_STEPS)
            carrier.close()


def judge(world: World) -> None:
    """23, at the end."""
    carried, lives = world.carried, len(world.typed.epochs)
    for (name, file_id), count in carried.puts.items():
        size = next((one.size_bytes for one in carried.attached.values() if one.file_id == file_id), None)
        most = lives * spans(size or SIZES[-1]) + carried.wrong[name, file_id]
        if count > most:
            raise Violation(f"23: {name} sent {count} pieces of a file where {most} are enough")
    with world.office.ledger.reading() as hq:
        files, customers = hq.find("file"), {str(row["id"]): row for row in hq.find("customer")}
    at_hq: dict[str, bool] = {}
    for row in files:
        wanted = Wanted(
            str(row["id"]), str(customers[str(row["customer_id"])]["company_id"]), str(row["sha256"]), int(str(row["size_bytes"]))
        )  # fmt: skip
        at_hq[wanted.id] = world.office.blobs.of(wanted.id) is not None
        if at_hq[wanted.id]:
            whole = b"".join(world.office.blobs.piece(wanted, number) for number in range(spans(wanted.size_bytes)))
            if hashlib.sha256(whole).hexdigest() != wanted.sha256:
                raise Violation("23: HQ gives other bytes than a record says")
        elif not _may_miss(world, wanted):
            raise Violation(
                f"23: HQ has the record of a file and not its bytes, which {carried.attached[wanted.sha256].by} took"
            )
    for member in world.active():
        _readable(world, member, at_hq)


def _may_miss(world: World, wanted: Wanted) -> bool:
    """Whether bytes that HQ does not have are nowhere else: the disk of who took them is gone, or HQ lost them with the
    time after its backup and nobody holds them."""
    by = world.members[world.carried.attached[wanted.sha256].by]
    if by.revoked_at is not None or by.put_back:
        return True
    return bool(world.typed.heads) and not any(_holds(member, wanted.sha256) for member in world.active())


def _holds(member: Member, sha256: str) -> bool:
    with member.store.reading() as session:
        return bool(session.value("SELECT COUNT(*) FROM blob b JOIN file f ON f.id=b.file_id WHERE b.sha256=?", sha256))


def _readable(world: World, member: Member, at_hq: dict[str, bool]) -> None:
    vault, _ = world.carried.of(world, member)
    with member.store.reading() as session:
        rows = session.find("file")
    for row in rows:
        try:
            found = hashlib.sha256(b"".join(content(member.store, vault, str(row["id"])).pieces)).hexdigest()
        except FileRefused:
            if at_hq.get(str(row["id"])):
                raise Violation(f"23: {member.name} can't get bytes that HQ has") from None
            continue
        if found != row["sha256"]:
            raise Violation(f"23: {member.name} reads other bytes than were attached")
