#!/usr/bin/env python3
"""Writes requirements.lock anew: exact versions with hashes for every supported Python and system, no index address.

python scripts/lock.py            # needs uv: pip install uv
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAD = "# Exact versions of everything that runs or tests this project. Made by scripts/lock.py; do not edit.\n"


def main() -> int:
    made = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--extra", "test", "--universal",
         "--python-version", "3.11", "--generate-hashes", "--no-annotate", "--no-header", "--no-emit-index-url",
         "--no-emit-find-links", "--quiet"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        print(made.stderr, file=sys.stderr)
        return made.returncode
    lines = [line for line in made.stdout.splitlines() if "://" not in line]
    (ROOT / "requirements.lock").write_text(HEAD + "\n".join(lines) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
