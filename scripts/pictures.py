#!/usr/bin/env python3
"""Makes docs/pictures anew: every view and state of `tests/support/views.py` at 390, 768 and 1280 px, light and dark.

    .venv/bin/python scripts/pictures.py [--only details,revenue] [--out FOLDER]

Made customers, HQ out of reach: each view stands under the offline banner, with changes that wait, one that was
refused and a conflict. The pictures keep 128 colours, so that hundreds of them stay small.
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

from tests.support.bench import ROOT
from tests.support.browser import chromium_browser, visit
from tests.support.views import VIEWS, View, staged

SIZES = ((390, 844), (768, 1024), (1280, 800))
SCHEMES = ("light", "dark")
COLOURS = 128
SETTLE_MS = 350  # charts and images follow a new width and theme


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="names of views, by commas")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    parser.add_argument("--chromium", default=os.environ.get("MOBILITY_CHROMIUM") or shutil.which("chromium") or "")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    wanted = {name.strip() for name in options.only.split(",") if name.strip()}
    folder = Path(tempfile.mkdtemp(prefix="mobility-pictures-"))
    try:
        with contextmanager(staged)(folder) as stage, chromium_browser(options.chromium) as browser:
            visitor = visit(browser, stage.device.start_ui())
            visitor.page.emulate_media(reduced_motion="reduce")
            for view in VIEWS:
                if not wanted or view.name in wanted:
                    page = stage.show(visitor, view)
                    _take(page, options.out, view)
                    stage.leave(page)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _take(page: Page, folder: Path, view: View) -> None:
    """The view as it stands, with what it shows in sight, at each width in each theme."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.locator(view.shows).first.evaluate("(el) => el.scrollIntoView({block: 'center'})")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            page.wait_for_timeout(SETTLE_MS)
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            few = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
            few.save(folder / f"{view.name}-{width}-{scheme}.png", optimize=True)


if __name__ == "__main__":
    sys.exit(main())
