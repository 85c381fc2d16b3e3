"""Rules across the fields of one record, on device and HQ alike: `settled` gives the record as it is to be kept.

Every write passes here once, after each field was checked for itself. Libraries are loaded only where a record needs
them: the app must be on screen in half a second.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mobility_app.domain.change import Row
from mobility_app.domain.rules import phones, places, tax_ids
from mobility_app.errors import InvalidValue

_WEBSITE = re.compile(r"https?://[^\s/$.?#][^\s]*\Z", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@.]+(\.[^\s@.]+)+\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}\Z")


def settled(entity: str, row: Row, *, region: str | None = None) -> Row:
    """The record with values normalised, or InvalidValue naming the field and why. `region`: country for telephones."""
    rule = _RULES.get(entity)
    return rule({**row}, region) if rule else row


def _customer(row: Row, region: str | None) -> Row:
    kind, identifier = row.get("identifier_kind"), row.get("identifier")
    if identifier and not kind:
        raise InvalidValue("customer", "identifier_kind", "required")
    if identifier:
        try:
            row["identifier"] = tax_ids.normalised(str(kind), str(identifier))
        except InvalidValue:
            if not row.get("identifier_override"):
                raise
    _currency("customer", row)
    _language("customer", row)
    website = row.get("website")
    if website and not _WEBSITE.match(str(website)):
        raise InvalidValue("customer", "website", "not_a_website")
    for name in ("credit_limit_minor", "payment_term_days", "irpf_rate_bp", "preferred_weekday"):
        _not_negative("customer", row, name)
    return row


def _company(row: Row, region: str | None) -> Row:
    _country("company", row)
    _currency("company", row)
    month = row.get("fiscal_year_start_month")
    if not isinstance(month, int) or not 1 <= month <= 12:
        raise InvalidValue("company", "fiscal_year_start_month", "not_a_month")
    return row


def _user(row: Row, region: str | None) -> Row:
    _language("user", row)
    if row.get("email"):
        _email("user", row, "email")
    return row


def _address(row: Row, region: str | None) -> Row:
    _country("address", row)
    if (row.get("latitude_e7") is None) != (row.get("longitude_e7") is None):
        raise InvalidValue("address", "latitude_e7", "both_or_none")
    return row


def _mail(entity: str) -> Callable[[Row, str | None], Row]:
    def rule(row: Row, region: str | None) -> Row:
        _email(entity, row, "value")
        return row

    return rule


def _phone(row: Row, region: str | None) -> Row:
    if region is not None or not row.get("e164") or str(row.get("value")).startswith("+"):
        row["e164"] = phones.e164(str(row.get("value") or ""), region) or None
    return row


def _activity(row: Row, region: str | None) -> Row:
    start, end = row.get("starts_at"), row.get("ends_at")
    if row.get("kind") == "appointment" and start is None:
        raise InvalidValue("activity", "starts_at", "required")
    if isinstance(start, int) and isinstance(end, int) and end < start:
        raise InvalidValue("activity", "ends_at", "ends_before_start")
    return row


def _participant(row: Row, region: str | None) -> Row:
    if (row.get("user_id") is None) == (row.get("contact_id") is None):
        raise InvalidValue("activity_participant", "user_id", "one_of_two")
    return row


def _ticket(row: Row, region: str | None) -> Row:
    percent = row.get("progress_percent")
    if not isinstance(percent, int) or not 0 <= percent <= 100:
        raise InvalidValue("ticket", "progress_percent", "not_a_percent")
    if percent == 100:
        row["status"] = "closed"
    elif row.get("status") == "closed":
        row["progress_percent"] = 100
    return row


def _valid(entity: str) -> Callable[[Row, str | None], Row]:
    def rule(row: Row, region: str | None) -> Row:
        if row.get("currency"):
            _currency(entity, row)
        start, end = row.get("valid_from"), row.get("valid_to")
        if start and end and str(end) < str(start):
            raise InvalidValue(entity, "valid_to", "ends_before_start")
        return row

    return rule


def _currency(entity: str, row: Row) -> None:
    if row.get("currency") not in places.currencies():
        raise InvalidValue(entity, "currency", "not_a_currency")


def _country(entity: str, row: Row) -> None:
    country = row.get("country")
    if country is not None and country not in places.countries():
        raise InvalidValue(entity, "country", "not_a_country")


def _language(entity: str, row: Row) -> None:
    if not _LANGUAGE.match(str(row.get("language") or "")):
        raise InvalidValue(entity, "language", "not_a_language")


def _email(entity: str, row: Row, name: str) -> None:
    if not _EMAIL.match(str(row.get(name) or "")):
        raise InvalidValue(entity, name, "not_an_email")


def _not_negative(entity: str, row: Row, name: str) -> None:
    value = row.get(name)
    if isinstance(value, int) and value < 0:
        raise InvalidValue(entity, name, "negative")


_RULES: dict[str, Callable[[Row, str | None], Row]] = {
    "customer": _customer,
    "company": _company,
    "user": _user,
    "address": _address,
    "customer_email": _mail("customer_email"),
    "contact_email": _mail("contact_email"),
    "customer_phone": _phone,
    "contact_phone": _phone,
    "activity": _activity,
    "activity_participant": _participant,
    "ticket": _ticket,
    "product": _valid("product"),
    "customer_price": _valid("customer_price"),
}
