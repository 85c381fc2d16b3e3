"""Mails that leave HQ in a seed: the real post, and behind its connection a list instead of a mail server (20).

What must hold, also after HQ was put back: of one mail the server takes one copy; another, with the same Message-ID, only
where its answer was lost or HQ died before it was noted, and then with the same bytes, unless HQ was put back in between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from types import TracebackType
from typing import TYPE_CHECKING

from mobility_app.hq import post
from mobility_app.hq.mail_settings import MailSettings
from mobility_app.hq.post import Post
from mobility_app.hq.smtp import Down, Unsure
from tests.support.invariants import Violation
from tests.support.simulated.bombs import Crash, bomb

if TYPE_CHECKING:
    from tests.support.simulated.world import Member, World

FAULT = "mails"
SETTINGS = MailSettings("127.0.0.1", 25, "office@lusa.example", "none", settle_seconds=0, retry_seconds=0)
STATEMENTS = 40  # a bomb goes off within so many
TICKS_MAX = 200


@dataclass(slots=True)
class Mailed:
    """What the mail server took, by Message-ID, each from which life of HQ; how often nobody at HQ can know that it did."""

    taken: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    unsure: Counter[str] = field(default_factory=Counter)
    last: str = ""


def deliver(world: World, member: Member) -> None:
    """The post takes what is due to the mail server; the office lets go mail that a restore had held."""
    if not world.plan.rate(FAULT):
        return
    if world.random.random() < 0.3:
        post.pause(world.office.ledger, on=False)
    world.mailed.last = ""
    dies = world.strikes("hq_crash", 0.2)
    try:
        if dies:
            world.office.database.watch = bomb(world.random.randint(1, STATEMENTS))
        _tick(world)
    except Crash:
        world.tell("HQ", "died while it sent mail, and started again")
        world.mailed.unsure[world.mailed.last] += 1
        world.reopen_hq()
    finally:
        world.office.database.watch = None


def settle(world: World) -> None:
    """All mail leaves. Call before data settles: how it went is told to devices."""
    post.pause(world.office.ledger, on=False)
    for _ in range(TICKS_MAX):
        if not _tick(world):
            return
    raise Violation(f"20: mail is not done after {TICKS_MAX} batches")


def judge(world: World) -> None:
    """20, at the end."""
    for name, copies in world.mailed.taken.items():
        if len(copies) > 1 + world.mailed.unsure[name]:
            raise Violation(f"20: {name} left {len(copies)} times")
        if len(set(copies)) > len({life for life, _ in copies}):
            raise Violation(f"20: {name} left with other bytes")


def _tick(world: World) -> bool:
    with _connected(world):
        office = Post(world.office.ledger, SETTINGS, world.folder / "hq")
        office.recover()
        return office.tick()


@contextmanager
def _connected(world: World) -> Iterator[None]:
    """In this block the post's connections end in the seed's list."""

    class Line:
        def __init__(self, settings: MailSettings) -> None:
            if world.strikes(FAULT, 0.1):
                raise Down("nobody answers")

        def __enter__(self) -> Line:
            return self

        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
        ) -> None:
            """Nothing is open."""

        def send(self, address: str, raw: bytes, *, international: bool = False) -> str:
            name = str(message_from_bytes(raw)["Message-ID"])
            world.mailed.taken.setdefault(name, []).append((len(world.typed.epochs), raw))
            world.mailed.last = name
            world.faults[FAULT] += 1
            world.note("mail", name)
            if world.strikes(FAULT, 0.1):
                world.mailed.unsure[name] += 1
                raise Unsure("the answer was lost")
            return "250 taken"

    true = post.Line
    vars(post)["Line"] = Line
    try:
        yield
    finally:
        vars(post)["Line"] = true
