"""Every view in four languages on a phone: no label, button, chip, tab, segment or heading is cut or lies on another, and
a finger hits what it aims at, over 44 px each way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.support.browser import Visitor, chromium_browser, visit
from tests.support.fit import small_targets, unfit
from tests.support.views import VIEWS, Stage, View

pytestmark = pytest.mark.browser

PHONE, TABLET = (390, 844), (768, 1024)
LANGUAGES = ("pt", "es", "fr", "en")
FINGER = 44


@pytest.fixture(scope="module")
def touched(everything: Stage, chromium: str) -> Iterator[Visitor]:
    """A window on a phone with a touch screen."""
    with chromium_browser(chromium) as browser:
        visitor = visit(browser, everything.device.start_ui(), *PHONE, touch=True)
        visitor.page.emulate_media(reduced_motion="reduce")
        assert visitor.page.evaluate("matchMedia('(pointer: coarse)').matches")
        yield visitor
        everything.speak(visitor, LANGUAGES[0])
        everything.device.kill_ui()


@pytest.fixture(scope="module", params=LANGUAGES)
def spoken(request: pytest.FixtureRequest, everything: Stage, touched: Visitor) -> str:
    """The app speaks that language from here on."""
    language = str(request.param)
    everything.speak(touched, language)
    return language


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_every_word_is_whole_and_every_finger_hits(
    everything: Stage, touched: Visitor, spoken: str, view: View
) -> None:
    page = everything.show(touched, view)
    found = unfit(page) + small_targets(page, FINGER)
    if spoken == LANGUAGES[0]:  # in all four the phone is the narrower one
        found += _at(page, TABLET, FINGER)
    everything.leave(page)
    assert found == []


def _at(page: Page, size: tuple[int, int], least: int) -> list[str]:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    found = unfit(page) + small_targets(page, least)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    return found
