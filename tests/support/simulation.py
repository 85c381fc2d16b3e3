"""The seeded fleet: devices and one HQ in one process and thread, a link that loses, repeats, cuts, delays and reorders,
crashes at any statement on both sides, clocks that lie by years, customers that move. Real code, real SQLite.

`simulate(seed, folder)` plays one seed and raises `Violation` where an invariant does not hold, during the run or at its
end. The same seed gives the same trace. The invariants are numbered as in docs/architecture.md, "What always holds".
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mobility_app.domain.change import LIVE, Row
from mobility_app.errors import MobilityError, NotFound, Refused, Unreachable
from mobility_app.hq.headquarters import Request
from mobility_app.hq.office import Office
from mobility_app.store import faults, overlay, scrub
from mobility_app.store.records import Records
from mobility_app.store.store import Store
from mobility_app.sync.engine import Engine
from mobility_app.sync.enrolment import enrol
from mobility_app.sync.transport import Reply
from tests.support import invariants
from tests.support.fleet import Skewed, SteppedClock
from tests.support.invariants import Violation as Violation

YEAR_MS = 365 * 86_400_000
FAULTS = (
    "lost_request",
    "lost_answer",
    "repeated",
    "cut",
    "flipped",
    "delayed",
    "device_crash",
    "hq_crash",
    "clock",
    "forged",
    "rot",
)
STEPS_MIN, STEPS_MAX = 60, 90
SETTLE_ROUNDS = 12
_LIVE = ",".join(f"'{state}'" for state in LIVE)


class Crash(BaseException):
    """The process dies here. No handler of ours may catch it."""


@dataclass(slots=True)
class Outcome:
    """What a seed did: how often each fault and verdict occurred, how many steps and rounds, and the trace's hash."""

    seed: int
    trace: str
    faults: Counter[str]
    verdicts: Counter[str]
    steps: int
    rounds: int


@dataclass(slots=True)
class Member:
    """A device of the simulation."""

    name: str
    path: Path
    clock: Skewed
    store: Store
    engine: Engine
    saved: dict[int, tuple[str, str, str, str, int, int]] = field(default_factory=dict)  # dseq -> what was saved
    rotten: bool = False  # a cell of it was changed around everything, and no scrub has looked since
    rotted: bool = False  # it was so once


def simulate(seed: int, folder: Path, template: Path | None = None) -> Outcome:
    """Plays one seed in an empty folder."""
    return _Simulation(seed, folder, template).play()


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


class _Link:
    """The network between one device and HQ, with the seed's faults."""

    def __init__(self, simulation: _Simulation, name: str) -> None:
        self._sim, self._name = simulation, name

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        sim, request = self._sim, Request(method, target, dict(headers), body)
        if sim.strikes("lost_request", 0.15):
            raise Unreachable("network")
        if sim.strikes("delayed", 0.15):
            sim.late.append((self._name, request))
            raise Unreachable("network")
        reply = self._ask(request)
        if sim.strikes("repeated", 0.2):
            again = self._ask(request)
            if target == "/v1/push" and (again.status, again.body) != (reply.status, reply.body):
                raise Violation("2: the same push was answered differently")
        if sim.strikes("lost_answer", 0.2):
            raise Unreachable("network")
        if sim.strikes("cut", 0.1):
            return Reply(reply.status, reply.headers, reply.body[: sim.random.randrange(len(reply.body))])
        if sim.strikes("flipped", 0.1):
            at = sim.random.randrange(len(reply.body))
            flipped = reply.body[:at] + bytes([reply.body[at] ^ (1 << sim.random.randrange(8))]) + reply.body[at + 1 :]
            return Reply(reply.status, reply.headers, flipped)
        return reply

    def _ask(self, request: Request) -> Reply:
        try:
            if self._sim.strikes("hq_crash", 0.12):
                self._sim.office.database.watch = self._sim.bomb(60)
            answer = self._sim.office.headquarters.answer(request)
        except Crash:
            self._sim.reopen_hq()
            raise Unreachable("network") from None
        finally:
            self._sim.office.database.watch = None
        return Reply(answer.status, answer.headers, answer.body)


class _Simulation:
    def __init__(self, seed: int, folder: Path, template: Path | None) -> None:
        self.seed, self.folder, self._template = seed, folder, template
        self.random = random.Random(seed)
        self.clock = SteppedClock()
        self.faults: Counter[str] = Counter()
        self.verdicts: Counter[str] = Counter()
        self.late: list[tuple[str, Request]] = []
        self.rounds = 0
        self._hash = hashlib.sha256()
        self._on = {fault for fault in FAULTS if self.random.random() < 0.6}
        self._calm = True
        self.members: dict[str, Member] = {}
        self._territories: list[str] = []

    # -- the stage

    def play(self) -> Outcome:
        self._set_up()
        self._calm = False
        steps = self.random.randint(STEPS_MIN, STEPS_MAX)
        for number in range(steps):
            self._step(number)
        self._calm = True
        self._deliver_late(len(self.late))
        self._settle()
        self._final()
        for member in self.members.values():
            member.store.database.close()
        self.office.database.close()
        return Outcome(self.seed, self._hash.hexdigest(), self.faults, self.verdicts, steps, self.rounds)

    def strikes(self, fault: str, chance: float) -> bool:
        """Whether that fault happens now."""
        if self._calm or fault not in self._on or self.random.random() >= chance:
            return False
        self.faults[fault] += 1
        self.note("fault", fault)
        return True

    def bomb(self, most: int) -> Callable[[str], None]:
        """A watch that dies at a random statement."""
        left = [self.random.randint(1, most)]

        def watch(sql: str) -> None:
            left[0] -= 1
            if left[0] <= 0:
                raise Crash

        return watch

    def note(self, *words: object) -> None:
        """A line of the trace."""
        self._hash.update(json.dumps([str(word) for word in words]).encode())

    def _set_up(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._template:
            shutil.copytree(self._template / "hq", self.folder / "hq")
        self.reopen_hq()
        self.office.add_company("Lusa", "PT")
        self._territories = [self.office.add_territory("Lusa", name) for name in ("Norte", "Sul")]
        self.office.add_company("Ibera", "ES")
        users = [("Ana", "rep", ["Norte"]), ("Eva", "rep", ["Sul"]), ("Rui", "rep", ["Norte", "Sul"]),
                 ("Marta", "manager", ["Norte", "Sul"])]  # fmt: skip
        ids = {
            name: self.office.add_user(name, role, "Lusa", territories, f"{name.lower()}@lusa.example")
            for name, role, territories in users
        }
        self.office.add_user("Iker", "rep", "Ibera", [])
        for number in range(self.random.randint(3, 6)):
            user = "Marta" if number == 0 else self.random.choice(["Ana", "Ana", "Eva", "Rui", "Rui", "Iker"])
            self._add_member(f"d{number}", user)
        with self.members["d0"].store.writing() as tx:  # something that everybody can quarrel about from the start
            for name in ("first", "second"):
                customer = tx.create("customer", {"name": name, "notes": "a\nb\nc\nd"})
                tx.create("contact", {"customer_id": customer, "first_name": "C"})
                tx.create("address", {"customer_id": customer, "line1": "street", "country": "PT"})
                tx.create(
                    "activity", {"customer_id": customer, "kind": "call", "title": "call", "assignee_id": ids["Rui"]}
                )
        for member in self.members.values():
            member.engine.round()
            self._learn(member)

    def _add_member(self, name: str, user: str) -> None:
        path = self.folder / f"{name}.db"
        if self._template:
            shutil.copy(self._template / "device.db", path)
        skew = (
            self.random.randint(-15 * YEAR_MS, 15 * YEAR_MS)
            if "clock" in self._on and self.random.random() < 0.8
            else 0
        )
        self.faults["clock"] += skew != 0
        clock = Skewed(self.clock, skew)
        store = Store(path, None, now=clock, random=self.random.randbytes)
        link = _Link(self, name)
        enrol(store, link, "http://hq.test", self.office.invite(user), name, self.random.randbytes)
        member = Member(name, path, clock, store, Engine(store, link))
        self.members[name] = member
        member.engine.round()

    def reopen_hq(self) -> None:
        """HQ starts again on what is on disk."""
        if hasattr(self, "office"):
            self.office.database.close()
        self.office = Office(self.folder / "hq", now=self.clock, random=self.random.randbytes)
        # small pages, so that a customer's history does not fit in one
        self.office.headquarters.page_entries = self.random.choice([3, 10, 50, 2000])

    def _reopen(self, member: Member) -> None:
        member.store.database.close()
        member.store = Store(member.path, None, now=member.clock, random=self.random.randbytes)
        member.engine = Engine(member.store, _Link(self, member.name))

    # -- steps

    def _step(self, number: int) -> None:
        member = self.random.choice(list(self.members.values()))
        self.clock.at += self.random.choice([1, 50, 60_000, 3_600_000])
        if "clock" in self._on and self.random.random() < 0.05:
            member.clock.skew_ms = self.random.choice([0, -YEAR_MS, YEAR_MS, -40 * YEAR_MS])
            self.faults["clock"] += 1
        kind = self.random.choices(
            ("edit", "create", "sync", "delete", "restore", "move", "share", "late", "forge", "rot"),
            (42, 8, 32, 4, 3, 2, 2, 3, 6, 2),
        )[0]
        self.note(number, member.name, kind)
        acts: dict[str, Callable[[Member], None]] = {
            "edit": self._edit, "create": self._create, "sync": self._sync, "delete": self._delete,
            "restore": self._restore, "move": self._move, "share": self._share, "forge": self._forge,
            "rot": self._rot,
            "late": lambda _: self._deliver_late(2),
        }  # fmt: skip
        if kind in ("edit", "create", "delete", "restore", "sync") and self.strikes("device_crash", 0.15):
            member.store.database.watch = self.bomb(40)
        try:
            acts[kind](member)
        except Crash:
            self._reopen(member)
        except (Unreachable, NotFound):
            pass
        except Refused as refused:
            raise Violation(f"a sync was refused: {refused}") from refused
        except MobilityError as refused:
            self.note("refused", refused.code)
        finally:
            member.store.database.watch = None
        self._learn(member)
        if not member.rotten:
            invariants.overlay_holds(member.name, member.store)

    def _sync(self, member: Member) -> None:
        member.engine.round()
        self.rounds += 1
        if not member.rotten:
            self._exact(member)

    def _exact(self, member: Member) -> None:
        invariants.pulled_exactly(member.name, member.store, self.office)
        invariants.sums_hold(member.name, member.store)
        with member.store.reading() as session:
            noted = faults.newest(session, 1)
        if noted and not member.rotted:
            raise Violation(f"18: {member.name} mended a {noted[0].entity} that nobody had spoilt: {noted[0].kind}")

    def _rot(self, member: Member) -> None:
        """One cell of a device's table becomes another, around everything: found by the next scrub, put right by HQ."""
        if "rot" not in self._on:
            return
        row = self._pick(member, "address")
        record_id = str(row["id"])
        with member.store.reading() as session:
            if overlay.base(session, "address", record_id)[0]:
                return
        self.faults["rot"] += 1
        with member.store.transaction() as session:
            session.run("UPDATE ctx SET applying=1")
            session.run("UPDATE address SET city=? WHERE id=?", f"rot {self.random.randrange(99)}", record_id)
            session.run("UPDATE ctx SET applying=0")
        member.rotten = member.rotted = True

    def _deliver_late(self, most: int) -> None:
        """Requests that were delayed arrive now, in any order, long after their sender gave up on them."""
        self.random.shuffle(self.late)
        for name, request in [self.late.pop() for _ in range(min(most, len(self.late)))]:
            answer = self.office.headquarters.answer(request)
            self.note("late", name, answer.status)

    def _rows(self, member: Member, entity: str) -> list[Row]:
        with member.store.reading() as session:
            return session.find(entity)

    def _pick(self, member: Member, entity: str) -> Row:
        rows = self._rows(member, entity)
        if not rows:
            raise NotFound(entity, "")
        return self.random.choice(rows)

    def _edit(self, member: Member) -> None:
        entity, names = self.random.choice([
            ("customer", ("name",)), ("customer", ("website", "preferred_weekday")), ("customer", ("notes",)),
            ("address", ("line1", "city")), ("address", ("fax",)), ("contact", ("job_title",)),
            ("activity", ("title",)), ("activity", ("status",)), ("ticket", ("progress_percent",)),
        ])  # fmt: skip
        row = self._pick(member, entity)
        values: Row = {name: self._value(name, row) for name in names}
        with member.store.writing() as tx:
            tx.update(entity, str(row["id"]), values)

    def _value(self, name: str, row: Row) -> str | int:
        match name:
            case "preferred_weekday":
                return self.random.randrange(7)
            case "progress_percent":
                return self.random.randrange(101)
            case "status":
                return self.random.choice(["open", "closed"])
            case "website":
                return f"https://{self.random.randrange(1000)}.example"
            case "notes":
                lines = str(row["notes"] or "a\nb\nc\nd").split("\n")
                lines[self.random.randrange(len(lines))] = f"line {self.random.randrange(10_000)}"
                return "\n".join(lines)
        return f"{name} {self.random.randrange(1_000)}"

    def _create(self, member: Member) -> None:
        kind = self.random.choice(["customer", "customer", "contact", "address", "activity", "ticket", "label"])
        with member.store.writing() as tx:
            if kind == "customer":
                tx.create("customer", {"name": f"customer {self.random.randrange(1000)}", "notes": "a\nb\nc\nd"})
                return
            customer = str(self._pick(member, "customer")["id"])
            if kind == "contact":
                contact = tx.create("contact", {"customer_id": customer, "first_name": "C"})
                tx.create("contact_email", {"contact_id": contact, "value": f"c{self.random.randrange(99)}@x.example"})
            elif kind == "address":
                tx.create("address", {"customer_id": customer, "line1": "street", "country": "PT"})
            elif kind == "activity":
                tx.create("activity", {"customer_id": customer, "kind": "call", "title": "call"})
            elif kind == "ticket":
                ticket = tx.create("ticket", {"customer_id": customer, "description": "broken"})
                tx.create("ticket_entry", {"ticket_id": ticket, "text": "first"})
            else:
                self._label(tx, member)

    def _label(self, tx: Records, member: Member) -> None:
        contact = str(self._pick(member, "contact")["id"])
        labels = self._rows(member, "label")
        label = str(self.random.choice(labels)["id"]) if labels else tx.create("label", {"name": "Director"})  # type: ignore[attr-defined]
        tx.create("contact_label", {"contact_id": contact, "label_id": label})  # type: ignore[attr-defined]

    def _delete(self, member: Member) -> None:
        entity = self.random.choice(["contact", "contact_label", "address", "activity", "contact_email"])
        row = self._pick(member, entity)
        with member.store.writing() as tx:
            tx.delete(entity, str(row["id"]))

    def _restore(self, member: Member) -> None:
        with member.store.reading() as session:
            gone = session.rows(
                "SELECT entity, record_id FROM entry WHERE kind='delete' UNION SELECT entity, record_id FROM change"
                " WHERE kind='delete' ORDER BY 2"
            )
        if gone:
            with member.store.writing() as tx:
                tx.restore(*self.random.choice(gone))

    def _move(self, member: Member) -> None:
        with self.office.ledger.transaction() as tx:
            customers = tx.find("customer")
            if customers:
                self.faults["scope_move"] += 1
                tx.update("customer", str(self.random.choice(customers)["id"]), {
                    "territory_id": self.random.choice(self._territories)
                })  # fmt: skip

    def _share(self, member: Member) -> None:
        with self.office.ledger.transaction() as tx:
            customers = tx.find("customer")
            if customers:
                self.faults["share"] += 1
                tx.update("customer", str(self.random.choice(customers)["id"]), {"shared": self.random.random() < 0.6})

    def _forge(self, member: Member) -> None:
        """A device that breaks its own write door: HQ must refuse what it sends."""
        if "forged" not in self._on:
            return
        customer = str(self._pick(member, "customer")["id"])
        self.faults["forged"] += 1
        with member.store.transaction() as session:
            session.run("UPDATE ctx SET user_id='0', tx=tx+1, at=0, stamp=stamp+1, base=99999999")
            session.run("UPDATE customer SET credit_limit_minor=? WHERE id=?", self.random.randrange(10**6), customer)
            session.run("UPDATE ctx SET user_id=NULL, base=0")

    # -- invariants during the run

    def _learn(self, member: Member) -> None:
        """What is on the device's disk now was saved: from here on it may not be lost (1). Stamps only grow (17)."""
        with member.store.reading() as session:
            rows = session.rows(
                "SELECT dseq, entity, record_id, kind, patch, base, stamp, state FROM change WHERE dseq > 0 ORDER BY dseq"
            )
        last = 0
        for dseq, entity, record_id, kind, patch, base, stamp, _ in rows:
            if stamp <= last:
                raise Violation(f"17: stamps of {member.name} do not grow")
            last = stamp
            member.saved.setdefault(dseq, (entity, record_id, kind, patch, base, stamp))

    # -- invariants at the end

    def _settle(self) -> None:
        for member in self.members.values():
            scrub.scrub(member.store)
            member.rotten = False
        for _ in range(SETTLE_ROUNDS):
            for member in self.members.values():
                member.engine.round()
                self._learn(member)
                self._exact(member)
        for member in self.members.values():
            with member.store.reading() as session:
                left = session.value(f"SELECT COUNT(*) FROM change WHERE state IN ({_LIVE})")
            if left:
                raise Violation(f"8: {member.name} still has {left} open changes")
            statements: list[str] = []
            member.store.database.watch = statements.append
            member.engine.round()
            member.store.database.watch = None
            if [sql for sql in statements if not sql.startswith("SELECT")]:
                raise Violation("16: an idle sync wrote")

    def _final(self) -> None:
        invariants.hq_sums_hold(self.office)
        with self.office.ledger.reading() as hq:
            invariants.streams(hq)
            invariants.folds(hq)
            invariants.mails(hq)
            bases: dict[tuple[str, int], int] = {}
            for member in self.members.values():
                identity = member.store.identity()
                assert identity is not None
                self.verdicts += invariants.accounted(hq, member.name, identity.device_id, member.saved)
                bases.update({(identity.device_id, dseq): saved[4] for dseq, saved in member.saved.items()})
            invariants.clashes(hq, bases)
            if hq.value("SELECT COUNT(*) FROM customer WHERE credit_limit_minor IS NOT NULL"):
                raise Violation("13: a rep changed a credit limit")
            for line in hq.rows(
                "SELECT stream, seq, entity, record_id, kind, patch, stamp, device_id, dseq FROM log ORDER BY 1, 2"
            ):
                self.note(*line)
