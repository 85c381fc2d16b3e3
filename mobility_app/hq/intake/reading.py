"""Values out of elements: texts, days, amounts, rates. Shared by `ubl.py` and `cii.py`.

Every reader returns None where the element is missing or empty and raises Unfit bad_value where it holds something
else than it should; `wanted` turns a None into missing_field. Paths are those of `xml.etree` with the prefixes that
the caller's `names` explains.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar
from xml.etree.ElementTree import Element

from mobility_app.domain.rules import money, places
from mobility_app.hq.intake import model
from mobility_app.hq.intake.model import Unfit

TEXT_MAX = 500
MONEY_MAX = 10**15  # minor units, as everywhere
RATE_MAX = 100_000  # basis points
DECIMAL_MAX = Decimal(10**18)
_DECIMAL = re.compile(r"[+-]?(?=[0-9.])[0-9]{0,18}(\.[0-9]{0,18})?\Z")
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(T[0-9:.]+)?(Z|[+-][0-9]{2}:[0-9]{2})?\Z")
_PLAIN_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})\Z")
_PLACES = Decimal("1e-9")  # what a decimal field keeps

Value = TypeVar("Value")


class Reader:
    """Reads below one element; `names` maps prefixes to namespaces."""

    __slots__ = ("element", "names")

    def __init__(self, element: Element, names: Mapping[str, str]) -> None:
        self.element, self.names = element, names

    def one(self, path: str) -> Reader:
        """The first element at the path; an empty one where there is none."""
        found = self.element.find(path, dict(self.names))
        return Reader(Element("missing") if found is None else found, self.names)

    def all(self, path: str) -> list[Reader]:
        """All elements at the path."""
        return [Reader(found, self.names) for found in self.element.findall(path, dict(self.names))]

    def has(self, path: str) -> bool:
        """Whether there is an element at the path."""
        return self.element.find(path, dict(self.names)) is not None

    def text(self, path: str = ".") -> str | None:
        """The text on one line, at most 500 characters."""
        found = self.element.find(path, dict(self.names))
        return None if found is None else line_of(found.text)

    def note(self, path: str = ".") -> str | None:
        """The text with its lines."""
        found = self.element.find(path, dict(self.names))
        lines = (
            [" ".join(_clean(line).split()) for line in (found.text or "").splitlines()] if found is not None else []
        )
        return "\n".join(line for line in lines if line) or None

    def attribute(self, name: str, path: str = ".") -> str:
        """The attribute's text, empty where there is none."""
        found = self.element.find(path, dict(self.names))
        return "" if found is None else " ".join(found.get(name, "").split())[:TEXT_MAX]

    def number(self, path: str = ".") -> Decimal | None:
        """The decimal number."""
        text = self.text(path)
        return None if text is None else decimal_of(text, path)

    def day(self, path: str = ".") -> str | None:
        """The day as ISO text, from `2018-03-05` (with or without a time zone) or `20180305`."""
        text = self.text(path)
        return None if text is None else day_of(text, path)

    def country(self, path: str) -> str | None:
        """ISO 3166-1 alpha-2; what is no country counts as unsaid."""
        text = self.text(path)
        return places.country_of(text) if text else None


def wanted(value: Value | None, name: str) -> Value:
    """The value, or Unfit missing_field."""
    if value is None:
        raise Unfit(model.MISSING_FIELD, name)
    return value


def line_of(text: str | None) -> str | None:
    """The text on one line without control characters, at most 500 characters; None when nothing is left."""
    return " ".join(_clean(text or "").split())[:TEXT_MAX].rstrip() or None


def decimal_of(text: str, name: str) -> Decimal:
    """The decimal number that the text writes in digits and one point."""
    if not _DECIMAL.match(text):
        raise Unfit(model.BAD_VALUE, f"{name}: no decimal number")
    return Decimal(text)


def day_of(text: str, name: str) -> str:
    """The day as ISO text."""
    found = _ISO_DAY.match(text) or _PLAIN_DAY.match(text)
    try:
        if found is None:
            raise ValueError
        return date(int(found[1]), int(found[2]), int(found[3])).isoformat()
    except ValueError:
        raise Unfit(model.BAD_VALUE, f"{name}: no day") from None


def minor_of(amount: Decimal, currency: str, name: str) -> int:
    """Whole minor units, rounded half up."""
    found = money.minor(amount, currency)
    if abs(found) > MONEY_MAX:
        raise Unfit(model.BAD_VALUE, f"{name}: too large")
    return found


def basis_points(percent: Decimal | None) -> int | None:
    """A rate in basis points, rounded half up."""
    if percent is None:
        return None
    found = int((percent * 100).quantize(Decimal(1), ROUND_HALF_UP))
    if not 0 <= found <= RATE_MAX:
        raise Unfit(model.BAD_VALUE, "tax rate out of bounds")
    return found


def decimal_text(number: Decimal | None) -> str | None:
    """A decimal string of at most nine places, without trailing zeros."""
    if number is None:
        return None
    if abs(number) >= DECIMAL_MAX:
        raise Unfit(model.BAD_VALUE, "a quantity or price is too large")
    text = format(number.quantize(_PLACES, ROUND_HALF_UP).normalize(), "f")
    return "0" if text == "-0" else text


def currency_of(text: str) -> str:
    """The ISO 4217 code, or Unfit unknown_currency."""
    if text not in places.currencies():
        raise Unfit(model.UNKNOWN_CURRENCY, text[:20])
    return text


def _clean(text: str) -> str:
    return "".join(" " if unicodedata.category(letter) in ("Cc", "Cs") else letter for letter in text)
