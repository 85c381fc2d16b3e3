#!/usr/bin/env python3
"""Gets what the tests need and runs all of them.

    python3 scripts/test.py           # ruff, mypy, unit, contract, system, browser, the seeded simulation
    python3 scripts/test.py --fast    # without system, browser and simulation

Ends on pytest's own closing lines; exit code 0 only where everything passed. MOBILITY_SAMPLES names a folder of real
input; tests that need it are skipped, with that reason, where it is not set.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import environment

CHECKS = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",))
SLOW = ("system", "browser", "simulation")
LIGHTHOUSE = "lighthouse@13.5.0"
NODE_TRIES = 3
WORKERS_MAX = 4  # each drives a browser and several servers
MEMORY, MEMORY_BYTES = Path("/dev/shm"), 4_000_000_000  # where files lie in memory, and what must be free there
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fast", action="store_true", help=f"leave out {', '.join(SLOW)}")
    options = parser.parse_args()
    python = str(environment.ensure())
    failed = [" ".join(words) for words in CHECKS if _run(python, *words)]
    if failed:
        print("FAILED: " + ", ".join(failed) + ". The tests run all the same.", flush=True)
    if options.fast:
        left_out = " and ".join(f"not {name}" for name in SLOW)
        return _pytest(python, "-m", left_out) or bool(failed)
    os.environ["MOBILITY_CHROMIUM"] = _browser(python)
    _lighthouse()
    _nginx()
    _postgres()
    return _pytest(python) or bool(failed)


def _run(python: str, *words: str) -> int:
    """Runs a module in the project's folder, its output here. Returns its exit code."""
    print("$", *words, flush=True)
    return subprocess.run([python, "-m", *words], cwd=environment.ROOT, check=False).returncode


def _pytest(python: str, *words: str) -> int:
    """pytest in a worker for each core, whole modules to each, in the order of `tests/conftest.py`. Its folders lie in
    memory where there is room: no test depends on the disk, and each commit that waits for one takes milliseconds."""
    workers = min(os.cpu_count() or 1, WORKERS_MAX)
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES
    with tempfile.TemporaryDirectory(dir=MEMORY if roomy else None, ignore_cleanup_errors=True) as folder:
        return _run(
            python, "pytest", "-n", str(workers), "--dist", "loadfile", "--no-loadscope-reorder",
            "--basetemp", str(Path(folder) / "tests"), "-o", "tmp_path_retention_policy=failed", *words,
        )  # fmt: skip


def _browser(python: str) -> str:
    """The path of a Chromium: the one named or installed, else Debian's, else Playwright's own."""
    if named := os.environ.get("MOBILITY_CHROMIUM"):
        return named
    path = _installed() or _apt() or _playwright(python)
    if not path:
        environment.fail(
            "No Chromium. Install the package chromium, or let Playwright fetch its own (needs a network)."
        )
    return path


def _installed() -> str:
    return next((found for name in BROWSERS if (found := shutil.which(name))), "")


def _apt() -> str:
    _debian("chromium")
    return _installed()


def _debian(package: str) -> None:
    """Debian's package, where this is Debian and we may install."""
    if shutil.which("apt-get") and os.name == "posix" and os.geteuid() == 0:
        print(f"Installing Debian's {package} ...", flush=True)
        for words in (("update", "-qq"), ("install", "-y", "-qq", "--no-install-recommends", package)):
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(["apt-get", *words], env=quiet, stdout=subprocess.DEVNULL, check=False)


def _nginx() -> None:
    """The proxy that a test puts before HQ. Without it that test is skipped, with that reason."""
    if not shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
        _debian("nginx-light")


def _postgres() -> None:
    """The other engine of HQ's. Without it its tests are skipped, with that reason."""
    if not shutil.which("initdb") and not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        _debian("postgresql")


def _playwright(python: str) -> str:
    print("Downloading Playwright's chromium ...", flush=True)
    subprocess.run([python, "-m", "playwright", "install", "chromium"], check=False)
    asked = "from playwright.sync_api import sync_playwright as p\nwith p() as w: print(w.chromium.executable_path)"
    path = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=False).stdout.strip()
    return path if Path(path).is_file() else ""


def _lighthouse() -> None:
    """Lighthouse in `.node`, where npm is installed. Without it one module is skipped, with that reason."""
    folder = environment.ROOT / ".node"
    if not shutil.which("npm") or (folder / "node_modules" / "lighthouse" / "cli" / "index.js").is_file():
        return
    print("Installing Lighthouse in .node ...", flush=True)
    folder.mkdir(exist_ok=True)
    words = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", str(folder), LIGHTHOUSE]
    for _ in range(NODE_TRIES):
        if subprocess.run(words, stdout=subprocess.DEVNULL, check=False).returncode == 0:
            return
    print("Lighthouse could not be installed; its tests are skipped.", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
