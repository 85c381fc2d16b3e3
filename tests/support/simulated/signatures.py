"""Ed25519 without the curve: for seeds, in which both ends of every request live in one process.

A signature is a keyed hash under the signer's private key; who checks it looks that key up by the public one, which is
the true one. Everything around it is the product's own: what is signed, by whom, over which bytes, and what happens to a
signature that is cut, flipped, forged or given to another text. Curve arithmetic took a sixth of a seed's time.
`test_seeds` plays a seed with both, and wants one trace.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    KeySerializationEncryption,
    PrivateFormat,
    PublicFormat,
)

from mobility_app.hq import devices, headquarters, office
from mobility_app.sync import enrolment, renewal, signing
from tests.support import forger

_PRIVATE = (office, enrolment, renewal, signing, forger)
_PUBLIC = (devices, headquarters, signing)
_secrets: dict[bytes, bytes] = {}  # public key -> private key, of all signers of this process


class QuickPrivateKey:
    """Signs by a keyed hash."""

    def __init__(self, raw: bytes, public: Ed25519PublicKey) -> None:
        self._raw, self._public = raw, public

    @staticmethod
    @cache
    def from_private_bytes(raw: bytes) -> QuickPrivateKey:
        public = Ed25519PrivateKey.from_private_bytes(raw).public_key()
        _secrets[public.public_bytes(Encoding.Raw, PublicFormat.Raw)] = raw
        return QuickPrivateKey(raw, public)

    def sign(self, text: bytes) -> bytes:
        return _sign(self._raw, text)

    def public_key(self) -> Ed25519PublicKey:
        return self._public

    def private_bytes(self, encoding: Encoding, form: PrivateFormat, encryption: KeySerializationEncryption) -> bytes:
        return self._raw


class QuickPublicKey:
    """Checks what a `QuickPrivateKey` signed."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    @staticmethod
    @cache
    def from_public_bytes(raw: bytes) -> QuickPublicKey:
        Ed25519PublicKey.from_public_bytes(raw)
        return QuickPublicKey(raw)

    def verify(self, signature: bytes, text: bytes) -> None:
        secret = _secrets.get(self._raw)
        if secret is None or not hmac.compare_digest(_sign(secret, text), signature):
            raise InvalidSignature


@contextmanager
def quick() -> Iterator[None]:
    """In this block all sign and check so."""
    _all_use(QuickPrivateKey, QuickPublicKey)
    try:
        yield
    finally:
        _all_use(Ed25519PrivateKey, Ed25519PublicKey)


def _all_use(private: type, public: type) -> None:
    for module in _PRIVATE:
        vars(module)["Ed25519PrivateKey"] = private
    for module in _PUBLIC:
        vars(module)["Ed25519PublicKey"] = public
    for kept in (signing._own_key, signing._hq_key):
        kept.cache_clear()


def _sign(secret: bytes, text: bytes) -> bytes:
    return hmac.digest(secret, text, "sha512")
