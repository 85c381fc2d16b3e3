"""Starts the process that makes a forecast, waits for it, kills it when it takes too long. Called by `kept`.

The figures go in by standard input and never stand in an argument, an environment or a file. What comes back is read as
strictly as anything from outside.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from mobility_app.errors import MobilityError
from mobility_app.outlook.history import OUTPUT_MAX_BYTES, Ask, Outlook, answered

SECONDS = 45.0  # on a machine that is busy; a few in general
COMMAND = (sys.executable, "-B", "-m", "mobility_app.outlook")
_KEPT = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LANG", "LC_ALL")


class NoOutlook(MobilityError):
    """The process gave no forecast: it took too long, ran out of memory or does not exist here."""

    code = "no_outlook"


def forecast(ask: Ask, *, seconds: float = SECONDS, command: Sequence[str] = COMMAND) -> Outlook:
    """The forecast, on the calling thread. Raises NoOutlook; then no process is left."""
    try:
        done = subprocess.run(
            command, input=ask.json().encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=seconds,
            check=False, env=_environment(), creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
    except (subprocess.TimeoutExpired, OSError) as error:
        raise NoOutlook(type(error).__name__) from None
    if done.returncode != 0 or len(done.stdout) > OUTPUT_MAX_BYTES:
        raise NoOutlook(f"the process ended with {done.returncode}")
    try:
        return answered(done.stdout.decode())
    except (ValueError, KeyError, TypeError) as error:
        raise NoOutlook(type(error).__name__) from None


def _environment() -> dict[str, str]:
    """As little as it needs: where the program lies, and one thread for the arithmetic."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**kept, **threads, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
