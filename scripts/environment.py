"""Makes `.venv` from requirements.lock with nothing but the standard library. Used by run.py and test.py.

Everything that can be missing on a fresh machine gets one clear line. Done again only when the lock or Python changed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOWEST, HIGHEST = (3, 11), (3, 13)
ROOM_BYTES = 1_500_000_000
TRIES = 3


def fail(message: str) -> None:
    """Ends the program with one line."""
    print(message, file=sys.stderr)
    raise SystemExit(2)


def venv_python() -> Path:
    """The interpreter inside `.venv`."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def ensure() -> Path:
    """The interpreter of a ready environment."""
    _check_machine()
    mark, wanted = VENV / "ready", _wanted()
    if mark.exists() and mark.read_text("ascii") == wanted and venv_python().exists():
        return venv_python()
    print("Setting up .venv (once; it takes a few minutes) ...", flush=True)
    if shutil.disk_usage(ROOT).free < ROOM_BYTES:
        fail(f"Not enough room on the disk of {ROOT}: {ROOM_BYTES // 10**6} MB are needed.")
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        fail("Python can't make a virtual environment: " + (made.stderr or made.stdout).strip().splitlines()[-1])
    _pip("install", "--require-hashes", "--no-deps", "-r", str(ROOT / "requirements.lock"))
    _pip("install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    mark.write_text(wanted, "ascii")
    return venv_python()


def _check_machine() -> None:
    if not LOWEST <= sys.version_info[:2] <= HIGHEST:
        have = ".".join(map(str, sys.version_info[:2]))
        fail(f"Python 3.11, 3.12 or 3.13 is needed; this is {have}. Start the script with one of them.")
    for feature, package in (("ssl", "OpenSSL support"), ("venv", "the venv module"), ("ensurepip", "ensurepip"),
                             ("ctypes", "ctypes"), ("zlib", "zlib")):  # fmt: skip
        if importlib.util.find_spec(feature) is None:
            fail(f"This Python lacks {package}. On Debian or Ubuntu: apt-get install python3-venv.")


def _wanted() -> str:
    text = (ROOT / "requirements.lock").read_bytes() + (ROOT / "pyproject.toml").read_bytes() + sys.version.encode()
    return hashlib.sha256(text + str(ROOT).encode()).hexdigest()


def _pip(*words: str) -> None:
    command = [str(venv_python()), "-m", "pip", "--disable-pip-version-check", "--no-input", *words, "--quiet"]
    lines: list[str] = []
    for _ in range(TRIES):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
        lines = [line for line in (done.stderr or done.stdout).strip().splitlines() if "ERROR" in line] or ["unknown"]
    fail(f"The packages could not be installed (is there a network?): {lines[-1]}")
