"""Small pictures: turned, without what the photo tells of its place, and no file that hangs, lies or explodes does harm."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from mobility_app.errors import FileRefused, MobilityError
from mobility_app.store.actions.attachments import attach
from mobility_app.store.files import FileVault
from mobility_app.ui import pictures
from mobility_app.ui.pictures import FULL, THUMB, Pictures
from tests.support.desk import Desk, desk
from tests.support.waiting import until

GPS_MARKER = b"MARKER-41.1496N-8.6109W"


class Bench:
    """A desk with a vault, and the maker of pictures."""

    def __init__(self, folder: Path) -> None:
        self.at: Desk = desk(folder)
        self.vault = FileVault(folder / "files", bytes(32))
        self.pictures = Pictures()

    def put(self, body: bytes, name: str = "foto.jpg") -> str:
        return attach(self.at.store, self.vault, self.at.customer, name, [body])

    def make(self, file_id: str, side: int = FULL) -> bytes:
        return self.pictures.begin(self.at.store, self.vault, file_id, side).result(60)

    def shown(self, body: bytes, side: int = FULL) -> Image.Image:
        made = self.make(self.put(body), side)
        image = Image.open(io.BytesIO(made))
        assert image.format == "WEBP"
        image.load()
        return image


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.pictures.forget()


def drawn(form: str, size: tuple[int, int] = (300, 200), mode: str = "RGB", **options: object) -> bytes:
    """Left half red, right half blue."""
    image = Image.new("RGB", size, (255, 0, 0))
    image.paste((0, 0, 255), (size[0] // 2, 0, *size))
    out = io.BytesIO()
    image.convert(mode).save(out, form, **options)
    return out.getvalue()


def photo(turn: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = turn
    exif[0x010E] = GPS_MARKER.decode()
    exif.get_ifd(0x8825)[1] = "N"
    return drawn("JPEG", exif=exif, comment=GPS_MARKER, quality=95)


@pytest.mark.parametrize(
    "body",
    [drawn("PNG"), drawn("JPEG"), drawn("WEBP"), drawn("GIF"), drawn("JPEG", mode="CMYK"), drawn("PNG", mode="L"),
     drawn("PNG", mode="P"), drawn("PNG", mode="1"), drawn("PNG", mode="I;16")],
)  # fmt: skip
def test_a_picture_of_any_kind_comes_small_and_in_proportion(bench: Bench, body: bytes) -> None:
    assert bench.shown(body).size == (300, 200)
    assert bench.shown(body, THUMB).size == (96, 64)


def test_a_large_one_is_made_small_and_a_small_one_never_large(bench: Bench) -> None:
    assert bench.shown(drawn("JPEG", (4_000, 1_000))).size == (1_600, 400)
    assert bench.shown(drawn("PNG", (10, 1_000)), THUMB).size == (1, 96)
    assert bench.shown(drawn("PNG", (1, 1))).size == (1, 1)


def test_a_photo_stands_upright_and_tells_no_place(bench: Bench) -> None:
    body = photo(turn=6)
    assert GPS_MARKER in body
    made = bench.make(bench.put(body))
    image = Image.open(io.BytesIO(made))
    assert image.size == (200, 300)
    top, bottom = (image.convert("RGB").getpixel((100, y)) for y in (20, 280))
    assert top[0] > 200 > 60 > top[2]  # type: ignore[index]
    assert bottom[2] > 200 > 60 > bottom[0]  # type: ignore[index]
    assert GPS_MARKER not in made
    assert dict(image.getexif()) == {}
    assert [key for key in image.info if key in ("exif", "xmp", "icc_profile", "comment")] == []


def test_what_is_clear_stays_clear(bench: Bench) -> None:
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    out = io.BytesIO()
    image.save(out, "PNG")
    assert bench.shown(out.getvalue()).convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]


def test_of_a_film_of_pictures_the_first_is_shown(bench: Bench) -> None:
    first, second = (Image.new("RGB", (50, 50), colour) for colour in ((255, 0, 0), (0, 255, 0)))
    out = io.BytesIO()
    first.save(out, "GIF", save_all=True, append_images=[second])
    assert bench.shown(out.getvalue()).convert("RGB").getpixel((25, 25))[0] > 200  # type: ignore[index]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, data: bytes = b"") -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"x", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", b"<!doctype html><p>x", b"%PDF-1.7",
        png(50_000, 50_000), png(6_400, 6_300), png(2, 2, b""), drawn("JPEG")[:200], drawn("PNG")[:-40], drawn("TIFF"),
        drawn("BMP"), b"GIF89a\xff\xff\xff\xff" + b"x" * 50, b"\xff\xd8\xff" + b"\x00" * 5_000, drawn("ICO"),
        b"RIFF\x10\x00\x00\x00WEBPVP8X" + b"\x00" * 40,
    ],
)  # fmt: skip
def test_what_is_no_picture_or_too_large_a_one_is_refused(bench: Bench, body: bytes) -> None:
    with pytest.raises(FileRefused, match="no_picture"):
        bench.make(bench.put(body))
    assert bench.shown(drawn("PNG")).size == (300, 200)


def test_text_that_unpacks_to_gigabytes_stays_packed(bench: Bench) -> None:
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200 << 20), 9))
    body = drawn("PNG")
    with pytest.raises(FileRefused, match="no_picture"):
        bench.make(bench.put(body[:33] + bomb + body[33:]))


def test_a_decoder_that_hangs_is_ended_and_told_once(tmp_path: Path) -> None:
    program = tmp_path / "hangs.py"
    program.write_text(
        "import sys\nopen(sys.argv[0] + '.started', 'a').write('x')\nwhile True: sys.stdin.buffer.read(1)\n"
    )
    bench = Bench(tmp_path)
    bench.pictures = Pictures(seconds=1, program=program)
    one = bench.put(drawn("PNG"))
    for _ in range(2):
        with pytest.raises(FileRefused, match="no_picture"):
            bench.make(one)
    assert (tmp_path / "hangs.py.started").read_text() == "x"
    assert bench.pictures._child is None
    bench.pictures.forget()


def test_a_decoder_that_dies_is_started_again(bench: Bench) -> None:
    bench.shown(drawn("PNG"))
    child = bench.pictures._child
    assert child is not None
    child.kill()
    child.wait(5)
    assert bench.shown(drawn("PNG", (30, 30))).size == (30, 30)


def test_the_process_ends_when_nothing_was_asked_for_a_while(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.pictures = Pictures(idle=0.1)
    bench.shown(drawn("PNG"))
    until(lambda: bench.pictures._child is None)
    assert bench.shown(drawn("PNG", (30, 30))).size == (30, 30)
    bench.pictures.forget()


def test_a_picture_is_made_once_and_forgotten_with_the_lock(bench: Bench) -> None:
    one = bench.put(drawn("PNG"))
    first = bench.make(one)
    assert bench.make(one) is first
    bench.pictures.forget()
    assert bench.pictures._kept == {}
    assert bench.pictures._child is None
    assert bench.make(one) == first


def test_what_is_kept_stays_within_its_bound(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "KEPT_BYTES", 4_000)
    for n in range(30):
        bench.make(bench.put(drawn("PNG", (40 + n, 40))), THUMB)
    assert bench.pictures._size <= 4_000
    assert 0 < len(bench.pictures._kept) < 30


def test_what_is_not_here_or_gone_is_told(bench: Bench) -> None:
    away = bench.at.from_hq("file", customer_id=bench.at.customer, name="a.png", media_type="image/png", size_bytes=5,
                            sha256="0" * 64)  # fmt: skip
    with pytest.raises(FileRefused, match="not_here"):
        bench.make(away)
    with pytest.raises(MobilityError):
        bench.make("f" * 32)
