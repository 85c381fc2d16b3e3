"""The seeded fleet: devices and one HQ in one process and thread, a link that loses, repeats, cuts, delays and reorders,
crashes and full disks at any statement on both sides, clocks that lie by years, customers that move, a stolen device.

`simulate(seed, folder)` plays one seed and raises `Violation` where an invariant does not hold, during the run or at its
end. The same seed gives the same trace. The invariants are numbered as in docs/architecture.md, "What always holds".
The rooms are in `simulated/`: plan (what a seed plays), world, link, steps, checks, history, story.
"""

from __future__ import annotations

import shutil
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from mobility_app.errors import MobilityError, NotFound, Refused, Unreachable
from tests.support.invariants import Violation as Violation
from tests.support.simulated import carrying, checks, mailing, signatures, steps
from tests.support.simulated.bombs import Crash, bomb, no_room
from tests.support.simulated.plan import FAULTS as FAULTS
from tests.support.simulated.plan import Plan, drawn
from tests.support.simulated.story import shrunk
from tests.support.simulated.world import YEAR_MS, Member, World
from tests.support.simulated.world import make_template as make_template

DEVICE_STATEMENTS = 40  # a bomb on a device goes off within so many


@dataclass(slots=True)
class Outcome:
    """What a seed did: how often each fault, step and verdict occurred, how many steps and rounds, the trace's hash."""

    seed: int
    trace: str
    faults: Counter[str]
    did: Counter[str]
    verdicts: Counter[str]
    steps: int
    rounds: int


def simulate(seed: int, folder: Path, template: Path, *, curve: bool = False) -> Outcome:
    """Plays one seed in an empty folder, from `make_template`'s. Raises Violation, with the story of the run as a note."""
    return play(drawn(seed), folder, template, curve=curve)


def play(plan: Plan, folder: Path, template: Path, *, curve: bool = False) -> Outcome:
    """Plays one plan in an empty folder; `curve`: with true signatures. Raises Violation, with the story as a note."""
    with nullcontext() if curve else signatures.quick():
        return _played(World(plan, folder, template))


def _played(world: World) -> Outcome:
    plan = world.plan
    try:
        for member in world.members.values():
            checks.after_step(world, member)
        world.calm = False
        for number in plan.steps:
            _step(world, number)
        world.calm, world.random = True, plan.source("end")
        steps.deliver_late(world, len(world.late))
        if plan.rate(mailing.FAULT):
            checks.settle(world)
            mailing.settle(world)
            mailing.judge(world)
        checks.settle(world)
        if plan.rate(carrying.FAULT):
            carrying.settle(world)
            checks.settle(world)
            carrying.judge(world)
        checks.final(world)
    except Violation as violation:
        violation.add_note("\n".join(world.story.lines))
        raise
    finally:
        world.close()
    return Outcome(plan.seed, world.trace, world.faults, world.did, world.verdicts, len(plan.steps), world.rounds)


def shortest(seed: int, folder: Path, template: Path) -> tuple[Plan, Violation] | None:
    """The shortest plan found that breaks the same invariant as the seed does, and how. None where the seed is well."""
    failed = _violation(drawn(seed), folder, template)
    if failed is None:
        return None
    number = str(failed).split(":", maxsplit=1)[0]

    def fails(plan: Plan) -> bool:
        other = _violation(plan, folder, template)
        return other is not None and str(other).split(":", maxsplit=1)[0] == number

    plan = shrunk(drawn(seed), fails)
    return plan, _violation(plan, folder, template) or failed


def _violation(plan: Plan, folder: Path, template: Path | None) -> Violation | None:
    place = folder / "again"
    try:
        play(plan, place, template)
    except Violation as violation:
        return violation
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return None


def _step(world: World, number: int) -> None:
    world.random = world.plan.source(number)
    member = world.random.choice(list(world.members.values()))
    world.clock.at += world.random.choice([1, 50, 60_000, 3_600_000])
    _clocks(world, member)
    kinds = list(steps.STEPS)
    kind = world.random.choices(kinds, [steps.STEPS[name][0] for name in kinds])[0]
    world.note(number, member.name, kind)
    world.did[kind] += 1
    if kind in steps.BY_DEVICE:
        if world.strikes("device_crash", 0.15):
            member.store.database.watch = bomb(world.random.randint(1, DEVICE_STATEMENTS))
        elif world.strikes("device_full", 0.05):
            member.store.database.watch = no_room(world.random.randint(1, DEVICE_STATEMENTS))
    try:
        steps.STEPS[kind][1](world, member)
    except Crash:
        world.tell(member.name, "died in the middle of it, and started again")
        world.reopen(member)
    except (Unreachable, NotFound) as failed:
        world.note("failed", type(failed).__name__)
    except Refused as refused:
        raise Violation(f"19: a sync was refused: {refused}") from refused
    except MobilityError as refused:
        world.note("refused", refused.code)
    finally:
        member.store.database.watch = None
    checks.after_step(world, member)


def _clocks(world: World, member: Member) -> None:
    jumps, to = world.random.random() < 0.05, world.random.choice([0, -YEAR_MS, YEAR_MS, -40 * YEAR_MS])
    if jumps and world.plan.rate("clock"):
        member.clock.skew_ms = to
        world.faults["clock"] += 1
        world.tell(member.name, f"its clock is {to // YEAR_MS} years off")
    if world.random.random() < 0.03 and world.plan.rate("stuck_clock"):
        member.clock.stuck = None if member.clock.stuck is not None else member.clock()
        world.faults["stuck_clock"] += 1
        world.tell(member.name, "its clock stands still" if member.clock.stuck is not None else "its clock goes again")
