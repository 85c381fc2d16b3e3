"""A device whose database was copied or put back from an old copy becomes a device of its own, by itself.

HQ notices it: other changes under numbers that it knows (409 `seq_reuse`). The device then makes a new key, is enrolled
anew under the old one's signature, counts on from a number that no copy of it has reached, and sends what was unsent;
what HQ has already, byte for byte, is not sent twice. Asked again after a cut, HQ gives the same answer. Called by
`engine.py`. What HQ had taken of the old device can't be offered again by the new one: it is let go.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mobility_app.domain.change import OPEN, SENT, Change
from mobility_app.store import apply, identity
from mobility_app.store.identity import Identity
from mobility_app.store.records import Records
from mobility_app.store.store import Store
from mobility_app.sync import protocol
from mobility_app.sync.life_messages import DIGEST_LETTERS, RenewAnswer, RenewRequest, digest

REUSED = "seq_reuse"
RENEWING = "renewing"
BEYOND = 1_000_000  # numbers left free: the other copies go on counting


def renew(store: Store, known: Identity, unsent: list[Change], ask: Callable[[RenewRequest], RenewAnswer]) -> None:
    """Makes this store a new device. Can be cut anywhere and done again. Raises what `ask` raises."""
    key, last = _begun(store)
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key))
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    have = {str(change.dseq): digest(protocol.wire_change(change))[:DIGEST_LETTERS] for change in unsent}
    answer = ask(RenewRequest(public, private.sign(known.device_id.encode()).hex(), last, have))
    apply.verdicts(store, [apply.Said(v.dseq, v.state, v.reason, v.fields, v.stream, v.seq) for v in answer.known])
    with store.transaction() as session:
        _count_on(session, last)
        session.run("DELETE FROM kept")
        session.run("DELETE FROM meta WHERE k=?", RENEWING)
        identity.keep(
            session,
            replace(known, device_id=answer.device_id, device_number=answer.device_number, private_key=key),
        )


def _begun(store: Store) -> tuple[str, int]:
    """The new key and the number to count on from, on the disk before HQ hears of them."""
    with store.transaction() as session:
        found = identity.meta(session, RENEWING)
        if found is None:
            last = int(session.value("SELECT seq FROM sqlite_sequence WHERE name='change'") or 0) + BEYOND
            found = json.dumps([store.random(32).hex(), last])
            identity.set_meta(session, RENEWING, found)
    key, last = json.loads(found)
    return str(key), int(last)


def _count_on(session: Records, last: int) -> None:
    for (dseq,) in session.rows("SELECT dseq FROM change WHERE state IN (?, ?) AND dseq>0 ORDER BY dseq", OPEN, SENT):
        last += 1
        session.run("UPDATE change SET dseq=?, state=? WHERE dseq=?", last, OPEN, dseq)
    session.run("UPDATE sqlite_sequence SET seq=? WHERE name='change'", last)
