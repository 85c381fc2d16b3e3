"""Whether a page fits: text that is cut or lies on other text, a page that scrolls sideways, targets for fingers.

Each function gives one sentence for each finding, as `fit.js` sees it in the page as it stands.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

SCRIPT = Path(__file__).with_suffix(".js").read_text("utf-8")


def unfit(page: Page) -> list[str]:
    """Text that is cut, text on text, and a page that scrolls sideways."""
    found: list[str] = page.evaluate(SCRIPT + "\n[...fit.sideways(), ...fit.cut(), ...fit.overlaps()]")
    return found


def small_targets(page: Page, least: int) -> list[str]:
    """Controls that are hit over less than so many pixels; the whole page is made to stand in the window for that."""
    size = page.viewport_size
    assert size is not None
    height = int(page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
    found: list[str] = page.evaluate(SCRIPT + "\nfit.small(" + str(least) + ")")
    page.set_viewport_size(size)
    return found
