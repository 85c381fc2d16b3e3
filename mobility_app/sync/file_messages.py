"""What travels of files' bytes beside the messages of `protocol.py`: which pieces are missing, and the pieces. Shared with HQ."""

from __future__ import annotations

import msgspec

from mobility_app.sync.protocol import Message

PIECE_TYPE = "application/octet-stream"


class FilePlan(Message, frozen=True):
    """What HQ still wants of a file's bytes: the numbers of its pieces, or `here` where it has them all."""

    here: bool = False
    missing: list[int] = msgspec.field(default_factory=list)


class Piece(bytes):
    """A piece of a file: it travels as it is, not packed."""
