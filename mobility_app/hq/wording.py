"""Wording: texts and times of mails in the receiver's language. The catalogues are the screen's; formats are Babel's.

A language that we don't speak gets English. Times are those of the company's country, and say of which town.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, dates, lists

from mobility_app.domain.labels import FIELD_LABELS
from mobility_app.domain.letters import CONTEXT

LANGUAGES = ("pt", "es", "fr", "en")
_LOCALES = {"en": "en_GB"}  # day before month, as everywhere else here
_CATALOGUES = Path(__file__).parent.parent / "ui" / "locale"


@lru_cache(maxsize=len(LANGUAGES))
def _texts(language: str) -> NullTranslations:
    path = _CATALOGUES / language / "LC_MESSAGES" / "mobility.mo"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        return GNUTranslations(file)


class Wording:
    """Texts and times in one language (a BCP 47 tag) and one time zone (IANA)."""

    def __init__(self, tag: str, zone: str) -> None:
        short = tag.partition("-")[0].lower()
        self.language = short if short in LANGUAGES else "en"
        self._locale, self._zone = Locale.parse(_LOCALES.get(self.language, self.language)), ZoneInfo(zone)
        self._found = _texts(self.language)

    def __call__(self, text: str, /, **places: str) -> str:
        """The text in this language, its `{places}` filled."""
        context, _, bare = text.rpartition(CONTEXT)
        found = self._found.pgettext(context, bare) if context else self._found.gettext(bare)
        return found.format(**places) if places else found

    def field(self, name: str) -> str:
        """What a field of an activity is called."""
        return self(FIELD_LABELS["activity"][name])

    def list(self, texts: list[str]) -> str:
        """Texts joined as the language joins them: a, b and c."""
        return str(lists.format_list(texts, locale=self._locale))

    def moment(self, instant: int) -> str:
        """Thursday, 26 November 2026 10:30 (Lisbon): of an instant in UTC milliseconds."""
        return f"{self._day(instant)} {self._time(instant)} {self._town()}"

    def span(self, start: int, end: int | None) -> str:
        """From start to end, the day once where it is the same."""
        if end is None or end == start:
            return self.moment(start)
        if self._day(start) == self._day(end):
            return f"{self._day(start)} {self._time(start)}–{self._time(end)} {self._town()}"
        return f"{self._day(start)} {self._time(start)} – {self.moment(end)}"

    def _town(self) -> str:
        named = dates.get_timezone_location(self._zone, locale=self._locale, return_city=True)
        return f"({named})" if self._zone.key != "UTC" else "(UTC)"

    def _day(self, instant: int) -> str:
        return str(dates.format_date(self._local(instant).date(), "full", locale=self._locale))

    def _time(self, instant: int) -> str:
        return self._local(instant).strftime("%H:%M")

    def _local(self, instant: int) -> datetime:
        found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=instant)
        try:
            return found.astimezone(self._zone)
        except OverflowError:  # the first and the last day that there are
            return found
