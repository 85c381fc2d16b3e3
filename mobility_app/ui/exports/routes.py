"""The routes of exports, a layer of its own before NiceGUI like `transfers.py`, with the guard in front.

`GET /exports/revenue/<customer id>.csv` with the query of the revenue tab, `GET /exports/documents/<customer id>.csv` with
that of the documents tab, `GET /exports/document/<document id>.pdf`. A download each, or `{"error", "reason", "text"}`
with a sentence: 403 the role sees no billing, 404 not on this device, 422 a period that is none, 423 locked.

Each is made whole in memory on a worker thread: its size is bounded by the rows that go in.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

from nicegui import App as NiceguiApp
from starlette.types import ASGIApp, Receive, Scope, Send

from mobility_app.domain import access
from mobility_app.domain.rules.csv_text import written
from mobility_app.errors import InvalidValue, MobilityError, NotAllowed, NotEnrolled, NotFound
from mobility_app.store.file_names import disk_name
from mobility_app.store.queries import documents, sheet
from mobility_app.store.queries import paper as papers
from mobility_app.store.queries import revenue as revenues
from mobility_app.ui import context
from mobility_app.ui.exports import tables
from mobility_app.ui.guard import surround
from mobility_app.ui.sheet import billing
from mobility_app.ui.sheet.documents import filters_of
from mobility_app.ui.sheet.revenue_query import asked_in
from mobility_app.ui.streams import answer_json
from mobility_app.ui.words import Words

CSV, PDF = "text/csv; charset=utf-8", "application/pdf"
QUERY_MAX_BYTES = 2048
MAKING_AT_ONCE = 2  # a document of a thousand lines takes a second of this machine

_ROUTE = re.compile(r"/exports/(revenue|documents|document)/([0-9a-f]{32})\.(csv|pdf)")
_STATUS: tuple[tuple[type[MobilityError], int], ...] = (
    (context.Locked, 423), (NotFound, 404), (NotAllowed, 403), (NotEnrolled, 403), (InvalidValue, 422),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """A file that is ready to be sent."""

    name: str
    media_type: str
    content: bytes


Query = Mapping[str, str]
Maker = Callable[[context.App, str, Query], Made]


def revenue_csv(app: context.App, customer_id: str, query: Query) -> Made:
    """What the revenue tab shows. Raises Locked, NotFound, InvalidValue."""
    header = _header(app, customer_id)
    view = revenues.revenue(app.store, customer_id, asked_in(query), app.today())
    rows = tables.revenue_rows(app.words, view, compare=query.get("compare") == "1")
    what, days = app.words("Revenue"), f"{view.period.start.isoformat()} {view.period.end.isoformat()}"
    return Made(f"{what} {header.name} {days}.csv", CSV, written(rows, app.words.language))


def documents_csv(app: context.App, customer_id: str, query: Query) -> Made:
    """All documents that the filters let through, not the page alone. Raises Locked, NotFound."""
    header, today = _header(app, customer_id), app.today().isoformat()
    found = documents.exported(app.store, customer_id, filters_of(query), today)
    what, rows = app.words("Billing documents"), tables.document_rows(app.words, found, irpf=header.irpf)
    return Made(f"{what} {header.name} {today}.csv", CSV, written(rows, app.words.language))


def document_pdf(app: context.App, document_id: str, query: Query) -> Made:
    """The document in its customer's language. Raises Locked, NotFound."""
    found = papers.paper(app.store, document_id, app.today().isoformat())
    if found is None:
        raise NotFound("document", document_id)
    if app.actor is None or not app.actor.holds(str(found.customer["company_id"]), str(found.customer["territory_id"])):
        raise NotAllowed("document", "read", reason="out_of_reach")
    from mobility_app.ui.exports import document_pdf as pdf  # its library is loaded when the first paper is asked for

    words = Words(pdf.language_for(found.customer["language"]), app.zone)
    return Made(pdf.file_name(words, found), PDF, pdf.document_pdf(words, found, app.now()))


def _header(app: context.App, customer_id: str) -> sheet.SheetHeader:
    found = sheet.header(app.store, customer_id)
    if found is None:
        raise NotFound("customer", customer_id)
    if not billing.sees(app.actor, found):
        raise NotAllowed("document", "read", reason="out_of_reach")
    return found


MAKERS: Mapping[tuple[str, str], Maker] = {
    ("revenue", "csv"): revenue_csv,
    ("documents", "csv"): documents_csv,
    ("document", "pdf"): document_pdf,
}


def register(nicegui_app: NiceguiApp, app: context.App) -> None:
    """Puts the routes before NiceGUI. To be called before the guard is installed."""
    surround(nicegui_app, Exports(app).wrap)


class Exports:
    """The routes over the running app."""

    def __init__(self, app: context.App) -> None:
        self._app = app
        self._making = asyncio.Semaphore(MAKING_AT_ONCE)

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """The app with the routes before it."""

        async def routed(scope: Scope, receive: Receive, send: Send) -> None:
            method, found = scope.get("method", ""), _ROUTE.fullmatch(scope.get("path", ""))
            if found is None or method not in ("GET", "HEAD") or (found[1], found[3]) not in MAKERS:
                await app(scope, receive, send)
                return
            query = dict(parse_qsl(scope["query_string"][:QUERY_MAX_BYTES].decode("latin-1")))
            try:
                async with self._making:
                    made = await asyncio.to_thread(self._made, MAKERS[(found[1], found[3])], found[2], query)
            except MobilityError as error:
                await self._refuse(send, error)
            else:
                await _send(send, made, body=method == "GET")

        return routed

    def _made(self, maker: Maker, record_id: str, query: Query) -> Made:
        app = self._app
        if app.locked:
            raise context.Locked("the store is locked")
        if app.actor is None or not access.may(app.actor.role, "billing", "read"):
            raise NotAllowed("document", "read")
        return maker(app, record_id, query)

    async def _refuse(self, send: Send, error: MobilityError) -> None:
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
        text = self._app.words.error(error)
        await answer_json(send, status, {"error": error.code, "reason": getattr(error, "reason", None), "text": text})


async def _send(send: Send, made: Made, *, body: bool) -> None:
    name = disk_name(made.name.replace("/", "_"))  # a number with a slash is no folder
    plain = re.sub(r'[^ -~]|["\\%]', "_", name)
    headers = [
        (b"content-type", made.media_type.encode()),
        (b"content-length", str(len(made.content)).encode()),
        (b"content-disposition", f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}".encode()),
        (b"content-security-policy", b"default-src 'none'; sandbox"),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": made.content if body else b""})
