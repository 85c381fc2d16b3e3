"""The app's own routes for file bytes: in, encrypted while they arrive, and out, decrypted while they leave.

`POST /files/<customer>` takes the raw body; its name comes percent-encoded in the header `x-file-name`. Nothing is
spooled into a plain file: pieces go through a short bounded queue to a worker thread that encrypts them.
`GET /files/<file>/content` gives the bytes as a download that no browser runs. The guard stands in front of both.
"""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Iterator
from urllib.parse import quote, unquote

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from mobility_app.domain.entities.file import SIZE_MAX_BYTES
from mobility_app.domain.fields import is_id
from mobility_app.errors import FileRefused, MobilityError, NotFound, SheetInEdit
from mobility_app.store.actions.attachments import attach, content
from mobility_app.ui.context import App

QUEUE_PIECES = 8
WAIT_SECONDS = 60.0
_SHOWN_INLINE = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/webp": b"RIFF"}


class _Cut(Exception):
    """The browser stopped sending."""


def register(api: FastAPI, app: App) -> None:
    """Adds both routes."""

    @api.post("/files/{customer_id}")
    async def take(customer_id: str, request: Request) -> Response:
        vault = app.files
        if app.locked or vault is None:
            return _said(app, 423, "locked", app.words("Locked. Enter your passphrase."))
        length = request.headers.get("content-length", "")
        if not is_id(customer_id):
            return Response(status_code=404)
        if length.isdigit() and int(length) > SIZE_MAX_BYTES:
            return _failed(app, FileRefused("too_large"))
        name = unquote(request.headers.get("x-file-name", ""))[:1000]
        pieces: queue.Queue[bytes | None | _Cut] = queue.Queue(QUEUE_PIECES)
        kind = request.headers.get("content-type", "").split(";")[0].strip()[:120]
        work = asyncio.create_task(
            asyncio.to_thread(attach, app.store, vault, customer_id, name, _arriving(pieces), kind)
        )
        try:
            async for piece in request.stream():
                if piece and not await _put(pieces, piece, work):
                    break
            await _put(pieces, None, work)
        except Exception:  # noqa: BLE001 - whatever ended the stream, the worker must hear of it
            await _put(pieces, _Cut(), work)
        try:
            file_id = await work
        except _Cut:
            return Response(status_code=400)
        except MobilityError as refused:
            return _failed(app, refused)
        return JSONResponse({"id": file_id}, 201)

    @api.get("/files/{file_id}/content")
    def give(file_id: str, inline: bool = False) -> Response:
        vault = app.files
        if app.locked or vault is None or not is_id(file_id):
            return Response(status_code=404)
        try:
            name, media_type, size, stream = content(app.store, vault, file_id)
            first = next(stream, b"")
        except MobilityError as refused:
            return _failed(app, refused)
        shown = inline and media_type in _SHOWN_INLINE and first.startswith(_SHOWN_INLINE[media_type])
        headers = {
            "content-disposition": f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{quote(name)}",
            "content-security-policy": "default-src 'none'; img-src 'self'; sandbox",
            "content-length": str(size), "cache-control": "no-store",
        }  # fmt: skip
        kind = media_type if shown else "application/octet-stream"
        return StreamingResponse(_leaving(first, stream), media_type=kind, headers=headers)


async def _put(pieces: queue.Queue[bytes | None | _Cut], piece: bytes | None | _Cut, work: asyncio.Task[str]) -> bool:
    """Hands a piece over; False when the worker has given up and nobody will take it."""
    while not work.done():  # ends: the worker takes pieces or ends
        try:
            pieces.put_nowait(piece)
            return True
        except queue.Full:
            await asyncio.sleep(0.005)
    return False


def _arriving(pieces: queue.Queue[bytes | None | _Cut]) -> Iterator[bytes]:
    while (piece := pieces.get(timeout=WAIT_SECONDS)) is not None:
        if isinstance(piece, _Cut):
            raise piece
        yield piece


def _leaving(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _failed(app: App, refused: MobilityError) -> JSONResponse:
    status = {NotFound: 404, SheetInEdit: 409, FileRefused: 413}.get(type(refused), 422)
    return _said(app, status, refused.code, app.words.error(refused))


def _said(app: App, status: int, code: str, text: str) -> JSONResponse:
    return JSONResponse({"error": code, "text": text}, status)
