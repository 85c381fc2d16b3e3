"""Customers as CSV between the browser and the store, a layer of its own before NiceGUI like `transfers.py`.

`GET /customers/export.csv` with the list's own query (`customer_rows.exported`): all customers that the list means, sent in
chunks while they are read. `POST /customers/import/file`: the raw bytes as body, the name percent-encoded in `X-File-Name`;
sealed in the vault while they arrive, then looked through. Answers 201 `{"id", "name"}`, or `{"error", "reason", "text"}`.
`GET /customers/import/<id>/wrong.csv`: the lines that were not taken, with why. Nothing plain is left on the disk.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, quote, unquote

from nicegui import App as NiceguiApp
from starlette.types import ASGIApp, Receive, Scope, Send

from mobility_app.domain import access
from mobility_app.domain.rules import csv_lines, csv_text
from mobility_app.domain.rules.csv_lines import Broken
from mobility_app.domain.rules.customer_columns import EXPORTED, guessed, plain
from mobility_app.errors import DiskFull, FileRefused, MobilityError, NotAllowed, NotFound
from mobility_app.store.file_names import disk_name, safe_name
from mobility_app.store.queries.customer_cards import Card, exported
from mobility_app.store.queries.customers import SORTS, STATUSES, Filters
from mobility_app.ui import context
from mobility_app.ui.guard import surround
from mobility_app.ui.imports.desk import Import
from mobility_app.ui.imports.texts import broken, heading
from mobility_app.ui.streams import Body, CutOff, answer_json, disconnected
from mobility_app.ui.words import LANGUAGES, Words

EXPORT, FILE = "/customers/export.csv", "/customers/import/file"
QUERY_MAX_BYTES = 2048
IDLE_SECONDS = 60

_WRONG = re.compile(r"/customers/import/([0-9a-f]{32})/wrong\.csv")
_STATUS: tuple[tuple[type[MobilityError], int], ...] = (
    (context.Locked, 423), (NotFound, 404), (NotAllowed, 403), (DiskFull, 507), (CutOff, 408), (FileRefused, 413),
)  # fmt: skip


def register(nicegui_app: NiceguiApp, app: context.App) -> None:
    """Puts the routes before NiceGUI. To be called before the guard is installed."""
    surround(nicegui_app, CustomerFiles(app).wrap)


class CustomerFiles:
    """The three routes over the running app."""

    def __init__(self, app: context.App) -> None:
        self._app = app

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """The app with the routes before it."""

        async def routed(scope: Scope, receive: Receive, send: Send) -> None:
            method, path = scope.get("method", ""), scope.get("path", "")
            if method == "GET" and path == EXPORT:
                query = dict(parse_qsl(scope["query_string"][:QUERY_MAX_BYTES].decode("latin-1")))
                await self._sent(lambda: self._export(query), receive, send)
            elif method == "GET" and (found := _WRONG.fullmatch(path)):
                await self._sent(lambda: self._wrong(found[1]), receive, send)
            elif method == "POST" and path == FILE:
                await self._take(scope, receive, send)
            else:
                await app(scope, receive, send)

        return routed

    # -- out

    def _export(self, query: dict[str, str]) -> tuple[str, Iterator[bytes]]:
        app = self._app
        store, words = app.store, app.words
        filters = filters_of(query, app.now(), app.today().isoformat())
        what = words("Customers")
        return f"{what} {filters.today}.csv", written(words, exported(store, query.get("text", ""), filters))

    def _wrong(self, import_id: str) -> tuple[str, Iterator[bytes]]:
        app = self._app
        found = None if app.locked else app.imports.get(import_id)
        if found is None:
            raise NotFound("import", import_id)
        what = app.words("Lines not taken")
        return f"{what} {found.name}", found.wrong(app.words)

    async def _sent(self, make: Callable[[], tuple[str, Iterator[bytes]]], receive: Receive, send: Send) -> None:
        """Sends a file piece by piece. What goes wrong before the first is told; what comes later breaks it off."""
        try:
            name, pieces = await asyncio.to_thread(make)
            first = await asyncio.to_thread(next, pieces, b"")
        except MobilityError as error:
            await self._refuse(send, error)
            return
        await send({"type": "http.response.start", "status": 200, "headers": _headers(name)})
        gone = asyncio.ensure_future(disconnected(receive))
        try:
            piece: bytes | None = first
            while piece is not None and not gone.done():  # ends with the pieces
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                piece = await asyncio.to_thread(next, pieces, None)
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()

    # -- in

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = Body(receive, asyncio.get_running_loop(), IDLE_SECONDS)
        name = safe_name(unquote(_header(scope, b"x-file-name")[:1024], errors="replace"))
        try:
            one = await asyncio.to_thread(self._taken, name, body)
        except Broken as error:
            await body.skip(csv_lines.BYTES_MAX)
            text = broken(self._app.words, error)
            await answer_json(send, 422, {"error": "broken", "reason": error.reason, "text": text})
        except MobilityError as error:
            if body.gone:
                return
            await body.skip(csv_lines.BYTES_MAX)
            await self._refuse(send, error)
        else:
            await answer_json(send, 201, {"id": one.id, "name": one.name})

    def _taken(self, name: str, body: Body) -> Import:
        app = self._app
        vault, actor = app.files, app.actor
        if app.locked or vault is None:
            raise context.Locked("the store is locked")
        if actor is None or not access.may(actor.role, "customer", "create"):
            raise NotAllowed("customer", "create")
        try:
            one = app.imports.take(vault, name, body.chunks())
        except FileRefused as error:
            raise Broken(csv_lines.TOO_LARGE) if error.reason == "too_large" else error from error
        one.mapping = guessed(one.shape.heading, own_headings(app))
        return one

    async def _refuse(self, send: Send, error: MobilityError) -> None:
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
        text = self._app.words.error(error)
        await answer_json(send, status, {"error": error.code, "reason": getattr(error, "reason", None), "text": text})


def written(words: Words, chunks: Iterator[list[Card]]) -> Iterator[bytes]:
    """The cards as a CSV file, in pieces: the heading first."""
    yield csv_text.written([[heading(words, column) for column in EXPORTED]], words.language)
    for cards in chunks:
        rows = [[_shown(words, column, card.values.get(column, "")) for column in EXPORTED] for card in cards]
        yield csv_text.written(rows, words.language).removeprefix(csv_text.BOM.encode())


def _shown(words: Words, column: str, value: str) -> str:
    return words.choice("customer", "status", value) if column == "status" and value else value


def own_headings(app: context.App) -> dict[str, str]:
    """The headings of our own exports in every language -> their columns."""
    return {plain(heading(Words(language), column)): column for language in LANGUAGES for column in EXPORTED}


def filters_of(query: dict[str, str], now: int, today: str) -> Filters:
    """The filters of a list from its address; what is none of ours is left aside."""
    sort, status = query.get("sort", ""), query.get("status", "")
    return Filters(
        status if status in STATUSES else "active", query.get("territory", ""), query.get("owner", ""),
        query.get("tickets") == "1", query.get("overdue") == "1", query.get("unvisited") == "1",
        sort if sort in SORTS else "name", query.get("descending") == "1", now, today,
    )  # fmt: skip


def _headers(name: str) -> list[tuple[bytes, bytes]]:
    shown = disk_name(name if name.lower().endswith(".csv") else f"{name}.csv")
    ascii_name = re.sub(r'[^ -~]|["\\%]', "_", shown)
    disposition = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(shown, safe='')}"
    return [
        (b"content-type", b"text/csv; charset=utf-8"),
        (b"content-disposition", disposition.encode()),
        (b"content-security-policy", b"default-src 'none'; sandbox"),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
    ]


def _header(scope: Scope, name: bytes) -> str:
    found = [value for key, value in scope["headers"] if key == name]
    return found[0].decode("latin-1") if len(found) == 1 else ""
