"""A walk through a page by the Tab key alone: what is reached, in which order, how the focus is shown, what covers it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Page

SCRIPT = Path(__file__).with_suffix(".js").read_text("utf-8")
STEPS_MAX = 400


@dataclass(frozen=True, slots=True)
class Stop:
    """One place of the focus. `part` numbers the card, bar or list that it stands in; pixels from the page's corner."""

    name: str
    part: int
    top: int
    left: int
    height: int
    shown: bool
    covered: bool


def stop(page: Page) -> Stop | None:
    """Where the focus stands now, None for nowhere."""
    found = page.evaluate(SCRIPT + "\nwalked()")
    return Stop(**found) if found else None


def walk(page: Page) -> list[Stop]:
    """Every stop from the top of the page until the focus leaves it or comes round. Fails where it does neither."""
    found = page.evaluate(SCRIPT + "\nbegin()")
    stops = [Stop(**found)] if found else []
    for _ in range(STEPS_MAX):
        page.keyboard.press("Tab")
        found = page.evaluate("walked()")
        if not found:
            return stops
        stops.append(Stop(**found))
    raise AssertionError(f"the focus stays where it is: {stops[-3:]}")


def faults(stops: list[Stop]) -> list[str]:
    """Stops that no ring shows, that something covers, and steps back up in one column of a part of the page."""
    found = [f"nothing shows the focus on {one.name}" for one in stops if not one.shown]
    found += [f"something covers {one.name}" for one in stops if one.covered]
    for one, other in pairwise(stops):
        if one.part == other.part and other.top + other.height <= one.top and other.left <= one.left:
            found.append(f"from {one.name} back up to {other.name}")
    return found
