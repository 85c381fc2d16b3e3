"""The device's side of signatures: requests signed with its key, answers checked against HQ's."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mobility_app.errors import Unreachable
from mobility_app.sync import protocol


def headers(
    private_key: str, device_id: str, method: str, target: str, body: bytes, now_ms: int,
    media_type: str = protocol.MEDIA_TYPE,
) -> dict[str, str]:  # fmt: skip
    """The headers of a signed request. Messages travel packed, pieces of files as they are."""
    content_digest = protocol.digest(body)
    params = protocol.signature_params(device_id, now_ms // 1000)
    text = protocol.signature_base(method, target, content_digest, device_id, params)
    signature = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private_key)).sign(text)
    return {
        "content-type": media_type,
        "content-encoding": "zstd" if media_type == protocol.MEDIA_TYPE else "identity",
        "content-digest": content_digest,
        "mobility-device": device_id,
        "signature-input": f"mobility={params}",
        "signature": f"mobility=:{base64.b64encode(signature).decode()}:",
    }


def check_answer(hq_key: str, status: int, answer_headers: Mapping[str, str], body: bytes, request_body: bytes) -> int:
    """HQ's clock in UTC milliseconds. Raises Unreachable("portal") unless HQ itself wrote this answer to this request."""
    try:
        signature = base64.b64decode(answer_headers.get("mobility-signature", ""), validate=True)
        time_ms = answer_headers.get("mobility-time", "")
        text = protocol.answer_base(status, body, protocol.digest(request_body), time_ms)
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(hq_key)).verify(signature, text)
        return int(time_ms)
    except (InvalidSignature, ValueError):
        raise Unreachable("portal", "somebody else answered in HQ's place") from None
