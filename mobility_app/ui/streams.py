"""Request bodies and answers of our own routes, close to the server and without anything between.

Used by `transfers.py`. It knows no files and no store.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

from starlette.types import Message, Receive, Send

from mobility_app.errors import FileRefused


class CutOff(FileRefused):
    """The sender went away or stood still."""

    def __init__(self) -> None:
        super().__init__("unreadable")


class Body:
    """A request's body, pulled from the event loop by a worker thread, one chunk at a time: nothing is read ahead."""

    def __init__(self, receive: Receive, loop: asyncio.AbstractEventLoop, idle_seconds: float) -> None:
        self._receive, self._loop, self._idle_seconds = receive, loop, idle_seconds
        self.gone, self._ended = False, False

    def chunks(self) -> Iterator[bytes]:
        """The body, on a worker thread. Raises CutOff when the sender goes, or sends nothing for `idle_seconds`."""
        while not self._ended:  # ends with the body, or with CutOff
            future = asyncio.run_coroutine_threadsafe(self._next(), self._loop)
            try:
                chunk = future.result(self._idle_seconds + 5)
            except TimeoutError as error:
                future.cancel()
                raise CutOff from error
            yield chunk

    async def skip(self, most_bytes: int) -> None:
        """Reads on without keeping anything, on the event loop, so that the sender comes to read the answer."""
        while not self._ended and most_bytes > 0:
            try:
                most_bytes -= len(await self._next())
            except (CutOff, TimeoutError):
                return

    async def _next(self) -> bytes:
        message: Message = await asyncio.wait_for(self._receive(), self._idle_seconds)
        if message["type"] != "http.request":
            self.gone = True
            raise CutOff
        self._ended = not message.get("more_body", False)
        body: bytes = message.get("body", b"")
        return body


async def disconnected(receive: Receive) -> None:
    """Returns when the client of a request without body has gone."""
    while (await receive())["type"] != "http.disconnect":  # at most the one empty body
        continue


async def answer_json(send: Send, status: int, document: dict[str, str | None]) -> None:
    """A whole answer."""
    body = json.dumps(document, ensure_ascii=False).encode()
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
