"""File bytes between the browser and the vault: in, encrypted while they arrive, and out, decrypted while they leave.

`POST /files/<customer id>`: the raw bytes as body, `Content-Type` as the browser knows it, the name percent-encoded in
`X-File-Name`, what to write on the record in `X-File-Label`; `static/uploads.js` does it. Answers 201 `{"id", "name"}`,
or `{"error", "reason", "text"}` with a sentence for the person: 404 no such customer, 409 the sheet is in edit mode, 413
more than 500 MB, 423 locked, 507 disk full.

`GET /files/<file id>/content`: a download under a name that any disk takes. With `?inline=1`, what `previews.py` knows
by its first bytes is shown instead. Whatever it is, it can't run as our page: nosniff, and a policy without any right.

Nothing is spooled: a worker thread asks for each chunk when it has sealed the one before, so at most two are in memory.
That is why this is a layer of its own before NiceGUI, whose layers would compress and buffer. The guard
(`guard.py`) stands in front, and rights, limits and the edit rule are those of `store/actions/attachments.py`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from urllib.parse import quote, unquote

from nicegui import App as NiceguiApp
from starlette.types import ASGIApp, Receive, Scope, Send

from mobility_app.domain.entities.file import SIZE_MAX_BYTES
from mobility_app.errors import (
    DiskFull,
    FileRefused,
    InvalidValue,
    MobilityError,
    NotAllowed,
    NotEnrolled,
    NotFound,
    SheetInEdit,
)
from mobility_app.store.actions.attachments import UNKNOWN_TYPE, Content, attach, content
from mobility_app.store.file_names import disk_name, safe_name
from mobility_app.store.files import PIECE_BYTES, FileVault
from mobility_app.store.store import Store
from mobility_app.ui import context, previews
from mobility_app.ui.guard import surround
from mobility_app.ui.picture_route import PictureRoute
from mobility_app.ui.streams import Body, CutOff, answer_json, disconnected

UPLOADS_AT_ONCE, UPLOADS_MOST = 2, 16  # further ones wait; still further ones are refused
UNREAD_MOST_BYTES = SIZE_MAX_BYTES + (64 << 20)  # of a refused body: a browser reads no answer before it has sent all

_UPLOAD = re.compile(r"/files/([0-9a-f]{32})")
_DOWNLOAD = re.compile(r"/files/([0-9a-f]{32})/content")
_BATCH = previews.HEAD_BYTES // PIECE_BYTES
_STATUS: tuple[tuple[type[MobilityError], int], ...] = (
    (CutOff, 408),
    (context.Locked, 423),
    (NotFound, 404),
    (SheetInEdit, 409),
    (NotAllowed, 403),
    (NotEnrolled, 403),
    (DiskFull, 507),
    (FileRefused, 422),
    (InvalidValue, 422),
)
_REASONS = {"too_large": 413, "not_here": 404}
# What is shown needs no right at all: pictures are drawn and the browser's PDF reader works without (measured in
# docs/decisions/0003-previews.md).
_SANDBOX = b"default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox"

Opened = Callable[[], tuple[Store, FileVault]]


def register(nicegui_app: NiceguiApp, app: context.App) -> None:
    """Puts the routes before NiceGUI. To be called before the guard is installed."""

    def opened() -> tuple[Store, FileVault]:
        store, vault = app.store, app.files
        if vault is None:
            raise context.Locked("the store is locked")
        return store, vault

    surround(nicegui_app, Transfers(opened, lambda error: app.words.error(error)).wrap)
    surround(nicegui_app, PictureRoute(opened, app.pictures).wrap)


class Transfers:
    """The two routes. `opened` gives the open store and its vault or raises Locked; `say` words an error.

    An upload of which nothing comes for `idle_seconds` is given up.
    """

    def __init__(self, opened: Opened, say: Callable[[MobilityError], str], *, idle_seconds: float = 60) -> None:
        self._opened, self._say, self._idle_seconds = opened, say, idle_seconds
        self._pool = ThreadPoolExecutor(UPLOADS_AT_ONCE, thread_name_prefix="upload")
        self._uploads = 0

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """The app with the routes before it."""

        async def routed(scope: Scope, receive: Receive, send: Send) -> None:
            method, path = scope.get("method", ""), scope.get("path", "")
            if method == "POST" and (found := _UPLOAD.fullmatch(path)):
                await self._take(found[1], scope, receive, send)
            elif method in ("GET", "HEAD") and (found := _DOWNLOAD.fullmatch(path)):
                await self._give(found[1], scope, receive, send)
            else:
                await app(scope, receive, send)

        return routed

    async def _take(self, customer_id: str, scope: Scope, receive: Receive, send: Send) -> None:
        if self._uploads >= UPLOADS_MOST:
            await answer_json(send, 503, {"error": "busy", "reason": None, "text": self._say(MobilityError("busy"))})
            return
        body = Body(receive, asyncio.get_running_loop(), self._idle_seconds)
        name = unquote(_header(scope, b"x-file-name")[:4096], errors="replace")
        label = unquote(_header(scope, b"x-file-label")[:1024], errors="replace")
        self._uploads += 1
        try:
            file_id = await self._attached(customer_id, name, label, scope, body)
            await answer_json(send, 201, {"id": file_id, "name": safe_name(name)})
        except CutOff as error:
            if not body.gone:
                await self._refuse(send, error)
        except MobilityError as error:
            await body.skip(UNREAD_MOST_BYTES)
            await self._refuse(send, error)
        finally:
            self._uploads -= 1

    async def _attached(self, customer_id: str, name: str, label: str, scope: Scope, body: Body) -> str:
        store, vault = self._opened()
        length = _header(scope, b"content-length")
        if length.isascii() and length.isdigit() and int(length[:20]) > SIZE_MAX_BYTES:
            raise FileRefused("too_large", most=SIZE_MAX_BYTES)
        media_type = _header(scope, b"content-type")
        work = partial(attach, store, vault, customer_id, name, body.chunks(), media_type, label=label)
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def _give(self, file_id: str, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            found, head = await asyncio.to_thread(self._begun, file_id)
        except MobilityError as error:
            await self._refuse(send, error)
            return
        inline = scope["query_string"] in (b"inline=1", b"inline=true")
        headers = _content_headers(found, previews.shown_as(head) if inline else None)
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        gone = asyncio.ensure_future(disconnected(receive))
        try:
            if scope["method"] == "GET":
                await _send_pieces(found.pieces, head, found.size_bytes, gone, send)
            else:
                await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()
            await asyncio.to_thread(found.pieces.close)

    def _begun(self, file_id: str) -> tuple[Content, bytes]:
        """The file and its first bytes, so that a missing or damaged one is told before any header is sent."""
        store, vault = self._opened()
        found = content(store, vault, file_id)
        return found, b"".join(islice(found.pieces, _BATCH))

    async def _refuse(self, send: Send, error: MobilityError) -> None:
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
        reason = getattr(error, "reason", None)
        if isinstance(error, FileRefused):
            status = _REASONS.get(error.reason, status)
        await answer_json(send, status, {"error": error.code, "reason": reason, "text": self._say(error)})


async def _send_pieces(
    pieces: Iterator[bytes], head: bytes, size_bytes: int, gone: asyncio.Future[None], send: Send
) -> None:
    """Sends all bytes. A file found damaged on the way ends short of its length: the browser tells a broken download."""
    batch, left = head, size_bytes
    while not gone.done():  # ends: each turn sends some of a file of known size
        left -= len(batch)
        await send({"type": "http.response.body", "body": batch, "more_body": left > 0})
        if left <= 0:
            return
        try:
            batch = await asyncio.to_thread(lambda: b"".join(islice(pieces, _BATCH)))
        except MobilityError:
            return
        if not batch:
            return


def _content_headers(found: Content, shown: str | None) -> list[tuple[bytes, bytes]]:
    name = disk_name(found.name)
    plain = re.sub(r'[^ -~]|["\\%]', "_", name)
    kind = "inline" if shown else "attachment"
    return [
        (b"content-type", (shown or UNKNOWN_TYPE).encode()),
        (b"content-length", str(found.size_bytes).encode()),
        (b"content-disposition", f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}".encode()),
        (b"content-security-policy", _SANDBOX),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
    ]


def _header(scope: Scope, name: bytes) -> str:
    found = [value for key, value in scope["headers"] if key == name]
    return found[0].decode("latin-1") if len(found) == 1 else ""
