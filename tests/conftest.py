"""Fixtures that several rooms share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real input, named by MOBILITY_SAMPLES."""
    named = os.environ.get("MOBILITY_SAMPLES")
    if not named:
        pytest.skip("MOBILITY_SAMPLES names no folder of real input")
    return Path(named)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser that scripts/test.py found."""
    import shutil

    found = os.environ.get("MOBILITY_CHROMIUM") or shutil.which("chromium")
    if not found:
        pytest.skip("no Chromium: scripts/test.py gets one")
    return found
