"""Telephone numbers: kept as typed and in E.164, shown as their country writes them, found in any spelling.

Called by `checks.settled` (E.164 beside what was typed), the search index and the screen. The region is the country of
the customer's address and never a guess: without one, only a number with its country code is understood. Whether a
number is in service is nobody's question here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

TYPED_MAX = 250  # characters; phonenumbers reads no more either


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as read. `e164` is None where it could not be understood, and then the rest is empty. `region` is the
    country of the number itself, None where several share its code and it can't be told."""

    typed: str
    e164: str | None = None
    extension: str = ""
    region: str | None = None


def parse(text: str, region: str | None) -> Phone:
    """What was typed, read from `region` (ISO 3166-1 alpha-2, or None). Never raises: a text that is no number stays a
    text. A number too short to be dialled from abroad (112, seven digits in the US) has no E.164."""
    number = _read(text, region)
    if number is None:
        return Phone(text)
    import phonenumbers

    return Phone(text, _e164(number), number.extension or "", phonenumbers.region_code_for_number(number))


def e164(text: str, region: str | None) -> str | None:
    """The number in E.164, or None where it can't be understood."""
    return parse(text, region).e164


def still_fits(text: str, known: str) -> bool:
    """Whether `known`, an E.164 made where the region was at hand, is that of `text`: with its country code after a
    prefix for abroad (00, 011 ...), or read in that number's country or in the main one of its country code."""
    number = _possible(known, None)
    if number is None or _e164(number) != known:
        return False
    digits = _digits(text)
    if digits.startswith("0") and (digits.endswith(known[1:]) or e164(f"+{digits.removeprefix('00')}", None) == known):
        return True
    import phonenumbers

    main = phonenumbers.region_code_for_country_code(number.country_code or 0)
    regions = dict.fromkeys((phonenumbers.region_code_for_number(number), main))
    return any(e164(text, region) == known for region in regions)


def shown(text: str, region: str | None) -> str:
    """A number, in E.164 or as typed, as a person in `region` writes it: one of the same country code nationally, a
    foreign one with its country code. What can't be understood stays as it is."""
    number = _read(text, region)
    if number is None:
        return text
    import phonenumbers

    home = region is not None and number.country_code == phonenumbers.country_code_for_region(region.upper())
    form = phonenumbers.PhoneNumberFormat
    return str(phonenumbers.format_number(number, form.NATIONAL if home else form.INTERNATIONAL))


@lru_cache(maxsize=8192)  # the index of a customer is made anew for any edit of theirs; reading a number takes 0.8 ms
def search_forms(text: str, region: str | None) -> tuple[str, ...]:
    """Digits under which the number is looked for, sorted: as typed, with the country code bare, after 00 and before a
    trunk prefix (+44 (0)20 ...), and nationally with and without the trunk prefix. At most seven."""
    forms = {_digits(text)}
    number = _read(text, region)
    if number is not None:
        import phonenumbers

        code, national = number.country_code or 0, phonenumbers.national_significant_number(number)
        trunk = phonenumbers.ndd_prefix_for_region(phonenumbers.region_code_for_country_code(code), True)
        bare = phonenumbers.parse(f"+{code}{national}")  # without its extension
        written = _digits(phonenumbers.format_number(bare, phonenumbers.PhoneNumberFormat.NATIONAL))
        forms |= {f"{code}{national}", f"00{code}{national}", national, written}
        if trunk == "0":
            forms |= {f"0{national}", f"{code}0{national}"}
    return tuple(sorted(form for form in forms if form))


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _e164(number: PhoneNumber) -> str:
    import phonenumbers

    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _read(text: str, region: str | None) -> PhoneNumber | None:
    """The number where it has an E.164 of its own: one that, read again, is the same. Noughts alone are not."""
    number = _possible(text, region)
    again = _possible(_e164(number), None) if number else None
    return number if number and again and _e164(again) == _e164(number) else None


def _possible(text: str, region: str | None) -> PhoneNumber | None:
    if len(text) > TYPED_MAX or not re.search(r"\d", text):
        return None
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region.upper() if region else None)
    except phonenumbers.NumberParseException:
        return None
    reason = phonenumbers.is_possible_number_with_reason(number)
    return number if reason == phonenumbers.ValidationResult.IS_POSSIBLE else None
