#!/usr/bin/env python3
"""Writes requirements.lock anew: exact versions with hashes for every supported Python and system, no index address.

    python scripts/lock.py              # after a change of pyproject.toml: versions stay where they fit
    python scripts/lock.py --upgrade    # newest versions that fit

Needs uv (`pip install uv`) and a network. Run the tests afterwards; look at what changed before you commit it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from environment import LOCK, LOWEST, ROOT, fail

HEAD = "# Exact versions of everything that runs or tests this project. Made by scripts/lock.py; do not edit.\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    options = parser.parse_args()
    made = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--extra", "test", "--universal",
         "--python-version", ".".join(map(str, LOWEST)), "--generate-hashes", "--no-annotate", "--no-header",
         "--no-emit-index-url", "--no-emit-find-links", "--quiet", "--output-file", str(LOCK),
         *(["--upgrade"] if options.upgrade else [])],
        cwd=ROOT, stdout=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    if made.returncode:
        fail("requirements.lock stays as it was. Is uv there (pip install uv), and a network?")
    lines = [line for line in LOCK.read_text("utf-8").splitlines() if "://" not in line and not line.startswith("#")]
    LOCK.write_text(HEAD + "\n".join(lines) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
