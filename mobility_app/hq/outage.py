"""What works on in HQ while its database is away says so once, waits longer from try to try, and says when it goes on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from mobility_app.errors import Unreachable

WAIT_MAX_SECONDS = 8.0


class Outage:
    """The troubles of one loop that must not end. `seconds`: how long it waits where all is well."""

    def __init__(self, logger: logging.Logger, work: str, seconds: float) -> None:
        self._logger, self._work, self._usual = logger, work, seconds
        self._met: type[BaseException] | None = None
        self.seconds = seconds

    @contextmanager
    def met(self) -> Iterator[None]:
        """One try; whatever goes wrong in it ends here. A line for the first failure of its kind, with its traceback where
        it is no mere absence, and one when a try goes well again."""
        try:
            yield
        except Exception as error:
            self.seconds = max(self._usual, min(self.seconds * 2, WAIT_MAX_SECONDS))
            met, self._met = self._met, type(error)
            if isinstance(error, Unreachable) and met is not Unreachable:
                self._logger.error("%s: %s", self._work, error)
            elif met is not self._met:
                self._logger.error("%s: %s", self._work, type(error).__name__, exc_info=error)
        else:
            if self._met is not None:
                self._logger.info("%s: goes on", self._work)
            self._met, self.seconds = None, self._usual
