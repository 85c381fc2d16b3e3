"""What travels between a device and HQ: messages, limits, versions, and what a signature covers. Shared with HQ.

Bodies are JSON in UTF-8, compressed with zstd (gzip is understood too). Plain values travel as they are. Patches are
`{field: [before, after]}`. docs/protocol.md explains each message with an example.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Sequence
from typing import Annotated, TypeVar

import msgspec
import zstandard

from mobility_app.domain import clock
from mobility_app.domain.change import Change
from mobility_app.domain.fields import Plain
from mobility_app.errors import Refused
from mobility_app.sync import strict
from mobility_app.sync.columns import LeanEntries, folded, spread

VERSION = 1
VERSION_MAX = 999_999  # of the descriptions (domain/versions.py)
MEDIA_TYPE = "application/vnd.mobility+json"
SIGNATURE = "mobility-signature"  # of a request "<device>:<version>:<base64>", of an answer "<HQ's clock, ms>:<base64>"
BODY_MAX_BYTES = 8 * 1024 * 1024  # as it travels
DECODED_MAX_BYTES = 64 * 1024 * 1024
FED_BYTES = 256  # to the decompressor at a time: four bytes can be a block of 128 KiB, so a piece makes 8 MiB at most
RATIO_MAX = 200  # decoded to travelled, beyond the first MiB: a bomb, not a message
CHANGES_MAX = 5_000  # one transaction may be larger than a batch
ENTRIES_MAX = 5_000  # in a page, beyond which it ends with the transaction
WAKE_MAX_SECONDS = 60
SMALL_LEVEL, QUICK_LEVEL, QUICK_BYTES = 3, 1, 64 * 1024  # of zstd: large columns get no smaller at 3, in twice the time

ROWS_MAX = 20_000  # ids in a comparison's request
FAULTS_MAX = 200
LIFE_LETTERS = 8  # the end of an epoch, which is random
SCOPES_MAX = 2_000  # named in one request

Version = Annotated[int, msgspec.Meta(ge=0, le=VERSION_MAX)]
Id = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
Name = Annotated[str, msgspec.Meta(max_length=60)]
Sum = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Number = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Instant = Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)]
SOME = msgspec.Meta(min_length=1, max_length=CHANGES_MAX)
ANY = msgspec.Meta(max_length=CHANGES_MAX)

Step = tuple[int, str, str, str]


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A strict message: unknown keys and wrong types are refused."""


class WireChange(Message, frozen=True):
    """A change of a device (`domain.change.Change`)."""

    dseq: Number
    tx: Count
    entity: Name
    id: Id
    kind: Name
    patch: dict[str, tuple[Plain, Plain]]
    base: Count
    stamp: Count
    at: Instant
    atomic: bool = False


class Changes(Message, frozen=True):
    """Changes as columns, as many as there are patches; a column of one value has it for all. `dseq`: the first, the
    others follow; or all of them. Without `stamp` each is `at` * 2^16, as of a clock that runs right; without `atomic`
    none is."""

    dseq: Annotated[list[Number], SOME]
    tx: Annotated[list[Count], SOME]
    entity: Annotated[list[Name], SOME]
    id: Annotated[list[Id], SOME]
    kind: Annotated[list[Name], SOME]
    patch: Annotated[list[dict[str, tuple[Plain, Plain]]], SOME]
    base: Annotated[list[Count], SOME]
    at: Annotated[list[Instant], SOME]
    stamp: Annotated[list[Count], ANY] = []
    atomic: Annotated[list[bool], ANY] = []


class PushRequest(Message, frozen=True):
    """Changes in the order of their dseq, without a gap; what was saved together is not cut apart."""

    changes: Changes
    life: Annotated[str, msgspec.Meta(max_length=LIFE_LETTERS)] = ""  # the end of the epoch that the bases are of
    aside: bool = False  # these failed alone, again and again: set them aside where they can't be judged
    version: Version = 0  # that wrote these changes; 0: the one that sends them


class WireVerdict(Message, frozen=True):
    """HQ's answer to one change (`hq.judge.Verdict`)."""

    dseq: int
    state: str
    reason: str = ""
    fields: dict[str, tuple[str, str]] = {}
    stream: str = ""
    seq: int = 0
    leads_to: str = ""
    clamped: bool = False


class PushAnswer(Message, frozen=True):
    """Verdicts for the changes of the request, in their order."""

    verdicts: list[WireVerdict]


class WireCursor(Message, frozen=True):
    """How far the device has received (`store.cursor.Cursor`). `seal` is HQ's: it believes no other cursor."""

    epoch: str = ""
    role: str = ""
    scopes: dict[str, tuple[int, int]] = {}
    streams: dict[str, int] = {}
    seal: Annotated[str, msgspec.Meta(max_length=64)] = ""


class PullRequest(Message, frozen=True):
    """Asks for what came after the cursor. `digests`: the generation of sums that the device keeps, 0 for none.
    `snapshots`: the device takes scopes that way, too. `took`: scopes whose snapshot it has taken whole; `lost`: scopes
    whose snapshot HQ no longer has. `last`: the last number that the device has given to a change; -1: it does not say.
    `whole`: nothing may be left out of the page (`lean.py`): what the device made of the last one was not what HQ has."""

    cursor: WireCursor
    digests: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 0
    snapshots: bool = False
    took: Annotated[list[Name], msgspec.Meta(max_length=SCOPES_MAX)] = []
    lost: Annotated[list[Name], msgspec.Meta(max_length=SCOPES_MAX)] = []
    last: Annotated[int, msgspec.Meta(ge=-1, le=2**63 - 1)] = -1
    whole: bool = False


class WireActor(Message, frozen=True):
    """The user's role and reach as HQ sees them now."""

    role: str
    company_ids: list[str]
    territory_ids: list[str]
    language: str


class WireLife(Message, frozen=True):
    """HQ was restored from a backup since the device's last pull. `wanted`: the first number of the device's changes
    that HQ does not have. `heads`: up to which number of each stream both lives tell the same."""

    wanted: int
    heads: dict[str, int]


class WireOffer(Message, frozen=True):
    """A snapshot of a scope that the device is to take before HQ tells it more of that scope (`sync.frames`): what the
    scope held at `seq` of `stream`, so many customers in so many pieces."""

    seq: int
    customers: int
    pieces: int
    stream: str = ""


class PullAnswer(Message, frozen=True):
    """A page: entries, and the steps that are taken between them, all applied in order, in one transaction with the new
    cursor. A step is (how many entries come before it, what, of which, to which): a customer that leaves (`leave`) or keeps
    only its master data (`narrow`), a company whose lists are to be forgotten (`forget`), a record that was merged and the
    one that it goes on as (`leads`). `reset`: first forget everything
    that HQ confirmed. `more`: ask again. `digest`: on the last page, "generation-sum" of all that the device then holds.
    `behind`: streams whose log begins after the given number, where the device had not received as much; what lies before
    comes as rows, by comparison. `left`: about how many entries are still to come, where there is more.
    `life`: HQ has begun a new life; offer first what it lost. `offers`: snapshots to take, by scope. `version`: HQ's, where
    it is not the device's. `lease`: for how many days a device works without contact, where that is not 14 (`store/lease.py`).
    Where nothing came since the cursor, neither it nor the user is told again."""

    actor: WireActor | None = None
    entries: LeanEntries = LeanEntries()
    steps: list[Step] = []
    cursor: WireCursor | None = None
    more: bool = False
    reset: bool = False
    digest: str = ""
    behind: dict[str, int] = {}
    left: Count = 0
    life: WireLife | None = None
    offers: dict[str, WireOffer] = {}
    version: int = 0
    lease: Count = 0


class WakeRequest(Message, frozen=True):
    """Asks to be told when there is something after the cursor, and waits for it, at most so many seconds."""

    cursor: WireCursor
    seconds: Annotated[int, msgspec.Meta(ge=0, le=WAKE_MAX_SECONDS)] = 0


class WakeAnswer(Message, frozen=True):
    """`news`: a pull would bring something. Without it the time is over."""

    news: bool = False


class CompareRequest(Message, frozen=True):
    """What the device's tables sum to, by entity, at the cursor."""

    cursor: WireCursor
    generation: Annotated[int, msgspec.Meta(ge=1, le=1_000)]
    sums: Annotated[dict[Name, Sum], msgspec.Meta(max_length=200)]


class CompareAnswer(Message, frozen=True):
    """For each entity that differs at HQ the sums of its buckets, 16 hex digits each, in order. `moved`: something came
    after the cursor; pull first."""

    buckets: dict[str, str] = {}
    moved: bool = False


class RowsRequest(Message, frozen=True):
    """What the device holds in some buckets of an entity: id -> digest. Asks for what is otherwise at HQ."""

    cursor: WireCursor
    generation: Annotated[int, msgspec.Meta(ge=1, le=1_000)]
    entity: Name
    buckets: Annotated[list[Annotated[int, msgspec.Meta(ge=0, lt=256)]], msgspec.Meta(min_length=1, max_length=256)]
    have: Annotated[dict[Id, Sum], msgspec.Meta(max_length=ROWS_MAX)]


class WireRow(Message, frozen=True):
    """A record as it stands at HQ, as far as the reader may see it; empty fields are left out."""

    id: str
    values: dict[str, Plain]
    root: str | None = None


class RowsAnswer(Message, frozen=True):
    """Rows that are otherwise at HQ, ids that are not there. `more`: ask again, with what is there now."""

    rows: list[WireRow] = []
    gone: list[str] = []
    more: bool = False
    moved: bool = False


class WireFault(Message, frozen=True):
    """Something that was found wrong on the device and put right: the fields as they were and as they stand."""

    number: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
    at: Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)]
    kind: Name
    entity: Name
    id: Annotated[str, msgspec.Meta(max_length=32)]
    was: dict[Name, Plain]
    stands: dict[Name, Plain]


class FaultsRequest(Message, frozen=True):
    """Faults that HQ has not been told of, in order."""

    faults: Annotated[list[WireFault], msgspec.Meta(min_length=1, max_length=FAULTS_MAX)]


class FaultsAnswer(Message, frozen=True):
    """The number up to which HQ keeps them."""

    upto: int


class ErrorAnswer(Message, frozen=True):
    """Why HQ said no: a code of docs/errors.md."""

    error: str
    wanted: int = 0


M = TypeVar("M", bound=Message)


def pack(message: Message) -> bytes:
    """The message as it travels."""
    text = msgspec.json.encode(message)
    level = QUICK_LEVEL if len(text) > QUICK_BYTES else SMALL_LEVEL
    return zstandard.ZstdCompressor(level=level).compress(text)


def unpack(body: bytes, kind: type[M], encoding: str = "zstd", *, hostile: bool = True) -> M:
    """The message in a body. `hostile` bodies are scanned before anything else looks at them; one that HQ signed may
    be packed as tightly as it likes, up to the same size.

    Raises Refused: 413 too_large, 415 encoding, 400 malformed, 422 invalid.
    """
    text = decoded(body, encoding, RATIO_MAX if hostile else DECODED_MAX_BYTES)
    if hostile:
        strict.scan(text)
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Refused("invalid_message", 422) from None


def decoded(body: bytes, encoding: str, ratio: int = RATIO_MAX) -> bytes:
    """The bytes inside one layer of compression, bounded before they are made."""
    if len(body) > BODY_MAX_BYTES:
        raise Refused("too_large", 413)
    most = min(DECODED_MAX_BYTES, max(1024 * 1024, len(body) * ratio))
    try:
        match encoding:
            case "" | "identity":
                return body
            case "zstd":
                text = _unzstd(body, most)
            case "gzip":
                unzip = zlib.decompressobj(wbits=31)
                text = unzip.decompress(body, most + 1)
                if not unzip.eof and len(text) <= most:
                    raise Refused("malformed", 400)
            case _:
                raise Refused("encoding", 415)
    except (zlib.error, zstandard.ZstdError):
        raise Refused("malformed", 400) from None
    if len(text) > most:
        raise Refused("too_large", 413)
    return text


def _unzstd(body: bytes, most: int) -> bytes:
    reader = zstandard.ZstdDecompressor(max_window_size=2**27).decompressobj()
    pieces, size = [], 0
    for start in range(0, len(body), FED_BYTES):  # so that a bomb is noticed before it is whole
        piece = reader.decompress(body[start : start + FED_BYTES])
        size += len(piece)
        if size > most:
            raise Refused("too_large", 413)
        pieces.append(piece)
        if reader.eof:
            if start + FED_BYTES < len(body):
                raise Refused("malformed", 400)
            break
    if not reader.eof:
        raise Refused("malformed", 400)
    return b"".join(pieces)


def digest(body: bytes) -> str:
    """Content-Digest (RFC 9530) of the bytes that travel."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def signature_base(method: str, target: str, content_digest: str, device_id: str, version: str) -> bytes:
    """The text that a request's signature covers: lines as RFC 9421 has them, without its parameters. `version`: the
    device's, of the descriptions."""
    return (
        f'"@method": {method}\n"@target-uri": {target}\n"content-digest": {content_digest}\n'
        f'"mobility-device": {device_id}\n"mobility-version": {version}'
    ).encode()


def answer_base(status: int, body: bytes, request_digest: str, time_ms: str) -> bytes:
    """The text that HQ's signature of an answer covers: the answer, HQ's clock, the request that it belongs to."""
    return (
        f'"@status": {status}\n"content-digest": {digest(body)}\n"mobility-time": {time_ms}\n'
        f'"request-digest": {request_digest}'
    ).encode()


def wire_change(change: Change) -> WireChange:
    """A change as it travels."""
    return WireChange(
        change.dseq, change.tx, change.entity, change.record_id, change.kind, change.patch, change.base, change.stamp,
        change.at, change.atomic,
    )  # fmt: skip


def in_columns(changes: Sequence[WireChange]) -> Changes:
    """Changes as a push has them."""
    dseq, *rest = zip(*(msgspec.structs.astuple(change) for change in changes), strict=True)
    tx, entity, record, kind, patch, base, stamp, at, atomic = rest
    follow = all(number == dseq[0] + place for place, number in enumerate(dseq))
    right = all(each == clock.first(instant) for each, instant in zip(stamp, at, strict=True))
    return Changes(
        [dseq[0]] if follow else list(dseq), folded(tx), folded(entity), folded(record), folded(kind), list(patch),
        folded(base), folded(at), [] if right else folded(stamp), folded(atomic) if any(atomic) else [],
    )  # fmt: skip


def in_rows(columns: Changes) -> list[WireChange]:
    """The changes of a push. Raises Refused 422 where its columns do not fit together."""
    count, numbers = len(columns.patch), columns.dseq
    stamps = columns.stamp or [clock.first(instant) for instant in columns.at]
    if len(numbers) == 1:
        numbers = list(range(numbers[0], numbers[0] + count))
    try:
        rest = (columns.tx, columns.entity, columns.id, columns.kind, columns.patch, columns.base, stamps, columns.at,
                columns.atomic or [False])  # fmt: skip
        return [WireChange(*line) for line in zip(numbers, *(spread(each, count) for each in rest), strict=True)]
    except ValueError:
        raise Refused("invalid_message", 422) from None


def plain_change(wire: WireChange) -> Change:
    """A change that has travelled."""
    return Change(
        wire.dseq, wire.tx, wire.entity, wire.id, wire.kind, wire.patch, wire.base, wire.stamp, wire.at, wire.atomic
    )
