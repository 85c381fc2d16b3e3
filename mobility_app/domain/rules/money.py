"""Money in whole minor units of its currency. Never a float; rounding is half up, away from zero, and only once.

Called by forms, imports, documents and whatever writes an amount. Exchange rates are no business of this program.
Minor units are ISO 4217's and not CLDR's, which leaves out those that nobody uses in cash (RSD, HUF ...): documents
carry them.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from types import MappingProxyType

from mobility_app.domain.fields import MONEY_MAX
from mobility_app.errors import InvalidValue

AMOUNT_LENGTH_MAX = 60  # characters that an amount may be typed with
_PRECISION = 100  # digits: three factors of 18 + 9 digits multiply without rounding
_BLANKS = "\u0020\u00a0\u2007\u2009\u202f"
_LETTER_MEETS_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")  # "KWD 1.234": CLDR's currency spacing

# ISO 4217, table A.1: currencies whose minor unit is not a hundredth.
_ZERO = (
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "UYI",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
)
_THREE = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_DIGITS = MappingProxyType({**dict.fromkeys(_ZERO, 0), **dict.fromkeys(_THREE, 3), "CLF": 4, "UYW": 4})


def digits(currency: str) -> int:
    """How many digits the minor unit has: 2 for EUR, 0 for JPY, 3 for KWD (ISO 4217)."""
    return _DIGITS.get(currency, 2)


def minor(amount: Decimal, currency: str) -> int:
    """Minor units of a decimal amount, rounded half up. Raises InvalidValue too_large."""
    with localcontext(prec=_PRECISION):
        try:
            units = int(amount.scaleb(digits(currency)).quantize(Decimal(1), ROUND_HALF_UP))
        except (ArithmeticError, ValueError):  # not finite, or more digits than any amount has
            raise InvalidValue("money", "amount", "too_large") from None
    return _bounded(units)


def exact_minor(amount: Decimal, currency: str) -> int:
    """Minor units of an amount that must not need rounding. Raises InvalidValue too_precise or too_large."""
    units = minor(amount, currency)
    with localcontext(prec=_PRECISION):
        if Decimal(units) != amount.scaleb(digits(currency)):
            raise InvalidValue("money", "amount", "too_precise")
    return units


def decimal(amount_minor: int, currency: str) -> Decimal:
    """The decimal amount of minor units."""
    return Decimal(amount_minor).scaleb(-digits(currency))


def written(amount_minor: int, currency: str, locale: str) -> str:
    """The amount as the language writes it, with its currency and all its minor digits."""
    from copy import copy

    from babel import Locale

    spoken = Locale.parse(locale, sep="-" if "-" in locale else "_")
    pattern = copy(spoken.currency_formats["standard"])
    pattern.frac_prec = (digits(currency), digits(currency))
    amount = decimal(amount_minor, currency)
    text = str(pattern.apply(amount, spoken, currency=currency, currency_digits=False))
    return _LETTER_MEETS_DIGIT.sub("\u00a0", text)


def parse(text: str, currency: str, locale: str) -> int:
    """Minor units of what somebody typed in their language, with or without the currency's own sign or code.

    Strict, because a guess would be off by a factor of a thousand: thousands stand in threes, nothing is left over.
    Raises InvalidValue `not_an_amount`, `too_precise` or `too_large`.
    """
    from babel.numbers import NumberFormatError, get_decimal_symbol, get_group_symbol, parse_decimal

    locale = locale.replace("-", "_")
    group, point = get_group_symbol(locale), get_decimal_symbol(locale)
    bare = _bare(text, currency, locale)
    if group in _BLANKS:
        bare = re.sub(f"(?<=[0-9])[{_BLANKS}](?=[0-9])", group, bare)
    if not re.fullmatch(rf"-?[0-9{re.escape(group)}]+({re.escape(point)}[0-9]+)?", bare, re.ASCII):
        raise InvalidValue("money", "amount", "not_an_amount")
    try:
        return exact_minor(parse_decimal(bare, locale=locale, strict=group in bare), currency)
    except (NumberFormatError, InvalidOperation):
        raise InvalidValue("money", "amount", "not_an_amount") from None


def line_net(unit_price: str, quantity: str, discount: str, currency: str) -> int:
    """Minor units of a line: price x quantity x (1 - discount), rounded half up once. All three are decimal strings,
    the discount is a part of one ("0.15" is 15 %). Raises InvalidValue not_a_decimal or too_large."""
    with localcontext(prec=_PRECISION):
        try:
            amount = Decimal(unit_price) * Decimal(quantity) * (1 - Decimal(discount))
        except InvalidOperation:
            raise InvalidValue("money", "amount", "not_a_decimal") from None
        return minor(amount, currency)


def _bare(text: str, currency: str, locale: str) -> str:
    from babel.numbers import get_currency_symbol

    bare = text.strip().replace("\u2212", "-")
    if len(bare) > AMOUNT_LENGTH_MAX:
        raise InvalidValue("money", "amount", "not_an_amount")
    negative = bare.startswith("-")
    bare = bare.removeprefix("-").strip()
    for sign in (currency, get_currency_symbol(currency, locale), get_currency_symbol(currency, "en")):
        if bare.upper().startswith(sign.upper()) or bare.upper().endswith(sign.upper()):
            start = bare.upper().startswith(sign.upper())
            bare = (bare[len(sign) :] if start else bare[: -len(sign)]).strip()
            break
    if negative:
        return f"-{bare}"
    return bare


def _bounded(units: int) -> int:
    if abs(units) > MONEY_MAX:
        raise InvalidValue("money", "amount", "too_large")
    return units
