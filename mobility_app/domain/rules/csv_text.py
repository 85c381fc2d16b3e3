"""CSV for the spreadsheets that people have: one decision about separators, for every export.

UTF-8 with a byte order mark, or a spreadsheet takes it for something else. Where the language writes decimals with a
comma, cells are parted by semicolons, as its spreadsheets expect. Numbers are bare, without grouping or currency, and
days are ISO, so that what is read is what was meant. A text that a spreadsheet would run as a formula is led by an
apostrophe. Nothing is read here.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TypeAlias

Cell: TypeAlias = str | int | Decimal | None

COMMA_LANGUAGES = frozenset({"pt", "es", "fr"})  # of the screen's languages; English writes 1,234.50
BOM = "\ufeff"
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def delimiter(language: str) -> str:
    """What parts the cells."""
    return ";" if language in COMMA_LANGUAGES else ","


def written(rows: Iterable[Sequence[Cell]], language: str) -> bytes:
    """The rows as a file."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter(language), lineterminator="\r\n")
    for row in rows:
        writer.writerow([_cell(one, language) for one in row])
    return (BOM + out.getvalue()).encode("utf-8")


def _cell(value: Cell, language: str) -> str:
    match value:
        case None:
            return ""
        case str():
            return harmless(value)
        case _:
            plain = format(Decimal(value), "f")
            return plain.replace(".", ",") if language in COMMA_LANGUAGES else plain


def harmless(text: str) -> str:
    """The text as a spreadsheet shows it and never runs it."""
    seen = _UNSEEN.sub("", text)
    return f"'{seen}" if _FORMULA.match(seen) else seen
