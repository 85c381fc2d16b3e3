"""Every view at 200 %, in a window of 320 px, with wider text spacing, in forced colours and with reduced motion: nothing
is lost, the page never scrolls sideways, what can be pressed has an edge, nothing moves; and a mouse hits every target."""

from __future__ import annotations

import pytest

from tests.support.browser import Visitor
from tests.support.fit import small_targets, unfit
from tests.support.views import VIEWS, Stage, View

pytestmark = pytest.mark.browser

DESK = (1280, 800)
SIZES = ((640, 400), (320, 640), (390, 844), DESK)  # the desk at 200 %, at 400 %, a phone, the desk
SPACED = ((390, 844), DESK)
MOUSE = 24
SPACING = """() => {
  const style = document.createElement("style");
  style.id = "spacing";
  style.textContent = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"
    + " p { margin-bottom: 2em !important }";
  document.head.append(style);
}"""
EDGES = """() => {
  const edged = ".fb-btn, .fb-seg[aria-pressed=true], .fb-card, .fb-daypick button, .fb-side-btn, .fb-dialog-card, .fb-float";
  const bare = [...document.querySelectorAll(edged)].filter((el) => el.checkVisibility()).filter((el) => {
    const style = getComputedStyle(el);
    const edge = (side) => style[`border${side}Style`] !== "none" && parseFloat(style[`border${side}Width`]) >= 1;
    return !(edge("Top") && edge("Left"));
  });
  return bare.map((el) => `${el.className} ${el.innerText.slice(0, 40)} has no edge`);
}"""
MOVING = """() => [
  ...document.getAnimations().map((one) => `${one.effect.target.className} moves`),
  ...[...document.querySelectorAll("body *")].filter((el) => getComputedStyle(el).transitionDuration.split(", ")
    .some((time) => time !== "0s")).map((el) => `${el.className} takes its time`),
]"""


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_zoom_spacing_and_forced_colours_lose_nothing(everything: Stage, guest: Visitor, view: View) -> None:
    page = everything.show(guest, view)
    found = small_targets(page, MOUSE)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        found += [f"{width} {one}" for one in unfit(page)]
    page.evaluate(SPACING)
    for width, height in SPACED:
        page.set_viewport_size({"width": width, "height": height})
        found += [f"{width} spaced {one}" for one in unfit(page)]
    page.evaluate("document.getElementById('spacing').remove()")
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    found += page.evaluate(EDGES) + page.evaluate(MOVING)
    page.emulate_media(forced_colors="none", reduced_motion="reduce")
    everything.leave(page)
    assert found == []
