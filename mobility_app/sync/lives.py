"""HQ was restored from a backup: what the device does before it follows the new life.

It offers again, under their old numbers, its own changes that HQ lost (`store/again.py`); then it tells what it had
received of the lost time from others, as evidence for the office; then it pulls anew. Each step can be cut and done
again. Called by `engine.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mobility_app.domain.change import Entry
from mobility_app.errors import Refused
from mobility_app.store import again
from mobility_app.store.records import entry_of
from mobility_app.store.store import Store
from mobility_app.sync.life_messages import EVIDENCE_MAX, TestifyRequest, WireEntry
from mobility_app.sync.protocol import WireLife

BATCHES_MAX = 200  # of evidence: the newest 200,000 entries
_ENTRY = "stream, seq, txn, entity, record_id, root_id, kind, patch, stamp, user_id, device_id, dseq, at, salt, chain"


def wanted(refused: Refused) -> int:
    """The number that HQ expected, 0 where it named none."""
    named = refused.details.get("wanted")
    return named if isinstance(named, int) else 0


def lacks(refused: Refused, first: int) -> bool:
    """Whether HQ refused because it lost what came before the batch's first change."""
    return refused.reason == "gap" and 0 < wanted(refused) < first


def offers(store: Store, since: int) -> bool:
    """HQ lacks this device's changes from that number on. Returns whether there is more to push than there was."""
    with store.transaction() as session:
        return again.lost_from(session, since)


def testify(store: Store, epoch: str, life: WireLife, device_id: str, ask: Callable[[TestifyRequest], object]) -> None:
    """Tells HQ which entries of others this device holds that the new life may lack."""
    for entries in _batches(store, life, device_id):
        ask(TestifyRequest(epoch, entries))


def _batches(store: Store, life: WireLife, device_id: str) -> Iterator[list[WireEntry]]:
    for stream, head in sorted(life.heads.items()):
        at = head
        for _ in range(BATCHES_MAX):
            with store.reading() as session:
                rows = session.rows(
                    f"SELECT {_ENTRY} FROM entry WHERE stream=? AND seq>? AND device_id IS NOT ? ORDER BY seq LIMIT ?",
                    stream, at, device_id, EVIDENCE_MAX,
                )  # fmt: skip
            if not rows:
                break
            at = rows[-1][1]
            yield [_wire(entry_of(row)) for row in rows]


def _wire(entry: Entry) -> WireEntry:
    return WireEntry(
        entry.stream, entry.seq, entry.txn, entry.entity, entry.record_id, entry.kind, entry.patch, entry.stamp, entry.at,
        entry.salt, entry.chain, entry.root_id, entry.user_id, entry.device_id, entry.dseq,
    )  # fmt: skip
