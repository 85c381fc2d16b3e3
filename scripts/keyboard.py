"""Single keys from the terminal, without Enter where the system can. Used by run.py; holds no meaning of any key."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import time
from collections.abc import Iterator


@contextlib.contextmanager
def single_keys() -> Iterator[None]:
    """While this lasts keys arrive one by one. Without a terminal nothing changes; on exit all is as it was."""
    try:
        import termios
        import tty

        kept = termios.tcgetattr(sys.stdin)
    except (ImportError, OSError, ValueError):
        yield
        return
    except Exception as failed:  # termios.error is no OSError and can't be named where termios is missing
        if type(failed).__name__ != "error":
            raise
        yield
        return
    try:
        tty.setcbreak(sys.stdin.fileno(), termios.TCSANOW)  # the default throws away what was typed ahead
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, kept)


def key(seconds: float) -> str:
    """The key pressed within that time, or nothing. Without a keyboard it only waits."""
    letter = _windows(seconds) if os.name == "nt" else _posix(seconds)
    if letter is None:
        time.sleep(seconds)  # standard input is closed: it would be ready at once for ever
    return letter or ""


def _posix(seconds: float) -> str | None:
    try:
        ready, _, _ = select.select([sys.stdin], [], [], seconds)
        return os.read(sys.stdin.fileno(), 1).decode("utf-8", "replace") or None if ready else ""
    except (OSError, ValueError):
        return None


def _windows(seconds: float) -> str:
    import msvcrt

    time.sleep(seconds)
    return str(msvcrt.getwch()) if msvcrt.kbhit() else ""  # type: ignore[attr-defined,unused-ignore]
