"""What must hold while a seed plays and at its end, by the numbers of docs/architecture.md. Raises Violation."""

from __future__ import annotations

from mobility_app.domain.change import LIVE
from mobility_app.errors import Refused
from mobility_app.hq import verify
from mobility_app.store import faults, scrub
from mobility_app.store.records import Records
from tests.support import invariants
from tests.support.invariants import Violation
from tests.support.simulated.world import Member, World, state_of

SETTLE_ROUNDS = 12
_LIVE = ",".join(f"'{state}'" for state in LIVE)


def after_step(world: World, member: Member) -> None:
    """1, 7, 9 and 17, after every step, whatever went wrong in it. What did not change since was looked at before."""
    state = state_of(member.store.database)
    if state == member.looked_at:
        return
    learn(world, member)
    if not member.rotten:
        invariants.overlay_holds(member.name, member.store)
        world.history.read(member.name, member.store, world.typed)
    member.looked_at = state


def learn(world: World, member: Member) -> None:
    """What is on the device's disk now was saved: from here on it may not be lost (1). Stamps only grow (17)."""
    known = member.store.identity()
    with member.store.reading() as session:
        world.typed.learn(
            member.name, known.device_id if known else "", session, copied=world.plan.rate("device_copied") > 0
        )
        rows = session.rows(
            "SELECT dseq, entity, record_id, kind, patch, base, stamp FROM change WHERE dseq > 0 ORDER BY dseq"
        )
    last = 0
    for dseq, entity, record_id, kind, patch, base, stamp in rows:
        if stamp <= last:
            raise Violation(f"17: stamps of {member.name} do not grow")
        last = stamp
        member.saved.setdefault(dseq, (entity, record_id, kind, patch, base, stamp))


def after_round(world: World, member: Member) -> None:
    """4, 6, 14 and 18, after every round that came to its end."""
    state = (state_of(member.store.database), state_of(world.office.database))
    if state == member.compared_at:
        return
    invariants.pulled_exactly(member.name, member.store, world.office, world.truth())
    with member.store.reading() as session:
        noted = faults.newest(session, 1)
    if noted and not member.rotted:
        raise Violation(f"18: {member.name} mended a {noted[0].entity} that nobody had spoilt: {noted[0].kind}")
    with world.office.ledger.reading() as hq:
        for stream, head, count in hq.rows(
            "SELECT s.id, s.head, COUNT(l.seq) FROM stream s LEFT JOIN log l ON l.stream = s.id AND l.seq BETWEEN 1 AND"
            " s.head GROUP BY s.id"
        ):
            if count != head:
                raise Violation(f"4: stream {stream} has gaps")
    member.compared_at = state


def settle(world: World) -> None:
    """8 and 16: quiet leads to equal data everywhere, and then to silence."""
    for member in world.active():
        if member.rotten or member.name == "d0":
            scrub.scrub(member.store)
        member.rotten = False
    for _ in range(SETTLE_ROUNDS):
        moved, noisy = 0, 0
        for member in world.active():
            statements: list[str] = []
            member.store.database.watch = statements.append
            done = member.engine.round()
            member.store.database.watch = None
            moved += done.pushed + done.entries
            noisy += done.requests != 1 or any(not sql.startswith("SELECT") for sql in statements)
            after_step(world, member)
            after_round(world, member)
        if not moved and not noisy:
            break
    else:
        raise Violation(
            f"8: the fleet is not quiet after {SETTLE_ROUNDS} rounds"
            if moved
            else "16: an idle sync wrote, or asked more than once"
        )
    for member in world.active():
        with member.store.reading() as session:
            left = session.value(f"SELECT COUNT(*) FROM change WHERE state IN ({_LIVE})")
        if left:
            raise Violation(f"8: {member.name} still has {left} open changes")


def final(world: World) -> None:
    """1 to 5, 10 to 13, 15 and 18, over HQ's whole log; its lines go into the trace."""
    invariants.hq_sums_hold(world.office)
    if said := verify.faults(world.office.ledger):
        raise Violation(f"21: {said[0]}")
    for member in world.members.values():
        refused(member)
    with world.office.ledger.reading() as hq:
        invariants.streams(hq)
        invariants.folds(hq)
        invariants.mails(hq)
        for member in world.members.values():
            if member.put_back:
                _accounted_with_its_copy(hq, member)
            elif member.revoked_at is None:
                world.verdicts += invariants.accounted(hq, member.name, member.device_id, member.saved)
            if member.revoked_at is not None and any(
                seq > member.revoked_at.get(stream, 0)
                for stream, seq in hq.rows("SELECT stream, seq FROM log WHERE device_id=?", member.device_id)
            ):
                raise Violation(f"13: {member.name} wrote after it was revoked")
        invariants.clashes(hq, world.typed.seen)
        world.history.judge(hq, world.typed)
        if hq.value("SELECT COUNT(*) FROM customer WHERE credit_limit_minor IS NOT NULL"):
            raise Violation("13: a rep changed a credit limit")
        for line in hq.rows(
            "SELECT stream, seq, entity, record_id, kind, patch, stamp, device_id, dseq FROM log ORDER BY 1, 2"
        ):
            world.note(*line)


def _accounted_with_its_copy(hq: Records, member: Member) -> None:
    """1 and 2, of a device that was put back from a copy and became another, once or more: each goes on without a gap.
    Its changes have other numbers then, so that none is open any more (8) stands for each having its verdict."""
    known = member.store.identity()
    one: str | None = known.device_id if known else None
    while one is not None:
        came_from = hq.value("SELECT came_from FROM device WHERE id=?", one)
        invariants.accounted(hq, member.name, one, (), renewed=came_from is not None)
        one = came_from


def refused(member: Member) -> None:
    """14: a device that was revoked gets nothing."""
    if member.revoked_at is None:
        return
    try:
        member.engine.round()
    except Refused as said:
        if said.reason == "revoked":
            return
    raise Violation(f"14: {member.name} was revoked and is still served")
