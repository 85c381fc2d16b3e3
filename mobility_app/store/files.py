"""Bytes of attachments, encrypted while they are read, one file each under a random name that tells nothing.

Form: magic `MOBA`, version 1, 16 bytes of salt; then pieces of 64 KiB, each sealed with ChaCha20-Poly1305 under a key of
the file's own, which HKDF makes from the vault's key, the salt and the name. A piece's nonce is its number in 11 bytes
and a flag that marks the last one; the header is its associated data. So pieces can't be changed, left out, put in
another order or file, nor the end cut off. A reader gets a piece only after its tag, and the last one only when the
hash agrees. Why this cipher and this size, with figures: docs/decisions/0002-attachment-encryption.md.

Names that people see are `file_names.py`; which record a file belongs to is `actions/attachments.py`.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mobility_app.domain.entities.file import SIZE_MAX_BYTES
from mobility_app.errors import DiskFull, FileRefused, StoreDamaged
from mobility_app.store.disk import flush, no_room, sync_folder
from mobility_app.store.file_names import safe_name as safe_name

MAGIC, VERSION = b"MOBA", 1
PIECE_BYTES, TAG_BYTES, SALT_BYTES = 64 * 1024, 16, 16
SEALED_BYTES = PIECE_BYTES + TAG_BYTES
HEADER_BYTES = len(MAGIC) + 1 + SALT_BYTES

_PREFIX = MAGIC + bytes([VERSION])
_TOKEN = re.compile(r"[0-9a-f]{32}")
_OURS = re.compile(r"([0-9a-f]{32})\.(att|new|part)")


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes that lie in the vault. `size_bytes` and `sha256` (hex) are of the plain bytes."""

    token: str
    size_bytes: int
    sha256: str


class FileVault:
    """The folder of encrypted attachments. Threads may share it. `key` is the 32-byte key of an unlocked vault."""

    def __init__(self, folder: Path, key: bytes, random: Callable[[int], bytes] = os.urandom) -> None:
        self._folder, self._key, self._random = folder, key, random
        self._fresh: set[str] = set()  # stored by this run: their records may not be written yet
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, chunks: Iterable[bytes], *, most_bytes: int = SIZE_MAX_BYTES) -> Stored:
        """Encrypts what comes in, in chunks of any size, and returns where it lies, durably.

        Raises FileRefused (too_large; unreadable where `chunks` raises OSError), DiskFull, StoreDamaged where the
        folder can't be written, and what `chunks` raises; then nothing stays.
        """
        token = self._random(16).hex()
        self._fresh.add(token)
        aside = self._folder / f"{token}.new"
        try:
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600), "wb") as file:
                stored = self._seal(file, token, chunks, most_bytes)
                file.flush()
                flush(file.fileno())
            aside.rename(self._path(token))
            sync_folder(self._folder)
        except BaseException as error:
            self._forget(token, aside)
            if not isinstance(error, OSError):
                raise
            if no_room(error):
                raise DiskFull("no room left on the disk") from error
            raise StoreDamaged("an attachment can't be written") from error
        return stored

    def read(self, token: str, sha256: str) -> Generator[bytes, None, None]:
        """The plain bytes, piece by piece. The file is open until the iterator ends or is closed.

        Raises StoreDamaged at the first piece that is not what was written, or where the whole is not `sha256`.
        """
        hashed = hashlib.sha256()
        try:
            with self._path(token).open("rb") as file:
                header = _header(file)
                cipher = self.cipher(token, header)
                for number, sealed, last in _sealed_pieces(file):
                    piece = cipher.decrypt(nonce(number, last=last), sealed, header)
                    hashed.update(piece)
                    if last and hashed.hexdigest() != sha256:
                        raise StoreDamaged("an attachment is not the one that was stored")
                    yield piece
        except (InvalidTag, OSError) as error:
            raise StoreDamaged("an attachment is damaged or gone") from error

    def span(self, token: str, first: int, count: int) -> bytes:
        """Up to `count` pieces from that number on. The whole is not checked: whoever asks for all checks the hash.

        Raises StoreDamaged."""
        try:
            with self._path(token).open("rb") as file:
                header = _header(file)
                cipher = self.cipher(token, header)
                file.seek(len(header) + first * SEALED_BYTES)
                sealed = file.read(count * SEALED_BYTES)
                ends = not file.read(1)
            found = bytearray()
            for start in range(0, len(sealed), SEALED_BYTES):
                last = ends and start + SEALED_BYTES >= len(sealed)
                number = nonce(first + start // SEALED_BYTES, last=last)
                found += cipher.decrypt(number, sealed[start : start + SEALED_BYTES], header)
        except (InvalidTag, OSError) as error:
            raise StoreDamaged("an attachment is damaged or gone") from error
        return bytes(found)

    def fresh(self) -> tuple[str, bytes]:
        """A token and a header for a file that comes in by parts (`file_parts.py`)."""
        return self._random(16).hex(), _PREFIX + self._random(SALT_BYTES)

    def part_path(self, token: str) -> Path:
        """Where such a file grows until it is whole. Not swept while its token is known."""
        return self._path(token).with_suffix(".part")

    def arrived(self, token: str) -> None:
        """Puts a whole one, already durable, in its place."""
        self._fresh.add(token)
        self.part_path(token).rename(self._path(token))
        sync_folder(self._folder)

    def holds(self, token: str) -> bool:
        """Whether bytes lie under this token."""
        return self._path(token).exists()

    def drop(self, token: str) -> None:
        """Forgets bytes that nothing refers to, whole or not. One that is being read goes at the next sweep where it
        can't now."""
        self._forget(token, self._path(token))
        self._forget(token, self.part_path(token))

    def sweep(self, known: Collection[str]) -> int:
        """Removes what no record knows, half-written files included, and returns how many went.

        Leaves what this run stored, whose record may be on its way, and files of other names.
        """
        gone = 0
        for path in list(self._folder.iterdir()):
            ours = _OURS.fullmatch(path.name)
            token = ours[1] if ours else ""
            if ours and token not in self._fresh and (token not in known or ours[2] == "new"):
                with suppress(OSError):  # open elsewhere: Windows keeps it until the next sweep
                    path.unlink()
                    gone += 1
        return gone

    def _seal(self, file: BinaryIO, token: str, chunks: Iterable[bytes], most_bytes: int) -> Stored:
        header = _PREFIX + self._random(SALT_BYTES)
        cipher, hashed, size = self.cipher(token, header), hashlib.sha256(), 0
        file.write(header)
        for number, piece, last in _plain_pieces(chunks):
            size += len(piece)
            if size > most_bytes:
                raise FileRefused("too_large", most=most_bytes)
            hashed.update(piece)
            file.write(cipher.encrypt(nonce(number, last=last), piece, header))
        return Stored(token, size, hashed.hexdigest())

    def cipher(self, token: str, header: bytes) -> ChaCha20Poly1305:
        """What seals and opens the pieces of that file."""
        info = b"mobility/attachment/v1|" + token.encode()
        return ChaCha20Poly1305(HKDF(SHA256(), 32, header[len(_PREFIX) :], info).derive(self._key))

    def _path(self, token: str) -> Path:
        if not _TOKEN.fullmatch(token):
            raise StoreDamaged("this is no name of an attachment")
        return self._folder / f"{token}.att"

    def _forget(self, token: str, path: Path) -> None:
        self._fresh.discard(token)
        with suppress(OSError):
            path.unlink(missing_ok=True)


_BINARY = getattr(os, "O_BINARY", 0)  # Windows alone has a text mode


def nonce(number: int, *, last: bool) -> bytes:
    """The nonce of a piece; the flag marks the file's last one."""
    return number.to_bytes(11, "big") + bytes([last])


def _header(file: BinaryIO) -> bytes:
    header = file.read(HEADER_BYTES)
    if len(header) != HEADER_BYTES or not header.startswith(_PREFIX):
        raise StoreDamaged("an attachment is damaged")
    return header


def _plain_pieces(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    """(number, piece, whether it is the last): full pieces, the last of 1 byte to a full one, or empty when alone."""
    number, waiting = 0, bytearray()
    source = iter(chunks)
    while (chunk := _next(source)) is not None:
        waiting += chunk
        while len(waiting) > PIECE_BYTES:  # one byte more: a full piece may still be the last
            yield number, bytes(waiting[:PIECE_BYTES]), False
            del waiting[:PIECE_BYTES]
            number += 1
    yield number, bytes(waiting), True


def _next(source: Iterator[bytes]) -> bytes | None:
    try:
        return next(source, None)
    except OSError as error:
        raise FileRefused("unreadable") from error


def _sealed_pieces(file: BinaryIO) -> Iterator[tuple[int, bytes, bool]]:
    """(number, sealed piece, whether the file ends there)."""
    number, sealed = 0, file.read(SEALED_BYTES)
    while ahead := file.read(SEALED_BYTES):
        yield number, sealed, False
        number, sealed = number + 1, ahead
    yield number, sealed, True
