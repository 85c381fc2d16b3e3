"""Somebody who owns a device's key and writes his own requests: no store, no checks, whatever JSON he likes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Protocol

import msgspec
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mobility_app.domain.fields import Plain
from mobility_app.errors import Refused
from mobility_app.hq.headquarters import Request, private_bytes
from mobility_app.hq.office import Office
from mobility_app.sync import protocol, signing
from mobility_app.sync.life_messages import EnrolAnswer, EnrolRequest
from mobility_app.sync.protocol import (
    ErrorAnswer,
    M,
    PullAnswer,
    PullRequest,
    PushAnswer,
    PushRequest,
    WireChange,
    WireCursor,
    WireVerdict,
)

FAR = 2**62


class Place(Protocol):
    """Where a forger lives: a fleet, or the world of a simulated seed."""

    office: Office
    random: random.Random


def forged(
    kind: str, entity: str, record_id: str, values: dict[str, Plain] | None = None, *, base: int = FAR,
    before: Plain = None, stamp: int = 1 << 16, at: int = 1, tx: int = 0, atomic: bool = False, dseq: int = 1,
) -> WireChange:  # fmt: skip
    """A change that claims to have seen everything. Without `tx` it is alone in its transaction."""
    patch = {name: (before, value) for name, value in (values or {}).items()}
    return WireChange(dseq, tx, entity, record_id, kind, patch, base, stamp, at, atomic)


@dataclass(slots=True)
class Forger:
    """An enrolled key of one user of the fleet."""

    fleet: Place
    user: str
    device_id: str = field(init=False)
    user_id: str = field(init=False)
    key: Ed25519PrivateKey = field(init=False)
    next: int = 1
    answered: bytes = b""  # the last answer, decoded

    def __post_init__(self) -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(self.fleet.random.randbytes(32))
        code = self.fleet.office.invite(self.user)
        public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
        request = EnrolRequest(code, public, self.user, self.key.sign(code.encode()).hex())
        headers = {"content-type": protocol.MEDIA_TYPE, "content-encoding": "zstd"}
        answer = self.fleet.office.headquarters.answer(
            Request("POST", "/v1/enrol", headers, protocol.pack(request))
        )  # fmt: skip
        said = protocol.unpack(answer.body, EnrolAnswer, hostile=False)
        self.device_id, self.user_id = said.device_id, said.user_id

    def ask(self, target: str, message: PushRequest | PullRequest, kind: type[M]) -> M:
        body = protocol.pack(message)
        headers = signing.headers(private_bytes(self.key).hex(), self.device_id, "POST", target, body)
        answer = self.fleet.office.headquarters.answer(Request("POST", target, headers, body))
        self.answered = zstandard.ZstdDecompressor().decompressobj().decompress(answer.body)
        if answer.status != 200:
            error = msgspec.json.decode(self.answered, type=ErrorAnswer)
            raise Refused(error.error, answer.status, wanted=error.wanted)
        return msgspec.json.decode(self.answered, type=kind)

    def send_raw(self, target: str, body: bytes) -> int:
        """The status with which HQ answers these bytes, rightly signed."""
        headers = signing.headers(private_bytes(self.key).hex(), self.device_id, "POST", target, body)
        return self.fleet.office.headquarters.answer(Request("POST", target, headers, body)).status

    def push(self, *changes: WireChange) -> list[WireVerdict]:
        """The verdicts; numbers and transactions are filled in."""
        numbered = [
            msgspec.structs.replace(change, dseq=self.next + at, tx=change.tx or self.next + at)
            for at, change in enumerate(changes)
        ]
        self.next += len(numbered)
        return self.ask("/v1/push", PushRequest(protocol.in_columns(numbered)), PushAnswer).verdicts

    def one(self, change: WireChange) -> tuple[str, str]:
        """(state, reason) of a single change."""
        (verdict,) = self.push(change)
        return verdict.state, verdict.reason

    def pull(self, cursor: WireCursor | None = None) -> PullAnswer:
        return self.ask("/v1/pull", PullRequest(cursor or WireCursor()), PullAnswer)

    def pull_all(self, cursor: WireCursor | None = None) -> tuple[str, WireCursor]:
        """Everything that HQ hands out after the cursor, as text, and the last cursor."""
        pages, at = [], cursor or WireCursor()
        for _ in range(200):
            answer = self.pull(at)
            pages.append(msgspec.json.encode([answer.entries, answer.steps]).decode())
            at = answer.cursor or at
            if not answer.more:
                return "\n".join(pages), at
        raise AssertionError("the pages never end")
