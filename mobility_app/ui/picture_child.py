"""A program of its own that turns a picture of anybody's making into a small clean one. `pictures.py` starts and ends it.

Decoders are where hostile files do harm, so they run here, in a process that holds no key and no store, with bounds on
memory and processor time, and are ended from outside when they take too long. In: pixels on a side and length as one line,
then the bytes. Out: the length of the made picture as one line, then its bytes; 0 means that it can't be shown. Only
Pillow is needed, so nothing else is loaded. What comes out is drawn anew: EXIF (the place where it was taken), comments and
all else that is no pixel stay behind; the turn that EXIF asks for is done.
"""

from __future__ import annotations

import io
import sys

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
PIXELS_MAX = 40_000_000
MEMORY_BYTES = 1 << 30  # 40 megapixels in 4 channels, twice, and room
SOURCE_MAX_BYTES = 64 << 20
QUALITY = 82


def small(source: bytes, side: int) -> bytes:
    """The picture, at most `side` pixels wide and high, as WebP. Raises what Pillow raises, ValueError for too large."""
    from PIL import Image, ImageOps  # here: who starts this program reads its bounds, and needs no decoder

    Image.MAX_IMAGE_PIXELS = PIXELS_MAX
    with Image.open(io.BytesIO(source), formats=FORMATS) as found:
        if found.width * found.height > PIXELS_MAX:
            raise ValueError("too many pixels")
        found.draft("RGB", (side * 2, side * 2))  # a JPEG is read in a fraction of its size
        found.load()
        shown = ImageOps.exif_transpose(found)
    if shown.mode.startswith("I"):  # 16 bits of grey
        shown = shown.point(lambda value: value / 256).convert("L")
    clear = "A" in shown.getbands() or "transparency" in shown.info
    shown.thumbnail((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    clean = shown.convert("RGBA" if clear else "RGB")
    clean.info.clear()
    out = io.BytesIO()
    clean.save(out, "WEBP", quality=QUALITY, method=2, exif=b"", icc_profile=b"", xmp=b"")
    return out.getvalue()


def bound() -> None:
    """Takes away memory and new processor time beyond what pictures need, where the system can."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def main() -> None:
    """Answers until standard input ends."""
    bound()
    asked, said = sys.stdin.buffer, sys.stdout.buffer
    while line := asked.readline(64):
        side, length = (int(word) for word in line.split())
        try:
            made = small(asked.read(length), side)
        except Exception:  # noqa: BLE001 - whatever a decoder makes of it, it is no picture for us
            made = b""
        said.write(b"%d\n" % len(made) + made)
        said.flush()


if __name__ == "__main__":
    main()
