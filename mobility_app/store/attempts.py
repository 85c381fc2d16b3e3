"""How often a wrong passphrase may be tried: five times freely, then after 2, 4, 8 ... at most 300 seconds.

The count lies on disk, is raised before each try and cleared by success, so that ending the program spares no wait. It
holds back a person at the keyboard; who copies the disk tries elsewhere, and for that the key derivation is costly.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from mobility_app.errors import DiskFull, WrongPassphrase
from mobility_app.store.disk import replace_file

FREE = 5
WAIT_MAX_MS = 300_000

T = TypeVar("T")


class Attempts:
    """Wrong tries in a row, kept in one small file. `now` is the clock in UTC milliseconds."""

    def __init__(self, path: Path, now: Callable[[], int]) -> None:
        self._path, self._now = path, now

    def wait_ms(self) -> int:
        """How long until the next try is allowed; 0 is now."""
        failed, at = self._kept()
        wait, now = _wait_ms(failed), self._now()
        if now < at:  # the clock was set back: the wait begins again, else it could last for years
            self._keep(failed, now)
            return wait
        return max(0, at + wait - now)

    def run(self, unlock: Callable[[], T]) -> T:
        """Calls `unlock`, counting. Raises WrongPassphrase with `details["wait_ms"]`: what must pass before the next
        try. While such a wait runs, `unlock` is not called. Other errors of `unlock` pass and count nothing."""
        wait = self.wait_ms()
        if wait:
            raise WrongPassphrase("too many wrong tries", wait_ms=wait)
        failed, at = self._kept()
        self._keep(failed + 1, self._now())
        try:
            result = unlock()
        except WrongPassphrase as error:
            raise WrongPassphrase(str(error), wait_ms=self.wait_ms()) from error
        except BaseException:
            self._keep(failed, at)
            raise
        self._keep(0, self._now())
        return result

    def _kept(self) -> tuple[int, int]:
        """(wrong tries in a row, when the last was). A file that can't be read counts as the free tries used up."""
        try:
            found = json.loads(self._path.read_bytes())
            failed, at = found["failed"], found["at"]
            if type(failed) is int and type(at) is int and failed >= 0 and at >= 0:
                return failed, at
        except FileNotFoundError:
            return 0, 0
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            pass
        return FREE, 0

    def _keep(self, failed: int, at: int) -> None:
        with suppress(OSError, DiskFull):  # a full disk must not lock anybody out
            replace_file(self._path, json.dumps({"failed": failed, "at": at}).encode())


def _wait_ms(failed: int) -> int:
    return 0 if failed < FREE else min(WAIT_MAX_MS, 2_000 << min(failed - FREE, 16))
