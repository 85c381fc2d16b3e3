"""Following: how a view hears of what is saved, on this device or by a sync, and how a tab that sleeps catches up.

Made by `Window.follow`. A browser tab without a connection (a laptop that sleeps, a page that was loaded anew a moment
ago and still waits to be forgotten) reads nothing: what it missed is told once, when it is back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import Client

from mobility_app.store.store import Touched
from mobility_app.ui.context import App

Heard = Callable[[Touched], Awaitable[None]]


class Following:
    """Awaits `heard(touched)` after each commit while its tab is connected, until `end`."""

    def __init__(self, app: App, client: Client, heard: Heard) -> None:
        self._app, self._client, self._heard = app, client, heard
        self._missed: Touched | None = None
        self._over = False
        app.changed.subscribe(self._told)
        client.on_connect(self._back)

    def end(self) -> None:
        """Hears nothing more."""
        self._over = True
        self._app.changed.unsubscribe(self._told)

    async def _told(self, touched: Touched) -> None:
        if self._client.has_socket_connection:
            await self._heard(touched)
        else:
            self._missed = touched if self._missed is None else _both(self._missed, touched)

    async def _back(self) -> None:
        missed, self._missed = self._missed, None
        if missed is not None and not self._over and not self._app.locked:
            await self._heard(missed)


def _both(first: Touched, second: Touched) -> Touched:
    return Touched(first.roots | second.roots, first.records | second.records, second.source)
