"""Typed text <-> plain values, for each kind of field, in the language of the screen. Pure; used by forms and drafts.

A *raw* value is what an input holds: text, a bool, a list, or None. Whether a plain value is allowed is not asked here:
`domain.fields.check` and the rules do that at the write door.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeAlias, assert_never

from babel.numbers import NumberFormatError, parse_decimal

from mobility_app.domain import registry
from mobility_app.domain.fields import Field, Kind, Plain
from mobility_app.domain.rules import money
from mobility_app.errors import InvalidValue
from mobility_app.ui.words import Words

Raw: TypeAlias = "str | bool | list[str] | None"

TEXT_LENGTH_MAX = 200_000  # characters that one input may send at once; the socket's own limit is 1 MB
_SIGNS = re.compile(r"[\d\s.,'’−-]+\Z")
_LOOSE = re.compile(r"(-?\d+)[.,](\d{1,9})\Z")


def shown(words: Words, entity: str, name: str, value: Plain, currency: str) -> Raw:
    """What an input shows for a plain value."""
    field = registry.entity(entity).field(name)
    if field.kind is Kind.FLAG:
        return bool(value)
    if field.kind is Kind.REFS:
        return list(value) if isinstance(value, list) else []
    if value is None:
        return None if field.kind in (Kind.CHOICE, Kind.REF) else ""
    return _text(words, field, value, currency)


def _text(words: Words, field: Field, value: Plain, currency: str) -> str:
    if field.kind in (Kind.INTEGER, Kind.MONEY, Kind.RATE, Kind.INSTANT):
        assert isinstance(value, int)
        if field.kind is Kind.MONEY:
            return words.amount(value, currency)
        if field.kind is Kind.INSTANT:
            return words.moment(value).strftime("%Y-%m-%dT%H:%M")
        scale = -2 if field.kind is Kind.RATE else -7 if field.name.endswith("_e7") else 0
        return words.number(_plain_decimal(Decimal(value).scaleb(scale))) if scale else str(value)
    if field.kind is Kind.DECIMAL:
        return words.number(str(value))
    return str(value)


def parsed(words: Words, entity: str, name: str, raw: Raw, currency: str) -> Plain:
    """The plain value of what an input holds. Raises InvalidValue with a reason code."""
    field = registry.entity(entity).field(name)
    try:
        return _parsed(words, field, raw, currency)
    except InvalidValue as bad:
        raise InvalidValue(entity, name, bad.reason) from None


def _parsed(words: Words, field: Field, raw: Raw, currency: str) -> Plain:
    if isinstance(raw, bool) or field.kind is Kind.FLAG:
        return bool(raw)
    if isinstance(raw, list):
        return sorted(raw) or None
    text = (raw or "").strip() if field.kind is not Kind.NOTE else raw or ""
    if not text:
        return None
    if len(text) > TEXT_LENGTH_MAX:
        raise InvalidValue("", field.name, "too_long")
    return _plain(words, field, text, currency)


def _plain(words: Words, field: Field, text: str, currency: str) -> Plain:
    match field.kind:
        case Kind.TEXT | Kind.NOTE | Kind.CHOICE | Kind.REF | Kind.DAY | Kind.VALUE:
            return text
        case Kind.INTEGER:
            return _scaled(words, text, 7 if field.name.endswith("_e7") else 0, "not_a_whole_number")
        case Kind.RATE:
            return _scaled(words, text.rstrip("% \u00a0"), 2, "not_a_rate")
        case Kind.MONEY:
            return money.exact_minor(number(words, _bare(text, currency), "not_an_amount"), currency)
        case Kind.DECIMAL:
            return format(_plain_decimal(number(words, text, "not_a_decimal")), "f")
        case Kind.INSTANT:
            return _instant(words, text)
        case Kind.FLAG | Kind.REFS:
            raise InvalidValue("", field.name, "not_a_value")
    assert_never(field.kind)


def number(words: Words, text: str, reason: str) -> Decimal:
    """A number as the language writes it. One separator before the last digits is taken for the decimal one where the
    language's own reading does not fit: "3000.50" is not 300,050. Raises InvalidValue with that reason."""
    if not _SIGNS.match(text):  # the parser would also take "1e5" and "Infinity"
        raise InvalidValue("", "", reason)
    plain = text.replace("\u202f", "\u00a0").replace(" ", "\u00a0").replace("−", "-")
    try:
        found = parse_decimal(plain, locale=words.locale, strict=True)
    except (NumberFormatError, InvalidOperation, ValueError):
        loose = _LOOSE.match(plain.replace("\u00a0", ""))
        if loose is None:
            raise InvalidValue("", "", reason) from None
        found = Decimal(f"{loose[1]}.{loose[2]}")
    if not found.is_finite():
        raise InvalidValue("", "", reason)
    return Decimal(found)


def _bare(text: str, currency: str) -> str:
    return re.sub(r"[€$£¥\s\u00a0]|" + re.escape(currency), "", text, flags=re.IGNORECASE) if currency else text


def _scaled(words: Words, text: str, places: int, reason: str) -> int:
    value = number(words, text, reason).scaleb(places)
    if value != value.to_integral_value():
        raise InvalidValue("", "", "too_precise" if places else reason)
    return int(value)


def _plain_decimal(value: Decimal) -> Decimal:
    trimmed = value.normalize()
    return trimmed.quantize(Decimal(1)) if trimmed == trimmed.to_integral_value() else trimmed


def _instant(words: Words, text: str) -> int:
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidValue("", "", "not_an_instant") from None
    aware = local.replace(tzinfo=words.zone) if words.zone else local.astimezone()
    return int(aware.astimezone(UTC).timestamp() * 1000)
