"""Rooms: the body of a sheet's tab. One room is seen, in the other the next state is drawn; then they change places.

Called by `frame.py`. Until the first state is whole its shape is seen. Drawn so, nothing blinks and the browser draws once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from nicegui import ui

from mobility_app.ui.markup import Html
from mobility_app.ui.sheet import head

HIDDEN = "fb-next"


class Rooms:
    """A body in the current container. `drawing` lets one body of a sheet be drawn at a time."""

    def __init__(self, drawing: asyncio.Lock) -> None:
        self._drawing = drawing
        self._body = ui.element("div").classes("fb-body")
        self.reopen()

    def reopen(self) -> None:
        """The shape of what is to be drawn, whatever stood here."""
        self._body.clear()
        self._body.props("aria-busy=true")
        with self._body:
            with ui.element("div"):
                ui.html(head.waiting_body(), sanitize=False)
            ui.element("div").classes(HIDDEN)

    @property
    def gone(self) -> bool:
        """Whether another view was opened."""
        return bool(self._body.is_deleted)

    def close(self, content: Html | None = None) -> None:
        """Ends it: `content` alone is seen."""
        if not self.gone:
            self._body.clear()
            self._body.props(remove="aria-busy")
            if content is not None:
                with self._body:
                    ui.html(content, sanitize=False)

    async def draw(self, build: Callable[[], Awaitable[None]]) -> None:
        """Awaits `build` in the spare room; then that one is seen, and what stood in the other goes."""
        async with self._drawing:
            rooms = [] if self.gone else self._body.default_slot.children
            if len(rooms) != 2:  # left, or closed
                return
            shown, spare = sorted(rooms, key=lambda room: HIDDEN in room.classes)
            try:
                with spare:
                    await build()
            finally:
                if not self.gone:
                    shown.classes(add=HIDDEN)
                    shown.clear()
                    spare.classes(remove=HIDDEN)
                    self._body.props(remove="aria-busy")
