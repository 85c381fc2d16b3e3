"""Telephone numbers: kept as typed and in E.164, shown as their country writes them, found in any spelling."""

from __future__ import annotations

import re


def e164(text: str, region: str | None) -> str | None:
    """The number in E.164, or None where it can't be understood. `region` is the country of the customer's address;
    without one only numbers with their country code are understood."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def shown(text: str, region: str | None) -> str:
    """The number as a person of that country writes it; foreign ones with their country code; unknown ones as typed."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return text
    home = region is not None and number.country_code == phonenumbers.country_code_for_region(region)
    form = phonenumbers.PhoneNumberFormat
    return str(phonenumbers.format_number(number, form.NATIONAL if home else form.INTERNATIONAL))


def search_forms(text: str, region: str | None) -> tuple[str, ...]:
    """Digits under which the number is looked for: as typed, with the country code, without it, with the trunk zero."""
    digits = re.sub(r"\D", "", text)
    forms = {digits}
    full = e164(text, region)
    if full:
        import phonenumbers

        number = phonenumbers.parse(full, None)
        national = phonenumbers.national_significant_number(number)
        trunk = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        forms |= {full[1:], f"00{full[1:]}", national, re.sub(r"\D", "", trunk)}
    return tuple(sorted(form for form in forms if form))
