"""axe-core on every view: WCAG 2.2 AA and best practice, 0 findings, at three widths, light and dark.

What depends on the theme is colour alone, so in the dark only the rules of colour run again. The themes differ by one
class of the body: it is turned in place.
"""

from __future__ import annotations

from importlib.resources import files

import pytest

from tests.support.browser import Visitor
from tests.support.views import VIEWS, Stage, View

pytestmark = pytest.mark.browser

SIZES = ((1280, 800), (768, 1024), (390, 844))
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
LOOK = """async ([tags, colours]) => {
  const found = [];
  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const options = {preload: false, resultTypes: ["violations"]};
  for (const dark of [false, true]) {
    document.body.classList.toggle("body--dark", dark);
    await frame();
    const asked = dark
      ? {...options, runOnly: {type: "rule", values: colours}}
      : {...options, runOnly: {type: "tag", values: tags}, rules: {"target-size": {enabled: true}}};
    const result = await axe.run(document, asked);
    for (const rule of result.violations)
      for (const node of rule.nodes)
        found.push(`${dark ? "dark" : "light"}: ${rule.id}: ${node.target.join(" ")}: ${node.failureSummary}`);
  }
  document.body.classList.remove("body--dark");
  return found;
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_axe_finds_nothing(everything: Stage, guest: Visitor, axe: str, view: View) -> None:
    page = everything.show(guest, view)
    page.evaluate(axe)
    found = []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        found += [f"{width} {one}" for one in page.evaluate(LOOK, [TAGS, COLOURS])]
    everything.leave(page)
    assert found == []
    assert guest.foreign == []
