"""The device's side of the comparison: whether it holds what HQ says that it holds, and what to do where it does not.

Called by the engine at the end of every pull that reached HQ's head. Equal sums, the usual case, cost one small read.
Else the entities that differ are read from the real tables, bucket by bucket, and only rows that differ travel. The
peer's sum is never taken over: sums are made anew from what lies here. What can't be put right is looked at again only
when something changed, so that no comparison goes round in circles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from mobility_app.domain import digests, registry, versions
from mobility_app.errors import InvalidValue
from mobility_app.store import digests as kept
from mobility_app.store import faults, horizons, identity, scrub
from mobility_app.store.cursor import Cursor
from mobility_app.store.repair import Sent, repair
from mobility_app.store.store import Store
from mobility_app.sync.protocol import (
    FAULTS_MAX,
    ROWS_MAX,
    CompareAnswer,
    CompareRequest,
    FaultsAnswer,
    FaultsRequest,
    Message,
    RowsAnswer,
    RowsRequest,
    WireCursor,
    WireFault,
)

LOOKED, PARTLY = "compared", "partly"  # notes: the pair of sums last looked at in vain; rows are still to come
ASKS_MAX = 10_000
TELLS_MAX = 100

A = TypeVar("A", bound=Message)


class Ask(Protocol):
    """Sends a signed message and returns HQ's answer. Raises Unreachable, Refused."""

    def __call__(self, target: str, message: Message, kind: type[A]) -> A: ...


def check(store: Store, ask: Ask, told: str) -> int:
    """Compares with HQ's sum `told` ("generation-sum") and puts right what differs. Returns how many records were."""
    generation, _, wanted = told.partition("-")
    if not wanted or not generation.isdecimal():
        return 0
    _generation(store, generation)
    own = _own(store, int(generation))
    if own == wanted:
        _looked(store, "", partly=False)
        return 0
    with store.reading() as session:
        if identity.meta(session, LOOKED) == f"{told}:{own}":
            return 0
    return _Comparison(store, ask, int(generation)).run(told)


def _generation(store: Store, told: str) -> None:
    """Where device or HQ has another version since the last comparison, what was spared until then comes by comparison
    and is no fault."""
    with store.reading() as session:
        if identity.meta(session, kept.GENERATION) == told:
            return
    with store.transaction() as session:
        identity.set_meta(session, kept.GENERATION, told)
        identity.set_meta(session, PARTLY, "1")


def note_behind(store: Store, behind: Mapping[str, int]) -> None:
    """HQ's log begins after these numbers: what comes by comparison until it agrees is no fault."""
    if behind:
        with store.transaction() as session:
            horizons.keep(session, behind)
            identity.set_meta(session, PARTLY, "1")


def _own(store: Store, generation: int) -> str:
    with store.reading() as session:
        return digests.text(digests.total(kept.read(session), generation=generation))


def _looked(store: Store, pair: str, *, partly: bool) -> None:
    """Notes what was looked at in vain; writes nothing where that is known."""
    with store.reading() as session:
        known = identity.meta(session, LOOKED) or "", bool(identity.meta(session, PARTLY))
    if known != (pair, partly):
        with store.transaction() as session:
            identity.set_meta(session, LOOKED, pair)
            identity.set_meta(session, PARTLY, "1" if partly else "")


class _Comparison:
    """One comparison, at the cursor that the device stands at."""

    def __init__(self, store: Store, ask: Ask, generation: int) -> None:
        self._store, self._ask, self._generation = store, ask, generation
        with store.reading() as session:
            at = Cursor.read(session)
            self._sums = digests.by_entity(kept.read(session), generation=generation)
            self._expected = bool(identity.meta(session, PARTLY))
        self._cursor = WireCursor(at.epoch, at.role, at.scopes, at.streams, at.seal)
        self._moved, self._left = False, 0

    def run(self, told: str) -> int:
        sums = {entity: digests.text(number) for entity, number in self._sums.items()}
        answer = self._ask("/v1/compare", CompareRequest(self._cursor, self._generation, sums), CompareAnswer)
        self._moved, mended = answer.moved, 0
        for entity, theirs in answer.buckets.items():
            if not self._moved and _known(entity):
                mended += self._entity(entity, [theirs[at : at + 16] for at in range(0, len(theirs), 16)])
        own = _own(self._store, self._generation)
        if not self._moved and not self._left:
            vain = own != told.partition("-")[2]
            _looked(self._store, f"{told}:{own}" if vain else "", partly=vain and self._expected)
        return mended

    def _entity(self, entity: str, theirs: list[str]) -> int:
        mine, found = [0] * digests.BUCKETS, 0
        for piece in kept.pieces(self._store.reading, entity):
            for record_id, sums in piece:
                mine[digests.bucket(record_id)] += self._total(sums)
                found += 1
        apart = [at for at, (own, other) in enumerate(zip(mine, theirs, strict=True)) if digests.text(own) != other]
        each = max(1, ROWS_MAX // (2 * found // digests.BUCKETS + 1))  # buckets in one request: ids are spread evenly
        mended = sum(self._buckets(entity, apart[at : at + each]) for at in range(0, len(apart), each))
        self._renew(entity, mended)
        return mended

    def _buckets(self, entity: str, buckets: list[int]) -> int:
        """Asks for what differs in these buckets until nothing more does."""
        mended, wanted, names = 0, set(buckets), registry.entity(entity).names
        for _ in range(ASKS_MAX):
            if self._moved:
                return mended
            have = {
                record_id: digests.text(self._total(sums))
                for piece in kept.pieces(self._store.reading, entity) for record_id, sums in piece
                if digests.bucket(record_id) in wanted
            }  # fmt: skip
            request = RowsRequest(self._cursor, self._generation, entity, buckets, have)
            answer = self._ask("/v1/rows", request, RowsAnswer)
            self._moved = answer.moved
            rows = [Sent(row.id, row.root, row.values) for row in answer.rows]
            if rows or answer.gone:
                known = frozenset(name for name in names if versions.knows(self._generation, entity, name))
                done, left = repair(self._store, entity, rows, answer.gone, known, expected=self._expected)
                mended, self._left = mended + done, self._left + left
            if not answer.more or not rows:
                return mended
        return mended

    def _renew(self, entity: str, mended: int) -> None:
        """The entity's sums as the tables have them: the kept ones may have been what was wrong. Pages are applied by
        this thread alone, so nothing of HQ's changes between the reading and the write."""
        fresh = kept.of_entity(self._store.reading, entity)
        with self._store.transaction() as session:
            stood = {part: n for part, n in kept.read(session).items() if digests.entity_of(part) == entity and n}
            if stood == fresh:
                return
            kept.replace(session, entity, fresh)
            if not self._expected and not mended:
                faults.note(session, self._store.now(), faults.SUMS, entity)

    def _total(self, sums: dict[str, int]) -> int:
        return digests.total(sums, generation=self._generation)


def _known(entity: str) -> bool:
    try:
        registry.entity(entity)
    except InvalidValue:
        return False
    return True


def tell(store: Store, ask: Ask) -> None:
    """Tells HQ of faults that it does not know of yet. Again after a cut: HQ keeps each once."""
    for _ in range(TELLS_MAX):
        with store.reading() as session:
            found = faults.untold(session, FAULTS_MAX)
        if not found:
            return
        wire = [
            WireFault(one.number, one.at, one.kind, one.entity, one.record_id, one.was, one.stands) for one in found
        ]
        answer = ask("/v1/faults", FaultsRequest(wire), FaultsAnswer)
        with store.transaction() as session:
            faults.told(session, answer.upto)
        if answer.upto < found[-1].number:
            return


def nightly(store: Store, stop: Callable[[], bool]) -> bool:
    """Once a day, when there is nothing to do: looks through the whole store. Returns whether something was found: then
    the next round, at once, puts it right. `stop` ends it early; the next time goes on from there."""
    return scrub.due(store) and scrub.scrub(store, stop) > 0
