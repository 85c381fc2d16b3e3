"""Outlooks: forecasts of this run of the app, made once for the same figures and kept in memory alone.

One process at a time, however many tabs ask; the same question asked twice waits for the one answer. Emptied when the
store is locked: forecasts are figures of customers, too.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from mobility_app.outlook import child
from mobility_app.outlook.history import Ask, Outlook

KEPT_MOST = 64

Key = tuple[str, str]  # customer, figures


class Outlooks:
    """The forecasts. Lives on the event loop; `forecast` runs on a worker thread."""

    def __init__(self, forecast: Callable[[Ask], Outlook] = child.forecast) -> None:
        self._forecast = forecast
        self._kept: OrderedDict[Key, Outlook] = OrderedDict()
        self._coming: dict[Key, asyncio.Task[Outlook]] = {}
        self._one: asyncio.Lock | None = None

    def known(self, customer_id: str, ask: Ask) -> Outlook | None:
        """The forecast where it was made already."""
        return self._kept.get((customer_id, ask.key))

    async def of(self, customer_id: str, ask: Ask) -> Outlook:
        """The forecast. Raises NoOutlook, which is not remembered: the next one who asks tries again."""
        key = (customer_id, ask.key)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        if key not in self._coming:
            self._coming[key] = asyncio.ensure_future(self._made(key, ask))
        return await asyncio.shield(self._coming[key])

    def clear(self) -> None:
        """Forgets everything, and what is still being made as well."""
        self._kept.clear()
        self._coming.clear()

    async def _made(self, key: Key, ask: Ask) -> Outlook:
        mine = asyncio.current_task()
        if self._one is None:
            self._one = asyncio.Lock()
        try:
            async with self._one:
                found = await asyncio.to_thread(self._forecast, ask)
            if self._coming.get(key) is mine:  # else the store was locked meanwhile
                self._kept[key] = found
                while len(self._kept) > KEPT_MOST:
                    self._kept.popitem(last=False)
            return found
        finally:
            if self._coming.get(key) is mine:
                del self._coming[key]
