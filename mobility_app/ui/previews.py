"""Which files a browser may show inside the app, decided by their first bytes alone: no name or type is believed.

Pictures of known size: PNG, JPEG and WebP up to 40 megapixels, so that a small file can't fill the memory. PDF is shown
by the browser's own reader. All else (SVG, HTML, office files) is only ever a download. Pure: bytes in, type out.
"""

from __future__ import annotations

HEAD_BYTES = 1 << 20  # what `shown_as` wants to see: a JPEG may carry that much before it tells its size
PDF = "application/pdf"

_PIXELS_MAX = 40_000_000
_SEGMENTS_MAX = 500
_SIZE_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD8)})


def shown_as(head: bytes) -> str | None:
    """The media type under which a file that begins with these bytes may be shown, or None for a download."""
    if head.startswith(b"%PDF-"):
        return PDF
    for media_type, size in (("image/png", _png(head)), ("image/jpeg", _jpeg(head)), ("image/webp", _webp(head))):
        if _bearable(size):
            return media_type
    return None


def is_picture(head: bytes) -> bool:
    """Whether a file that begins with these bytes may be given to the decoders of `picture_child.py`: what may be shown,
    and GIF, of which the first picture is drawn."""
    return any(_bearable(size) for size in (_png(head), _jpeg(head), _webp(head), _gif(head)))


def _bearable(size: tuple[int, int] | None) -> bool:
    return size is not None and 0 < size[0] * size[1] <= _PIXELS_MAX


def _gif(head: bytes) -> tuple[int, int] | None:
    if head[:6] not in (b"GIF87a", b"GIF89a") or len(head) < 10:
        return None
    return int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")


def _png(head: bytes) -> tuple[int, int] | None:
    if not head.startswith(b"\x89PNG\r\n\x1a\n") or head[12:16] != b"IHDR" or len(head) < 24:
        return None
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])


def _webp(head: bytes) -> tuple[int, int] | None:
    if len(head) < 30 or head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        return None
    if head[12:16] == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if head[12:16] == b"VP8L" and head[20] == 0x2F:
        packed = int.from_bytes(head[21:25], "little")
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    if head[12:16] == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
    return None


def _jpeg(head: bytes) -> tuple[int, int] | None:
    """The size from the frame header, found by stepping over the segments before it."""
    if not head.startswith(b"\xff\xd8\xff"):
        return None
    place = 2
    for _ in range(_SEGMENTS_MAX):
        if len(head) < place + 9 or head[place] != 0xFF:
            return None
        marker = head[place + 1]
        if marker in _SIZE_MARKERS:
            return int.from_bytes(head[place + 7 : place + 9]), int.from_bytes(head[place + 5 : place + 7])
        if marker == 0xFF:
            place += 1
        elif marker in _BARE_MARKERS:
            place += 2
        else:
            place += 2 + max(2, int.from_bytes(head[place + 2 : place + 4]))
    return None
