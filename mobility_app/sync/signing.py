"""The device's side of signatures: requests signed with its key, answers checked against HQ's."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mobility_app.domain import versions
from mobility_app.errors import Unreachable
from mobility_app.sync import protocol

KEYS_KEPT = 32  # a device has one of its own and one of HQ's


def headers(
    private_key: str, device_id: str, method: str, target: str, body: bytes, media_type: str = protocol.MEDIA_TYPE
) -> dict[str, str]:
    """The headers of a signed request. Messages travel packed, pieces of files as they are."""
    version = str(versions.VERSION)
    text = protocol.signature_base(method, target, protocol.digest(body), device_id, version)
    signature = base64.b64encode(_own_key(private_key).sign(text)).decode()
    return {
        "content-type": media_type,
        "content-encoding": "zstd" if media_type == protocol.MEDIA_TYPE else "identity",
        protocol.SIGNATURE: f"{device_id}:{version}:{signature}",
    }


def check_answer(hq_key: str, status: int, answer_headers: Mapping[str, str], body: bytes, request_body: bytes) -> int:
    """HQ's clock in UTC milliseconds. Raises Unreachable("portal") unless HQ itself wrote this answer to this request."""
    try:
        time_ms, _, signed = answer_headers.get(protocol.SIGNATURE, "").partition(":")
        signature = base64.b64decode(signed, validate=True)
        text = protocol.answer_base(status, body, protocol.digest(request_body), time_ms)
        _hq_key(hq_key).verify(signature, text)
        return int(time_ms)
    except (InvalidSignature, ValueError):
        raise Unreachable("portal", "somebody else answered in HQ's place") from None


@lru_cache(maxsize=KEYS_KEPT)
def _own_key(private_key: str) -> Ed25519PrivateKey:
    """Made once: OpenSSL derives the public half anew each time, which takes as long as a signature."""
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private_key))


@lru_cache(maxsize=KEYS_KEPT)
def _hq_key(hq_key: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(hq_key))
