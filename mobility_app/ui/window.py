"""Window: one browser tab. Made anew by every full page load; holds what its views share: toasts, the live region,
where the customer list stood, and the sheet that is open. What must outlive the tab is kept in the store.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nicegui import Client, ui

from mobility_app.errors import MobilityError
from mobility_app.store.queries.customers import Filters
from mobility_app.ui.context import App
from mobility_app.ui.following import Following, Heard
from mobility_app.ui.markup import h
from mobility_app.ui.words import Words

if TYPE_CHECKING:
    from mobility_app.ui.sheet.frame import Sheet

TOAST_SECONDS, UNDO_SECONDS = 3.0, 8.0
BUILD_SECONDS = 2.0  # the first page is sent after this time even when a view is still loading


@dataclass(slots=True)
class ListPlace:
    """Where the customer list stood when it was left."""

    text: str = ""
    filters: Filters = field(default_factory=Filters)
    args: dict[str, Any] = field(default_factory=dict)
    first: int = 0


class Window:
    """One browser tab."""

    def __init__(self, app: App, client: Client) -> None:
        self.app, self.client = app, client
        self.place = ListPlace()
        self.sheet: Sheet | None = None
        self.toasts: ui.element | None = None
        self._building = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.query: dict[str, str] = {}
        self._leavers: list[Callable[[], None]] = []
        client.on_disconnect(self._silent)
        client.on_connect(self._heard_again)

    @property
    def words(self) -> Words:
        """Texts and formats."""
        return self.app.words

    # -- saying things

    def toast(self, text: str, undo: Callable[[], Awaitable[None]] | None = None) -> None:
        """A short note about something that went well, with a way back if there is one."""
        if self.toasts is None or self.toasts.is_deleted:
            return
        with self.toasts:
            note = ui.element("div").classes("fb-toast").props("role=status")
        with note:
            ui.html(h("span", text), sanitize=False)
            if undo is not None:
                self._undo_button(note, undo)
            ui.timer(UNDO_SECONDS if undo else TOAST_SECONDS, note.delete, once=True)

    def _undo_button(self, note: ui.element, undo: Callable[[], Awaitable[None]]) -> None:
        async def pressed() -> None:
            note.delete()
            await undo()

        button = ui.element("button").props("type=button").on("click", pressed)
        with button:
            ui.html(h("span", self.words("Undo")), sanitize=False)

    def announce(self, text: str) -> None:
        """Tells a screen reader, politely."""
        self.run(f"fb.say({json.dumps(text)})")

    def fail(self, error: MobilityError | str) -> None:
        """Says what did not work where no better place is at hand."""
        text = error if isinstance(error, str) else self.words.error(error)
        ui.notify(text, type="negative", timeout=0, close_button=self.words("Close"), position="bottom")

    # -- moving about

    def go(self, href: str) -> None:
        """Opens another view."""
        ui.navigate.to(href)

    def title(self, text: str) -> None:
        """The title of the browser tab."""
        ui.page_title(text)

    def run(self, script: str) -> None:
        """Runs a line of the page's own script."""
        if not self.client.is_deleted:
            self.client.run_javascript(script)

    # -- views

    def build(self, view: Coroutine[Any, Any, None]) -> Coroutine[Any, Any, None]:
        """Wraps a view's building, so that the first page waits for it."""
        self._building += 1
        self._quiet.clear()
        return self._built(view)

    async def _built(self, view: Coroutine[Any, Any, None]) -> None:
        try:
            await view
        finally:
            self._building -= 1
            if self._building <= 0:
                self._quiet.set()

    async def settled(self) -> None:
        """Waits until no view is being built, or for BUILD_SECONDS."""
        try:
            await asyncio.wait_for(self._quiet.wait(), BUILD_SECONDS)
        except TimeoutError:
            return

    def on_leave(self, left: Callable[[], None]) -> None:
        """Calls `left` when another view is opened in this tab, or the tab is gone."""
        self._leavers.append(left)

    def follow(self, heard: Heard) -> Following:
        """Awaits `heard(touched)` after every commit until another view is opened in this tab. A tab that lost its
        connection is told once, when it is back, of all that it missed."""
        following = Following(self.app, self.client, heard)
        self.on_leave(following.end)
        return following

    def leave(self) -> None:
        """Another view is being opened, or the tab is gone."""
        leavers, self._leavers = self._leavers, []
        for left in leavers:
            left()

    async def _silent(self) -> None:
        if self.sheet is not None:
            await self.sheet.presence.silent()

    async def _heard_again(self) -> None:
        if self.sheet is not None:
            await self.sheet.presence.heard_again()
