"""The rep's app in each of its four languages in Chromium: chosen in the settings, whole, and never wider than a phone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from mobility_app.hq.demo import make
from mobility_app.ui.sheet import TABS
from mobility_app.ui.words import LANGUAGES, Words
from tests.support.bench import new_device, start_hq
from tests.support.browser import Visitor, chromium_browser, visit

pytestmark = pytest.mark.browser

# Buttons, chips, tabs and labels whose text is cut off, or that stick out of the window, which no scrolling box holds.
CUT = """() => [...document.querySelectorAll('.fb-btn, .fb-chip, .fb-label, .fb-nav, h1, h2')].filter((one) => {
  const box = one.getBoundingClientRect();
  if (!box.width || one.closest('[hidden]')) return false;
  const style = getComputedStyle(one);
  const held = one.closest('.fb-seg, .fb-tabs, [data-scrolls]');
  return (one.scrollWidth > one.clientWidth + 1 && style.overflowX !== 'visible' && style.textOverflow !== 'ellipsis')
    || (!held && box.right > innerWidth + 1);
}).map((one) => one.textContent)"""


@dataclass(slots=True)
class Stage:
    visitor: Visitor
    customer: str


@pytest.fixture(scope="module")
def stage(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("languages")
    hq = start_hq(folder / "hq")
    make(hq.office, customers=20)
    ana = new_device(hq, folder / "ana", "Ana Silva")
    with ana.store.reading() as session:
        customer = session.value(
            "SELECT c.id FROM customer c JOIN document d ON d.customer_id=c.id WHERE c.territory_id IN"
            " (SELECT id FROM territory WHERE name='Norte') GROUP BY c.id ORDER BY COUNT(*) DESC LIMIT 1"
        )
    with chromium_browser(chromium) as browser:
        yield Stage(visit(browser, ana.start_ui(), 390, 844), customer)
    ana.kill_ui()
    hq.kill()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_chosen_and_every_view_fits_a_phone_in_it(stage: Stage, language: str) -> None:
    visitor, page, words = stage.visitor, stage.visitor.page, Words(language)
    visitor.speak(language)
    expect(page.locator(f"html[lang^={language}]")).to_be_attached()
    expect(page.get_by_role("heading", level=1)).to_have_text(words("Settings"))
    sheet = f"/customers/{stage.customer}"
    for path in ("/", "/customers", "/customers/new", "/sync", "/settings", *(f"{sheet}/{tab.slug}" for tab in TABS)):
        visitor.go(path)
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.evaluate(CUT) == [], path
    for tab in TABS:
        expect(page.get_by_role("link", name=words(tab.label)).first).to_be_attached()
    visitor.go(f"{sheet}/details")
    page.get_by_role("button", name=words("Edit"), exact=True).click()
    expect(page.get_by_role("button", name=words("Cancel"), exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(CUT) == []
    page.get_by_role("button", name=words("Cancel"), exact=True).click()
    assert visitor.errors == []
