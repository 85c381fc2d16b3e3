"""`GET /files/<file id>/picture`: a small clean picture of an attached one; `?thumb` for lists. 204 where there is none.

A layer of its own before NiceGUI, behind the guard, like `transfers.py`. What it sends was drawn anew by `pictures.py`; it
is WebP whatever the file was, stays out of the browser's disk cache, and could run nothing even if it were no picture.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from mobility_app.errors import MobilityError
from mobility_app.store.files import FileVault
from mobility_app.store.store import Store
from mobility_app.ui.pictures import FULL, THUMB, Pictures

_PICTURE = re.compile(r"/files/([0-9a-f]{32})/picture")
_HEADERS = [
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
]


class PictureRoute:
    """The route. `opened` gives the open store and its vault or raises Locked."""

    def __init__(self, opened: Callable[[], tuple[Store, FileVault]], pictures: Pictures) -> None:
        self._opened, self._pictures = opened, pictures

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """The app with the route before it."""

        async def routed(scope: Scope, receive: Receive, send: Send) -> None:
            found = _PICTURE.fullmatch(scope.get("path", "")) if scope.get("method") in ("GET", "HEAD") else None
            if found is None:
                await app(scope, receive, send)
            else:
                side = THUMB if scope["query_string"] == b"thumb" else FULL
                await _answer(send, await self._picture(found[1], side), head=scope["method"] == "HEAD")

        return routed

    async def _picture(self, file_id: str, side: int) -> bytes:
        """The picture, b"" where there is none."""
        try:
            store, vault = self._opened()
            return await asyncio.wrap_future(self._pictures.begin(store, vault, file_id, side))
        except MobilityError:
            return b""


async def _answer(send: Send, picture: bytes, *, head: bool) -> None:
    length = [(b"content-type", b"image/webp"), (b"content-length", b"%d" % len(picture))] if picture else []
    await send({"type": "http.response.start", "status": 200 if picture else 204, "headers": [*length, *_HEADERS]})
    await send({"type": "http.response.body", "body": b"" if head else picture})
