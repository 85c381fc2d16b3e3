"""An A4 page in Inter: text that any font takes, columns, rows that run on over pages, a foot on each. Knows no document.

Called by `document_pdf`. What Inter has no sign for (emoji, other scripts) is written as a question mark: nothing
that a customer is called may stop a PDF.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import MethodReturnValue, XPos, YPos

FONTS = Path(__file__).parent / "fonts"
FACES = {"": FONTS / "inter-regular.ttf", "B": FONTS / "inter-semibold.ttf"}
MARGIN, FOOT = 18.0, 16.0  # mm
INK, GREY, LINE = (28, 28, 25), (107, 107, 100), (231, 230, 225)  # the screen's light ink, ink-3, line
LEAST_POINTS = 5.0  # an amount that is wider than its column is set smaller, down to this
MISSING = "?"
_PAGES = "{nb}"  # the library puts the number of pages in its place
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Mn", "Me"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, its width in mm, and whether it stands at the right."""

    head: str
    width: float
    right: bool = False


@lru_cache(maxsize=1)
def _signs() -> frozenset[int]:
    """What Inter can draw."""
    return frozenset(TTFont(FACES[""], lazy=True).getBestCmap())


def drawable(text: str) -> str:
    """The text in signs that the font has. Marks that only join or direct signs are left out."""
    signs, kept = _signs(), []
    for sign in unicodedata.normalize("NFC", text):
        if ord(sign) in signs or sign == "\n":
            kept.append(sign)
        elif unicodedata.category(sign) == "Zs":
            kept.append(" " if sign != "\u202f" else "\u00a0")
        elif unicodedata.category(sign) not in _DROPPED:
            kept.append(MISSING)
    return "".join(kept)


class SheetOfPaper(FPDF):
    """The pages in the making. `foot` is the line below each, at the left; the page's number stands at the right."""

    def __init__(self, title: str, author: str, language: str, made_at: int, foot: str, page_word: str) -> None:
        super().__init__(format="A4", unit="mm")
        self._foot, self._page_word = drawable(foot), page_word
        for style, path in FACES.items():
            self.add_font("Inter", style, path)
        self.set_title(title)
        self.set_author(author)
        self.set_creator("Mobility")
        self.set_producer("Mobility")
        self.set_lang(language)
        self.set_creation_date(datetime.fromtimestamp(made_at / 1000, UTC))
        self.set_margins(MARGIN, MARGIN)
        self.c_margin = 0
        self.set_auto_page_break(False)
        self.add_page()

    @property
    def wide(self) -> float:
        """Between the margins, in mm."""
        return float(self.epw)

    def footer(self) -> None:
        """Called by the library at the end of each page."""
        self.set_y(-FOOT)
        self.type(8, colour=GREY)
        self.cell(self.wide * 0.8, 5, self._foot)
        numbers = self._page_word.format(page=self.page_no(), pages=_PAGES)
        later = self.get_string_width(_PAGES) - self.get_string_width("0")  # what stands there until the end is wider
        self.cell(self.wide * 0.2 + later, 5, numbers, align="R")

    def type(self, points: float, *, bold: bool = False, colour: tuple[int, int, int] = INK) -> None:
        """Sets weight, size and colour of what follows."""
        self.set_font("Inter", "B" if bold else "", points)
        self.set_text_color(*colour)

    def room(self, height: float) -> bool:
        """Whether so much fits above the foot."""
        return float(self.get_y()) + height <= float(self.h) - FOOT - 4

    def need(self, height: float) -> None:
        """A new page where so much does not fit."""
        if not self.room(height):
            self.add_page()

    def text_line(
        self, text: str, height: float, *, width: float = 0, right: bool = False, down: bool = True
    ) -> None:  # fmt: skip
        """One line, set smaller where it is wider than its place."""
        shown, width = drawable(text), width or self.wide
        points = float(self.font_size_pt)
        while self.get_string_width(shown) > width - 2 and self.font_size_pt > LEAST_POINTS:
            self.set_font_size(self.font_size_pt - 0.5)
        after = (XPos.LMARGIN, YPos.NEXT) if down else (XPos.RIGHT, YPos.TOP)
        self.cell(width, height, shown, align="R" if right else "L", new_x=after[0], new_y=after[1])
        self.set_font_size(points)

    def paragraph(self, text: str, height: float, *, width: float = 0) -> None:
        """Text that wraps and runs on over pages."""
        for line in self.wrapped(text, width or self.wide):
            self.need(height)
            self.cell(width or self.wide, height, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def wrapped(self, text: str, width: float) -> list[str]:
        """The lines of a text in a column of that width, as it is typed now."""
        shown = drawable(text)
        if "\n" not in shown and self.get_string_width(shown) < width - 2:
            return [shown]
        lines = self.multi_cell(width, 4, shown, dry_run=True, output=MethodReturnValue.LINES)
        assert isinstance(lines, list)
        return lines

    def rule(self) -> None:
        """A hairline over the whole width."""
        self.set_draw_color(*LINE)
        self.set_line_width(0.2)
        self.line(MARGIN, self.get_y(), MARGIN + self.wide, self.get_y())

    def table(  # type: ignore[override]  # the library's own writes no 1,000 rows in a second
        self, columns: Sequence[Column], rows: Sequence[Sequence[str]], *, points: float = 9, second: str = ""
    ) -> None:  # fmt: skip
        """Rows under their heads, which stand again on each page. The first cell wraps; the part of it after `second`
        is set in grey."""
        height = points * 0.5
        self.need(height * 4)
        self._heads(columns, points)
        for row in rows:
            self.type(points)
            name, _, below = row[0].partition(second) if second else (row[0], "", "")
            first = [(line, INK) for line in self.wrapped(name, columns[0].width)]
            first += [(line, GREY) for line in self.wrapped(below, columns[0].width) if below]
            if not self.room(min(len(first), 3) * height + 2):
                self._next_page(columns, points)
            self.set_y(self.get_y() + 1)
            for at, (line, colour) in enumerate(first):
                if not self.room(height + 1):
                    self._next_page(columns, points)
                self.type(points, colour=colour)
                self.cell(columns[0].width, height, line, new_x=XPos.RIGHT, new_y=YPos.TOP)
                self.type(points)
                for column, cell in zip(columns[1:], row[1:], strict=True):
                    self.text_line(cell if at == 0 else "", height, width=column.width, right=column.right, down=False)
                self.set_xy(MARGIN, self.get_y() + height)
            self.set_y(self.get_y() + 1)
            self.rule()

    def _next_page(self, columns: Sequence[Column], points: float) -> None:
        self.add_page()
        self._heads(columns, points)

    def _heads(self, columns: Sequence[Column], points: float) -> None:
        self.type(points - 1, colour=GREY)
        for column in columns:
            self.text_line(column.head, points * 0.6, width=column.width, right=column.right, down=False)
        self.set_xy(MARGIN, self.get_y() + points * 0.6)
        self.rule()

    def beside(self, left: Callable[[], None], right: Callable[[], None]) -> None:
        """Two blocks of half the width, side by side; what follows stands below the longer one."""
        top = self.get_y()
        left()
        below = self.get_y()
        self.set_y(top)
        self.set_left_margin(MARGIN + self.wide / 2)
        self.set_x(MARGIN + self.wide)
        self.set_x(self.l_margin)
        right()
        self.set_left_margin(MARGIN)
        self.set_xy(MARGIN, max(below, self.get_y()))
