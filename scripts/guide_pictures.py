#!/usr/bin/env python3
"""Makes docs/guide/pictures anew: a dozen views in each language of the user's guide, small, with made customers.

    .venv/bin/python scripts/guide_pictures.py [--only revenue,sync] [--languages fr,en] [--out FOLDER]

One headquarters, one device, one running app: the language is changed where people change it, in the settings.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("MOBILITY_LANG", "pt")

from PIL import Image
from playwright.sync_api import Page

from mobility_app.ui.words import LANGUAGES, Words
from tests.support.bench import ROOT
from tests.support.browser import Visitor, chromium_browser, visit
from tests.support.views import staged

SETTLE_MS = 1200  # charts draw for 350 ms; fonts come from the same machine
WIDE, NARROW = (1280, 800), (390, 720)
COLOURS = 256  # of a picture's palette: the screen has few, and a page of documents loads at once


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="names of pictures, by commas")
    parser.add_argument("--languages", default=",".join(LANGUAGES), help="by commas")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "guide" / "pictures")
    parser.add_argument("--chromium", default=os.environ.get("MOBILITY_CHROMIUM") or shutil.which("chromium") or "")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    wanted = frozenset(name.strip() for name in options.only.split(",") if name.strip())
    folder = Path(tempfile.mkdtemp(prefix="mobility-guide-"))
    try:
        with contextmanager(staged)(folder) as stage, chromium_browser(options.chromium) as browser:
            visitor = visit(browser, stage.device.start_ui(), *WIDE)
            for language in options.languages.split(","):
                Guide(visitor, language, options.out, wanted).take(stage.ids["rich"], stage.device.passphrase)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


class Guide:
    """The pictures of one language."""

    def __init__(self, visitor: Visitor, language: str, out: Path, wanted: frozenset[str]) -> None:
        self._visitor, self._language, self._out, self._wanted = visitor, language, out, wanted
        self._page: Page = visitor.page
        self._words = Words(language)

    def take(self, customer: str, passphrase: str) -> None:
        """Chooses the language and takes what is wanted."""
        self._visitor.speak(self._language)
        sheet = f"/customers/{customer}"
        for name, path in {
            "customers": "/customers", "details": sheet, "today": "/", "sync": "/sync",
            **{slug: f"{sheet}/{slug}" for slug in ("contacts", "activities", "revenue", "files")},
        }.items():  # fmt: skip
            self._view(name, path)
        if self._wants("history"):
            self._visitor.go(f"{sheet}/history")
            self._page.locator("summary[data-act=open]:not([data-arg=filters])").nth(1).click()
            self._shoot("history")
        if self._wants("edit"):
            self._edit(sheet)
        self._view("settings", "/settings", NARROW)
        if self._wants("lock"):
            self._lock(passphrase)

    def _wants(self, name: str) -> bool:
        return not self._wanted or name in self._wanted

    def _view(self, name: str, path: str, size: tuple[int, int] = WIDE) -> None:
        if self._wants(name):
            self._size(size)
            self._visitor.go(path)
            self._shoot(name)
            self._size(WIDE)

    def _size(self, size: tuple[int, int]) -> None:
        self._page.set_viewport_size({"width": size[0], "height": size[1]})

    def _edit(self, sheet: str) -> None:
        self._visitor.go(f"{sheet}/details")
        self._page.get_by_role("button", name=self._words("Edit"), exact=True).click()
        field = self._page.get_by_label(self._words.field("customer", "name"), exact=True)
        field.fill(field.input_value() + ", Lda")
        self._shoot("edit")
        self._page.get_by_role("button", name=self._words("Cancel"), exact=True).click()

    def _lock(self, passphrase: str) -> None:
        self._visitor.go("/settings")
        self._page.get_by_role("button", name=self._words("Lock now")).click()
        field = self._page.get_by_label(self._words("Passphrase"))
        field.wait_for()
        self._size(NARROW)
        self._shoot("lock")
        self._size(WIDE)
        field.fill(passphrase)
        field.press("Enter")
        self._page.locator("[data-act=lock]").wait_for()

    def _shoot(self, name: str) -> None:
        """Keeps what is seen as a small picture with a palette."""
        self._page.mouse.move(0, 0)
        self._page.wait_for_timeout(SETTLE_MS)
        with Image.open(io.BytesIO(self._page.screenshot())) as picture:
            small = picture.convert("RGB").quantize(COLOURS, kmeans=2, dither=Image.Dither.NONE)
            small.save(self._out / f"{self._language}-{name}.png", optimize=True)


if __name__ == "__main__":
    sys.exit(main())
