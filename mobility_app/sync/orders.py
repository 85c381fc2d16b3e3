"""What HQ ordered this device to do, and how it obeys: hand over what was unsent (`salvage`), be wiped, tell that it was.

An order is a refusal that HQ signed over this very request: nobody on the way can forge one. Called by `engine.py`; the wipe
itself is the composition's (`wiping.py`), which then calls `report` with the identity that it kept in memory.
"""

from __future__ import annotations

from collections.abc import Callable

from mobility_app.domain.change import Change
from mobility_app.errors import Refused
from mobility_app.store.identity import Identity
from mobility_app.store.store import Store
from mobility_app.sync import protocol
from mobility_app.sync.asking import ask
from mobility_app.sync.life_messages import SALVAGE_BATCH, SalvageRequest, WipedRequest
from mobility_app.sync.transport import Transport

SALVAGE, WIPE = "revoked_salvage", "revoked_wipe"


def hand_over(unsent: list[Change], send: Callable[[SalvageRequest], object]) -> None:
    """Gives HQ what it never had, once, in pieces; with the last one the device is ordered to wipe itself.

    Raises Refused revoked_wipe: there is nothing left to do but that."""
    pieces = [unsent[at : at + SALVAGE_BATCH] for at in range(0, len(unsent), SALVAGE_BATCH)] or [[]]
    for number, piece in enumerate(pieces, 1):
        send(SalvageRequest([protocol.wire_change(change) for change in piece], number == len(pieces)))
    raise Refused(WIPE, status=403)


def report(store: Store, transport: Transport, known: Identity) -> None:
    """Tells HQ that the device was wiped. Raises Unreachable, Refused."""
    ask(store, transport, known, "POST", "/v1/wiped", protocol.pack(WipedRequest()), learn=False)
