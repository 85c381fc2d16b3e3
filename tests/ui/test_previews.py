"""What may be shown inside the app is decided by the first bytes, and by nothing that a sender says."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_app.ui.previews import HEAD_BYTES, shown_as


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 6, 0, 0, 0)


def jpeg(width: int, height: int, *before: bytes, marker: int = 0xC0) -> bytes:
    frame = struct.pack(">BBHBHHB", 0xFF, marker, 17, 8, height, width, 3)
    return b"\xff\xd8" + b"".join(before) + frame + bytes(20)


def segment(marker: int, size: int) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, size + 2) + bytes(size)


def webp(kind: bytes, body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 100) + b"WEBP" + kind + struct.pack("<I", 80) + body + bytes(30)


EXTENDED = webp(b"VP8X", bytes(4) + (3999).to_bytes(3, "little") + (2999).to_bytes(3, "little"))
LOSSLESS = webp(b"VP8L", b"\x2f" + (3999 | 2999 << 14).to_bytes(4, "little"))
LOSSY = webp(b"VP8 ", bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", 4000, 3000))

SHOWN = {
    "png": (png(4000, 3000), "image/png"),
    "jpeg": (jpeg(4000, 3000, segment(0xE0, 14)), "image/jpeg"),
    "jpeg of a camera": (
        jpeg(4000, 3000, segment(0xE1, 60_000), *(segment(0xE2, 65_000),) * 9, b"\xff\xff\xff", marker=0xC2),
        "image/jpeg",
    ),
    "webp extended": (EXTENDED, "image/webp"),
    "webp lossless": (LOSSLESS, "image/webp"),
    "webp lossy": (LOSSY, "image/webp"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
}

REFUSED = {
    "nothing": b"",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "svg with a declaration": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "html": b"<!doctype html><script>alert(1)</script>",
    "xhtml": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>',
    "html before a pdf": b"<script>alert(1)</script>%PDF-1.7",
    "blank before a pdf": b" %PDF-1.7",
    "gif": b"GIF89a" + bytes(100),
    "zip": b"PK\x03\x04" + bytes(100),
    "wave file": b"RIFF" + bytes(4) + b"WAVEfmt " + bytes(60),
    "png of 10^10 pixels": png(100_000, 100_000),
    "png just too large": png(40_000_001, 1),
    "png of no size": png(0, 3000),
    "png without its header": b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\x0dIEND" + bytes(30),
    "png cut": png(10, 10)[:20],
    "jpeg of 4 gigapixels": jpeg(65_535, 65_535),
    "jpeg of no size": jpeg(0, 0),
    "jpeg without a frame": b"\xff\xd8" + segment(0xE0, 14) + segment(0xDB, 65),
    "jpeg of endless segments": b"\xff\xd8" + segment(0xE0, 0) * 2_000 + jpeg(10, 10)[2:],
    "jpeg of fill bytes": b"\xff\xd8" + b"\xff" * 100_000,
    "jpeg of restarts": b"\xff\xd8" + b"\xff\xd0" * 100_000,
    "webp of 2^28 pixels": webp(b"VP8X", bytes(4) + b"\xff\x3f\x00\xff\x3f\x00"),
    "webp of an unknown kind": webp(b"ANIM", bytes(20)),
    "webp cut": EXTENDED[:25],
}


@pytest.mark.parametrize("story", SHOWN)
def test_a_picture_of_known_size_and_a_pdf_may_be_shown(story: str) -> None:
    head, media_type = SHOWN[story]
    assert shown_as(head) == media_type


@pytest.mark.parametrize("story", REFUSED)
def test_everything_else_is_a_download(story: str) -> None:
    assert shown_as(REFUSED[story]) is None


@given(st.sampled_from([head[:40] for head, _ in SHOWN.values()]), st.binary(max_size=300), st.integers(0, 40))
def test_no_bytes_at_all_break_it(head: bytes, rest: bytes, cut: int) -> None:
    assert shown_as((head[:cut] + rest)[:HEAD_BYTES]) in (
        None,
        "image/png",
        "image/jpeg",
        "image/webp",
        "application/pdf",
    )
