"""What a forecast is asked and what it answers, whether a history is long enough, and which months are busy. Pure.

Called by the revenue tab, by `child` and by `fit`. Amounts are minor units of one currency, months are "YYYY-MM".
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

MONTHS_LEAST = 24  # whole months since the first invoice
BILLED_LEAST = 12  # of the last MONTHS_LEAST months, those with revenue
MONTHS_MOST = 120  # older ones say nothing about next year
HORIZON = 6  # months that are shown
HELD_BACK = 6  # months that the error is measured on
YEAR = 12
BUSY = 1.25  # a calendar month that brings so much more than the average one ...
BUSY_TIMES = 2  # ... and was above it in each of its last two years
OUTPUT_MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Ask:
    """The revenue of whole months in order, from `first` on, and how many months to foresee after them. `skip`: how many
    of those are only passed through (the month that runs now)."""

    first: str
    values: tuple[int, ...]
    skip: int = 1
    horizon: int = HORIZON

    @property
    def enough(self) -> bool:
        """Whether a forecast would be more than a guess."""
        recent = self.values[-MONTHS_LEAST:]
        return len(recent) == MONTHS_LEAST and sum(value != 0 for value in recent) >= BILLED_LEAST

    @property
    def key(self) -> str:
        """The same for the same figures."""
        return hashlib.sha256(self.json().encode()).hexdigest()

    def json(self) -> str:
        """As the process reads it."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One month to come: what is expected, and the range in which four of five such months end."""

    month: str
    low_minor: int
    expected_minor: int
    high_minor: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """The months to come and how far to trust them. `repeats`: they repeat the same months a year before, because on the
    months held back that did no worse. Errors are means over those months; their percents are of what these months
    brought, None where they brought nothing."""

    months: tuple[Foreseen, ...]
    repeats: bool
    error_minor: int
    error_percent: int | None
    yardstick_minor: int
    yardstick_percent: int | None

    def json(self) -> str:
        """As the process writes it."""
        return json.dumps(asdict(self))


def asked(text: str) -> Ask:
    """The question of a process. Raises ValueError, KeyError, TypeError."""
    found = json.loads(text)
    ask = Ask(str(found["first"]), tuple(map(int, found["values"])), int(found["skip"]), int(found["horizon"]))
    if not (YEAR <= len(ask.values) <= MONTHS_MOST and 0 <= ask.skip <= YEAR and 1 <= ask.horizon <= YEAR):
        raise ValueError("no such forecast")
    return ask


def answered(text: str) -> Outlook:
    """The answer of a process. Raises ValueError, KeyError, TypeError."""
    found: dict[str, Any] = json.loads(text)
    months = tuple(
        Foreseen(str(one["month"]), *(int(one[f"{name}_minor"]) for name in ("low", "expected", "high")))
        for one in found["months"]
    )
    return Outlook(
        months, bool(found["repeats"]), int(found["error_minor"]), _percent(found["error_percent"]),
        int(found["yardstick_minor"]), _percent(found["yardstick_percent"]),
    )  # fmt: skip


def month_after(first: str, count: int) -> str:
    """The month `count` months after "YYYY-MM"."""
    year, month = divmod(int(first[:4]) * YEAR + int(first[5:7]) - 1 + count, YEAR)
    return f"{year:04d}-{month + 1:02d}"


def busy_months(ask: Ask) -> frozenset[int]:
    """Calendar months (1 to 12) of high activity: on average a quarter above the usual month, and above it in each of
    their last two years. One good month alone makes no season."""
    usual = fmean(ask.values) if ask.values else 0
    if usual <= 0:
        return frozenset()
    start = int(ask.first[5:7]) - 1
    by_month = {(start + at) % YEAR + 1: ask.values[at::YEAR] for at in range(min(YEAR, len(ask.values)))}
    return frozenset(
        month
        for month, seen in by_month.items()
        if len(seen) >= BUSY_TIMES
        and fmean(seen) >= BUSY * usual
        and all(value > usual for value in seen[-BUSY_TIMES:])
    )


def _percent(value: object) -> int | None:
    return None if value is None else int(str(value))
