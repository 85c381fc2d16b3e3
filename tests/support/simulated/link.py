"""The network between one simulated device and HQ: requests and answers that are lost, repeated, cut, flipped, delayed;
an HQ that dies or has no room left at any statement of its work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mobility_app.errors import Unreachable
from mobility_app.hq.headquarters import Request
from mobility_app.sync.transport import Reply
from tests.support.invariants import Violation
from tests.support.simulated.bombs import Crash, bomb, no_room

if TYPE_CHECKING:
    from tests.support.simulated.world import World

HQ_STATEMENTS = 60  # a bomb at HQ goes off within so many


class Link:
    """A transport with the seed's faults."""

    def __init__(self, world: World, name: str) -> None:
        self._world, self._name = world, name

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        world, request = self._world, Request(method, target, dict(headers), body)
        if world.strikes("lost_request", 0.15):
            raise Unreachable("network")
        if world.strikes("delayed", 0.15):
            world.late.append((self._name, request))
            raise Unreachable("network")
        reply = self._ask(request)
        if world.strikes("repeated", 0.2):
            again = self._ask(request)
            if target == "/v1/push" and reply.status == again.status == 200 and again.body != reply.body:
                raise Violation("2: the same push was answered differently")
        if world.strikes("lost_answer", 0.2):
            raise Unreachable("network")
        if world.strikes("cut", 0.1):
            return Reply(reply.status, reply.headers, reply.body[: world.random.randrange(len(reply.body))])
        if world.strikes("flipped", 0.1):
            at = world.random.randrange(len(reply.body))
            flipped = (
                reply.body[:at] + bytes([reply.body[at] ^ (1 << world.random.randrange(8))]) + reply.body[at + 1 :]
            )
            return Reply(reply.status, reply.headers, flipped)
        return reply

    def _ask(self, request: Request) -> Reply:
        world = self._world
        try:
            if world.strikes("hq_crash", 0.12):
                world.office.database.watch = bomb(world.random.randint(1, HQ_STATEMENTS))
            elif world.strikes("hq_full", 0.06):
                world.office.database.watch = no_room(world.random.randint(1, HQ_STATEMENTS))
            answer = world.office.headquarters.answer(request)
        except Crash:
            world.tell("HQ", "died in the middle of its work, and started again")
            world.reopen_hq()
            raise Unreachable("network") from None
        finally:
            world.office.database.watch = None
        return Reply(answer.status, answer.headers, answer.body)
