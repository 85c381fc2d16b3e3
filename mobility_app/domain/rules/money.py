"""Money in whole minor units of its currency. Never a float; rounding is half up (away from zero)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from mobility_app.errors import InvalidValue


def digits(currency: str) -> int:
    """How many digits the minor unit has: 2 for EUR, 0 for JPY, 3 for KWD (ISO 4217, through CLDR)."""
    from babel.numbers import get_currency_precision

    return int(get_currency_precision(currency))


def minor(amount: Decimal, currency: str) -> int:
    """Minor units of a decimal amount, rounded half up."""
    return int(amount.scaleb(digits(currency)).quantize(Decimal(1), ROUND_HALF_UP))


def exact_minor(amount: Decimal, currency: str) -> int:
    """Minor units of an amount that must not need rounding. Raises InvalidValue too_precise."""
    scaled = amount.scaleb(digits(currency))
    if scaled != scaled.to_integral_value():
        raise InvalidValue("money", "amount", "too_precise")
    return int(scaled)


def decimal(amount_minor: int, currency: str) -> Decimal:
    """The decimal amount of minor units."""
    return Decimal(amount_minor).scaleb(-digits(currency))


def written(amount_minor: int, currency: str, locale: str) -> str:
    """The amount as the language writes it, with its currency."""
    from babel.numbers import format_currency

    return str(format_currency(decimal(amount_minor, currency), currency, locale=locale))


def parsed(text: str, currency: str, locale: str) -> int:
    """Minor units of what somebody typed in their language. Raises InvalidValue not_an_amount or too_precise."""
    from babel.numbers import NumberFormatError, parse_decimal

    plain = text.strip().replace("\u00a0", " ").replace("\u202f", " ")
    plain = plain.removesuffix(currency).strip(" €$£").strip()
    try:
        amount = parse_decimal(plain.replace(" ", "\u00a0"), locale=locale, strict=False)
    except (NumberFormatError, InvalidOperation, ValueError):
        raise InvalidValue("money", "amount", "not_an_amount") from None
    if not amount.is_finite():
        raise InvalidValue("money", "amount", "not_an_amount")
    return exact_minor(amount, currency)


def line_net(unit_price: str, quantity: str, discount: str, currency: str) -> int:
    """Minor units of a line: price x quantity x (1 - discount), rounded half up once."""
    return minor(Decimal(unit_price) * Decimal(quantity) * (1 - Decimal(discount)), currency)
