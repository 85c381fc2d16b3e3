"""What a round does for scopes that come by snapshot: fetch the pieces, write them, then search and history.

Called by `engine.py` after its pull. Everything here is done in small steps with their place kept in the store: a cut,
a kill or a save in between costs nothing but the piece on its way. Between pieces the engine sends what a person saved
meanwhile, and pulls what other scopes have to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from mobility_app.domain import digests, versions
from mobility_app.errors import Refused
from mobility_app.store import apply, search, snapshot
from mobility_app.store.snapshot import Arriving, Rows, Slice
from mobility_app.store.store import Store, Touched
from mobility_app.sync import frames, protocol
from mobility_app.sync.columns import to_kept
from mobility_app.sync.frames import HistoryRequest, HistoryToKeep, Part, PieceRequest

GONE = "no_snapshot"
HISTORY_MS = 730 * 86_400_000  # of a customer's history that comes by itself; what is older, when somebody asks
HISTORY_REQUESTS = 20  # of one round: the next follows soon, and saves go first

Fetch = Callable[[str, "PieceRequest | HistoryRequest"], bytes]


def next_piece(store: Store, fetch: Fetch, me: str, moved: Callable[[], None]) -> bool:
    """Takes one piece of the first snapshot that is not whole. False where there is nothing to take. `moved` is called
    after each step of it. A snapshot that HQ no longer has is noted as lost."""
    with store.reading() as session:
        at = next((one for one in snapshot.arriving(session) if not one.lost and one.piece < one.pieces), None)
    if at is None:
        return False
    try:
        parts = frames.unpack(fetch("/v1/snapshot", PieceRequest(at.scope, at.seq, at.piece))).parts
    except Refused as refused:
        if refused.reason != GONE:
            raise
        with store.transaction() as session:
            snapshot.lose(session, at.scope)
        return True
    slices, here = [_slice(part) for part in parts], at.part
    while here < len(slices):
        wanted = slices[here : here + 1] if store.busy else slices[here:]
        count = _take(store, replace(at, part=here), wanted, len(slices), me)
        if not count:
            break
        here += count
        moved()
    return True


def _slice(part: Part) -> Slice:
    return Slice(
        part.roots, part.chains, part.last, [Rows(one.entity, one.names, one.values) for one in part.tables],
        list(zip(part.made.roots, part.made.ids, part.made.users, part.made.at, strict=True)),
        {name: int(n, 16) for name, n in part.sums.items() if digests.since_of(name) <= versions.VERSION},
    )  # fmt: skip


def _take(store: Store, at: Arriving, slices: Sequence[Slice], of: int, me: str) -> int:
    """Writes parts in one transaction, which costs a quarter less than one for each; it ends early where somebody saves.
    Returns how many."""
    with apply.applying(store, again=True) as session:
        count, roots = snapshot.take(session, at, slices, of, me, lambda: store.busy)
    store.tell(Touched(roots, frozenset(("customer", root) for root in roots), "sync"))
    return count


def ended(store: Store) -> tuple[list[str], list[str]]:
    """(scopes whose snapshot is here as a whole, scopes whose snapshot is lost): what the next pull tells HQ."""
    with store.reading() as session:
        found = snapshot.arriving(session)
    took = [one.scope for one in found if not one.lost and one.piece >= one.pieces]
    return took[: protocol.SCOPES_MAX], [one.scope for one in found if one.lost][: protocol.SCOPES_MAX]


def read_words(store: Store, pause: Callable[[], None]) -> None:
    """Brings the search index up to the customers that stand here, a few in a transaction. `pause` is called between."""
    while _due(store):  # ends: each turn takes some, and people save slower than it indexes
        with store.transaction() as session:
            search.settle(session, snapshot.INDEX_BATCH)
        pause()
    with store.reading() as session:
        if not snapshot.unread(session):
            return
    after = ""
    while True:  # ends: ids only grow
        with store.refilling() as session:
            after = snapshot.index(session, after, lambda: store.busy)
        if not after:
            return
        pause()


def _due(store: Store) -> bool:
    with store.reading() as session:
        return search.due(session)


def history(store: Store, fetch: Fetch, pause: Callable[[], None], now: int) -> int:
    """Fetches history that is still to come, the most recently changed customers first. Returns how many entries."""
    count = 0
    for _ in range(HISTORY_REQUESTS):
        with store.reading() as session:
            wanted = snapshot.wanting(session, frames.ROOTS_MAX)
        if not wanted:
            break
        count += _past(store, fetch, wanted, now - HISTORY_MS)
        pause()
    return count


def older(store: Store, fetch: Fetch, root: str) -> int:
    """Fetches a page of what is older of one customer, however old. Returns how many entries."""
    with store.reading() as session:
        floor = session.value("SELECT floor_seq FROM anchor WHERE root_id=? AND floor_chain != ''", root)
    return _past(store, fetch, {root: int(floor)}, -(2**62)) if floor else 0


def _past(store: Store, fetch: Fetch, wanted: dict[str, int], since: int) -> int:
    said = fetch("/v1/history", HistoryRequest(wanted, since))
    answer = protocol.unpack(said, HistoryToKeep, hostile=False)
    found = to_kept(answer.entries)
    apply.past(store, wanted, found, {root: (at.seq, at.chain, at.more) for root, at in answer.floors.items()})
    return len(found)
