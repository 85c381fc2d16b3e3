"""Which batch to send when HQ stumbles over one: a half of it after three failures, in the end one change alone.

A change alone that fails three times is offered to HQ as one to be set aside (`hq/aside.py`), so that it delays nothing but
itself: HQ judges it all the same, unless it began with it twice without an end. Where it was the network that cut, smaller
batches are what comes through. Atomic transactions are never cut. Kept in memory: a program that starts anew begins with
whole batches.
"""

from __future__ import annotations

from mobility_app.domain.change import Change

TRIES = 3
STUMBLES = frozenset({"failed", "stalled", "cut", "busy"})  # may be the batch's fault; that nobody listens is not


class Narrowing:
    """The bound of the next batch. `most`: how many changes, None where nothing has failed."""

    def __init__(self) -> None:
        self.most: int | None = None
        self._first, self._failures = 0, 0

    def failed(self, batch: list[Change], reason: str) -> None:
        """This batch did not get an answer."""
        if reason not in STUMBLES:
            return
        self._failures = self._failures + 1 if batch[0].dseq == self._first else 1
        self._first = batch[0].dseq
        if self._failures >= TRIES and (self.most is None or self.most > 1):
            self.most, self._failures = max(1, len(batch) // 2), 0

    def passed(self) -> None:
        """A batch got its answer: the next may be twice as long."""
        self._first, self._failures = 0, 0
        self.most = None if self.most is None or self.most > 1_000 else self.most * 2

    def suspects(self, batch: list[Change]) -> bool:
        """Whether these failed alone so often that HQ shall set them aside where it can't judge them."""
        return self.most == 1 and self._failures >= TRIES and batch[0].dseq == self._first
