"""Reading CSV as spreadsheets write it: encoding and separator are found out, lines come one by one, what is broken is
named with its line. Writing is `csv_text.py`.

Nothing is held but the line that is read, so a file of 100,000 lines takes no more memory than one of ten. Whatever
cannot be understood for certain is refused as a whole (`Broken`): a shifted column would change the wrong field.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

BYTES_MAX = 64 << 20
LINES_MAX = 200_000
COLUMNS_MAX = 60
CELL_MAX = 100_000  # characters
LINE_MAX = 1_000_000
SEPARATORS = (";", ",", "\t", "|")
SAMPLE_BYTES = 64 * 1024
ENCODINGS = ("utf-8-sig", "utf-8", "utf-16", "cp1252")

EMPTY, NUL, RAGGED, QUOTES, TOO_LONG, TOO_MANY_LINES, TOO_MANY_COLUMNS, NO_TEXT, TOO_LARGE = (
    "empty", "nul", "ragged", "quotes", "too_long", "too_many_lines", "too_many_columns", "no_text", "too_large",
)  # fmt: skip

_LED = re.compile(r"'(\s*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n])")


class Broken(Exception):
    """A file that can't be taken. `reason` is one of the codes above, `line` where it was seen (1 = the heading)."""

    def __init__(self, reason: str, line: int = 0, **details: object) -> None:
        super().__init__(f"{reason} in line {line}")
        self.reason, self.line, self.details = reason, line, details


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is written, its heading, and how many lines follow it."""

    encoding: str
    separator: str
    heading: tuple[str, ...]
    lines: int


def meant(cell: str) -> str:
    """The cell without the apostrophe that `csv_text.harmless` leads formulas by."""
    return cell[1:] if _LED.match(cell) else cell


def encoding(chunks: Iterable[bytes]) -> str:
    """One of ENCODINGS: by its mark, else UTF-8 where every byte agrees, else Windows-1252. Raises Broken NO_TEXT,
    TOO_LARGE and EMPTY. All bytes are looked at, for the first accent may stand in the last line."""
    decoder, size, begun, plain = codecs.getincrementaldecoder("utf-8")("strict"), 0, b"", True
    for chunk in chunks:
        size += len(chunk)
        if size > BYTES_MAX:
            raise Broken(TOO_LARGE)
        if len(begun) < SAMPLE_BYTES:
            begun += chunk[: SAMPLE_BYTES - len(begun)]
        if plain:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                plain = False
    if not begun.strip(b"\x00\xff\xfe\xef\xbb\xbf \t\r\n"):
        raise Broken(EMPTY)
    if begun.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if plain:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            plain = False
    if plain:
        return "utf-8-sig" if begun.startswith(codecs.BOM_UTF8) else "utf-8"
    if b"\x00" in begun:
        raise Broken(NO_TEXT)
    return "cp1252"


def separator(sample: str) -> str:
    """Which of SEPARATORS parts the cells: the one that stands most often, outside quotes, in the first line."""
    line, quoted = "", False
    for letter in sample.lstrip("\ufeff\r\n"):
        if letter == '"':
            quoted = not quoted
        elif letter in "\r\n" and not quoted:
            break
        elif not quoted:
            line += letter
    counts = {one: line.count(one) for one in SEPARATORS}
    best = max(SEPARATORS, key=lambda one: counts[one])
    return best if counts[best] else ";"


def lines(chunks: Iterable[bytes], written_in: str, parted_by: str) -> Iterator[tuple[int, list[str]]]:
    """(number of the line where it begins, cells) of the heading and of every line that is not blank. Raises Broken."""
    raw = io.BufferedReader(_Raw(chunks))  # type: ignore[type-var]
    text = io.TextIOWrapper(raw, encoding=written_in, errors="strict", newline="")
    reader = csv.reader(_physical(text), delimiter=parted_by, strict=True)
    width, taken, number = 0, 0, 1
    csv.field_size_limit(CELL_MAX)
    while True:  # ends with the file, or with what is wrong in it
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Broken(TOO_LONG if "field larger" in str(error) else QUOTES, number) from error
        except UnicodeError as error:
            raise Broken(NO_TEXT, number) from error
        if not any(cell.strip() for cell in cells):
            continue
        if not width:
            width = len(cells)
            if width > COLUMNS_MAX:
                raise Broken(TOO_MANY_COLUMNS, number, most=COLUMNS_MAX)
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            cells = cells[:width]
        if len(cells) != width:
            raise Broken(RAGGED, number, cells=len(cells), wanted=width)
        taken += 1
        if taken > LINES_MAX + 1:
            raise Broken(TOO_MANY_LINES, number, most=LINES_MAX)
        yield number, [meant(cell).strip() for cell in cells]


def shape(chunks: Iterable[bytes], written_in: str) -> Shape:
    """How the file is written; all of it is read, so that nothing broken is found half-way later. Raises Broken."""
    source = iter(chunks)
    begun = b""
    for chunk in source:
        begun += chunk
        if len(begun) >= SAMPLE_BYTES:
            break
    sample = codecs.getincrementaldecoder(written_in)("replace").decode(begun)
    parted_by, heading, count = separator(sample), None, 0
    for _, cells in lines(_again(begun, source), written_in, parted_by):
        if heading is None:
            heading = tuple(cells)
        else:
            count += 1
    if heading is None or not count:
        raise Broken(EMPTY)
    return Shape(written_in, parted_by, heading, count)


def _again(begun: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield begun
    yield from rest


def _physical(text: io.TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(LINE_MAX):  # ends with the file
        number += 1
        if "\x00" in line:
            raise Broken(NUL, number)
        if len(line) == LINE_MAX and not line.endswith(("\n", "\r")):
            raise Broken(TOO_LONG, number)
        yield line


class _Raw(io.RawIOBase):
    """Chunks of any size as a stream."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._source, self._rest = iter(chunks), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        while not self._rest:  # ends with a chunk that holds something, or with the last one
            chunk = next(self._source, None)
            if chunk is None:
                return 0
            self._rest = chunk
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
