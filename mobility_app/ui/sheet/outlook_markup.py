"""The card "Forecast" of the revenue tab as markup: the months to come with their range, those of high activity, and how
far off such a forecast was. Pure; `sheet/revenue.py` asks for it and puts it on the screen.
"""

from __future__ import annotations

from mobility_app.outlook import history
from mobility_app.outlook.history import Ask, Foreseen, Outlook
from mobility_app.ui import lists
from mobility_app.ui.markup import Html, h
from mobility_app.ui.words import Words

WILD_PERCENT = 100  # off by as much as the months brought


def card(words: Words, ask: Ask, found: Outlook | None, currency: str, *, failed: bool = False) -> Html:
    """The card, whatever is known: no forecast and why, one on its way, or the months."""
    title = words("Forecast")
    if not ask.enough:
        return lists.card(title, h("p", _too_little(words), class_="fb-meta"), id="forecast")
    if failed:
        again = lists.button(words("Try again"), act="foresee")
        text = h("p", words("The forecast could not be calculated on this device."), class_="fb-meta")
        return lists.card(title, text, again, id="forecast")
    if found is None:
        waits = h("p", words("Calculating the forecast"), class_="fb-meta", role="status")
        rows = [h("li") for _ in range(history.HORIZON)]
        return lists.card(
            title, h("ul", rows, class_="fb-outlook fb-outlook-wait", aria_hidden="true"), waits, id="forecast"
        )
    busy = history.busy_months(ask)
    top = max(*(one.high_minor for one in found.months), 1)
    rows = [_month(words, one, currency, top, busy=int(one.month[5:7]) in busy) for one in found.months]
    said = (_made_how(words, found), _error(words, found, currency), _wild(words, found))
    notes = h("p", " ".join(part for part in said if part), class_="fb-meta")
    return lists.card(title, h("ul", rows, class_="fb-outlook"), notes, id="forecast")


def _month(words: Words, one: Foreseen, currency: str, top: int, *, busy: bool) -> Html:
    """A month with its range drawn and written; in as few elements as can be."""
    name = words.month(f"{one.month}-01")
    chip = lists.chip(words("High activity"), "accent", small=True) if busy else None
    start, end = (max(0, 100 * minor // top) for minor in (one.low_minor, one.high_minor))
    middle = min(max(0, 100 * one.expected_minor // top), 100)
    drawn = f"--from:{start}%;--to:{end}%;--at:{middle}%"
    span = words("{low} to {high}", low=_whole(words, one.low_minor, currency),
                 high=_whole(words, one.high_minor, currency))  # fmt: skip
    return h(
        "li", h("span", name, chip), h("b", _whole(words, one.expected_minor, currency), class_="fb-num"),
        span,
        style=drawn,
    )  # fmt: skip


def _whole(words: Words, minor: int, currency: str) -> str:
    return words.money(minor, currency, whole=True)


def _made_how(words: Words, found: Outlook) -> str:
    """What the amounts are: never read as a promise."""
    if found.repeats:
        return words("Expected net amounts with the range in which four of five months end. They repeat the same months of"
                     " the year before: on the months held back nothing else came closer.")  # fmt: skip
    return words("Expected net amounts with the range in which four of five months end.")


def _error(words: Words, found: Outlook, currency: str) -> str:
    """The error on the months held back, beside that of the yardstick."""
    error = _off(words, found.error_minor, found.error_percent, currency)
    places = {"n": words.number(history.HELD_BACK), "error": error}
    if found.repeats:
        return words("Tried on the last {n} months, it was off by {error} a month.", **places)
    yardstick = _off(words, found.yardstick_minor, found.yardstick_percent, currency)
    return words(
        "Tried on the last {n} months, it was off by {error} a month; repeating the year before, by {yardstick}.",
        yardstick=yardstick, **places,
    )  # fmt: skip


def _wild(words: Words, found: Outlook) -> str:
    """That it says little, where it was off by as much as the months brought."""
    if found.error_percent is not None and found.error_percent < WILD_PERCENT:
        return ""
    return words("This customer's months differ so much that the forecast says little.")


def _off(words: Words, minor: int, percent: int | None, currency: str) -> str:
    amount = _whole(words, minor, currency)
    return amount if percent is None else f"{amount} ({words.percent(percent)})"


def _too_little(words: Words) -> str:
    return words(
        "No forecast yet: it needs {months} whole months since the first invoice, {billed} of the last {months} with revenue.",
        months=words.number(history.MONTHS_LEAST), billed=words.number(history.BILLED_LEAST),
    )  # fmt: skip
