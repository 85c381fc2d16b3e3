#!/usr/bin/env python3
"""Gets what the tests need and runs all of them.

    python3 scripts/test.py           # ruff, mypy, unit, contract, system, browser, 200 seeds of the simulation
    python3 scripts/test.py --fast    # without system, browser and simulation

MOBILITY_SAMPLES names a folder of real input; tests that need it are skipped, with that reason, where it is not set.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import environment

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fast", action="store_true", help="leave out system, browser and simulation")
    options = parser.parse_args()
    python = str(environment.ensure())
    checks = (
        ["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"],
    )  # fmt: skip
    failed = []
    for words in checks:
        print("$", *words, flush=True)
        if subprocess.run([python, "-m", *words], cwd=environment.ROOT, check=False).returncode:
            failed.append(" ".join(words))
    variables = dict(os.environ)
    tests = ["pytest"]
    if options.fast:
        tests += ["-m", "not system and not browser and not simulation"]
    else:
        variables["MOBILITY_CHROMIUM"] = _browser(python)
    print("$", *tests, flush=True)
    if subprocess.run([python, "-m", *tests], cwd=environment.ROOT, env=variables, check=False).returncode:
        failed.append("pytest")
    if failed:
        print("failed: " + ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


def _browser(python: str) -> str:
    """The path of a Chromium: the system's, Debian's freshly installed, or Playwright's own."""
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    if shutil.which("apt-get") and os.name == "posix" and os.geteuid() == 0:
        print("Installing Debian's chromium ...", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "check": False}
        subprocess.run(["apt-get", "update", "-qq"], **quiet)  # type: ignore[call-overload]
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], **quiet)  # type: ignore[call-overload]
        if found := shutil.which("chromium"):
            return found
    subprocess.run([python, "-m", "playwright", "install", "chromium"], check=False)
    asked = "from playwright.sync_api import sync_playwright as p\nwith p() as w: print(w.chromium.executable_path)"
    path = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=False).stdout.strip()
    if not Path(path).exists():
        environment.fail("No Chromium: install the package chromium, or let Playwright download its own.")
    return path


if __name__ == "__main__":
    sys.exit(main())
