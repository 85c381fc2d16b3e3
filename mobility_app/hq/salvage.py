"""Devices that are no longer welcome: what the office orders them to do, what they hand over, what they report.

`block`: refused, nothing else. `salvage`: asked once for what they had not sent, then wiped. `wipe`: the key, then the files.
The order is the signed refusal of the device's next request. Called by `headquarters.py` and `mobility hq device`.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from mobility_app.errors import NotFound, Refused
from mobility_app.hq.devices import Device
from mobility_app.store.records import Records
from mobility_app.sync.life_messages import SalvageRequest

BLOCK, SALVAGE, WIPE = "block", "salvage", "wipe"


@dataclass(frozen=True, slots=True)
class Listed:
    """A device as the office sees it. `order`: empty, block, salvage or wipe. `copy_of`: the number of the device that it
    was a copy of. `salvaged`: how many changes it handed over. Instants in UTC milliseconds."""

    number: int
    name: str
    user: str
    seen_at: int
    order: str
    done_at: int | None
    copy_of: int | None
    salvaged: int


def refuse(device: Device) -> None:
    """Raises what a device that is no longer welcome is told."""
    if not device.revoked:
        return
    if device.order == SALVAGE:
        raise Refused("revoked_salvage", 403)
    if device.order == WIPE:
        raise Refused("revoked_wipe", 403)
    raise Refused("revoked", 403)


def order(session: Records, number: int, what: str) -> None:
    """Gives a device its order, at its next request. Raises NotFound."""
    found = session.value(
        "UPDATE device SET revoked=1, order_=?, order_done_at=NULL WHERE number=? RETURNING id", what, number
    )
    if found is None:
        raise NotFound("device", str(number))


def taken(session: Records, device: Device, said: SalvageRequest, now: int) -> None:
    """Lays aside what a device hands over that was asked for it; after the last piece it is ordered to wipe itself."""
    if device.order != SALVAGE:
        refuse(device)
        raise Refused("revoked", 403)
    session.many(
        "INSERT INTO salvage VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(device.id, change.dseq, msgspec.json.encode(change).decode(), now) for change in said.changes],
    )
    if said.last:
        session.run("UPDATE device SET order_=? WHERE id=?", WIPE, device.id)


def wiped(session: Records, device: Device, now: int) -> None:
    """A device says that it wiped itself."""
    if device.order != WIPE:
        refuse(device)
        raise Refused("revoked", 403)
    session.run("UPDATE device SET order_done_at=COALESCE(order_done_at, ?) WHERE id=?", now, device.id)


def listed(session: Records) -> list[Listed]:
    """All devices, by number."""
    rows = session.rows(
        "SELECT d.number, d.name, COALESCE(u.name, ''), d.seen_at, CASE WHEN d.revoked=1 AND d.order_='' THEN 'block' ELSE"
        " d.order_ END, d.order_done_at, (SELECT o.number FROM device o WHERE o.id=d.came_from),"
        " (SELECT COUNT(*) FROM salvage s WHERE s.device_id=d.id)"
        ' FROM device d LEFT JOIN "user" u ON u.id=d.user_id ORDER BY d.number'
    )
    return [Listed(*row) for row in rows]


def salvaged(session: Records, number: int) -> list[str]:
    """What that device handed over, in order, each a change as JSON."""
    return [
        row[0]
        for row in session.rows(
            "SELECT said FROM salvage WHERE device_id=(SELECT id FROM device WHERE number=?) ORDER BY dseq", number
        )
    ]
