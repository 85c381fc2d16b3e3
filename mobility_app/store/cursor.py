"""How far this device has received: for each scope the sequence number of its stream.

Kept as one note in the store, written in the same transaction as the page that it belongs to. `sub` is the place
inside the replay of a customer that entered a scope, where a page ended in the middle of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from mobility_app.store import identity
from mobility_app.store.records import Records

AWAITED = -1  # in the place of `sub`
HALFWAY = "halfway"  # the note that a page was applied in part, with the cursor as it was


@dataclass(frozen=True, slots=True)
class Cursor:
    """`scopes`: scope -> (seq, sub), with sub AWAITED while the snapshot at seq is being taken; `streams`: stream -> seq
    up to which everything visible was received. `seal`: HQ's own mark, given back as it came."""

    epoch: str = ""
    role: str = ""
    scopes: dict[str, tuple[int, int]] = field(default_factory=dict)
    streams: dict[str, int] = field(default_factory=dict)
    seal: str = ""

    @classmethod
    def read(cls, session: Records) -> Cursor:
        """The kept cursor, or the empty one."""
        kept = json.loads(identity.meta(session, "cursor") or "{}")
        scopes = {name: (at[0], at[1]) for name, at in kept.get("scopes", {}).items()}
        return cls(kept.get("epoch", ""), kept.get("role", ""), scopes, kept.get("streams", {}), kept.get("seal", ""))

    def keep(self, session: Records) -> None:
        """Keeps the cursor."""
        kept = {
            "epoch": self.epoch, "role": self.role, "scopes": self.scopes, "streams": self.streams, "seal": self.seal,
        }  # fmt: skip
        identity.set_meta(session, "cursor", json.dumps(kept))

    def position(self, scope: str) -> int:
        """Up to which number of its stream the scope was received; 0 where nothing was."""
        return self.scopes.get(scope, (0, 0))[0]
