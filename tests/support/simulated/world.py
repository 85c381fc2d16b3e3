"""The stage of one seed: one HQ, its people, their devices, the shared clock, what was counted and told.

Real code and real SQLite; clock, ids, randomness and network are the seed's. `steps.py` says what can happen here,
`checks.py` what must hold.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from mobility_app.hq.headquarters import Request
from mobility_app.hq.office import Office
from mobility_app.store.database import Database
from mobility_app.store.store import Store
from mobility_app.sync.engine import Engine
from mobility_app.sync.enrolment import enrol
from tests.support.fleet import HQ_URL, Fleet, Skewed, SteppedClock
from tests.support.forger import Forger
from tests.support.invariants import Truth
from tests.support.simulated import lives
from tests.support.simulated.carrying import Carried
from tests.support.simulated.history import History
from tests.support.simulated.link import Link
from tests.support.simulated.mailing import Mailed
from tests.support.simulated.plan import Plan
from tests.support.simulated.story import Story
from tests.support.simulated.typed import Typed

YEAR_MS = 365 * 86_400_000
PEOPLE = (
    ("Ana", "rep", ("Norte",)), ("Eva", "rep", ("Sul",)), ("Rui", "rep", ("Norte", "Sul")),
    ("Marta", "manager", ("Norte", "Sul")), ("Abel", "accountant", ("Norte", "Sul")),
)  # fmt: skip
PAGES = (2, 3, 10, 50, 2000)  # entries in a page: small ones, so that a customer's history does not fit in one
SNAPSHOT_LINES, PART_ROWS, PIECE_ROWS = 1, 5, 10  # small ones, so that a territory takes several pieces
State = tuple[object, int]  # a connection, and the rows that it has written


def state_of(database: Database) -> State:
    """While it stays the same, nothing was written: each database of a seed has one connection. On a server nobody can
    say that, so it never stays the same."""
    with database.session():
        connection = database.engine.connection()
    return (connection, connection.total_changes) if hasattr(connection, "total_changes") else (object(), 0)


@dataclass(slots=True)
class Member:
    """A device of the simulation."""

    name: str
    user: str
    path: Path
    clock: Skewed
    store: Store
    engine: Engine
    device_id: str = ""
    saved: dict[int, tuple[str, str, str, str, int, int]] = field(default_factory=dict)  # dseq -> what was saved
    rotten: bool = False  # a cell of it was changed around everything, and no scrub has looked since
    rotted: bool = False  # it was so once
    revoked_at: dict[str, int] | None = None  # stream -> head when it was revoked
    looked_at: State | None = None  # its database, when it was last found well by itself
    copy: Path | None = None  # an older state of its disk
    put_back: bool = False  # it went on from that state: what it wrote since is gone with its disk
    compared_at: tuple[State, State] | None = None  # it and HQ's, when they were last found to agree


class World:
    """One seed's HQ and devices."""

    def __init__(self, plan: Plan, folder: Path, template: Path) -> None:
        self.plan, self.folder, self._template = plan, folder, template
        self.random = plan.source("stage")
        self.clock = SteppedClock()
        self.faults: Counter[str] = Counter()
        self.did: Counter[str] = Counter()
        self.verdicts: Counter[str] = Counter()
        self.late: list[tuple[str, Request]] = []
        self.rounds = 0
        self.backup: lives.Backup | None = None
        self.calm = True
        self.members: dict[str, Member] = {}
        self.story, self.history, self.typed, self.carried = Story(), History(), Typed(), Carried()
        self.mailed = Mailed()
        self._hash = hashlib.sha256()
        self._truth: tuple[State, Truth] | None = None
        self._set_up()

    def strikes(self, fault: str, chance: float) -> bool:
        """Whether that fault happens now. Drawn also where it is off, so that switching it off changes nothing else."""
        if self.calm or self.random.random() >= chance * (self.plan.rate(fault) or 1.0) or not self.plan.rate(fault):
            return False
        self.faults[fault] += 1
        self.note("fault", fault)
        self.tell("network" if fault not in ("device_crash", "device_full") else "device", fault.replace("_", " "))
        return True

    def note(self, *words: object) -> None:
        """A line of the trace."""
        self._hash.update(json.dumps([str(word) for word in words]).encode())

    def tell(self, who: str, what: str) -> None:
        """A line of the story."""
        self.story.tell(self.clock.at, who, what)

    def truth(self) -> Truth:
        """HQ's tables as they stand now."""
        state = state_of(self.office.database)
        if self._truth is None or self._truth[0] != state:
            with self.office.ledger.reading() as hq:
                self._truth = state, Truth.read(hq)
        return self._truth[1]

    @property
    def trace(self) -> str:
        """The hash of everything noted."""
        return self._hash.hexdigest()

    def randbytes(self, count: int) -> bytes:
        """Random bytes of the step that plays now."""
        return self.random.randbytes(count)

    def active(self) -> list[Member]:
        """Devices that may still sync."""
        return [member for member in self.members.values() if member.revoked_at is None]

    def reopen_hq(self) -> None:
        """HQ starts again on what is on disk."""
        if hasattr(self, "office"):
            self.office.database.close()
        self.office = Office(self.folder / "hq", now=self.clock, random=self.randbytes)
        self.office.headquarters.page_entries = self.random.choice(PAGES)
        if self.plan.rate("snapshots"):
            snaps = self.office.headquarters.snapshots
            snaps.least_lines, snaps.part_rows, snaps.piece_rows = SNAPSHOT_LINES, PART_ROWS, PIECE_ROWS

    def reopen(self, member: Member) -> None:
        """A device starts again on what is on its disk."""
        member.store.database.close()
        member.store = Store(member.path, None, now=member.clock, random=self.randbytes)
        member.engine = Engine(member.store, Link(self, member.name))

    def add_member(self, name: str, user: str) -> Member:
        """A new device of that user, enrolled."""
        path = self.folder / f"{name}.db"
        shutil.copy(self._template / "device.db", path)
        member = self._opened(name, user, path)
        enrol(member.store, Link(self, name), HQ_URL, self.office.invite(user), name, self.randbytes)
        return self._known(member)

    def _first_of(self, name: str, user: str) -> Member:
        """That user's device of the template, which has synced."""
        path = self.folder / f"{name}.db"
        shutil.copy(self._template / f"{user}.db", path)
        return self._known(self._opened(name, user, path))

    def _opened(self, name: str, user: str, path: Path) -> Member:
        skew, lies = self.random.randint(-15 * YEAR_MS, 15 * YEAR_MS), self.random.random() < 0.8
        wrong = lies and self.plan.rate("clock") > 0
        self.faults["clock"] += wrong
        clock = Skewed(self.clock, skew if wrong else 0)
        store = Store(path, None, now=clock, random=self.randbytes)
        return Member(name, user, path, clock, store, Engine(store, Link(self, name)))

    def _known(self, member: Member) -> Member:
        identity = member.store.identity()
        assert identity is not None
        member.device_id = identity.device_id
        self.members[member.name] = member
        return member

    def close(self) -> None:
        """Closes every database."""
        self.carried.close()
        for member in self.members.values():
            member.store.database.close()
        self.office.database.close()

    def _set_up(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self._template / "hq", self.folder / "hq")
        self.reopen_hq()
        self.typed.epochs.append(self.office.headquarters.epoch)
        with self.office.ledger.reading() as hq:
            self.territories = [self.office.named(hq, "territory", name) for name in ("Norte", "Sul")]
            self.users = {str(row["name"]): str(row["id"]) for row in hq.find("user")}
        users = ["Marta"] + [
            self.random.choice(["Ana", "Ana", "Eva", "Rui", "Rui", "Abel", "Iker"])
            for _ in range(self.random.randint(2, 5))
        ]
        for number, user in enumerate(users):
            if user in users[:number]:
                self.add_member(f"d{number}", user).engine.round()
            else:
                self._first_of(f"d{number}", user)
        self.mallory = Forger(self, "Eva")


def make_template(folder: Path) -> Path:
    """What every seed begins with: HQ with its people and two customers that everybody can quarrel about, and for each
    user a device that has synced; an empty device's database. To make it anew would cost most of a seed's time."""
    folder.mkdir(parents=True, exist_ok=True)
    Store(folder / "device.db", None).close()
    fleet = Fleet(folder)
    users = {name: fleet.user(name, role, "Lusa", held, f"{name.lower()}@lusa.example") for name, role, held in PEOPLE}
    fleet.user("Iker", company="Ibera", territories=())
    for name in (*users, "Iker"):
        fleet.device(name, name)
    with fleet.devices["Marta"].store.writing() as tx:
        for which in ("first", "second"):
            customer = tx.create("customer", {"name": which, "notes": "a\nb\nc\nd"})
            tx.create("contact", {"customer_id": customer, "first_name": "C"})
            tx.create("address", {"customer_id": customer, "line1": "street", "country": "PT"})
            tx.create("activity", {
                "customer_id": customer, "kind": "call", "title": "call", "assignee_id": users["Rui"]
            })  # fmt: skip
    fleet.devices["Marta"].sync()
    fleet.settle(1)
    fleet.close()
    return folder
