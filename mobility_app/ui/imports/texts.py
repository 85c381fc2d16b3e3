"""What columns are called, and why a file is not taken, as sentences."""

from __future__ import annotations

from types import MappingProxyType

from mobility_app.domain.rules import csv_lines
from mobility_app.domain.rules.csv_lines import Broken
from mobility_app.domain.rules.customer_columns import FIELDS
from mobility_app.errors import MobilityError
from mobility_app.ui.names import N_
from mobility_app.ui.words import Words

OF_LINES = frozenset({"number_unknown", "name_there", "line_twice"})  # what is wrong with the whole line
COLUMN = MappingProxyType({"phone": N_("Telephone"), "email": N_("E-mail")})

BROKEN = MappingProxyType(
    {
        csv_lines.EMPTY: N_("This file holds no lines below its heading."),
        csv_lines.NUL: N_("Line {line} holds a NUL character. Save the file as CSV in UTF-8 and choose it again."),
        csv_lines.RAGGED: N_(
            "Line {line} has {cells} cells, the heading has {wanted}. Correct the line and choose the file again."
        ),
        csv_lines.QUOTES: N_(
            "A quotation mark that opens in line {line} is not closed rightly. Correct it and choose the file again."
        ),
        csv_lines.TOO_LONG: N_("Line {line} is too long. Check whether a quotation mark is missing."),
        csv_lines.TOO_MANY_LINES: N_("This file has more than {most} lines. Split it up."),
        csv_lines.TOO_MANY_COLUMNS: N_("This file has more than {most} columns. Leave some out."),
        csv_lines.NO_TEXT: N_("This is no text file. Save the table as CSV and choose it again."),
        csv_lines.TOO_LARGE: N_("This file is larger than 64 MB. Split it up."),
    }
)


def heading(words: Words, column: str) -> str:
    """What a column is called, here and in files."""
    if column in COLUMN:
        return words(COLUMN[column])
    return words.field(*FIELDS[column])


def why(words: Words, error: MobilityError) -> str:
    """Why a line is not taken, led by the name of its field where the sentence does not name it."""
    text, entity, name = words.error(error), error.details.get("entity"), error.details.get("field")
    if not name or error.details.get("reason") in OF_LINES:
        return text
    return words("{field}: {why}", field=words.field(str(entity), str(name)), why=text)


def broken(words: Words, error: Broken) -> str:
    """Why a file is not taken and what to do."""
    places = {
        "line": words.number(error.line),
        **{name: words.number(int(str(n))) for name, n in error.details.items()},
    }
    return words(BROKEN[error.reason], **places)
