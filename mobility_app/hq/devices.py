"""Devices: enrolment by one-time code, their keys, revocation.

An invite's code names HQ's key by fingerprint, so the device trusts nobody on first use. The code is kept hashed,
works once, for 15 minutes. A device's id is made from its public key: nobody can take another's.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from mobility_app.domain import versions
from mobility_app.domain.access import Actor
from mobility_app.domain.change import ACCEPTED, UPDATE
from mobility_app.errors import Refused
from mobility_app.store.records import Records
from mobility_app.sync.columns import Line
from mobility_app.sync.life_messages import DIGEST_LETTERS, EnrolRequest, RenewRequest
from mobility_app.sync.protocol import WireVerdict

INVITE_MS = 15 * 60 * 1000
INVITE_MAX_MS = 24 * 60 * 60 * 1000
CODE_BYTES = 16
FINGERPRINT_LETTERS = 16


@dataclass(frozen=True, slots=True)
class Device:
    """An enrolled device."""

    id: str
    number: int
    user_id: str
    public_key: str
    last_dseq: int
    revoked: bool
    order: str = ""  # block, salvage or wipe (`salvage.py`)
    version: int = versions.FIRST  # of the program that made this request


def device_id(public_key: bytes) -> str:
    """The id of a device, from its key: 32 letters of base32."""
    return base64.b32encode(hashlib.sha256(public_key).digest()[:20]).decode().lower()


def fingerprint(hq_key: bytes) -> str:
    """What an invite says of HQ's key."""
    return base64.b32encode(hashlib.sha256(hq_key).digest()).decode().lower()[:FINGERPRINT_LETTERS]


def invite(
    session: Records, user_id: str, hq_key: bytes, now: int, random: Callable[[int], bytes], valid_ms: int = INVITE_MS
) -> str:
    """A new code for one device of that user. Returned once; only its hash is kept."""
    secret = base64.b32encode(random(CODE_BYTES)).decode().lower().rstrip("=")
    code = f"{fingerprint(hq_key)}-{secret}"
    session.run(
        "INSERT INTO invite (code_hash, user_id, expires_at, used_at) VALUES (?, ?, ?, NULL)",
        _hash(code), user_id, now + min(valid_ms, INVITE_MAX_MS),
    )  # fmt: skip
    return code


def enrol(session: Records, request: EnrolRequest, now: int) -> Device:
    """Takes in a device. Raises Refused: 403 wrong_code (also used, also too late), 401 bad_signature."""
    try:
        key = bytes.fromhex(request.public_key)
        Ed25519PublicKey.from_public_bytes(key).verify(bytes.fromhex(request.proof), request.code.encode())
    except (InvalidSignature, ValueError):
        raise Refused("bad_signature", 401) from None
    user_id = session.value(
        "UPDATE invite SET used_at=? WHERE code_hash=? AND used_at IS NULL AND expires_at>=? RETURNING user_id",
        now, _hash(request.code), now,
    )  # fmt: skip
    if user_id is None:
        raise Refused("wrong_code", 403)
    new_id = device_id(key)
    if session.one("SELECT 1 FROM device WHERE id=?", new_id):
        raise Refused("already_enrolled", 409)
    number = int(session.value("SELECT COALESCE(MAX(number), 0) + 1 FROM device"))
    session.run(
        "INSERT INTO device (id, number, user_id, public_key, name, last_dseq, revoked, enrolled_at, seen_at)"
        " VALUES (?, ?, ?, ?, ?, 0, 0, ?, ?)",
        new_id, number, user_id, request.public_key, request.name, now, now,
    )  # fmt: skip
    return Device(new_id, number, user_id, request.public_key, 0, False)


def renew(session: Records, old: Device, asked: RenewRequest, now: int) -> tuple[Device, list[WireVerdict]]:
    """A copy of a device becomes one of its own, of the same person; asked again, it is the same one. Returns it, and
    the verdicts on what HQ has of it already. Raises Refused: 401 bad_signature, 409 already_enrolled."""
    try:
        key = bytes.fromhex(asked.public_key)
        Ed25519PublicKey.from_public_bytes(key).verify(bytes.fromhex(asked.proof), old.id.encode())
    except (InvalidSignature, ValueError):
        raise Refused("bad_signature", 401) from None
    known = []
    for dseq, digest, said in session.among(
        "SELECT dseq, digest, said FROM verdict WHERE device_id=? AND dseq IN ({marks})",
        [int(dseq) for dseq in asked.have if dseq.isdecimal()], old.id,
    ):  # fmt: skip
        if digest[:DIGEST_LETTERS] == asked.have[str(dseq)]:
            known.append(msgspec.json.decode(said, type=WireVerdict))
    known.sort(key=lambda verdict: verdict.dseq)
    new_id = device_id(key)
    if session.one("SELECT 1 FROM device WHERE id=?", new_id):
        if session.value("SELECT came_from FROM device WHERE id=?", new_id) != old.id:
            raise Refused("already_enrolled", 409)
    else:
        session.run(
            "INSERT INTO device (id, number, user_id, public_key, name, last_dseq, revoked, enrolled_at, seen_at, came_from)"
            " SELECT ?, (SELECT MAX(number) + 1 FROM device), user_id, ?, name, ?, 0, ?, ?, id FROM device WHERE id=?",
            new_id, asked.public_key, asked.last, now, now, old.id,
        )  # fmt: skip
    new = read(session, new_id)
    assert new is not None
    return new, known


def read(session: Records, wanted_id: str) -> Device | None:
    """The device, or None."""
    row = session.one(
        "SELECT id, number, user_id, public_key, last_dseq, revoked, order_ FROM device WHERE id=?", wanted_id
    )
    return Device(row[0], row[1], row[2], row[3], row[4], bool(row[5]), row[6]) if row else None


def revoke(session: Records, wanted_id: str) -> None:
    """From now on the device is refused, at its next request. What it is told to do besides: `salvage.py`."""
    session.run("UPDATE device SET revoked=1 WHERE id=?", wanted_id)


def unaltered(session: Records, device_id: str, lines: Sequence[Line], after: Mapping[str, int]) -> set[int]:
    """Places of those of these lines of the log that are edits of that device, each as it was sent and all that came of
    it, and that are new to it: `after` is how far it has received each stream."""
    count = Counter(line[11] for line in lines if line[10] == device_id)
    own = {
        line[11]: place
        for place, line in enumerate(lines)
        if line[10] == device_id and line[6] == UPDATE and count[line[11]] == 1 and line[1] > after.get(line[0], 0)
    }
    if not own:
        return set()
    sql = "SELECT said FROM verdict WHERE device_id=? AND dseq BETWEEN ? AND ?"
    verdicts = (
        msgspec.json.decode(row[0], type=WireVerdict) for row in session.rows(sql, device_id, min(own), max(own))
    )
    plain = {one.dseq for one in verdicts if one.state == ACCEPTED and not (one.fields or one.clamped)}
    return {place for dseq, place in own.items() if dseq in plain}


def actor(session: Records, user_id: str) -> Actor:
    """The user as HQ's own row has it. Raises Refused 403 user_gone."""
    user = session.get("user", user_id)
    if user is None:
        raise Refused("user_gone", 403)
    companies, territories = user["company_ids"], user["territory_ids"]
    return Actor(
        user_id,
        str(user["role"]),
        tuple(companies if isinstance(companies, list) else ()),
        tuple(territories if isinstance(territories, list) else ()),
    )


def _hash(code: str) -> str:
    return hashlib.sha256(b"mobility/invite/v1|" + code.strip().lower().encode()).hexdigest()
