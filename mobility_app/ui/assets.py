"""Where the page's own files lie: one folder, served under a path that changes with its content.

The version in the path lets browsers keep the files for a year. Used by `markup.icon`, `theme` and `pages`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
MAX_AGE_SECONDS = 365 * 24 * 3600


def _version(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


BASE = f"/static/{_version(FOLDER)}"


def url(name: str) -> str:
    """The address of one file."""
    return f"{BASE}/{name}"
