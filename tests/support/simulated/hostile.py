"""A device in wrong hands: numbers that are forged, used twice or skipped, records of others, values of any size.

It owns a real key of a real user (Eva, who holds the territory Sul). HQ must answer each request clearly, change
nothing that Eva may not change, and go on.
"""

from __future__ import annotations

import msgspec

from mobility_app.errors import Refused
from mobility_app.sync import protocol
from mobility_app.sync.protocol import PushAnswer, PushRequest, WireChange
from tests.support.forger import forged
from tests.support.invariants import Violation
from tests.support.simulated.world import Member, World


def strike(world: World, member: Member) -> None:
    """One hostile request, and whether it was answered as it must be."""
    if not world.plan.rate("hostile"):
        return
    kind = world.random.choice(["gap", "reuse", "foreign", "oversize", "strange", "garbage"])
    world.faults["hostile"] += 1
    world.did[f"hostile_{kind}"] += 1
    world.tell("a stolen device", kind)
    with world.office.ledger.reading() as hq:
        customers = hq.find("customer")
        before = hq.value("SELECT SUM(head) FROM stream")
    victim = world.random.choice(customers)
    change = forged("update", "customer", str(victim["id"]), {"preferred_weekday": 3})
    match kind:
        case "gap":
            _refused(world, msgspec.structs.replace(change, dseq=world.mallory.next + 3, tx=9), "gap")
        case "reuse":
            if world.mallory.next > 1:
                other = forged("update", "customer", str(victim["id"]), {"name": "again"})
                _refused(world, msgspec.structs.replace(other, dseq=world.mallory.next - 1, tx=77), "seq_reuse")
        case "foreign":
            values = {"territory_id": world.territories[1], "name": f"stolen {world.random.randrange(10**9)}"}
            stolen = forged("update", "customer", str(victim["id"]), values)
            state, _ = world.mallory.one(stolen)
            if victim["territory_id"] != world.territories[1] and state != "rejected":
                raise Violation("13: a customer of another territory was taken")
        case "oversize":
            state, _ = world.mallory.one(forged("update", "customer", str(victim["id"]), {"name": "x" * 100_000}))
            if state != "rejected":
                raise Violation("13: a value of any size was taken")
        case "strange":
            entity, verb = world.random.choice([("no_such", "update"), ("customer", "explode"), ("user", "create")])
            state, reason = world.mallory.one(forged(verb, entity, world.randbytes(16).hex(), {}))
            if state != "rejected" or reason == "set_aside":
                raise Violation(f"13: {verb} of {entity} was answered {state} {reason}")
        case "garbage":
            target = world.random.choice(["/v1/push", "/v1/pull", "/v1/enrol"])
            status = world.mallory.send_raw(target, world.randbytes(world.random.randrange(200)))
            if status >= 500 or status == 200:
                raise Violation(f"19: garbage was answered {status}")
    if kind not in ("foreign",):
        with world.office.ledger.reading() as hq:
            if hq.value("SELECT SUM(head) FROM stream") != before:
                raise Violation(f"13: a hostile {kind} changed HQ")


def _refused(world: World, change: WireChange, reason: str) -> None:
    try:
        world.mallory.ask("/v1/push", PushRequest(protocol.in_columns([change])), PushAnswer)
    except Refused as said:
        if said.reason == reason:
            return
        raise Violation(f"3: a forged number was answered {said.reason}, not {reason}") from None
    raise Violation(f"3: a forged number was taken where {reason} was due")
