"""One round of sync, step by step: push what is open, pull what is new, take what comes by snapshot. Plain synchronous
code.

Called by the worker's thread, by `mobility sync` and by the fleet simulation. Every step can be cut anywhere and done
again: HQ knows a change by (device, number), the store knows an entry by (stream, number).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from itertools import islice

import msgspec

from mobility_app.domain import versions
from mobility_app.domain.change import OPEN, SENT, VOID, Change
from mobility_app.errors import NotEnrolled, Refused, Unreachable
from mobility_app.store import apply, lease, outgoing, parking
from mobility_app.store.cursor import Cursor
from mobility_app.store.entries import Came
from mobility_app.store.identity import Identity
from mobility_app.store.identity import read as read_identity
from mobility_app.store.queries import arriving
from mobility_app.store.records import Records, patch_plain
from mobility_app.store.store import Store
from mobility_app.sync import first, lean, lives, orders, protocol, renewal, verify
from mobility_app.sync.asking import ask
from mobility_app.sync.frames import HistoryRequest, PieceRequest
from mobility_app.sync.holding import Holding
from mobility_app.sync.life_messages import (
    HAVE_MAX,
    DoneAnswer,
    RenewAnswer,
    RenewRequest,
    SalvageRequest,
    TestifyAnswer,
    TestifyRequest,
)
from mobility_app.sync.narrowing import Narrowing
from mobility_app.sync.protocol import (
    M,
    Message,
    PullAnswer,
    PullRequest,
    PushAnswer,
    PushRequest,
    WakeAnswer,
    WakeRequest,
    WireActor,
    WireCursor,
)
from mobility_app.sync.status import FETCHING, SENDING, TAKING
from mobility_app.sync.transport import Transport

HQ_OLDER = "hq_older"
BATCH_CHANGES = 500
BATCH_LETTERS = 2_000_000
BATCHES_MAX, PAGES_MAX, PIECES_MAX = 10_000, 10_000, 100_000


@dataclass(slots=True)
class Round:
    """What a round did. `last_push` and `last_pull`: the bytes that travelled, as sent."""

    pushed: int = 0
    refused: int = 0
    entries: int = 0
    requests: int = 0
    mended: int = 0


class Heard(Enum):
    """What HQ said to who waited for news. PASSED: there were some, and a pull has passed them meanwhile."""

    NOTHING, PASSED, NEWS = range(3)


@dataclass(frozen=True, slots=True)
class _Still:
    """A round that found nothing to do: how the store stood, what was asked, what HQ said."""

    mark: tuple[int, ...]
    identity: Identity
    asked: PullRequest
    said: bytes


class Engine:
    """Syncs one store with HQ over one transport. A round after one that found nothing to do, in a store that nobody
    has written into since, asks the same question; where the same answer comes there is nothing to do again."""

    def __init__(self, store: Store, transport: Transport) -> None:
        self.store, self._transport = store, transport
        self.last_push: tuple[str, bytes] | None = None
        self.last_pull: tuple[str, bytes] | None = None
        self._narrowing, self._holding = Narrowing(), Holding()
        self._whole = False  # the next page is wanted whole, in another round too (`lean.py`)
        self._still: _Still | None = None
        self._pulled: tuple[PullRequest, bytes] | None = None  # the last pull and what HQ said to it
        self.progress: Callable[[str, int, int], None] = lambda doing, done, total: None

    def round(self, *, fetch: bool = True) -> Round:
        """Pushes and, where it shall `fetch`, pulls until there is nothing more. Raises Unreachable, Refused, NotEnrolled."""
        try:
            return self._round(fetch)
        except Refused as refused:
            if refused.reason == orders.SALVAGE:
                orders.hand_over(self._open_changes(), partial(self._salvage, self._known()[0], Round()))
            raise

    def _round(self, fetch: bool) -> Round:
        done = Round()
        try:
            self._once(done, fetch)
        except Refused as refused:
            if refused.reason != renewal.REUSED:
                raise
            identity, _ = self._known()
            renewal.renew(self.store, identity, self._open_changes(), partial(self._renew, identity, done))
            self._once(done, fetch)
        return done

    def _once(self, done: Round, fetch: bool) -> None:
        mark, still = self.store.database.mark(), self._still
        self._still = None
        if fetch and still is not None and still.mark == mark:
            said = self._asked(still.identity, "/v1/pull", still.asked, done)
            if said == still.said:
                self._still = still
            else:
                self._fetch(still.identity, done, said)
            return
        identity, _ = self._known()
        self._push_all(identity, done)
        if fetch:
            self._fetch(identity, done)
            if self._pulled is not None and done.requests == 1 and self.store.database.mark() == mark:
                self._still = _Still(mark, identity, *self._pulled)

    def _fetch(self, identity: Identity, done: Round, said: bytes = b"") -> None:
        """Pulls all and takes what is offered; `said`: HQ's answer to the first pull, where it was asked already."""
        if self._pull_all(identity, done, said=said):
            self._push_all(identity, done)
            self._pull_all(identity, done)
        self._take_all(identity, done)

    def news(self, seconds: int) -> Heard:
        """Waits at HQ until a pull would bring something, or so many seconds. Writes nothing. Raises as `round`."""
        identity, at = self._known()
        cursor = WireCursor(at.epoch, at.role, at.scopes, at.streams, at.seal)
        answer = self._ask(identity, "/v1/wake", WakeRequest(cursor, seconds), WakeAnswer, Round())
        if not answer.news:
            return Heard.NOTHING
        return Heard.NEWS if self._known()[1] == at else Heard.PASSED

    def older(self, customer_id: str) -> int:
        """Fetches a page of a customer's history that is older than what lies here. Returns how many entries; 0: there
        is nothing older. Raises as `round`."""
        identity, _ = self._known()
        return first.older(self.store, lambda target, ask: self._asked(identity, target, ask, Round()), customer_id)

    def _known(self) -> tuple[Identity, Cursor]:
        with self.store.reading() as session:
            known, at = read_identity(session), Cursor.read(session)
        if known is None:
            raise NotEnrolled("this device is not enrolled")
        return known, at

    def _take_all(self, identity: Identity, done: Round) -> None:
        """Takes what HQ offers as snapshots, then the words and the history of what came. What a person saves meanwhile
        is pushed in between."""

        def fetch(target: str, message: PieceRequest | HistoryRequest) -> bytes:
            return self._asked(identity, target, message, done)

        def pause() -> None:
            if self._next_batch():
                self._push_all(identity, done)

        def moved() -> None:
            at = arriving.coming(self.store)
            if at:
                self.progress(TAKING, at.here, at.total)

        for _ in range(PIECES_MAX):
            took, lost = first.ended(self.store)
            if not lost and first.next_piece(self.store, fetch, identity.user_id, moved):
                first.read_words(self.store, pause)  # what is here stands in the list, too
            elif took or lost:
                first.read_words(self.store, pause)  # nothing arrives any more once HQ was told
                self._pull_all(identity, done, took, lost)
            else:
                break
            pause()
        first.read_words(self.store, pause)
        done.entries += first.history(self.store, fetch, pause, self.store.now())

    def _push_all(self, identity: Identity, done: Round) -> None:
        total = 0
        with self.store.reading() as session:
            life = Cursor.read(session).epoch[-protocol.LIFE_LETTERS :]
        parking.settle(self.store)
        for _ in range(BATCHES_MAX):
            batch = self._next_batch()
            if not batch:
                return
            total = total or self._open_count()
            self.progress(SENDING, done.pushed, max(total, done.pushed))
            apply.sent(self.store, [change.dseq for change in batch])
            suspect = self._narrowing.suspects(batch)
            changes = protocol.in_columns([protocol.wire_change(change) for change in batch])
            wrote = batch[0].version if batch[0].version != versions.VERSION else 0
            request = PushRequest(changes, life, suspect, wrote)
            try:
                answer = self._ask(identity, "/v1/push", request, PushAnswer, done)
            except Unreachable as failed:
                self._narrowing.failed(batch, failed.reason)
                raise
            except Refused as refused:
                if refused.reason == HQ_OLDER and parking.refused(self.store, lives.wanted(refused)):
                    continue
                if lives.lacks(refused, batch[0].dseq) and lives.offers(self.store, lives.wanted(refused)):
                    continue
                raise
            said = [apply.Said(v.dseq, v.state, v.reason, v.fields, v.stream, v.seq) for v in answer.verdicts]
            if [one.dseq for one in said] != [change.dseq for change in batch]:
                raise Unreachable("failed", "HQ answered other changes than it was asked")
            apply.verdicts(self.store, said)
            self._narrowing.passed()
            done.pushed += len(said)
            done.refused += sum(one.state == "rejected" for one in said)

    def _open_count(self) -> int:
        with self.store.reading() as session:
            return int(session.value(f"SELECT {outgoing.WAITING}"))

    def _next_batch(self) -> list[Change]:
        """The first open changes: whole transactions without a gap in their numbers, up to a bound that only a single large
        one passes. Where HQ has stumbled, fewer, and then only atomic transactions are kept whole."""
        most = self._narrowing.most
        batch: list[Change] = []
        letters = 0
        with self.store.reading() as session:
            for change in _changes(session, protocol.CHANGES_MAX):
                letters += len(str(change.patch))
                full = len(batch) >= (most or BATCH_CHANGES) or letters > BATCH_LETTERS
                if batch and (change.version != batch[0].version or change.dseq != batch[-1].dseq + 1):
                    break
                if batch and full and (change.tx != batch[-1].tx or (most is not None and not change.atomic)):
                    break
                batch.append(change)
        return batch

    def _pull_all(
        self, identity: Identity, done: Round, took: Sequence[str] = (), lost: Sequence[str] = (), said: bytes = b""
    ) -> bool:
        """Whether HQ has caught up with what was parked: there is something to push."""
        freed = False
        for _ in range(PAGES_MAX):
            with self.store.reading() as session:
                stands, last = Cursor.read(session), int(session.value(f"SELECT {outgoing.LAST}"))
            at = self._holding.behind(stands)
            cursor = WireCursor(at.epoch, at.role, at.scopes, at.streams, at.seal)
            request = PullRequest(cursor, versions.VERSION, True, list(took), list(lost), last, self._whole)
            said = said or self._asked(identity, "/v1/pull", request, done)
            answer = protocol.unpack(said, PullAnswer, hostile=False)
            self._pulled, said = (request, said), b""
            if self._holding.begun_again(reset=answer.reset):
                continue
            to = answer.cursor
            moved = Cursor(to.epoch, to.role, dict(to.scopes), dict(to.streams), to.seal) if to is not None else at
            if answer.life is not None:
                if lives.offers(self.store, answer.life.wanted):
                    self._push_all(identity, done)
                    continue  # the answer was given before HQ had them
                lives.testify(
                    self.store, at.epoch, answer.life, identity.device_id, partial(self._testify, identity, done)
                )
            try:
                with self.store.reading() as session:
                    came = list(lean.filled(session, answer.entries))
            except lean.Differs:  # of pages that wait, no picture stands here yet
                self._whole = True
                continue
            if answer.actor is not None and (moved != at or answer.steps or answer.entries.seq or answer.reset):
                page = self._holding.whole(_page(answer, came, answer.actor, moved))
            else:
                page = None if answer.more else self._holding.rest()
                if page is None and not answer.more:
                    apply.caught_up(self.store)
            if page is not None:
                apply.page(self.store, page)
                self._whole = False
            count = len(came) + len(answer.steps)
            done.entries += count
            took, lost = (), ()
            freed = parking.heard(self.store, answer.version) or freed
            lease.met(self.store, answer.lease)
            verify.note_behind(self.store, answer.behind)
            if answer.left or done.entries > count:
                self.progress(FETCHING, done.entries, done.entries + answer.left)
            if not answer.more:
                self._verify(identity, answer.digest, done)
                return freed
            if moved == at:
                raise Unreachable("failed", "HQ promises more and sends nothing")
        return freed

    def _verify(self, identity: Identity, digest: str, done: Round) -> None:
        def ask(target: str, message: Message, kind: type[M]) -> M:
            return self._ask(identity, target, message, kind, done)

        done.mended += verify.check(self.store, ask, digest)
        verify.tell(self.store, ask)

    def _open_changes(self) -> list[Change]:
        with self.store.reading() as session:
            return list(_changes(session, HAVE_MAX))

    def _renew(self, identity: Identity, done: Round, asked: RenewRequest) -> RenewAnswer:
        return self._ask(identity, "/v1/renew", asked, RenewAnswer, done)

    def _salvage(self, identity: Identity, done: Round, said: SalvageRequest) -> None:
        self._ask(identity, "/v1/salvage", said, DoneAnswer, done)

    def _testify(self, identity: Identity, done: Round, said: TestifyRequest) -> None:
        self._ask(identity, "/v1/testify", said, TestifyAnswer, done)

    def _ask(self, identity: Identity, target: str, message: Message, kind: type[M], done: Round) -> M:
        return protocol.unpack(self._asked(identity, target, message, done), kind, hostile=False)

    def _asked(self, identity: Identity, target: str, message: Message, done: Round) -> bytes:
        """The body that HQ signed. Raises Unreachable, Refused."""
        body = protocol.pack(message)
        if isinstance(message, PushRequest):
            self.last_push = (target, body)
        elif isinstance(message, PullRequest):
            self.last_pull = (target, body)
        done.requests += 1
        learn = not isinstance(message, WakeRequest)
        return ask(self.store, self._transport, identity, "POST", target, body, learn=learn).body


def _page(answer: PullAnswer, came: list[Came], actor: WireActor, cursor: Cursor) -> apply.Page:
    offers = {scope: (one.stream, one.seq, one.customers, one.pieces) for scope, one in answer.offers.items()}
    page = apply.Page(cursor, msgspec.to_builtins(actor), reset=answer.reset, more=answer.more, offers=offers)
    if answer.life is not None:
        page.common = min(answer.life.heads.values(), default=0)
    entries, taken = iter(came), 0
    for before, what, subject, to in answer.steps:
        page.steps += [("entry", *each) for each in islice(entries, max(before - taken, 0))]
        taken = before
        page.steps.append((what, subject, {"to": to} if to else {}))
    page.steps += [("entry", *each) for each in entries]
    return page


def _changes(session: Records, most: int) -> Iterator[Change]:
    """The first changes that HQ has not answered: those that it never had, and those that it is offered again. Read as
    they are taken: a batch ends long before the bound."""
    rows = session.run(
        "SELECT dseq, tx, entity, record_id, kind, patch, base, stamp, at, atomic, version FROM change"
        " WHERE state IN (?, ?) AND dseq > 0 UNION ALL SELECT dseq, tx, entity, record_id, kind, patch, base, stamp,"
        " at, atomic, version FROM kept WHERE again = 1 ORDER BY dseq LIMIT ?",
        OPEN, SENT, most,
    )  # fmt: skip
    for dseq, tx, entity, record_id, kind, patch, base, stamp, at, atomic, version in rows:
        plain = patch_plain(entity, json.loads(patch)) if kind != VOID else {}
        yield Change(dseq, tx, entity, record_id, kind, plain, base, stamp, at, bool(atomic), version)
