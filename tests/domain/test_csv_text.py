"""CSV: separators by language, numbers as numbers, and no text that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_app.domain.rules.csv_text import BOM, delimiter, harmless, written


@pytest.mark.parametrize(
    ("language", "line"),
    [("pt", 'a;-1234,50;;"x;y"\r\n'), ("fr", 'a;-1234,50;;"x;y"\r\n'), ("es", 'a;-1234,50;;"x;y"\r\n'),
     ("en", "a,-1234.50,,x;y\r\n")],
)  # fmt: skip
def test_separators_follow_the_language_and_numbers_stay_numbers(language: str, line: str) -> None:
    assert written([["a", Decimal("-1234.50"), None, "x;y"]], language) == (BOM + line).encode()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r\n=1", "＝1", "－1"])
def test_a_text_that_would_run_is_led_by_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "C-000005", "12", "“=1”"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=20)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12)


@given(rows=st.lists(st.tuples(TEXTS, NUMBERS, st.integers()), max_size=8), language=st.sampled_from(["pt", "en"]))
def test_what_is_read_back_is_what_was_written(rows: list[tuple[str, Decimal, int]], language: str) -> None:
    text = written(rows, language).decode("utf-8-sig")
    found = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(language)))
    point = "," if language == "pt" else "."
    assert [row[0].removeprefix("'") for row in found] == [row[0].removeprefix("'") for row in rows]
    assert [Decimal(row[1].replace(point, ".")) for row in found] == [row[1] for row in rows]
    assert [int(row[2]) for row in found] == [row[2] for row in rows]
    assert not any(row[0].lstrip()[:1] in ("=", "+", "-", "@") for row in found if row[0].strip())
