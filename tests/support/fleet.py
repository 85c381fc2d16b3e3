"""Several devices and one HQ in one process: real code, real SQLite, with clock, ids, randomness and link injected."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mobility_app.hq.blobs_shelf import Shelf
from mobility_app.hq.headquarters import Request
from mobility_app.hq.office import Dump, Office, dump
from mobility_app.store.store import Store
from mobility_app.sync.engine import Engine, Round
from mobility_app.sync.enrolment import enrol
from mobility_app.sync.transport import Reply

START_MS = 1_790_000_000_000
HQ_URL = "http://hq.test"
REQUESTS_MAX = 500  # of one sync here: one that makes its own work fails at once, long before its own bounds


@dataclass(slots=True)
class SteppedClock:
    """A clock that stands still until it is moved. `skew_ms` makes it lie."""

    at: int = START_MS
    skew_ms: int = 0

    def __call__(self) -> int:
        self.at += 1
        return self.at + self.skew_ms


class Skewed:
    """A device's wrong view of a shared clock. One that is `stuck` says the same instant for ever."""

    def __init__(self, clock: SteppedClock, skew_ms: int = 0) -> None:
        self.clock, self.skew_ms = clock, skew_ms
        self.stuck: int | None = None

    def __call__(self) -> int:
        return self.clock() + self.skew_ms if self.stuck is None else self.stuck


class Link:
    """A transport that calls HQ in this process. `office` is looked up at each request, so HQ may be replaced."""

    def __init__(self, office: Callable[[], Office]) -> None:
        self._office = office
        self.requests: list[tuple[str, bytes, Reply]] = []
        self.most: int | None = None  # requests, after which it is known that a sync does not end

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        assert self.most is None or len(self.requests) < self.most, f"a sync that asks {REQUESTS_MAX} times"
        answer = self._office().headquarters.answer(Request(method, target, dict(headers), body))
        reply = Reply(answer.status, answer.headers, answer.body)
        self.requests.append((target, body, reply))
        return reply


@dataclass(slots=True)
class Device:
    """A device of the fleet."""

    store: Store
    engine: Engine
    link: Link
    clock: Skewed

    def sync(self) -> Round:
        """A round. Fails where it asks without an end."""
        self.link.most = len(self.link.requests) + REQUESTS_MAX
        try:
            return self.engine.round()
        finally:
            self.link.most = None

    def dump(self) -> Dump:
        with self.store.reading() as session:
            return dump(session)


@dataclass(slots=True)
class Fleet:
    """One HQ with two companies and their territories, and devices by name."""

    folder: Path
    seed: int = 1
    clock: SteppedClock = field(default_factory=SteppedClock)
    shelf: Shelf | None = None  # for the bytes of files; else HQ's folder
    office: Office = field(init=False)
    random: random.Random = field(init=False)
    devices: dict[str, Device] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.office = Office(self.folder / "hq", now=self.clock, random=self.random.randbytes, shelf=self.shelf)
        for company, country, territories in (("Lusa", "PT", ("Norte", "Sul")), ("Ibera", "ES", ("Madrid",))):
            self.office.add_company(company, country)
            for territory in territories:
                self.office.add_territory(company, territory)

    def user(
        self, name: str, role: str = "rep", company: str = "Lusa", territories: tuple[str, ...] = ("Norte",),
        email: str | None = None,
    ) -> str:  # fmt: skip
        return self.office.add_user(name, role, company, list(territories), email)

    def device(self, name: str, user: str, skew_ms: int = 0) -> Device:
        clock = Skewed(self.clock, skew_ms)
        store = Store(self.folder / f"{name}.db", None, now=clock, random=self.random.randbytes)
        link = Link(lambda: self.office)
        enrol(store, link, HQ_URL, self.office.invite(user), name, self.random.randbytes)
        device = Device(store, Engine(store, link), link, clock)
        device.sync()
        self.devices[name] = device
        return device

    def settle(self, rounds: int = 3) -> None:
        """Syncs everybody until nothing is left to tell."""
        for _ in range(rounds):
            for device in self.devices.values():
                device.sync()

    def close(self) -> None:
        """Closes every database; its file is then all that there is of it."""
        for device in self.devices.values():
            device.store.close()
        self.office.database.close()

    def id_of(self, entity: str, name: str) -> str:
        with self.office.ledger.reading() as session:
            return self.office.named(session, entity, name)
