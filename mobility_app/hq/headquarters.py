"""Headquarters as one object: requests in, signed answers out, without any web framework.

`app.py` puts it behind FastAPI; the fleet simulation calls it directly. Order in every request: size, type, signature,
revocation, decoding, strict parsing, and only then the message. Every answer is signed, refusals included, so that a
device never takes a stranger's page for HQ.
"""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from mobility_app.errors import DiskFull, Refused, StoreDamaged, Unreachable
from mobility_app.hq import aside, devices, faults, lives, salvage, serving, wake, witness
from mobility_app.hq.blobs import Blobs
from mobility_app.hq.blobs_requests import FileRequests
from mobility_app.hq.comparing import Comparison
from mobility_app.hq.devices import Device
from mobility_app.hq.feed import Feed
from mobility_app.hq.judge import Judge
from mobility_app.hq.ledger import Ledger, Transaction
from mobility_app.hq.past import past
from mobility_app.hq.pulls import Pulls, wire_actor
from mobility_app.hq.snapshots import Snapshots
from mobility_app.hq.verdicts import Verdict
from mobility_app.hq.wake import Waiter
from mobility_app.store.records import Records
from mobility_app.sync import protocol
from mobility_app.sync.file_messages import PIECE_TYPE, Piece
from mobility_app.sync.frames import HistoryRequest, PieceRequest
from mobility_app.sync.life_messages import (
    DoneAnswer,
    EnrolAnswer,
    EnrolRequest,
    RenewAnswer,
    RenewRequest,
    SalvageRequest,
    TestifyAnswer,
    TestifyRequest,
    WipedRequest,
)
from mobility_app.sync.life_messages import (
    digest as change_digest,
)
from mobility_app.sync.protocol import (
    CompareRequest,
    ErrorAnswer,
    FaultsAnswer,
    FaultsRequest,
    PushAnswer,
    PushRequest,
    RowsRequest,
    WakeAnswer,
    WakeRequest,
    WireChange,
    WireCursor,
    WireVerdict,
)

logger = logging.getLogger("mobility.hq")


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Header names in lower case; `target` is path and query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, its headers ready."""

    status: int
    headers: dict[str, str]
    body: bytes


class Headquarters:
    """Judges, feeds and enrols."""

    def __init__(
        self, ledger: Ledger, signing_key: Ed25519PrivateKey, blobs: Blobs, page_entries: int = protocol.ENTRIES_MAX
    ) -> None:
        self.ledger = ledger
        self._files = FileRequests(ledger, blobs, self._verified)
        self.page_entries = page_entries
        self.snapshots = Snapshots(ledger)
        self._key, self._put_back = signing_key, False
        self.public_key = signing_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        with ledger.reading() as session:
            self.epoch = str(session.value("SELECT v FROM hq_meta WHERE k='epoch'"))
        seal_key = hashlib.sha256(b"mobility/cursor/v1|" + private_bytes(signing_key)).digest()
        self.pulls = Pulls(self.epoch, seal_key, self.snapshots)

    def answer(self, request: Request) -> Answer:
        """The signed answer. Never raises but for what is nobody's fault to hide: out of memory, a dying process."""
        return self._answered(request, self._by_target)

    def waking(self, request: Request) -> tuple[Answer, Waiter | None]:
        """The answer to `/v1/wake` as things are now, and who may wait for a better one."""
        waiting: list[Waiter] = []

        def step(request: Request) -> bytes:
            _require_message(request)
            message, waiter = self._look(request)
            waiting.extend([] if message.news else [waiter])
            return protocol.pack(message)

        answer = self._answered(request, step)
        return answer, waiting[0] if waiting else None

    def refused(self, request: Request, refusal: Refused) -> Answer:
        """A signed no that the request itself need not be read for."""

        def step(request: Request) -> bytes:
            raise refusal

        return self._answered(request, step)

    def _answered(self, request: Request, step: Callable[[Request], bytes]) -> Answer:
        try:
            if self._put_back:  # until a person has said what is to be done, and HQ starts again
                raise Unreachable(witness.REASON)
            status, body = 200, step(request)
        except Refused as refused:
            wanted = refused.details.get("wanted", 0)
            status = refused.status
            body = protocol.pack(ErrorAnswer(refused.reason, wanted if isinstance(wanted, int) else 0))
        except DiskFull:
            status, body = 507, protocol.pack(ErrorAnswer("hq_disk_full"))
        except Unreachable as away:
            self._put_back = self._put_back or away.reason == witness.REASON
            status, body = 503, protocol.pack(ErrorAnswer("busy"))
        except Exception as error:
            logger.error("request failed: %s", type(error).__name__, exc_info=error)
            status, body = 500, protocol.pack(ErrorAnswer("failed"))
        return self._signed(status, body, request)

    def _by_target(self, request: Request) -> bytes:
        steps: dict[tuple[str, str], Callable[[Request], bytes]] = {
            ("POST", "/v1/push"): self._push,
            ("POST", "/v1/pull"): self._pull,
            ("POST", "/v1/wake"): lambda request: protocol.pack(self._look(request)[0]),
            ("POST", "/v1/snapshot"): self._snapshot,
            ("POST", "/v1/history"): self._history,
            ("POST", "/v1/enrol"): self._enrol,
            ("POST", "/v1/compare"): self._compare,
            ("POST", "/v1/rows"): self._rows,
            ("POST", "/v1/faults"): self._faults,
            ("POST", "/v1/testify"): self._testify,
            ("POST", "/v1/renew"): self._renew,
            ("POST", "/v1/salvage"): self._salvage,
            ("POST", "/v1/wiped"): self._wiped,
        }
        step = steps.get((request.method, request.target)) or self._files.step(request.method, request.target)
        if step is None:
            raise Refused("no_such_address", 404)
        _require_message(request, PIECE_TYPE if request.method == "PUT" else protocol.MEDIA_TYPE)
        return step(request)

    def _enrol(self, request: Request) -> bytes:
        message = protocol.unpack(request.body, EnrolRequest, _encoding(request))
        with self.ledger.database.transaction() as opened:
            session = Records(opened.engine, opened.watch)
            device = devices.enrol(session, message, self.ledger.now())
            actor = devices.actor(session, device.user_id)
            who = wire_actor(session, actor)
        return protocol.pack(EnrolAnswer(device.id, device.number, device.user_id, self.public_key.hex(), who))

    def _push(self, request: Request) -> bytes:
        self._verified(request)
        message = protocol.unpack(request.body, PushRequest, _encoding(request))
        if message.aside:
            with self.ledger.database.transaction() as opened:
                session = Records(opened.engine, opened.watch)
                may = aside.begun(session, self._verified(request, session).id, message.changes.dseq[0])
            return protocol.pack(PushAnswer(self._judged(request, message, one_by_one=True, may_judge=may)))
        try:
            return protocol.pack(PushAnswer(self._judged(request, message, one_by_one=False)))
        except (Refused, DiskFull, StoreDamaged, Unreachable):
            raise
        except Exception as error:
            logger.error("push failed, judging one by one: %s", type(error).__name__, exc_info=error)
            return protocol.pack(PushAnswer(self._judged(request, message, one_by_one=True)))

    def _renew(self, request: Request) -> bytes:
        self._verified(request)
        message = protocol.unpack(request.body, RenewRequest, _encoding(request))
        with self.ledger.database.transaction() as opened:
            session = Records(opened.engine, opened.watch)
            old = self._verified(request, session)
            new, known = devices.renew(session, old, message, self.ledger.now())
            return protocol.pack(RenewAnswer(new.id, new.number, known))

    def _salvage(self, request: Request) -> bytes:
        self._verified(request)
        message = protocol.unpack(request.body, SalvageRequest, _encoding(request))
        with self.ledger.database.transaction() as opened:
            session = Records(opened.engine, opened.watch)
            salvage.taken(session, self._verified(request, session), message, self.ledger.now())
            return protocol.pack(DoneAnswer())

    def _wiped(self, request: Request) -> bytes:
        self._verified(request)
        protocol.unpack(request.body, WipedRequest, _encoding(request))
        with self.ledger.database.transaction() as opened:
            session = Records(opened.engine, opened.watch)
            salvage.wiped(session, self._verified(request, session), self.ledger.now())
            return protocol.pack(DoneAnswer())

    def _testify(self, request: Request) -> bytes:
        self._verified(request)
        message = protocol.unpack(request.body, TestifyRequest, _encoding(request))
        with self.ledger.database.transaction() as opened:
            session = Records(opened.engine, opened.watch)
            device = self._verified(request, session)
            return protocol.pack(TestifyAnswer(lives.testify(session, device, message, self.ledger.now())))

    def _judged(
        self, request: Request, message: PushRequest, *, one_by_one: bool, may_judge: bool = True
    ) -> list[WireVerdict]:
        with self.ledger.transaction() as tx:
            device = self._verified(request, tx)
            actor = devices.actor(tx, device.user_id)
            known, fresh = self._sorted_out(tx, device, protocol.in_rows(message.changes))
            judge = Judge(tx, actor, device.id, partial(lives.common, tx, message.life))
            plain = serving.raised(fresh, message.version or device.version)
            verdicts = (
                aside.isolated(tx, judge, plain, self.ledger.database.trouble, may_judge=may_judge)
                if one_by_one
                else judge.judge(plain)
            )
            said = [_wire_verdict(verdict) for verdict in verdicts]
            tx.many(
                "INSERT INTO verdict (device_id, dseq, digest, said) VALUES (?, ?, ?, ?)",
                [
                    (device.id, change.dseq, change_digest(change), msgspec.json.encode(verdict).decode())
                    for change, verdict in zip(fresh, said, strict=True)
                ],
            )
            for change, verdict in zip(fresh, said, strict=True):
                if verdict.reason == aside.REASON:
                    aside.keep(tx, device.id, device.user_id, change)
            if fresh:
                tx.run(
                    "UPDATE device SET last_dseq=?, seen_at=? WHERE id=?", fresh[-1].dseq, self.ledger.now(), device.id
                )
            return [*known, *said]

    def _sorted_out(
        self, tx: Transaction, device: Device, changes: list[WireChange]
    ) -> tuple[list[WireVerdict], list[WireChange]]:
        """(verdicts given before, changes to judge). Raises Refused 409: gap, or seq_reuse by a cloned device."""
        numbers = [change.dseq for change in changes]
        if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            raise Refused("gap", 409, wanted=device.last_dseq + 1)
        if numbers[0] > device.last_dseq + 1:
            raise Refused("gap", 409, wanted=device.last_dseq + 1)
        known = []
        for change in changes:
            if change.dseq > device.last_dseq:
                break
            row = tx.one("SELECT digest, said FROM verdict WHERE device_id=? AND dseq=?", device.id, change.dseq)
            if row is None or row[0] != change_digest(change):
                raise Refused("seq_reuse", 409)
            known.append(msgspec.json.decode(row[1], type=WireVerdict))
        return known, changes[len(known) :]

    def _pull(self, request: Request) -> bytes:
        with self.ledger.reading() as session:
            asked = (_encoding(request), request.body)
            return self.pulls.answer(session, self._verified(request, session), asked, self.page_entries)

    def _snapshot(self, request: Request) -> bytes:
        with self.ledger.reading() as session:
            device = self._verified(request, session)
            actor = devices.actor(session, device.user_id)
            asked = protocol.unpack(request.body, PieceRequest, _encoding(request))
            return self.snapshots.piece(session, actor, asked, device.version)

    def _history(self, request: Request) -> bytes:
        with self.ledger.reading() as session:
            device = self._verified(request, session)
            feed = Feed(session, devices.actor(session, device.user_id), self.epoch, self.page_entries, device.version)
            asked = protocol.unpack(request.body, HistoryRequest, _encoding(request))
            return protocol.pack(past(session, self.ledger, feed, asked, self.page_entries))

    def _compare(self, request: Request) -> bytes:
        message = protocol.unpack(request.body, CompareRequest, _encoding(request))
        with self.ledger.reading() as session:
            return protocol.pack(self._comparison(session, request, message.cursor).sums(message))

    def _rows(self, request: Request) -> bytes:
        message = protocol.unpack(request.body, RowsRequest, _encoding(request))
        with self.ledger.reading() as session:
            comparison = self._comparison(session, request, message.cursor)
            answer = comparison.rows(message)
        if comparison.rotten:
            with self.ledger.database.transaction() as opened:
                for entity, record_id, _ in comparison.rotten:
                    faults.note(
                        Records(opened.engine, opened.watch), self.ledger.now(), faults.DRIFT, entity, record_id
                    )
        return protocol.pack(answer)

    def _comparison(self, session: Records, request: Request, at: WireCursor) -> Comparison:
        device = self._verified(request, session)
        return Comparison(session, devices.actor(session, device.user_id), self.epoch, self.pulls.believed(device, at))

    def _faults(self, request: Request) -> bytes:
        message = protocol.unpack(request.body, FaultsRequest, _encoding(request))
        with self.ledger.database.transaction() as opened:
            session = Records(opened.engine, opened.watch)
            device = self._verified(request, session)
            return protocol.pack(FaultsAnswer(faults.told(session, device.id, message.faults)))

    def _look(self, request: Request) -> tuple[WakeAnswer, Waiter]:
        message = protocol.unpack(request.body, WakeRequest, _encoding(request))
        with self.ledger.reading() as session:
            device = self._verified(request, session)
            actor = devices.actor(session, device.user_id)
            cursor = self.pulls.believed(device, message.cursor)
            news, waiter = wake.look(session, actor, device.id, self.epoch, cursor, message.seconds)
        return WakeAnswer(news), waiter

    def _verified(self, request: Request, session: Records | None = None) -> Device:
        """The device that signed. Raises Refused: 401 bad_signature, 403 revoked, 426 too_old or too_new. Looked at again
        in the transaction."""
        if session is None:
            with self.ledger.database.session() as opened:  # one statement is one moment: no transaction for it
                return self._verified(request, Records(opened.engine, opened.watch))
        device_id, _, rest = request.headers.get(protocol.SIGNATURE, "").partition(":")
        version, _, signed = rest.partition(":")
        device = devices.read(session, device_id[:64])
        content_digest = protocol.digest(request.body)
        if device is None or request.headers.get("content-digest", content_digest) != content_digest:
            raise Refused("bad_signature", 401)
        try:
            raw = base64.b64decode(signed, validate=True)
            text = protocol.signature_base(request.method, request.target, content_digest, device.id, version)
            if not 0 < int(version) <= protocol.VERSION_MAX:
                raise ValueError
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(device.public_key)).verify(raw, text)
        except (InvalidSignature, ValueError):
            raise Refused("bad_signature", 401) from None
        if request.target not in ("/v1/salvage", "/v1/wiped"):
            salvage.refuse(device)
            serving.require(int(version))
        return replace(device, version=int(version))

    def _signed(self, status: int, body: bytes, request: Request) -> Answer:
        time_ms = str(self.ledger.now())
        signature = self._key.sign(protocol.answer_base(status, body, protocol.digest(request.body), time_ms))
        headers = {
            "content-type": protocol.MEDIA_TYPE,
            "content-encoding": "zstd",
            protocol.SIGNATURE: f"{time_ms}:{base64.b64encode(signature).decode()}",
        }
        if isinstance(body, Piece):  # the answer to a GET, which others than the device might keep
            headers |= {"content-type": PIECE_TYPE, "content-encoding": "identity", "cache-control": "no-store"}
        return Answer(status, headers, body)


def _require_message(request: Request, media_type: str = protocol.MEDIA_TYPE) -> None:
    """Raises Refused: 415 media_type, 413 too_large."""
    if request.headers.get("content-type", "").split(";")[0].strip() != media_type:
        raise Refused("media_type", 415)
    if len(request.body) > protocol.BODY_MAX_BYTES:
        raise Refused("too_large", 413)


def _encoding(request: Request) -> str:
    return request.headers.get("content-encoding", "").strip().lower()


def _wire_verdict(verdict: Verdict) -> WireVerdict:
    return WireVerdict(
        verdict.dseq, verdict.state, verdict.reason, verdict.fields, verdict.stream, verdict.seq, verdict.leads_to,
        verdict.clamped,
    )  # fmt: skip


def private_bytes(key: Ed25519PrivateKey) -> bytes:
    """The raw 32 bytes of a signing key."""
    return key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
