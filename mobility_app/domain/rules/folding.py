"""Text without case and accents, as people look for it: "Łódź" and "lodz" meet. Used by the search index, by the likeness
of customers and by whoever compares names."""

from __future__ import annotations

import unicodedata

_LETTERS = str.maketrans(
    {"ß": "ss", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i", "ħ": "h"}
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def fold(text: str) -> str:
    """Lower case without accents."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).translate(_LETTERS)


def spellings(text: str) -> str:
    """The folded text, and behind it the one with German umlauts written out where that differs."""
    folded, german = fold(text), fold(unicodedata.normalize("NFC", text).casefold().translate(_UMLAUTS))
    return folded if german == folded else f"{folded} {german}"
