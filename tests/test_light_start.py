"""The rep's app is on screen in half a second because it loads what a page needs, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LATER = (
    "PIL", "rapidfuzz", "statsmodels", "pandas", "numpy", "scipy", "fpdf", "fontTools", "vobject", "icalendar", "lxml",
    "dns", "pypdf", "faker", "phonenumbers", "stdnum", "mobility_app.hq.ledger", "mobility_app.hq.mail",
)  # fmt: skip
LOADED = """
import sys
from mobility_app.cli import main
from mobility_app import app
from mobility_app.ui import guard, pages, transfers
print("\\n".join(sys.modules))
"""


def test_what_is_needed_later_is_loaded_later() -> None:
    found = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(found.stdout.split())
    assert "mobility_app.ui.pages" in loaded
    assert loaded & set(LATER) == set()
