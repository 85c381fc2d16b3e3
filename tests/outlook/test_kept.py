"""Forecasts of one run: made once for the same figures, one at a time, forgotten at lock."""

from __future__ import annotations

import asyncio
import threading

import pytest

from mobility_app.outlook.child import NoOutlook
from mobility_app.outlook.history import Ask, Outlook
from mobility_app.outlook.kept import KEPT_MOST, Outlooks

FOUND = Outlook((), True, 1, 2, 3, 4)


class Maker:
    """Counts what it is asked, and how much of it at once."""

    def __init__(self, failures: int = 0) -> None:
        self.asked: list[Ask] = []
        self.at_once = self.most = 0
        self.failures = failures
        self.go = threading.Event()
        self.go.set()

    def __call__(self, ask: Ask) -> Outlook:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.asked.append(ask)
        self.go.wait(30)
        self.at_once -= 1
        if len(self.asked) <= self.failures:
            raise NoOutlook("not this time")
        return FOUND


def test_the_same_figures_are_asked_for_once_even_by_two_tabs_at_the_same_time() -> None:
    async def run() -> None:
        maker = Maker()
        outlooks, ask = Outlooks(maker), Ask("2024-01", (1, 2))
        assert outlooks.known("c", ask) is None
        both = await asyncio.gather(outlooks.of("c", ask), outlooks.of("c", Ask("2024-01", (1, 2))))
        assert both == [FOUND, FOUND]
        assert await outlooks.of("c", ask) is outlooks.known("c", ask) is FOUND
        assert len(maker.asked) == 1
        await outlooks.of("c", Ask("2024-01", (1, 3)))
        await outlooks.of("another", ask)
        assert len(maker.asked) == 3

    asyncio.run(run())


def test_one_process_at_a_time_and_no_more_kept_than_a_bound() -> None:
    async def run() -> None:
        maker = Maker()
        outlooks = Outlooks(maker)
        asks = [Ask("2024-01", (value,)) for value in range(KEPT_MOST + 5)]
        await asyncio.gather(*(outlooks.of("c", ask) for ask in asks))
        assert maker.most == 1
        assert sum(outlooks.known("c", ask) is not None for ask in asks) == KEPT_MOST

    asyncio.run(run())


def test_a_failure_is_told_and_not_remembered() -> None:
    async def run() -> None:
        outlooks, ask = Outlooks(Maker(failures=1)), Ask("2024-01", (1,))
        with pytest.raises(NoOutlook):
            await outlooks.of("c", ask)
        assert await outlooks.of("c", ask) is FOUND

    asyncio.run(run())


def test_a_lock_forgets_what_is_known_and_what_is_on_its_way() -> None:
    async def run() -> None:
        maker = Maker()
        outlooks, first, second = Outlooks(maker), Ask("2024-01", (1,)), Ask("2024-01", (2,))
        await outlooks.of("c", first)
        maker.go.clear()
        coming = asyncio.ensure_future(outlooks.of("c", second))
        await asyncio.sleep(0)
        outlooks.clear()
        maker.go.set()
        await coming
        assert outlooks.known("c", first) is None
        assert outlooks.known("c", second) is None

    asyncio.run(run())
