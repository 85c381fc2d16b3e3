"""A device becomes known to HQ: it makes its key, proves it, and checks HQ's against the fingerprint in the code."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mobility_app.errors import NotEnrolled, Refused, Unreachable
from mobility_app.store import again, identity
from mobility_app.store.identity import Identity
from mobility_app.store.store import Store
from mobility_app.sync import protocol, signing
from mobility_app.sync.life_messages import EnrolAnswer, EnrolRequest
from mobility_app.sync.protocol import ErrorAnswer
from mobility_app.sync.transport import Transport


def enrol(
    store: Store, transport: Transport, hq_url: str, code: str, name: str, random: Callable[[int], bytes]
) -> Identity:
    """Enrols this store's device. Raises Refused (wrong_code, already_enrolled), Unreachable."""
    if store.identity() is not None:
        raise Refused("already_enrolled", 409)
    known, actor = _asked(transport, hq_url, code, name, random)
    with store.transaction() as session:
        identity.keep(session, known)
        identity.set_meta(session, "actor", json.dumps(actor))
    return known


def enrol_again(
    store: Store, transport: Transport, hq_url: str, code: str, name: str, random: Callable[[int], bytes]
) -> Identity:
    """Enrols a device anew that HQ does not know any more: HQ was restored from a backup of before its enrolment. What was
    unsent, and what HQ had taken of it and lost, waits to be offered by the new device, under the old numbers. Raises as
    `enrol`, and Refused another_user where the code is another person's: then nothing changes here."""
    before = store.identity()
    if before is None:
        raise NotEnrolled("this device is not enrolled")
    known, actor = _asked(transport, hq_url, code, name, random)
    if known.user_id != before.user_id:
        raise Refused("another_user", 403)
    with store.transaction() as session:
        identity.keep(session, known)
        identity.set_meta(session, "actor", json.dumps(actor))
        again.lost_from(session, 1)
    return known


def _asked(
    transport: Transport, hq_url: str, code: str, name: str, random: Callable[[int], bytes]
) -> tuple[Identity, object]:
    """(who this device is from now on, its user as HQ tells)."""
    key = random(32)
    private = Ed25519PrivateKey.from_private_bytes(key)
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    code = code.strip().lower()
    body = protocol.pack(EnrolRequest(code, public, name[:120], private.sign(code.encode()).hex()))
    headers = {"content-type": protocol.MEDIA_TYPE, "content-encoding": "zstd"}
    reply = transport.send("POST", "/v1/enrol", headers, body)
    if reply.headers.get("content-type") != protocol.MEDIA_TYPE:
        raise Unreachable("portal", "somebody else answered in HQ's place")
    if reply.status != 200:
        error = protocol.unpack(reply.body, ErrorAnswer, hostile=False)
        raise Refused(error.error, reply.status)
    answer = protocol.unpack(reply.body, EnrolAnswer, hostile=False)
    if _fingerprint(answer.hq_key) != code.split("-")[0]:
        raise Unreachable("portal", "this is not the HQ that the code was made by")
    signing.check_answer(answer.hq_key, reply.status, reply.headers, reply.body, body)
    known = Identity(answer.device_id, answer.device_number, answer.user_id, hq_url, answer.hq_key, key.hex())
    return known, msgspec.to_builtins(answer.actor)


def _fingerprint(hq_key: str) -> str:
    return base64.b32encode(hashlib.sha256(bytes.fromhex(hq_key)).digest()).decode().lower()[:16]
