"""Attachments: encrypted while they are read, whole or refused, and nothing left behind by what failed."""

from __future__ import annotations

import errno
import hashlib
import os
import random
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mobility_app.errors import DiskFull, FileRefused, StoreDamaged
from mobility_app.store.files import PIECE_BYTES, TAG_BYTES, FileVault, Stored

KEY = bytes(range(32))
HEADER_BYTES = 21
SEALED_BYTES = PIECE_BYTES + TAG_BYTES

# Random bytes 00 01 02 ..., the key above, the text below.
VECTOR_TEXT = "Condições: 30 dias. Σ 1 234,50 €".encode()
VECTOR_TOKEN = "000102030405060708090a0b0c0d0e0f"
VECTOR_SEALED = bytes.fromhex(
    "4d4f424101101112131415161718191a1b1c1d1e1fbdf786c9626178f87c40e20c598a8ebc530d3ab86d14c0a3e8a72e"
    "604e577cc2c81583688536e8f4692ae3923d2933547073c3813d"
)
VECTOR_EMPTY = bytes.fromhex("4d4f424101101112131415161718191a1b1c1d1e1fdd62822d09a400ee13a5cdc55648cf60")


def counting() -> Callable[[int], bytes]:
    numbers = count()
    return lambda size: bytes(next(numbers) % 256 for _ in range(size))


def vault(folder: Path) -> FileVault:
    return FileVault(folder / "files", KEY, random.Random(5).randbytes)


def sealed(folder: Path, stored: Stored) -> Path:
    return folder / "files" / f"{stored.token}.att"


def content(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "files").iterdir())


def test_a_file_is_byte_for_byte_the_written_down_one(tmp_path: Path) -> None:
    stored = FileVault(tmp_path / "files", KEY, counting()).add([VECTOR_TEXT])
    assert stored == Stored(VECTOR_TOKEN, len(VECTOR_TEXT), hashlib.sha256(VECTOR_TEXT).hexdigest())
    assert sealed(tmp_path, stored).read_bytes() == VECTOR_SEALED
    empty = FileVault(tmp_path / "empty" / "files", KEY, counting()).add([])
    assert sealed(tmp_path / "empty", empty).read_bytes() == VECTOR_EMPTY


def test_a_written_down_file_opens(tmp_path: Path) -> None:
    files = vault(tmp_path)
    (tmp_path / "files" / f"{VECTOR_TOKEN}.att").write_bytes(VECTOR_SEALED)
    assert b"".join(files.read(VECTOR_TOKEN, hashlib.sha256(VECTOR_TEXT).hexdigest())) == VECTOR_TEXT


def test_the_form_is_what_its_description_says() -> None:
    header, body = VECTOR_SEALED[:HEADER_BYTES], VECTOR_SEALED[HEADER_BYTES:]
    info = b"mobility/attachment/v1|" + VECTOR_TOKEN.encode()
    key = HKDF(SHA256(), 32, header[5:], info).derive(KEY)
    assert header[:5] == b"MOBA\x01"
    assert ChaCha20Poly1305(key).decrypt(bytes(11) + b"\x01", body, header) == VECTOR_TEXT


@pytest.mark.parametrize(
    "size", [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES, 5 * PIECE_BYTES + 77]
)
@pytest.mark.parametrize("chunk", [1 << 30, PIECE_BYTES, 70_001, 4_099])
def test_what_goes_in_comes_out_whatever_the_size_of_the_chunks(tmp_path: Path, size: int, chunk: int) -> None:
    plain, files = content(size), vault(tmp_path)
    stored = files.add(plain[start : start + chunk] for start in range(0, size, chunk))
    assert (stored.size_bytes, stored.sha256) == (size, hashlib.sha256(plain).hexdigest())
    assert b"".join(files.read(stored.token, stored.sha256)) == plain
    pieces = max(1, -(-size // PIECE_BYTES))
    assert sealed(tmp_path, stored).stat().st_size == HEADER_BYTES + size + pieces * TAG_BYTES
    assert names(tmp_path) == [f"{stored.token}.att"]


def test_empty_chunks_change_nothing(tmp_path: Path) -> None:
    files = vault(tmp_path)
    stored = files.add([b"", b"ab", b"", b"", b"c", b""])
    assert b"".join(files.read(stored.token, stored.sha256)) == b"abc"


def test_nothing_of_the_content_can_be_read_on_the_disk_not_even_while_it_comes_in(tmp_path: Path) -> None:
    marker, files = b"MK0123456789abcdef01234567", vault(tmp_path)

    def chunks() -> Iterator[bytes]:
        for _ in range(40):
            yield marker * 4096
            assert all(marker not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    stored = files.add(chunks())
    assert marker not in sealed(tmp_path, stored).read_bytes()
    assert stored.size_bytes == 40 * 4096 * len(marker)


def test_the_same_content_twice_looks_different(tmp_path: Path) -> None:
    files = vault(tmp_path)
    one, two = files.add([content(1000)]), files.add([content(1000)])
    assert one.token != two.token
    assert sealed(tmp_path, one).read_bytes()[HEADER_BYTES:] != sealed(tmp_path, two).read_bytes()[HEADER_BYTES:]


def test_what_is_too_large_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    files = vault(tmp_path)
    assert files.add([b"x" * 100], most_bytes=100).size_bytes == 100
    before = names(tmp_path)
    taken = 0

    def chunks() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"x" * 10_000

    with pytest.raises(FileRefused, match="too_large"):
        files.add(chunks(), most_bytes=1_000_000)
    assert taken < 120  # it does not read on
    assert names(tmp_path) == before


def test_a_source_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    files = vault(tmp_path)

    def unplugged() -> Iterator[bytes]:
        yield content(200_000)
        raise OSError(errno.EIO, "stick pulled out")

    def cancelled() -> Iterator[bytes]:
        yield content(200_000)
        raise RuntimeError("the browser went away")

    with pytest.raises(FileRefused, match="unreadable"):
        files.add(unplugged())
    with pytest.raises(RuntimeError, match="went away"):
        files.add(cancelled())
    assert names(tmp_path) == []


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    files, before = vault(tmp_path), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, before[1]))  # the kernel refuses the write, as a quota does
    try:
        with pytest.raises(DiskFull):
            files.add([content(1_000_000)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names(tmp_path) == []
    assert files.add([content(1_000_000)]).size_bytes == 1_000_000  # room came back


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_failing_flush_or_rename_leaves_nothing(tmp_path: Path, code: int) -> None:
    def failing(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    files = vault(tmp_path)
    for call in ("fsync", "rename"):
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr(os, call, failing)
            with pytest.raises(StoreDamaged if code == errno.EIO else DiskFull):
                files.add([content(100_000)])
        assert names(tmp_path) == []


def refused(files: FileVault, stored: Stored) -> bytes:
    """The plain bytes that a reader got before the refusal."""
    got = bytearray()

    def read() -> None:
        for piece in files.read(stored.token, stored.sha256):
            got.extend(piece)

    with pytest.raises(StoreDamaged):
        read()
    return bytes(got)


def test_every_flipped_bit_is_found_before_its_piece_is_seen(tmp_path: Path) -> None:
    plain, files = content(2 * PIECE_BYTES + 500), vault(tmp_path)
    stored = files.add([plain])
    path = sealed(tmp_path, stored)
    good = path.read_bytes()
    edges = [
        HEADER_BYTES + piece * SEALED_BYTES + shift for piece in range(3) for shift in (-1, 0, 1) if piece or shift >= 0
    ]
    places = [*range(HEADER_BYTES), *edges, len(good) - 1, *random.Random(3).sample(range(len(good)), 300)]
    for place in places:
        bad = bytearray(good)
        bad[place] ^= 1 << (place % 8)
        path.write_bytes(bad)
        got = refused(files, stored)
        whole_before = max(0, place - HEADER_BYTES) // SEALED_BYTES
        assert got == plain[: whole_before * PIECE_BYTES], place


def test_a_file_cut_anywhere_is_found(tmp_path: Path) -> None:
    plain, files = content(2 * PIECE_BYTES), vault(tmp_path)
    stored = files.add([plain])
    path = sealed(tmp_path, stored)
    good = path.read_bytes()
    lengths = [*range(60), HEADER_BYTES + SEALED_BYTES, *range(len(good) - 40, len(good))]
    for length in lengths:
        path.write_bytes(good[:length])
        assert len(refused(files, stored)) <= PIECE_BYTES, length


def test_pieces_in_another_order_doubled_left_out_or_added_are_found(tmp_path: Path) -> None:
    files = vault(tmp_path)
    stored = files.add([content(4 * PIECE_BYTES)])
    path = sealed(tmp_path, stored)
    good = path.read_bytes()
    head = good[:HEADER_BYTES]
    one, two, three, last = (
        good[HEADER_BYTES + n * SEALED_BYTES : HEADER_BYTES + (n + 1) * SEALED_BYTES] for n in range(4)
    )
    for pieces in (
        (two, one, three, last),
        (one, three, last),
        (one, two, three),
        (one, two, two, last),
        (one, two, three, last, last),
        (one, two, three, last, b"\x00"),
        (last,),
        (),
    ):
        path.write_bytes(head + b"".join(pieces))
        refused(files, stored)
    path.write_bytes(good)
    assert b"".join(files.read(stored.token, stored.sha256)) == content(4 * PIECE_BYTES)


def test_files_that_changed_places_are_found_at_the_first_byte(tmp_path: Path) -> None:
    files = vault(tmp_path)
    one, two = files.add([content(300_000, 1)]), files.add([content(300_000, 2)])
    a, b = sealed(tmp_path, one), sealed(tmp_path, two)
    (first, second) = a.read_bytes(), b.read_bytes()
    a.write_bytes(second)
    b.write_bytes(first)
    assert refused(files, one) == b""
    assert refused(files, two) == b""


def test_an_older_file_of_the_same_name_is_found_by_its_hash(tmp_path: Path) -> None:
    files = vault(tmp_path)
    stored = files.add([content(300_000, 1)])
    wrong = Stored(stored.token, stored.size_bytes, hashlib.sha256(b"newer").hexdigest())
    assert len(refused(files, wrong)) < 300_000


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    stored = vault(tmp_path).add([content(10)])
    assert refused(FileVault(tmp_path / "files", bytes(32)), stored) == b""


@pytest.mark.parametrize("token", ["", "..", "../../etc/passwd", "a" * 31, "A" * 32, "a" * 32 + "\n", "\x00" * 32])
def test_a_token_that_is_none_leads_nowhere(tmp_path: Path, token: str) -> None:
    with pytest.raises(StoreDamaged):
        next(iter(vault(tmp_path).read(token, "")))
    with pytest.raises(StoreDamaged):
        vault(tmp_path).drop(token)


def test_what_is_dropped_or_missing_is_gone_and_dropping_twice_is_no_error(tmp_path: Path) -> None:
    files = vault(tmp_path)
    stored = files.add([b"x"])
    files.drop(stored.token)
    files.drop(stored.token)
    assert names(tmp_path) == []
    assert refused(files, stored) == b""


def test_a_sweep_takes_what_no_record_knows_and_leaves_the_rest(tmp_path: Path) -> None:
    before = vault(tmp_path)
    kept, orphan = before.add([b"kept"]), before.add([b"orphan"])
    (tmp_path / "files" / f"{'0' * 32}.new").write_bytes(b"half written when the power went")
    (tmp_path / "files" / "note of somebody.txt").write_bytes(b"not ours")
    files = FileVault(tmp_path / "files", KEY)  # the next start
    assert files.sweep({kept.token}) == 2
    assert names(tmp_path) == sorted([f"{kept.token}.att", "note of somebody.txt"])
    assert refused(files, orphan) == b""
    assert files.sweep([kept.token]) == 0


def test_a_sweep_leaves_what_is_being_written_and_what_waits_for_its_record(tmp_path: Path) -> None:
    files = vault(tmp_path)
    waiting = files.add([b"its record is written in a moment"])

    def chunks() -> Iterator[bytes]:
        yield content(200_000)
        assert files.sweep(set()) == 0
        yield b"end"

    stored = files.add(chunks())
    assert files.sweep(set()) == 0
    assert names(tmp_path) == sorted(f"{one.token}.att" for one in (waiting, stored))


def test_a_reader_that_stops_early_lets_go_of_the_file(tmp_path: Path) -> None:
    files = vault(tmp_path)
    stored = files.add([content(500_000)])
    reading = files.read(stored.token, stored.sha256)
    assert len(next(reading)) == PIECE_BYTES
    reading.close()
    opened = Path("/proc/self/fd")
    if opened.exists():
        assert not any(stored.token in os.readlink(link) for link in opened.iterdir() if link.is_symlink())
