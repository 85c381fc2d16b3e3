"""HQ behind FastAPI: bounded bodies in, `Headquarters.answer` in a worker thread, its bytes out.

`/v1/wake` waits here, in the event loop (`wake.py`). Beyond so many other requests at once HQ says when to come again,
instead of letting all of them queue before one database. Also the office's read-only pages (`office_pages.py`) and a
liveness probe. No cross-origin headers, no documentation pages, no cookies but the office's.
"""

from __future__ import annotations

import asyncio
import random

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from mobility_app.errors import Refused
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
    app.include_router(pages(office, office_key))
    hub = hub or Hub(office.ledger)
    busy = 0

    @app.get("/health/live")
    def live() -> dict[str, str]:
        return {"state": "ok"}

    @app.api_route("/v1/{step:path}", methods=["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
    async def step(request: Request) -> Response:
        nonlocal busy
        asked = await _asked(request)
        if (asked.method, asked.target) == ("POST", "/v1/wake"):
            return _response(await _woken(office.headquarters, hub, asked))
        if busy >= admitted_most:
            refusal = office.headquarters.refused(asked, Refused("busy", 503))
            return _response(refusal, **{"retry-after": str(random.randint(*AGAIN_SECONDS))})
        busy += 1
        try:
            return _response(await run_in_threadpool(office.headquarters.answer, asked))
        finally:
            busy -= 1

    return app


async def _woken(hq: Headquarters, hub: Hub, asked: headquarters.Request) -> Answer:
    """The answer as soon as there is news for the device, or when its time is over."""
    clock = asyncio.get_running_loop().time
    began = clock()
    while True:
        answer, waiter = await run_in_threadpool(hq.waking, asked)
        left = began + waiter.seconds - clock() if waiter is not None else 0
        if waiter is None or left <= 0 or not await hub.wait(waiter, left):
            return answer


async def _asked(request: Request) -> headquarters.Request:
    body = await _bounded(request)
    target = request.scope["raw_path"].decode("latin-1")
    if request.url.query:
        target += f"?{request.url.query}"
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        # a header given twice is read by nobody as one of the two
        headers[name] = "" if name in headers else value
    return headquarters.Request(request.method, target, headers, body)


def _response(answer: Answer, **more: str) -> Response:
    return Response(answer.body, answer.status, {**answer.headers, **more})


async def _bounded(request: Request) -> bytes:
    """The body, read only as far as HQ would take it; one byte more tells `answer` that it is too large."""
    pieces, size = [], 0
    async for piece in request.stream():
        pieces.append(piece[: BODY_MAX_BYTES + 1 - size])
        size += len(pieces[-1])
        if size > BODY_MAX_BYTES:
            break
    return b"".join(pieces)
