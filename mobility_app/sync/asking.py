"""One signed request to HQ and its checked answer. Whatever a device asks HQ after its enrolment goes through here."""

from __future__ import annotations

from mobility_app.errors import Refused, Unreachable
from mobility_app.store.identity import Identity
from mobility_app.store.store import Store
from mobility_app.sync import protocol, signing
from mobility_app.sync.protocol import ErrorAnswer
from mobility_app.sync.transport import Reply, Transport, retry_after

TOO_MANY = 429


def ask(
    store: Store, transport: Transport, known: Identity, method: str, target: str, body: bytes = b"",
    media_type: str = protocol.MEDIA_TYPE, *, learn: bool = True,
) -> Reply:  # fmt: skip
    """HQ's answer, which is a yes. The store learns HQ's clock on the way (`learn`: not from an answer that was held back).

    Raises Unreachable: network, cut, stalled or portal where HQ did not answer, busy or failed where it did and could not.
    Raises Refused."""
    signed = signing.headers(known.private_key, known.device_id, method, target, body, media_type)
    reply = transport.send(method, target, signed, body)
    hq_ms = signing.check_answer(known.hq_key, reply.status, reply.headers, reply.body, body)
    if learn:
        store.learn_time(hq_ms)
    if reply.status != 200:
        error = protocol.unpack(reply.body, ErrorAnswer, hostile=False)
        if reply.status >= 500 or reply.status == TOO_MANY:
            reason = "failed" if error.error == "failed" else "busy"
            raise Unreachable(reason, f"HQ: {error.error}", retry_after(reply.headers))
        raise Refused(error.error, reply.status, wanted=error.wanted)
    return reply
