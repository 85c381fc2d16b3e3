"""Rules across the fields of one record, on device and HQ alike: `settled` gives the record as it is to be kept.

Every write passes here once (the device's write door, HQ's ledger and judge), after `domain.fields.check` took each
field for itself. The same record gives the same answer everywhere: no clock, no database, no network. Libraries are
loaded only where a record needs them: the app must be on screen in half a second. A field that is absent counts as None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from mobility_app.domain.change import Row
from mobility_app.domain.fields import Plain
from mobility_app.domain.rules import ledger_accounts, links, phones, places, tax_ids
from mobility_app.errors import InvalidValue

REOPENED_PERCENT = 90  # what a request that was closed at 100 % falls back to when somebody opens it again


@dataclass(frozen=True, slots=True)
class _Around:
    """What a rule may know beyond the record."""

    region: str | None
    before: Mapping[str, Plain] | None
    ledger_pattern: str | None


_Step: TypeAlias = Callable[[str, Row, _Around], None]  # changes the row in place


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule and the fields that it looks at and sets. Where none of them has changed, the record as it stood has passed it
    already. Without names it looks beyond the record, or at how it changed, and is asked each time."""

    names: tuple[str, ...]
    step: _Step


def settled(
    entity: str,
    row: Row,
    *,
    region: str | None = None,
    before: Mapping[str, Plain] | None = None,
    ledger_pattern: str | None = None,
) -> Row:
    """A copy of the whole record after the change with values normalised, or InvalidValue naming entity, field and why.

    `region`: country (ISO 3166-1 alpha-2) from which telephones are read. `before`: the record as it stood, which tells
    of a request whether its progress or its status was meant. `ledger_pattern`: the company's, for ledger accounts.
    """
    kept = dict(row)
    around = _Around(region, before, ledger_pattern)
    changed = None if before is None else {name for name, value in kept.items() if value != before.get(name)}
    for rule in _RULES.get(entity, ()):
        if changed is None or not rule.names or not changed.isdisjoint(rule.names):
            rule.step(entity, kept, around)
    return kept


def _identifier(entity: str, row: Row, around: _Around) -> None:
    kind, identifier = row.get("identifier_kind"), row.get("identifier")
    if not identifier:
        return
    if not kind:
        raise InvalidValue(entity, "identifier_kind", "required")
    try:
        row["identifier"] = tax_ids.normalised(str(kind), str(identifier))
    except InvalidValue:
        if not str(row.get("identifier_override") or "").strip():
            raise
        row["identifier"] = str(identifier).strip()


def _ledger_account(entity: str, row: Row, around: _Around) -> None:
    account = row.get("ledger_account")
    if account:
        row["ledger_account"] = ledger_accounts.check(str(account), around.ledger_pattern)


def _ledger_pattern(entity: str, row: Row, around: _Around) -> None:
    pattern = row.get("ledger_account_pattern")
    if pattern:
        ledger_accounts.check_pattern(str(pattern))


def _currency(entity: str, row: Row, around: _Around) -> None:
    _code(entity, row, "currency", places.currencies, "not_a_currency")


def _country(entity: str, row: Row, around: _Around) -> None:
    _code(entity, row, "country", places.countries, "not_a_country")


def _code(entity: str, row: Row, name: str, known: Callable[[], frozenset[str]], reason: str) -> None:
    text = row.get(name)
    if not text:
        return
    code = str(text).strip().upper()
    if code not in known():
        raise InvalidValue(entity, name, reason)
    row[name] = code


def _text(name: str, kept: Callable[[str], str | None], reason: str) -> _Rule:
    """A text that `kept` gives back as it is to be kept, or refuses with None."""

    def rule(entity: str, row: Row, around: _Around) -> None:
        text = row.get(name)
        if text:
            found = kept(str(text))
            if found is None:
                raise InvalidValue(entity, name, reason)
            row[name] = found

    return _Rule((name,), rule)


def _number(name: str, least: int, most: int | None, reason: str) -> _Rule:
    def rule(entity: str, row: Row, around: _Around) -> None:
        number = row.get(name)
        if isinstance(number, int) and (number < least or (most is not None and number > most)):
            raise InvalidValue(entity, name, "negative" if number < 0 <= least < 1 else reason)

    return _Rule((name,), rule)


def _ordered(start: str, end: str) -> _Rule:
    """Two days or two instants, the end not before the start."""

    def rule(entity: str, row: Row, around: _Around) -> None:
        first, last = row.get(start), row.get(end)
        same = (isinstance(first, int) and isinstance(last, int)) or (isinstance(first, str) and isinstance(last, str))
        if same and last < first:  # type: ignore[operator]
            raise InvalidValue(entity, end, "ends_before_start")

    return _Rule((start, end), rule)


def _coordinates(entity: str, row: Row, around: _Around) -> None:
    missing = [name for name in ("latitude_e7", "longitude_e7") if row.get(name) is None]
    if len(missing) == 1:
        raise InvalidValue(entity, missing[0], "both_or_none")


def _phone(entity: str, row: Row, around: _Around) -> None:
    """E.164 beside what was typed. Without a region an E.164 that a device made stays while it fits the number."""
    typed, known = str(row.get("value") or ""), row.get("e164")
    if around.region is not None or typed.lstrip().startswith("+"):
        row["e164"] = phones.e164(typed, around.region)
    elif known and not phones.still_fits(typed, str(known)):
        row["e164"] = None


def _appointment(entity: str, row: Row, around: _Around) -> None:
    if row.get("kind") == "appointment" and row.get("starts_at") is None:
        raise InvalidValue(entity, "starts_at", "required")


def _participant(entity: str, row: Row, around: _Around) -> None:
    if (row.get("user_id") is None) == (row.get("contact_id") is None):
        raise InvalidValue(entity, "user_id", "one_of_two")


def _progress(entity: str, row: Row, around: _Around) -> None:
    """100 % and closed are one. Where they differ, the one that was changed leads; if that can't be told, being done."""
    percent, status = row.get("progress_percent"), row.get("status")
    if percent is None or status is None or (percent == 100) == (status == "closed"):
        return
    before = around.before or row
    moved, turned = percent != before.get("progress_percent"), status != before.get("status")
    if status == "open" and turned and not moved:
        row["progress_percent"] = REOPENED_PERCENT
    elif status == "open":
        row["status"] = "closed"
    elif moved and not turned:
        row["status"] = "open"
    else:
        row["progress_percent"] = 100


def _at_least_0(name: str) -> _Rule:
    return _number(name, 0, None, "negative")


_IDENTIFIER = _Rule(("identifier_kind", "identifier", "identifier_override"), _identifier)
_CURRENCY, _COUNTRY = _Rule(("currency",), _currency), _Rule(("country",), _country)
_PHONE = _Rule((), _phone)
_LANGUAGE = _text("language", places.language_tag, "not_a_language")
_EMAIL = _text("value", links.email, "not_an_email")
_VALIDITY = _ordered("valid_from", "valid_to")

_RULES: Mapping[str, tuple[_Rule, ...]] = MappingProxyType(
    {
        "company": (
            _COUNTRY, _CURRENCY, _number("fiscal_year_start_month", 1, 12, "not_a_month"),
            _Rule(("ledger_account_pattern",), _ledger_pattern),
        ),
        "user": (_LANGUAGE, _text("email", links.email, "not_an_email")),
        "customer": (
            _IDENTIFIER, _CURRENCY, _LANGUAGE, _text("website", links.website, "not_a_website"),
            _Rule((), _ledger_account),
            _at_least_0("credit_limit_minor"), _at_least_0("payment_term_days"), _at_least_0("irpf_rate_bp"),
            _number("preferred_weekday", 0, 6, "not_a_choice"),
        ),
        "customer_email": (_EMAIL,),
        "contact_email": (_EMAIL,),
        "customer_phone": (_PHONE,),
        "contact_phone": (_PHONE,),
        "address": (_COUNTRY, _Rule(("latitude_e7", "longitude_e7"), _coordinates)),
        "activity": (_Rule(("kind", "starts_at"), _appointment), _ordered("starts_at", "ends_at")),
        "activity_participant": (_Rule(("user_id", "contact_id"), _participant),),
        "ticket": (_number("progress_percent", 0, 100, "not_a_percent"), _Rule((), _progress)),
        "product": (_CURRENCY, _VALIDITY),
        "customer_price": (_CURRENCY, _VALIDITY),
        "document_line": (_at_least_0("tax_rate_bp"),),
        "document_tax": (_at_least_0("tax_rate_bp"),),
        "file": (_at_least_0("size_bytes"),),
    }
)  # fmt: skip
