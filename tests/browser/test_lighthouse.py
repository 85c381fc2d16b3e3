"""Lighthouse on the app as it runs: accessibility and best practices, 95 points or more on the views most used.

The launch address works once, so it is opened in the Chromium that Lighthouse then drives over its debugging port.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.support.bench import ROOT
from tests.support.browser import ARGUMENTS
from tests.support.ports import free_port
from tests.support.views import Stage

pytestmark = pytest.mark.browser

LIGHTHOUSE = ROOT / ".node" / "node_modules" / "lighthouse" / "cli" / "index.js"
CATEGORIES = ("accessibility", "best-practices")
LEAST = 0.95
SECONDS = 180


@dataclass(frozen=True, slots=True)
class Judge:
    """A Chromium that has the app's cookie, and Lighthouse beside it."""

    base: str
    port: int

    def points(self, path: str) -> dict[str, float]:
        """Points of each category, between 0 and 1."""
        answer = subprocess.run(
            ["node", str(LIGHTHOUSE), self.base + path, f"--port={self.port}", "--output=json", "--quiet",
             f"--only-categories={','.join(CATEGORIES)}", "--disable-storage-reset", "--throttling-method=provided",
             "--max-wait-for-load=20000"],
            capture_output=True, text=True, timeout=SECONDS, check=True,
        )  # fmt: skip
        report = json.loads(answer.stdout)
        assert report["finalDisplayedUrl"] == self.base + path
        return {name: report["categories"][name]["score"] for name in CATEGORIES}


@pytest.fixture(scope="module")
def judge(everything: Stage, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    if not shutil.which("node") or not LIGHTHOUSE.is_file():
        pytest.skip("no Lighthouse: scripts/test.py gets it where npm is installed")
    profile: Path = tmp_path_factory.mktemp("profile")
    port, launch = free_port(), everything.device.start_ui()
    arguments = [*ARGUMENTS, f"--remote-debugging-port={port}"]
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(profile, executable_path=chromium, args=arguments)
        page = context.pages[0]
        page.goto(launch)
        page.locator("h1").first.wait_for()
        yield Judge(launch.split("/open")[0], port)
        context.close()
    everything.device.kill_ui()


@pytest.mark.parametrize("path", ["/", "/customers", "/customers/{rich}/details", "/customers/{rich}/revenue"])
def test_lighthouse_gives_95_points_or_more(everything: Stage, judge: Judge, path: str) -> None:
    points = judge.points(path.format(**everything.ids))
    assert {name: score for name, score in points.items() if score < LEAST} == {}
