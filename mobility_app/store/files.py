"""Bytes of attachments, encrypted while they are read, one file each under a random name (security.md 2.4).

Format: magic `MOBA`, version 1, 16-byte salt; then pieces of 64 KiB, each sealed with ChaCha20-Poly1305 under a key
of the file's own (HKDF of the vault's key and the salt). Nonce: 11-byte piece number and a last-piece flag; the header is
associated data. A reader gets a piece only after its tag; the end only with the last flag and the right hash.
ChaCha20 is as fast on tablets without AES instructions; docs/decisions/0002 has the figures.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mobility_app.domain.entities.file import SIZE_MAX_BYTES
from mobility_app.errors import DiskFull, FileRefused, StoreDamaged
from mobility_app.store.vault import sync_folder

MAGIC, VERSION = b"MOBA", 1
PIECE_BYTES, TAG_BYTES, SALT_BYTES = 64 * 1024, 16, 16
_RESERVED = {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))}
_BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F}


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes that lie in the vault. `sha256` is of the plain bytes."""

    token: str
    size_bytes: int
    sha256: str


class FileVault:
    """The folder of encrypted attachments."""

    def __init__(self, folder: Path, key: bytes, random: Callable[[int], bytes] = os.urandom) -> None:
        self._folder, self._key, self._random = folder, key, random
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, chunks: Iterable[bytes], most_bytes: int = SIZE_MAX_BYTES) -> Stored:
        """Encrypts what comes in and returns where it lies. Raises FileRefused too_large, DiskFull; then nothing stays."""
        token, salt = self._random(16).hex(), self._random(SALT_BYTES)
        header = MAGIC + bytes([VERSION]) + salt
        cipher, hashed, size = self._cipher(salt), hashlib.sha256(), 0
        temporary = self._folder / f"{token}.new"
        try:
            with temporary.open("xb") as file:
                file.write(header)
                number, piece = 0, b""
                for ahead in _pieces(chunks):
                    if number or piece:
                        file.write(cipher.encrypt(_nonce(number - 1, last=False), piece, header))
                    piece, number = ahead, number + 1
                    size += len(ahead)
                    hashed.update(ahead)
                    if size > most_bytes:
                        raise FileRefused("too_large", most=most_bytes)
                file.write(cipher.encrypt(_nonce(max(number - 1, 0), last=True), piece, header))
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(self._path(token))
            sync_folder(self._folder)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull("no room left on the disk") from error
            raise FileRefused("unreadable") from error
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return Stored(token, size, hashed.hexdigest())

    def read(self, token: str, sha256: str) -> Iterator[bytes]:
        """The plain bytes in pieces. Raises StoreDamaged where a byte is not what was written."""
        hashed = hashlib.sha256()
        try:
            with self._path(token).open("rb") as file:
                header = file.read(len(MAGIC) + 1 + SALT_BYTES)
                if header[:5] != MAGIC + bytes([VERSION]) or len(header) != len(MAGIC) + 1 + SALT_BYTES:
                    raise StoreDamaged("an attachment is damaged")
                cipher = self._cipher(header[5:])
                sealed, number = file.read(PIECE_BYTES + TAG_BYTES), 0
                while True:  # ends with the file: each turn reads a piece of it
                    ahead = file.read(PIECE_BYTES + TAG_BYTES)
                    piece = cipher.decrypt(_nonce(number, last=not ahead), sealed, header)
                    hashed.update(piece)
                    if not ahead and hashed.hexdigest() != sha256:
                        raise StoreDamaged("an attachment is not the one that was stored")
                    yield piece
                    if not ahead:
                        return
                    sealed, number = ahead, number + 1
        except (InvalidTag, OSError) as error:
            raise StoreDamaged("an attachment is damaged") from error

    def drop(self, token: str) -> None:
        """Forgets bytes that nothing refers to."""
        self._path(token).unlink(missing_ok=True)

    def sweep(self, known: set[str]) -> int:
        """Removes what no record knows, half-written files included. Returns how many."""
        doomed = [path for path in self._folder.iterdir() if path.suffix == ".new" or path.stem not in known]
        for path in doomed:
            path.unlink(missing_ok=True)
        return len(doomed)

    def _path(self, token: str) -> Path:
        return self._folder / f"{token}.att"

    def _cipher(self, salt: bytes) -> ChaCha20Poly1305:
        return ChaCha20Poly1305(HKDF(SHA256(), 32, salt, b"mobility/attachment/v1").derive(self._key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= PIECE_BYTES:
            yield bytes(waiting[:PIECE_BYTES])
            del waiting[:PIECE_BYTES]
    if waiting:
        yield bytes(waiting)


def safe_name(name: str) -> str:
    """A file name that can be shown and saved anywhere: the last part, without what hides or harms; at most 255 bytes."""
    last = name.replace("\\", "/").split("/")[-1]
    kept = "".join(
        letter for letter in last if ord(letter) >= 32 and ord(letter) not in _BIDI and letter not in '<>:"|?*\x7f'
    )
    kept = kept.strip(" .")
    if kept.split(".")[0].lower() in _RESERVED:
        kept = f"_{kept}"
    stem, dot, suffix = kept.rpartition(".")
    while len(kept.encode()) > 255:  # each turn takes a letter away
        stem, kept = (stem[:-1], f"{stem[:-1]}{dot}{suffix}") if dot and len(suffix) < 20 else ("", kept[:-1])
    return kept or "file"
