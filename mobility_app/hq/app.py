"""HQ behind FastAPI: bounded bodies in, `Headquarters.answer` in a worker thread, its bytes out (`Sync`).

`/v1/wake` waits here, in the event loop (`wake.py`). Beyond so many other requests at once HQ says when to come again,
instead of letting all of them queue before one database. Also the office's read-only pages (`office_pages.py`) and a
liveness probe. No cross-origin headers, no documentation pages, no cookies but the office's.
"""

from __future__ import annotations

import asyncio
import random

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from mobility_app.errors import Refused, Unreachable
from mobility_app.hq import headquarters
from mobility_app.hq.headquarters import Answer, Headquarters
from mobility_app.hq.office import Office
from mobility_app.hq.office_pages import pages
from mobility_app.hq.wake import Hub
from mobility_app.sync.protocol import BODY_MAX_BYTES

ADMITTED_MAX = 64  # requests that may be in work or in the queue at once; waiting for a wake is no work
AGAIN_SECONDS = (2, 10)  # when the others may come again, drawn for each: together they would only meet here again


def create_app(office: Office, office_key: str, hub: Hub | None = None, admitted_most: int = ADMITTED_MAX) -> FastAPI:
    """The ASGI application of an open HQ. `office_key` opens the office's pages; `hub` holds those who wait."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    # Before the others, and as bare ASGI: what FastAPI does for a route took a third of an idle pull.
    app.router.routes.append(
        Route("/v1/{step:path}", Sync(office.headquarters, hub or Hub(office.ledger), admitted_most))
    )
    app.include_router(pages(office, office_key))

    @app.exception_handler(Unreachable)
    async def away(request: Request, failed: Unreachable) -> Response:
        """The office's pages while the database does not answer."""
        return Response("busy", 503, {"retry-after": str(AGAIN_SECONDS[0])})

    @app.get("/health/live")
    def live() -> dict[str, str]:
        return {"state": "ok"}

    return app


class Sync:
    """Devices' requests as an ASGI application: any method, for an answer is HQ's own and signed whatever was asked."""

    def __init__(self, hq: Headquarters, hub: Hub, admitted_most: int) -> None:
        self._hq, self._hub, self._most = hq, hub, admitted_most
        self._busy = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _bounded(receive)
        if body is not None:  # else nobody is there any more
            asked = _asked(scope, body)
            answer, more = await self._answer(asked)
            await _say(send, answer, more)

    async def _answer(self, asked: headquarters.Request) -> tuple[Answer, dict[str, str]]:
        if (asked.method, asked.target) == ("POST", "/v1/wake"):
            return await _woken(self._hq, self._hub, asked), {}
        if self._busy >= self._most:
            again = {"retry-after": str(random.randint(*AGAIN_SECONDS))}
            return self._hq.refused(asked, Refused("busy", 503)), again
        self._busy += 1
        try:
            return await run_in_threadpool(self._hq.answer, asked), {}
        finally:
            self._busy -= 1


async def _woken(hq: Headquarters, hub: Hub, asked: headquarters.Request) -> Answer:
    """The answer as soon as there is news for the device, or when its time is over."""
    clock = asyncio.get_running_loop().time
    began = clock()
    while True:
        answer, waiter = await run_in_threadpool(hq.waking, asked)
        left = began + waiter.seconds - clock() if waiter is not None else 0
        if waiter is None or left <= 0 or not await hub.wait(waiter, left):
            return answer


def _asked(scope: Scope, body: bytes) -> headquarters.Request:
    target = scope["raw_path"].decode("latin-1")
    if scope["query_string"]:
        target += f"?{scope['query_string'].decode('latin-1')}"
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        # a header given twice is read by nobody as one of the two
        key = name.decode("latin-1")
        headers[key] = "" if key in headers else value.decode("latin-1")
    return headquarters.Request(scope["method"], target, headers, body)


async def _say(send: Send, answer: Answer, more: dict[str, str]) -> None:
    headers = {**answer.headers, **more, "content-length": str(len(answer.body))}
    lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": lines})
    await send({"type": "http.response.body", "body": answer.body})


async def _bounded(receive: Receive) -> bytes | None:
    """The body, read only as far as HQ would take it; one byte more tells `answer` that it is too large. None: it was cut."""
    pieces, size = [], 0
    while size <= BODY_MAX_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        pieces.append(message.get("body", b"")[: BODY_MAX_BYTES + 1 - size])
        size += len(pieces[-1])
        if not message.get("more_body", False):
            break
    return b"".join(pieces)
