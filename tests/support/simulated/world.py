"""The stage of one seed: one HQ, its people, their devices, the shared clock, what was counted and told.

Real code and real SQLite; clock, ids, randomness and network are the seed's. `steps.py` says what can happen here,
`checks.py` what must hold.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from mobility_app.hq.headquarters import Request
from mobility_app.hq.office import Office
from mobility_app.store.store import Store
from mobility_app.sync.engine import Engine
from mobility_app.sync.enrolment import enrol
from tests.support.fleet import Skewed, SteppedClock
from tests.support.forger import Forger
from tests.support.simulated.history import History
from tests.support.simulated.link import Link
from tests.support.simulated.plan import Plan
from tests.support.simulated.story import Story

YEAR_MS = 365 * 86_400_000
PEOPLE = (
    ("Ana", "rep", ("Norte",)), ("Eva", "rep", ("Sul",)), ("Rui", "rep", ("Norte", "Sul")),
    ("Marta", "manager", ("Norte", "Sul")), ("Abel", "accountant", ("Norte", "Sul")),
)  # fmt: skip
PAGES = (2, 3, 10, 50, 2000)  # entries in a page: small ones, so that a customer's history does not fit in one


@dataclass(slots=True)
class Member:
    """A device of the simulation."""

    name: str
    user: str
    path: Path
    clock: Skewed
    store: Store
    engine: Engine
    device_id: str
    saved: dict[int, tuple[str, str, str, str, int, int]] = field(default_factory=dict)  # dseq -> what was saved
    rotten: bool = False  # a cell of it was changed around everything, and no scrub has looked since
    rotted: bool = False  # it was so once
    revoked_at: int | None = None  # lines of HQ's log when it was revoked


class World:
    """One seed's HQ and devices."""

    def __init__(self, plan: Plan, folder: Path, template: Path | None) -> None:
        self.plan, self.folder, self._template = plan, folder, template
        self.random = plan.source("stage")
        self.clock = SteppedClock()
        self.faults: Counter[str] = Counter()
        self.did: Counter[str] = Counter()
        self.verdicts: Counter[str] = Counter()
        self.late: list[tuple[str, Request]] = []
        self.rounds = 0
        self.calm = True
        self.members: dict[str, Member] = {}
        self.story, self.history = Story(), History()
        self._hash = hashlib.sha256()
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

    def reopen(self, member: Member) -> None:
        """A device starts again on what is on its disk."""
        member.store.database.close()
        member.store = Store(member.path, None, now=member.clock, random=self.randbytes)
        member.engine = Engine(member.store, Link(self, member.name))

    def add_member(self, name: str, user: str) -> Member:
        """A new device of that user, enrolled and synced once."""
        path = self.folder / f"{name}.db"
        if self._template:
            shutil.copy(self._template / "device.db", path)
        skew, lies = self.random.randint(-15 * YEAR_MS, 15 * YEAR_MS), self.random.random() < 0.8
        wrong = lies and self.plan.rate("clock") > 0
        self.faults["clock"] += wrong
        clock = Skewed(self.clock, skew if wrong else 0)
        store = Store(path, None, now=clock, random=self.randbytes)
        link = Link(self, name)
        enrol(store, link, "http://hq.test", self.office.invite(user), name, self.randbytes)
        identity = store.identity()
        assert identity is not None
        member = Member(name, user, path, clock, store, Engine(store, link), identity.device_id)
        self.members[name] = member
        return member

    def close(self) -> None:
        """Closes every database."""
        for member in self.members.values():
            member.store.database.close()
        self.office.database.close()

    def _set_up(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._template:
            shutil.copytree(self._template / "hq", self.folder / "hq")
        self.reopen_hq()
        self.office.add_company("Lusa", "PT")
        self.territories = [self.office.add_territory("Lusa", name) for name in ("Norte", "Sul")]
        self.office.add_company("Ibera", "ES")
        self.users = {
            name: self.office.add_user(name, role, "Lusa", list(held), f"{name.lower()}@lusa.example")
            for name, role, held in PEOPLE
        }
        self.office.add_user("Iker", "rep", "Ibera", [])
        users = ["Marta"] + [
            self.random.choice(["Ana", "Ana", "Eva", "Rui", "Rui", "Abel", "Iker"])
            for _ in range(self.random.randint(2, 5))
        ]
        for number, user in enumerate(users):
            self.add_member(f"d{number}", user).engine.round()
        self.mallory = Forger(self, "Eva")
        self._first_customers()
        for member in self.members.values():
            member.engine.round()

    def _first_customers(self) -> None:
        """Something that everybody can quarrel about from the start."""
        with self.members["d0"].store.writing() as tx:
            for name in ("first", "second"):
                customer = tx.create("customer", {"name": name, "notes": "a\nb\nc\nd"})
                tx.create("contact", {"customer_id": customer, "first_name": "C"})
                tx.create("address", {"customer_id": customer, "line1": "street", "country": "PT"})
                tx.create("activity", {
                    "customer_id": customer, "kind": "call", "title": "call", "assignee_id": self.users["Rui"]
                })  # fmt: skip


def make_template(folder: Path) -> Path:
    """Empty databases to copy from: making 27 tables anew for every device would cost most of a seed's time."""
    folder.mkdir(parents=True, exist_ok=True)
    Store(folder / "device.db", None).close()
    office = Office(folder / "hq", now=SteppedClock(), random=random.Random(0).randbytes)
    with office.database.session() as session:
        session.run("DELETE FROM hq_meta")
        session.run("PRAGMA wal_checkpoint(TRUNCATE)")
    office.database.close()
    (folder / "hq" / "hq.key").unlink()
    return folder
