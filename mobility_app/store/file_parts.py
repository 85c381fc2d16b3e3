"""A file that comes in by parts: sealed as it comes, cut off anywhere, gone on with where it was.

The growing file has the form of a whole one (`files.py`) without its end. What a crash or a power cut left of it is
believed only as far as its tags agree; so the file itself is the map of what is here, and nothing needs to be durable
before the end. The spans that travel are 16 pieces long; where they come from is `sync/blobs.py`.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag

from mobility_app.errors import DiskFull, StoreDamaged
from mobility_app.store.disk import flush, no_room
from mobility_app.store.files import HEADER_BYTES, PIECE_BYTES, SEALED_BYTES, FileVault, nonce

SPAN_PIECES = 16
SPAN_BYTES = SPAN_PIECES * PIECE_BYTES


class FilePart:
    """A file of `size_bytes` that grows under `token`; "" begins a new one. Used by one thread."""

    def __init__(self, vault: FileVault, size_bytes: int, token: str = "") -> None:
        fresh, header = vault.fresh()
        self.token = token or fresh
        self.size_bytes, self.done = size_bytes, 0
        self._vault, self._hashed = vault, hashlib.sha256()
        self._pieces = max(1, -(-size_bytes // PIECE_BYTES))
        self._file = _opened(vault.part_path(self.token))
        self._header = self._file.read(HEADER_BYTES)
        if len(self._header) != HEADER_BYTES:
            self._header = header
            self._file.seek(0)
            self._file.truncate()
            self._write(header)
        self._cipher = vault.cipher(self.token, self._header)
        self._believe()

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return self.done * SPAN_PIECES >= self._pieces

    def append(self, span: bytes) -> None:
        """The next span. Raises DiskFull, StoreDamaged; then it may come again."""
        first = self.done * SPAN_PIECES
        sealed = bytearray()
        for start in range(0, max(1, len(span)), PIECE_BYTES):
            number = first + start // PIECE_BYTES
            mark = nonce(number, last=number == self._pieces - 1)
            sealed += self._cipher.encrypt(mark, span[start : start + PIECE_BYTES], self._header)
        self._file.seek(HEADER_BYTES + first * SEALED_BYTES)
        self._write(bytes(sealed))
        self._hashed.update(span)
        self.done += 1

    def finish(self, sha256: str) -> bool:
        """Makes the whole durable and puts it in its place; False, and all of it is gone, where it has another hash.

        Raises DiskFull, StoreDamaged."""
        right = self._hashed.hexdigest() == sha256
        try:
            if right:
                self._file.flush()
                flush(self._file.fileno())
                self._file.close()
                self._vault.arrived(self.token)
        except OSError as error:
            raise _said(error) from error
        if not right:
            self.close()
            self._vault.drop(self.token)
        return right

    def close(self) -> None:
        """Lets go of the file; it is gone on with later."""
        with suppress(OSError):
            self._file.close()

    def _believe(self) -> None:
        """Reads what is there as far as its tags agree, and cuts the rest off."""
        end = HEADER_BYTES
        while not self.whole:  # ends: a file of known size
            first = self.done * SPAN_PIECES
            span = self._opened_span(first)
            if span is None:
                break
            self._hashed.update(span)
            self.done += 1
            end = self._file.tell()
        self._file.truncate(end)  # the last span is shorter: where it stands, a multiple of spans would add zeros

    def _opened_span(self, first: int) -> bytes | None:
        found = bytearray()
        for number in range(first, min(first + SPAN_PIECES, self._pieces)):
            length = min(PIECE_BYTES, self.size_bytes - number * PIECE_BYTES)
            sealed = self._file.read(length + SEALED_BYTES - PIECE_BYTES)
            try:
                found += self._cipher.decrypt(nonce(number, last=number == self._pieces - 1), sealed, self._header)
            except (InvalidTag, ValueError):
                return None
        return bytes(found)

    def _write(self, content: bytes) -> None:
        try:
            self._file.write(content)
            self._file.flush()
        except OSError as error:
            raise _said(error) from error


def _opened(path: Path) -> BinaryIO:
    try:
        path.touch(0o600)
        return path.open("r+b")
    except OSError as error:
        raise _said(error) from error


def _said(error: OSError) -> DiskFull | StoreDamaged:
    return DiskFull("no room left on the disk") if no_room(error) else StoreDamaged("an attachment can't be written")
