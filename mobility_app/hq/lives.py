"""Lives of HQ: each restore from a backup ends one and begins the next, with a new epoch (docs/decisions/0005).

What a device says of an ended life is measured by what both lives share: `common`. What devices held of it beyond that is
evidence for the office: never written as a fact, for only an author's own device offers a change. Called by
`headquarters.py` and `backup.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from mobility_app.hq.devices import Device
from mobility_app.store.records import Records
from mobility_app.sync.life_messages import TestifyRequest
from mobility_app.sync.protocol import LIFE_LETTERS, WireLife

EVIDENCE_ROWS_MAX = 200_000  # in all: no device fills HQ's disk with what it says


@dataclass(frozen=True, slots=True)
class Lost:
    """An entry of an ended life that is not in this one. `why`: its author has not offered it yet (`waits`), or HQ
    itself had written it (`office`: an import, or the office's own work, to be done again)."""

    at: int
    entity: str
    record_id: str
    kind: str
    user: str
    device: str
    why: str
    fields: tuple[str, ...]


def epoch(session: Records) -> str:
    """The life that HQ is in."""
    return str(session.value("SELECT v FROM hq_meta WHERE k='epoch'"))


def common(session: Records, life: str, stream: str) -> int | None:
    """Up to which number of the stream the life whose epoch ends so tells what this one does. None: all of it. A life
    that nothing is known of shares what every life shares."""
    if not life or epoch(session).endswith(life):
        return None
    lives = session.rows("SELECT number, epoch FROM life GROUP BY number, epoch ORDER BY number")
    since = max((number for number, named in lives if named.endswith(life)), default=0)
    heads = dict(session.rows("SELECT number, head FROM life WHERE stream=? AND number>=?", stream, since))
    return min((heads.get(number, 0) for number, _ in lives if number >= since), default=None)


def begin(session: Records, new_epoch: str, ended: str, heads: dict[str, int]) -> None:
    """Ends a life: from now on the epoch is a new one."""
    number = int(session.value("SELECT COALESCE(MAX(number), 0) + 1 FROM life"))
    session.many(
        "INSERT INTO life (number, epoch, stream, head) VALUES (?, ?, ?, ?)",
        [(number, ended, stream, head) for stream, head in sorted(heads.items())],
    )
    session.run("UPDATE hq_meta SET v=? WHERE k='epoch'", new_epoch)


def met(session: Records, device: Device, at_epoch: str, streams: Iterable[str]) -> WireLife | None:
    """What a device is told that comes from another life; None for one of this."""
    life = at_epoch[-LIFE_LETTERS:]
    heads = {stream: common(session, life, stream) for stream in streams}
    if not at_epoch or at_epoch == epoch(session):
        return None
    return WireLife(device.last_dseq + 1, {stream: head for stream, head in heads.items() if head is not None})


def testify(session: Records, device: Device, said: TestifyRequest, now: int) -> int:
    """Notes what a device held of an ended life. Returns how many entries were news."""
    before = int(session.value("SELECT COUNT(*) FROM evidence"))
    life = said.epoch[-LIFE_LETTERS:]
    rows = []
    for entry in said.entries[: max(EVIDENCE_ROWS_MAX - before, 0)]:
        head = common(session, life, entry.stream)
        if head is None or entry.seq <= head or entry.kind == "lost":
            continue
        patch = json.dumps({name: list(sides) for name, sides in entry.patch.items()}, ensure_ascii=False)
        rows.append((
            said.epoch, entry.stream, entry.seq, entry.entity, entry.id, entry.kind, entry.user, entry.device, entry.dseq,
            entry.at, patch, device.id, now,
        ))  # fmt: skip
    session.many(f"INSERT INTO evidence VALUES ({','.join('?' * 13)}) ON CONFLICT DO NOTHING", rows)
    return int(session.value("SELECT COUNT(*) FROM evidence")) - before


def lost(session: Records) -> list[Lost]:
    """What devices had seen and HQ no longer has, oldest first. What its author's device has offered meanwhile is not
    lost; neither are HQ's own notes about a change that came back (how its mail stands)."""
    found = session.rows(
        "SELECT e.at, e.entity, e.record_id, e.kind, COALESCE(u.name, ''), COALESCE(d.name, ''), e.device_id, e.patch"
        ' FROM evidence e LEFT JOIN "user" u ON u.id=e.user_id LEFT JOIN device d ON d.id=e.device_id'
        " WHERE NOT EXISTS (SELECT 1 FROM verdict v WHERE v.device_id=e.device_id AND v.dseq=e.dseq)"
        " ORDER BY e.at, e.stream, e.seq"
    )
    return [
        Lost(at, entity, record_id, kind, user, device, "waits" if device_id else "office", tuple(json.loads(patch)))
        for at, entity, record_id, kind, user, device, device_id, patch in found
        if device_id or not set(json.loads(patch)) <= {"mail_state", "state", "reason", "undelivered_ids"}
    ]
