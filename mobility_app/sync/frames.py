"""A snapshot on its way, and the history after it: whole customers as columns of their tables. Written by HQ
(`hq/snapshots.py`, `hq/past.py`), asked for and read by a device (`first.py`).

A piece is what one request fetches; its parts are the least that the device writes in one transaction. Values are as columns
hold them; what a column lacks in a whole part is left out. Columns of one table lie together, so that zstd sees what
resembles each other: 0.14 of the rows' JSON, measured 2026-11-24, where zstd makes 0.18 of the JSON itself.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
import zstandard

from mobility_app.domain.fields import Column
from mobility_app.errors import Unreachable
from mobility_app.sync import protocol
from mobility_app.sync.columns import Entries, KeptEntries
from mobility_app.sync.protocol import Count, Id, Message, Name

PART_ROWS = 500  # beyond which a part ends with the customer: about 7 ms for which a save may wait
PIECE_ROWS = 20_000  # beyond which a piece ends with the part: some 600 kB on the way
ROOTS_MAX = 200  # customers whose history is asked for at once
MADE = ("activity", "ticket", "file")  # of these records the app asks who made them, and when


class Table(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Rows of one entity. `values` holds one list a column, `names` starts with "id"."""

    entity: str
    names: list[str]
    values: list[list[Column]]


class Made(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Who made records of `MADE`, and when (UTC milliseconds)."""

    roots: list[str]
    ids: list[str]
    users: list[str | None]
    at: list[int]


class Part(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Whole customers. `chains` and `last`: the hash and the number of each one's newest entry. `sums`: what the rows add
    to the device's digests (`domain.digests`), made once by HQ; the device's nightly look makes them anew."""

    roots: list[str]
    chains: list[str]
    last: list[int]
    tables: list[Table]
    made: Made
    sums: dict[str, str]


class Piece(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What one request fetches."""

    parts: list[Part]


class PieceRequest(Message, frozen=True):
    """Asks for a piece of an offered snapshot. The answer's body is a `sync.frames.Piece`."""

    scope: Name
    seq: Count
    number: Count


class HistoryRequest(Message, frozen=True):
    """Asks for entries of customers that are older than what the device holds: root -> the number before which. Of each
    customer the newest come first, back to the instant `since` (UTC milliseconds)."""

    before: Annotated[dict[Id, Count], msgspec.Meta(min_length=1, max_length=ROOTS_MAX)]
    since: Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)] = -(2**62)


class WireFloor(Message, frozen=True):
    """How far back a customer's history was handed out: the lowest number, and the chain's hash before it (empty where
    nothing is before it). `more`: there is more within the time that was asked for."""

    seq: int
    chain: str
    more: bool = False


class HistoryAnswer(Message, frozen=True):
    """Entries, oldest first, and the floor of each customer that the device may see."""

    entries: Entries
    floors: dict[str, WireFloor]


class HistoryToKeep(Message, frozen=True):
    """`HistoryAnswer` as the device takes it: nothing of an entry is read before somebody looks at it."""

    entries: KeptEntries
    floors: dict[str, WireFloor]


def pack(piece: Piece) -> bytes:
    """The piece as it travels. Made once and handed out often: zstd may take its time."""
    return zstandard.ZstdCompressor(level=9).compress(msgspec.json.encode(piece))


def unpack(body: bytes) -> Piece:
    """The piece in a body that HQ signed. Raises Unreachable where it is none."""
    try:
        if zstandard.frame_content_size(body) > protocol.DECODED_MAX_BYTES:
            raise Unreachable("failed", "HQ sent a piece that is too large")
        piece = msgspec.json.decode(zstandard.ZstdDecompressor().decompress(body), type=Piece)
    except (zstandard.ZstdError, msgspec.DecodeError, UnicodeDecodeError):
        raise Unreachable("failed", "HQ sent a piece that can't be read") from None
    for part in piece.parts:
        tables = all(len({len(column) for column in one.values}) == 1 for one in part.tables)
        if not tables or not len(part.roots) == len(part.chains) == len(part.last):
            raise Unreachable("failed", "HQ sent a piece with gaps")
    return piece
