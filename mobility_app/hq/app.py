"""HQ behind FastAPI: bounded bodies in, `Headquarters.answer` in a worker thread, its bytes out.

Also the office's read-only pages (`office_pages.py`) and a liveness probe. No cross-origin headers, no documentation
pages, no cookies but the office's.
"""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from mobility_app.hq import headquarters
from mobility_app.hq.office import Office
from mobility_app.hq.office_pages import pages
from mobility_app.sync.protocol import BODY_MAX_BYTES


def create_app(office: Office, office_key: str) -> FastAPI:
    """The ASGI application of an open HQ. `office_key` opens the office's pages."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(pages(office, office_key))

    @app.get("/health/live")
    def live() -> dict[str, str]:
        return {"state": "ok"}

    @app.api_route("/v1/{step:path}", methods=["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
    async def step(request: Request) -> Response:
        body = await _bounded(request)
        target = request.scope["raw_path"].decode("latin-1")
        if request.url.query:
            target += f"?{request.url.query}"
        headers: dict[str, str] = {}
        for name, value in request.headers.items():
            # a header given twice is read by nobody as one of the two
            headers[name] = "" if name in headers else value
        asked = headquarters.Request(request.method, target, headers, body)
        answer = await run_in_threadpool(office.headquarters.answer, asked)
        return Response(answer.body, answer.status, answer.headers)

    return app


async def _bounded(request: Request) -> bytes:
    """The body, read only as far as HQ would take it; one byte more tells `answer` that it is too large."""
    pieces, size = [], 0
    async for piece in request.stream():
        pieces.append(piece[: BODY_MAX_BYTES + 1 - size])
        size += len(pieces[-1])
        if size > BODY_MAX_BYTES:
            break
    return b"".join(pieces)
