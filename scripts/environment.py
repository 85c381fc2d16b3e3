"""Makes `.venv` from requirements.lock with nothing but the standard library. Used by run.py and test.py.

Everything that can be missing on a fresh machine gets one clear line. Done again only when the lock, pyproject.toml,
Python or the project's place changed; a setup that was cut short is begun anew. MOBILITY_PYTHON names an interpreter
that has everything already: then nothing is made. Versions are not chosen here but by `lock.py`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
LOWEST, HIGHEST = (3, 11), (3, 13)
ROOM_BYTES = 1_500_000_000
TRIES = 3
# What Python can be built or packaged without -> what the line calls it. The underscored ones are the compiled halves.
FEATURES = {
    "_ssl": "ssl", "_sqlite3": "sqlite3", "_ctypes": "ctypes", "zlib": "zlib", "venv": "venv", "ensurepip": "ensurepip",
}  # fmt: skip


def fail(message: str) -> NoReturn:
    """Ends the program with one line."""
    print(message, file=sys.stderr)
    raise SystemExit(2)


def venv_python() -> Path:
    """The interpreter inside `.venv`."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def ensure() -> Path:
    """The interpreter of a ready environment. Ends the program with one line where the machine can't have it."""
    if ready := os.environ.get("MOBILITY_PYTHON"):
        return Path(ready)
    _check_python()
    mark, wanted = VENV / "ready", _wanted()
    if mark.exists() and mark.read_text("ascii") == wanted and venv_python().exists():
        return venv_python()
    try:
        _make()
        mark.write_text(wanted, "ascii")
    except OSError as failed:
        fail(f"The environment can't be made in {VENV}: {failed.strerror or failed}.")
    return venv_python()


def need_room(folder: Path, size_bytes: int) -> None:
    """Ends the program where the disk of that folder, which may not be there yet, has less room."""
    there = next(one for one in (folder, *folder.parents) if one.exists())
    if shutil.disk_usage(there).free < size_bytes:
        fail(f"Not enough room on the disk of {there}: {size_bytes // 10**6} MB are needed. Free some and start again.")


def _check_python() -> None:
    if not LOWEST <= sys.version_info[:2] <= HIGHEST:
        have = ".".join(map(str, sys.version_info[:2]))
        fail(f"Python 3.11, 3.12 or 3.13 is needed; this is {have}. Start the script with one of them.")
    if lacking := [name for module, name in FEATURES.items() if importlib.util.find_spec(module) is None]:
        fail(
            f"This Python ({sys.executable}) was installed without {', '.join(lacking)}. "
            "Debian, Ubuntu: apt-get install python3-venv. Elsewhere: take Python from python.org."
        )


def _make() -> None:
    print("Setting up .venv (once; needs a network, takes a minute or a few) ...", flush=True)
    need_room(ROOT, ROOM_BYTES)
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        said = (made.stderr or made.stdout).strip().splitlines() or ["no reason given"]
        fail(f"Python can't make a virtual environment: {said[-1]}")
    _pip("--require-hashes", "--no-deps", "--requirement", str(LOCK))
    # setuptools is in the lock: building our own package asks no network
    _pip("--no-deps", "--no-build-isolation", "--editable", str(ROOT))


def _wanted() -> str:
    """What the mark of a ready environment holds."""
    parts = (LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), sys.version.encode(), str(ROOT).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _pip(*words: str) -> None:
    """`pip install`, tried again a few times: what was fetched by then is in pip's cache."""
    command = [str(venv_python()), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", *words]
    reason = ""
    for number in range(1, TRIES + 1):
        code, reason = _progress(command)
        if code == 0:
            return
        if number < TRIES:
            print(f"That did not work ({reason}); trying again ...", flush=True)
    fail(f"The packages could not be installed. Is there a network? pip says: {reason}")


def _progress(command: list[str]) -> tuple[int, str]:
    """Runs pip with one moving line on a terminal. Returns its exit code and the last error that it named."""
    packages = [line for line in LOCK.read_text("utf-8").splitlines() if line[:1].isalnum()]
    total, done, reason = len(packages), 0, "no reason given"
    variables = {**os.environ, "PIP_USER": "0", "PYTHONUTF8": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace",
        env=variables,
    ) as pip:  # fmt: skip
        assert pip.stdout is not None
        for line in pip.stdout:
            if line.startswith("ERROR:"):
                reason = line.removeprefix("ERROR:").strip()[:300]
            if sys.stdout.isatty() and line.startswith(("Collecting ", "Processing ", "Installing collected")):
                done += 1
                now = "installing" if line.startswith("Inst") else f"{min(done, total)} of {total} packages"
                print(f"\r  {now} ...".ljust(40), end="", flush=True)
    if done:
        print("\r" + " " * 40 + "\r", end="", flush=True)
    return pip.returncode, reason
