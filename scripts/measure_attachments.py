"""Measures the two forms that were weighed for attachments, and the vault as it is (docs/decisions/0002).

    python scripts/measure_attachments.py [FOLDER]

Prints MiB/s, medians of interleaved rounds: the cipher alone, and the whole way (cipher, SHA-256, file, fsync) of
`store/files.py`. FOLDER should lie in memory (/dev/shm), else the disk is what is measured. To see a machine without
AES instructions, start it with OPENSSL_ia32cap set as the decision says. It decides nothing and is no test.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from mobility_app.store import files

MIB = 1 << 20
TOTAL_BYTES = 128 * MIB
ROUNDS = 5
FORMS: tuple[tuple[str, type[AESGCM] | type[ChaCha20Poly1305], int], ...] = (
    ("AES-256-GCM, 1 MiB", AESGCM, MIB),
    ("AES-256-GCM, 64 KiB", AESGCM, 64 * 1024),
    ("ChaCha20-Poly1305, 1 MiB", ChaCha20Poly1305, MIB),
    ("ChaCha20-Poly1305, 64 KiB", ChaCha20Poly1305, 64 * 1024),
)


def rate(work: Callable[[], None]) -> float:
    started = perf_counter()
    work()
    return TOTAL_BYTES / MIB / (perf_counter() - started)


def cipher_alone(cipher: AESGCM | ChaCha20Poly1305, piece: bytes) -> None:
    for number in range(TOTAL_BYTES // len(piece)):
        cipher.encrypt(number.to_bytes(12, "big"), piece, b"header")


class Other(files.FileVault):
    """The vault with another cipher."""

    def __init__(self, folder: Path, kind: type[AESGCM] | type[ChaCha20Poly1305]) -> None:
        super().__init__(folder, bytes(32))
        self._kind = kind

    def _cipher(self, token: str, header: bytes) -> ChaCha20Poly1305:
        return self._kind(bytes(32))  # type: ignore[return-value]


def chunks() -> Iterator[bytes]:
    chunk = bytes(64 * 1024)
    for _ in range(TOTAL_BYTES // len(chunk)):
        yield chunk


def whole_way(vault: files.FileVault) -> tuple[float, float]:
    """(write, read) in MiB/s."""
    stored: list[files.Stored] = []
    written = rate(lambda: stored.append(vault.add(chunks())))

    def read() -> None:
        for _ in vault.read(stored[0].token, stored[0].sha256):
            pass

    result = written, rate(read)
    vault.drop(stored[0].token)
    return result


def main() -> None:
    place = sys.argv[1] if len(sys.argv) > 1 else None
    alone: dict[str, list[float]] = {name: [] for name, _, _ in FORMS}
    way: dict[str, list[tuple[float, float]]] = {name: [] for name, _, _ in FORMS}
    with tempfile.TemporaryDirectory(dir=place) as folder:
        for _ in range(ROUNDS):
            for name, kind, size in FORMS:
                alone[name].append(rate(lambda kind=kind, size=size: cipher_alone(kind(bytes(32)), os.urandom(size))))  # type: ignore[misc]
                files.PIECE_BYTES = size
                way[name].append(whole_way(Other(Path(folder), kind)))
    print(f"{'form':28}{'cipher':>8}{'write':>8}{'read':>8}   MiB/s")
    for name, _, _ in FORMS:
        write, read = (median(pair[n] for pair in way[name]) for n in (0, 1))
        print(f"{name:28}{median(alone[name]):8.0f}{write:8.0f}{read:8.0f}")


if __name__ == "__main__":
    main()
