"""The address of small pictures: WebP that can't run and is not kept by the browser; 204 where there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.types import Message, Receive, Scope, Send

from mobility_app.store.actions.attachments import attach
from mobility_app.store.files import FileVault
from mobility_app.store.store import Store
from mobility_app.ui.context import Locked
from mobility_app.ui.picture_route import PictureRoute
from mobility_app.ui.pictures import Pictures
from tests.support.desk import desk
from tests.ui.test_pictures import drawn


class Room:
    """The route over a desk, asked as the server asks it."""

    def __init__(self, folder: Path) -> None:
        self.at, self.vault, self.locked = desk(folder), FileVault(folder / "files", bytes(32)), False
        self.pictures = Pictures()

    def _opened(self) -> tuple[Store, FileVault]:
        if self.locked:
            raise Locked("the store is locked")
        return self.at.store, self.vault

    def put(self, body: bytes) -> str:
        return attach(self.at.store, self.vault, self.at.customer, "a.png", [body], "image/png")

    def ask(self, path: str, query: bytes = b"", method: str = "GET") -> tuple[int, dict[bytes, bytes], bytes]:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def behind(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 418, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": []}
        asyncio.run(PictureRoute(self._opened, self.pictures).wrap(behind)(scope, receive, send))
        return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    made.pictures.forget()


def test_a_picture_comes_as_webp_that_can_do_nothing(room: Room) -> None:
    status, headers, body = room.ask(f"/files/{room.put(drawn('PNG'))}/picture")
    assert (status, headers[b"content-type"], body[8:12]) == (200, b"image/webp", b"WEBP")
    assert headers[b"content-length"] == str(len(body)).encode()
    assert b"sandbox" in headers[b"content-security-policy"]
    assert (headers[b"x-content-type-options"], headers[b"cache-control"]) == (b"nosniff", b"no-store")


def test_a_thumbnail_is_smaller_and_a_head_is_empty(room: Room) -> None:
    one = room.put(drawn("PNG", (900, 900)))
    _, _, full = room.ask(f"/files/{one}/picture")
    _, _, thumb = room.ask(f"/files/{one}/picture", b"thumb")
    assert 0 < len(thumb) < len(full)
    assert room.ask(f"/files/{one}/picture", method="HEAD")[2] == b""


def test_what_is_no_picture_not_there_or_locked_is_an_empty_answer(room: Room) -> None:
    script, picture = room.put(b"<script>1</script>"), room.put(drawn("PNG"))
    assert room.ask(f"/files/{script}/picture")[0] == 204
    assert room.ask(f"/files/{'f' * 32}/picture")[0] == 204
    room.locked = True
    assert room.ask(f"/files/{picture}/picture")[::2] == (204, b"")


@pytest.mark.parametrize(
    "path", ["/files/x/picture", "/files/" + "a" * 32 + "/picture/", "/", "/files/" + "A" * 32 + "/picture"]
)
def test_other_addresses_go_on(room: Room, path: str) -> None:
    assert room.ask(path)[0] == 418
    assert room.ask("/files/" + "a" * 32 + "/picture", method="POST")[0] == 418
