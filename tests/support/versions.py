"""Programs of versions that are to come, made of today's by real descriptions, rights, steps and up-casts; and an HQ with
devices, each of a version of its own. Whoever is called speaks its version, and only that, until it answers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from mobility_app.domain import registry, versions
from mobility_app.domain.change import UPDATE, Change
from mobility_app.domain.fields import Entity, Field, Kind, Merge, Scope
from mobility_app.domain.registry import Descriptions
from mobility_app.errors import Unreachable
from mobility_app.hq import schema
from mobility_app.hq.headquarters import Request
from mobility_app.hq.office import Dump, Office, dump
from mobility_app.store import store as device_store
from mobility_app.store.migrate import Step, steps
from mobility_app.store.store import Store
from mobility_app.store.writing import Writing
from mobility_app.sync import protocol
from mobility_app.sync.columns import spread
from mobility_app.sync.engine import Engine, Round
from mobility_app.sync.enrolment import enrol
from mobility_app.sync.protocol import PullAnswer
from mobility_app.sync.transport import Reply
from tests.support.fleet import Skewed, SteppedClock

TODAY = versions.VERSION
NEWEST = TODAY + 5
N = NEWEST - 1  # the version whose window reaches from today's program to the newest


@dataclass(frozen=True, slots=True)
class Next:
    """What one version adds: fields to kinds of records that were there, and whole new kinds."""

    fields: Mapping[str, tuple[Field, ...]]
    entities: tuple[Entity, ...] = ()


_PLAN = Entity(
    "visit_plan",
    (
        Field("customer_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="customer", indexed=True),
        Field("title", required=True),
        Field("on_day", Kind.DAY),
    ),
    Scope.ROOT,
    right="card",
    parent="customer_id",
)
_STOP = Entity(
    "visit_stop",
    (
        Field("plan_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="visit_plan", indexed=True),
        Field("place", required=True),
    ),
    Scope.ROOT,
    right="card",
    parent="plan_id",
)
TO_COME: dict[int, Next] = {
    TODAY + 1: Next({"customer": (Field("nickname"),)}),
    TODAY + 2: Next({}, (_PLAN,)),
    TODAY + 3: Next({"customer": (Field("web_host"),), "contact": (Field("access_note", Kind.NOTE, Merge.TEXT3),)}),
    TODAY + 4: Next({"visit_plan": (Field("colour"),)}, (_STOP,)),
    TODAY + 5: Next({"contact": (Field("pronoun"),), "address": (Field("gate"),)}),
}


def _host(change: Change) -> Change:
    """What a site is called has a field of its own since: an older program says it with the site."""
    if change.entity != "customer" or change.kind != UPDATE or "website" not in change.patch:
        return change
    before, after = (str(side).partition("://")[2] if side else None for side in change.patch["website"])
    return msgspec.structs.replace(change, patch={**change.patch, "web_host": (before, after)})


_CASTS = {TODAY + 3: _host}
_FIRST = registry.described()


def of(version: int) -> Descriptions:
    """The descriptions of a version."""
    entities, since = list(_FIRST.entities), dict(_FIRST.since)
    for number, came in TO_COME.items():
        if number > version:
            continue
        for at, one in enumerate(entities):
            if one.name in came.fields:
                entities[at] = replace(one, fields=(*one.fields, *came.fields[one.name]))
        since |= {(name, each.name): number for name, fields in came.fields.items() for each in fields}
        entities += came.entities
        since |= {(one.name, versions.RECORD): number for one in came.entities}
    casts = {number: cast for number, cast in _CASTS.items() if number <= version}
    return Descriptions(version, tuple(entities), since, casts)


@contextmanager
def speaking(version: int) -> Iterator[None]:
    """Everything inside is the program of that version."""
    before = registry.described()
    registry.install(of(version))
    try:
        yield
    finally:
        registry.install(before)


def migrations(folder: Path, version: int) -> tuple[Step, ...]:
    """The steps of a program of that version: today's, and one for each version after it."""
    todo = list(steps(folder))
    for number, came in TO_COME.items():
        if number <= version:
            sql = [
                f'ALTER TABLE "{name}" ADD COLUMN "{each.name}" TEXT;'
                for name in came.fields
                for each in came.fields[name]
            ]
            sql += [
                f'CREATE TABLE "{one.name}" ("id" CHAR(32) NOT NULL PRIMARY KEY,'
                f" {', '.join(f'{name} TEXT' for name in one.names)});"
                for one in came.entities
            ]
            todo.append(Step(len(todo) + 1, f"version_{number}", "\n".join(sql)))
    return tuple(todo)


@dataclass(slots=True)
class Program:
    """A device's folder and the version of the program that opens it."""

    world: World
    name: str
    version: int
    store: Store = field(init=False)
    engine: Engine = field(init=False)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._open()

    def _open(self) -> None:
        with speaking(self.version):
            world, todo = self.world, migrations(device_store.MIGRATIONS, self.version)
            path, clock = world.folder / f"{self.name}.db", Skewed(world.clock)
            self.store = Store(path, b"v" * 32, now=clock, random=world.random.randbytes, migrations=todo)
            self.engine = Engine(self.store, self)

    def become(self, version: int) -> None:
        """The program is updated: it ends, and its new version opens the folder."""
        self.store.close()
        self.version = version
        self._open()

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        self.asked.append(target)
        self.world.before(target)
        with speaking(self.world.version):
            answer = self.world.office.headquarters.answer(Request(method, target, dict(headers), body))
        if target == "/v1/pull" and answer.status == 200:
            self._spared(protocol.unpack(answer.body, PullAnswer, hostile=False))
        if target == self.world.lose:
            raise Unreachable("network")
        return Reply(answer.status, answer.headers, answer.body)

    def _spared(self, page: PullAnswer) -> None:
        """What is told to a device is what its version knows, and no word more."""
        entities = spread(page.entries.entity, len(page.entries.seq))
        for entity, patch in zip(entities, spread(page.entries.patch, len(entities)), strict=True):
            assert all(knows(self.version, entity, name) for name in (versions.RECORD, *patch)), (entity, patch)

    def sync(self) -> Round:
        with speaking(self.version):
            return self.engine.round()

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        with speaking(self.version), self.store.writing() as tx:
            yield tx

    def dump(self) -> Dump:
        with speaking(self.version), self.store.reading() as session:
            return dump(session)

    def count(self, sql: str, *params: object) -> int:
        with self.store.reading() as session:
            return int(session.value(sql, *params) or 0)


@dataclass(slots=True)
class World:
    """One HQ of one version, with a rep for each device. `before` is called ahead of each request; answers of `lose`
    never arrive."""

    folder: Path
    version: int
    clock: SteppedClock = field(default_factory=SteppedClock)
    random: random.Random = field(default_factory=lambda: random.Random(5))
    before: Callable[[str], None] = lambda target: None
    lose: str = ""
    office: Office = field(init=False)

    def __post_init__(self) -> None:
        self._open()
        with speaking(self.version):
            self.office.add_company("Lusa", "PT")
            self.office.add_territory("Lusa", "Norte")

    def _open(self) -> None:
        with speaking(self.version):
            self.office = Office(
                self.folder / "hq", now=self.clock, random=self.random.randbytes,
                migrations=migrations(schema.MIGRATIONS, self.version),
            )  # fmt: skip

    def become(self, version: int) -> None:
        """HQ's program is updated."""
        self.office.database.close()
        self.version = version
        self._open()

    def device(self, name: str, version: int) -> Program:
        """An enrolled device of a rep of that name."""
        with speaking(self.version):
            self.office.add_user(name, "rep", "Lusa", ["Norte"])
            code = self.office.invite(name)
        made = Program(self, name, version)
        with speaking(version):
            enrol(made.store, made, "http://hq.test", code, name, self.random.randbytes)
        made.sync()
        return made

    def dump(self) -> Dump:
        with speaking(self.version):
            return self.office.dump()


def knows(version: int, entity: str, name: str) -> bool:
    """Whether a program of that version knows a field, today's or one to come."""
    with speaking(NEWEST):
        return versions.knows(version, entity, name)


def known(rows: Dump, version: int) -> Dump:
    """What a program of that version knows of these records."""
    with speaking(NEWEST):
        return {
            entity: {
                record_id: {name: value for name, value in row.items() if versions.knows(version, entity, name)}
                for record_id, row in found.items()
            }
            for entity, found in rows.items() if versions.knows(version, entity)
        }  # fmt: skip
