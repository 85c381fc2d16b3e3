"""Words: every text and format of the screen, in one language. Texts from gettext catalogues, formats from Babel.

Message ids are English sentences, so English needs no catalogue. `pt`, the default, `es` and `fr` are complete.
Instants are shown in `zone`, days as they are. Errors become sentences here. Nothing here knows NiceGUI.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import TypeAlias, assert_never

from babel import Locale, UnknownLocaleError, dates, lists, numbers, units

from mobility_app.domain import registry
from mobility_app.domain.fields import Field, Kind, Plain
from mobility_app.domain.rules import money
from mobility_app.errors import FileRefused, InvalidValue, MobilityError, NotAllowed, Refused, Unreachable
from mobility_app.ui import reasons
from mobility_app.ui.names import CONTEXT, N_, choice_name, entity_name, field_name

LANGUAGES = ("pt", "en", "es", "fr")
DEFAULT_LANGUAGE = "pt"
LOCALES = Path(__file__).parent / "locale"
DAY_PATTERN = "d MMM y"  # 26 nov. 2026: the same order in every language
UNITS = ("B", "kB", "MB", "GB")
FRENCH_UNITS = ("o", "ko", "Mo", "Go")

Day: TypeAlias = str | int | date


@lru_cache(maxsize=8)
def catalogue(language: str) -> NullTranslations:
    """The compiled catalogue of a language; an empty one where there is none (English needs none)."""
    path = LOCALES / language / "LC_MESSAGES" / "mobility.mo"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        return GNUTranslations(file)


class Words:
    """Texts and formats of one language. `zone` None is the device's own time zone."""

    def __init__(self, language: str = DEFAULT_LANGUAGE, zone: tzinfo | None = None) -> None:
        self.language = language if language in LANGUAGES else DEFAULT_LANGUAGE
        self.locale = Locale.parse(self.language)
        self.zone = zone
        self._texts = catalogue(self.language)

    # -- texts

    def __call__(self, text: str, /, **places: object) -> str:
        """The text in this language, its `{places}` filled. Understands what `names.P_` marked."""
        context, _, bare = text.rpartition(CONTEXT)
        found = self._texts.pgettext(context, bare) if context else self._texts.gettext(bare)
        return found.format(**places) if places else found

    def n(self, one: str, many: str, n: int, /, **places: object) -> str:
        """The text for a count; `{n}` is the count as written."""
        return self._texts.ngettext(one, many, n).format(n=self.number(n), **places)

    def p(self, context: str, text: str, /, **places: object) -> str:
        """The text in a context that tells two meanings apart."""
        found = self._texts.pgettext(context, text)
        return found.format(**places) if places else found

    def entity(self, entity: str) -> str:
        """What a kind of record is called."""
        return self(entity_name(entity))

    def field(self, entity: str, name: str) -> str:
        """What a field is called: its label and accessible name."""
        return self(field_name(entity, name))

    def choice(self, entity: str, name: str, value: str) -> str:
        """What a choice is called."""
        return self(choice_name(entity, name, value))

    def choices(self, entity: str, name: str) -> dict[str, str]:
        """All choices of a field with their names, in order."""
        return {value: self.choice(entity, name, value) for value in registry.entity(entity).field(name).choices}

    def list(self, texts: Iterable[str]) -> str:
        """Texts joined as the language joins them: a, b and c."""
        return str(lists.format_list(list(texts), locale=self.locale))

    # -- errors

    def error(self, error: MobilityError) -> str:
        """A sentence that says what is wrong and what to do."""
        if isinstance(error, InvalidValue):
            return self._known(reasons.VALUE, error.reason)
        if isinstance(error, NotAllowed):
            return self._known(reasons.ACT, error.reason)
        if isinstance(error, FileRefused):
            return self._known(reasons.FILE, error.reason)
        if isinstance(error, (Unreachable, Refused)):
            return self._known(reasons.NETWORK, error.reason)
        text = reasons.CODE.get(error.code, reasons.CODE["error"])
        return self(text)

    def reason(self, code: str) -> str:
        """The sentence for a reason code of a verdict."""
        for table in (reasons.VALUE, reasons.ACT):
            if code in table:
                return self(table[code])
        return self(reasons.GENERAL, reason=code)

    def problem(self, code: str) -> str:
        """The sentence for why a sync did not work."""
        text = reasons.NETWORK.get(code) or reasons.CODE.get(code) or reasons.NETWORK["failed"]
        return self(text)

    def _known(self, table: Mapping[str, str], reason: str) -> str:
        return self(table[reason]) if reason in table else self.reason(reason)

    # -- numbers

    def number(self, value: int | Decimal | str, digits: int | None = None) -> str:
        """A number; a decimal string keeps its own decimals unless `digits` says how many."""
        number = Decimal(value)
        places = digits if digits is not None else max(0, -int(number.as_tuple().exponent))
        pattern = "#,##0" + ("." + "0" * places if places else "")
        return str(numbers.format_decimal(number, format=pattern, locale=self.locale))

    def money(self, minor: int, currency: str, *, whole: bool = False) -> str:
        """An amount with its currency. `whole` leaves the minor units away (headlines alone)."""
        amount = money.decimal(minor, currency)
        if whole:
            return str(
                numbers.format_currency(
                    amount.quantize(Decimal(1)),
                    currency,
                    locale=self.locale,
                    currency_digits=False,
                    format=self._whole(),
                )
            )
        return money.written(minor, currency, self.language)

    def _whole(self) -> str:
        return str(self.locale.currency_formats["standard"].pattern).replace(".00", "")

    def amount(self, minor: int, currency: str) -> str:
        """An amount as an input shows it: without its currency."""
        return self.number(money.decimal(minor, currency), money.digits(currency))

    def rate(self, basis_points: int) -> str:
        """A rate of basis points: 2300 is 23 %."""
        return self.percent(Decimal(basis_points) / 100)

    def percent(self, value: int | Decimal) -> str:
        """Percents: 62 is 62 %."""
        number = Decimal(value).normalize()
        places = max(0, -int(number.as_tuple().exponent))
        pattern = "#,##0" + ("." + "0" * places if places else "") + "\u00a0%"
        return str(numbers.format_percent(number / 100, format=pattern, locale=self.locale))

    def bytes(self, size: int) -> str:
        """A size in bytes, kB, MB or GB (thousands, as disks count)."""
        value, unit, units = Decimal(size), 0, FRENCH_UNITS if self.language == "fr" else UNITS
        while value >= 1000 and unit < len(units) - 1:
            value, unit = value / 1000, unit + 1
        return f"{self.number(value.quantize(Decimal('0.1' if unit and value < 10 else '1')))}\u00a0{units[unit]}"

    def minutes(self, count: int) -> str:
        """15 min"""
        return str(units.format_unit(count, "duration-minute", "short", locale=self.locale))

    # -- dates

    def moment(self, instant: int) -> datetime:
        """An instant (UTC milliseconds) in the zone of the screen."""
        found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=instant)
        return found.astimezone(self.zone)

    def date(self, value: Day) -> str:
        """26 nov. 2026: of an ISO day, an instant or a date."""
        return str(dates.format_date(self._day(value), DAY_PATTERN, locale=self.locale))

    def day(self, value: Day) -> str:
        """qui. 26 nov.: a day near today, without its year."""
        return str(dates.format_date(self._day(value), "E d MMM", locale=self.locale))

    def month(self, value: Day) -> str:
        """nov. 2026"""
        return str(dates.format_date(self._day(value), "MMM y", locale=self.locale))

    def month_short(self, value: Day) -> str:
        """nov: under a bar of a chart"""
        return str(dates.format_date(self._day(value), "LLL", locale=self.locale)).rstrip(".")

    def time(self, instant: int) -> str:
        """10:30"""
        return self.moment(instant).strftime("%H:%M")

    def date_time(self, instant: int) -> str:
        """26 nov. 2026 10:30"""
        return f"{self.date(instant)} {self.time(instant)}"

    def when(self, instant: int, now: int) -> str:
        """today 08:42, yesterday 17:03, else date and time."""
        days = (self.moment(now).date() - self.moment(instant).date()).days
        if days == 0:
            return self("today {time}", time=self.time(instant))
        if days == 1:
            return self("yesterday {time}", time=self.time(instant))
        return self.date_time(instant)

    def weekday(self, day: int, width: str = "wide") -> str:
        """Monday is 0. Width: wide, abbreviated, narrow."""
        return str(self.locale.days["stand-alone"][width][day])

    def _day(self, value: Day) -> date:  # type: ignore[valid-type]  # `date` is also a method here
        match value:
            case str():
                return date.fromisoformat(value)
            case int():
                return self.moment(value).date()
            case _:
                return value

    # -- names that CLDR knows

    def country(self, code: str) -> str:
        """Portugal, of PT."""
        return str(self.locale.territories.get(code, code))

    def language_name(self, code: str) -> str:
        """francês, of fr."""
        try:
            return str(Locale.parse(code, sep="-").get_display_name(self.locale) or code)
        except (ValueError, UnknownLocaleError):
            return code

    def currency_name(self, code: str) -> str:
        """EUR – euro"""
        name = self.locale.currencies.get(code)
        return f"{code} – {name}" if name else code

    # -- any value

    def value(
        self, entity: str, name: str, plain: Plain, *, currency: str = "", names: Mapping[str, str] | None = None
    ) -> str:
        """Any plain value of a field as text; empty for None. `names`: id -> name of what a reference points to."""
        if plain is None or plain == "":
            return ""
        field = registry.entity(entity).field(name)
        return self._special(field, plain) or self._by_kind(entity, field, plain, currency, names or {})

    def _special(self, field: Field, plain: Plain) -> str:
        if not isinstance(plain, (str, int)):
            return ""
        match field.name:
            case "country":
                return self.country(str(plain))
            case "language":
                return self.language_name(str(plain))
            case "currency":
                return self.currency_name(str(plain))
            case "preferred_weekday":
                return self.weekday(int(plain))
            case "size_bytes":
                return self.bytes(int(plain))
            case "payment_term_days":
                return self.n("{n} day", "{n} days", int(plain))
            case "progress_percent":
                return self.percent(int(plain))
            case "latitude_e7" | "longitude_e7":
                return self.number(Decimal(int(plain)).scaleb(-7).normalize())
        return ""

    def _by_kind(self, entity: str, field: Field, plain: Plain, currency: str, names: Mapping[str, str]) -> str:
        match field.kind:
            case Kind.TEXT | Kind.NOTE:
                return str(plain)
            case Kind.DECIMAL:
                return self.number(str(plain))
            case Kind.INTEGER:
                return self.number(_whole(plain))
            case Kind.MONEY:
                return self.money(_whole(plain), currency) if currency else self.number(_whole(plain))
            case Kind.RATE:
                return self.rate(_whole(plain))
            case Kind.FLAG:
                return self("Yes") if plain else self("No")
            case Kind.DAY:
                return self.date(str(plain))
            case Kind.INSTANT:
                return self.date_time(_whole(plain))
            case Kind.CHOICE:
                return self.choice(entity, field.name, str(plain))
            case Kind.REF:
                return names.get(str(plain), self("unknown"))
            case Kind.REFS:
                found = plain if isinstance(plain, list) else [str(plain)]
                return self.list(names.get(one, self("unknown")) for one in found)
            case Kind.VALUE:
                return ", ".join(plain) if isinstance(plain, list) else str(plain)
        assert_never(field.kind)


def _whole(plain: Plain) -> int:
    assert isinstance(plain, int)
    return plain


NOT_SET = N_("Not set")
