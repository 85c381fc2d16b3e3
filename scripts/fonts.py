#!/usr/bin/env python3
"""Makes the fonts of PDFs from those of the screen: Inter in two weights, without axes, figures of one width.

    .venv/bin/python -m pip install brotli    (reads woff2; nothing else here needs it)
    .venv/bin/python scripts/fonts.py

A PDF takes no variable font and no font feature, so weight and tabular figures are baked in. The licence goes along.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from fontTools.merge import Merger
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [ROOT / "mobility_app" / "ui" / "static" / name for name in ("inter-latin.woff2", "inter-latin-ext.woff2")]
LICENCE = ROOT / "mobility_app" / "ui" / "static" / "inter-licence.txt"
TARGET = ROOT / "mobility_app" / "ui" / "exports" / "fonts"
WEIGHTS = {"inter-regular.ttf": 400, "inter-semibold.ttf": 600}
UNUSED = ("GSUB", "GPOS", "GDEF", "STAT", "meta")  # a PDF without text shaping uses none of them


def main() -> int:
    TARGET.mkdir(exist_ok=True)
    shutil.copy(LICENCE, TARGET / "licence.txt")
    for name, weight in WEIGHTS.items():
        with tempfile.TemporaryDirectory() as folder:
            parts = []
            for source in SOURCES:
                part = Path(folder) / f"{source.stem}.ttf"
                _static(source, weight).save(part)
                parts.append(str(part))
            font = Merger().merge(parts)
        font.save(TARGET / name)
        print(name, len(font.getBestCmap()), "characters,", (TARGET / name).stat().st_size, "bytes")
    return 0


def _static(source: Path, weight: int) -> TTFont:
    font = TTFont(source)
    axes = {axis.axisTag: axis.defaultValue for axis in font["fvar"].axes}
    font = instantiateVariableFont(font, {**axes, "wght": weight})
    _even_figures(font)
    font.flavor = None
    for tag in UNUSED:
        if tag in font:
            del font[tag]
    return font


def _even_figures(font: TTFont) -> None:
    """What the feature `tnum` would put in place of figures, for good: columns of amounts stand under each other."""
    if "GSUB" not in font:
        return
    table = font["GSUB"].table
    wanted = {at for record in table.FeatureList.FeatureRecord if record.FeatureTag == "tnum"
              for at in record.Feature.LookupListIndex}  # fmt: skip
    swaps: dict[str, str] = {}
    for at in wanted:
        for sub in table.LookupList.Lookup[at].SubTable:
            inner = getattr(sub, "ExtSubTable", sub)
            swaps.update(getattr(inner, "mapping", {}))
    for cmap in font["cmap"].tables:
        for code, glyph in list(cmap.cmap.items()):
            if chr(code) in "0123456789.," and glyph in swaps:
                cmap.cmap[code] = swaps[glyph]


if __name__ == "__main__":
    sys.exit(main())
