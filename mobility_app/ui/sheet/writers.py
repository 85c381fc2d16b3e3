"""Who wrote what clashes with an edit, looked up once for each value that does: the block says more when it is known."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TypeAlias

from mobility_app.domain.fields import Plain
from mobility_app.errors import MobilityError
from mobility_app.store.queries import authors
from mobility_app.store.queries.authors import Author
from mobility_app.ui.context import App
from mobility_app.ui.sheet.saving import Slot

Standing: TypeAlias = tuple[Slot, Plain]  # a touched field and what stands there now


class Writers:
    """What is known of one session's clashes. `found` is called when more is."""

    def __init__(self, app: App, found: Callable[[], None]) -> None:
        self._app, self._found = app, found
        self._known: dict[tuple[Slot, str], Author | None] = {}
        self._task: asyncio.Task[None] | None = None

    def of(self, one: Standing) -> Author | None:
        """Who wrote it, or None while nothing tells."""
        return self._known.get(_key(one))

    def ask(self, clashing: Iterable[Standing]) -> None:
        """Looks up those that were not asked for before."""
        new = [one for one in clashing if _key(one) not in self._known]
        if new:
            self._known.update(dict.fromkeys(map(_key, new)))
            self._task = asyncio.ensure_future(self._look_up(new))

    async def _look_up(self, wanted: list[Standing]) -> None:
        with suppress(MobilityError):  # locked meanwhile: both values stand there all the same
            found = await self._app.read(authors.of, [(*slot, value) for slot, value in wanted])
            self._known.update({_key(one): found.get(one[0]) for one in wanted})
            self._found()


def _key(one: Standing) -> tuple[Slot, str]:
    return one[0], json.dumps(one[1])
