"""File bytes over HTTP: streamed, encrypted while they come, clear answers, and no file that runs as our page."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from mobility_app.domain.entities.file import SIZE_MAX_BYTES
from mobility_app.store import drafts
from mobility_app.store.files import FileVault
from mobility_app.store.store import Store
from mobility_app.ui.context import Locked
from mobility_app.ui.guard import SERVER_OPTIONS
from mobility_app.ui.transfers import UPLOADS_MOST, Transfers
from tests.support.fleet import Fleet
from tests.support.waiting import until

MARKER = b"MK77aa00bb11cc22dd33ee44ff"
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 20, 20, 8, 6, 0, 0, 0) + MARKER * 40_000


async def behind(scope: Scope, receive: Receive, send: Send) -> None:
    """What NiceGUI would be: answers everything with 418."""
    if scope["type"] == "lifespan":
        for _ in range(2):
            await send({"type": f"{(await receive())['type']}.complete"})
        return
    await send({"type": "http.response.start", "status": 418, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


class Desk:
    """A device's store and vault behind the routes, served by the real server on a port of its own."""

    def __init__(self, folder: Path) -> None:
        fleet = Fleet(folder)
        fleet.user("Ana")
        self.store: Store = fleet.device("ana", "Ana").store
        self.folder, self.locked = folder, False
        self.vault = FileVault(folder / "files", bytes(32))
        with self.store.writing() as tx:
            self.customer = tx.create("customer", {"name": "Óptica Lusitânia"})
        self.routes = Transfers(self._opened, lambda error: f"sentence of {error.code}", idle_seconds=1)
        options = {name: SERVER_OPTIONS[name] for name in ("host", "http", "proxy_headers", "server_header")}
        self.server = uvicorn.Server(
            uvicorn.Config(self.routes.wrap(behind), port=0, ws="none", log_level="error", **options)
        )
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        until(lambda: self.server.started)
        self.port: int = self.server.servers[0].sockets[0].getsockname()[1]

    def _opened(self) -> tuple[Store, FileVault]:
        if self.locked:
            raise Locked("the store is locked")
        return self.store, self.vault

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)
        assert not self.thread.is_alive()

    def post(self, body: bytes | Iterator[bytes], name: str = "nota.bin", **headers: str) -> tuple[int, dict[str, str]]:
        given = {"X-File-Name": quote(name), **{key.replace("_", "-"): value for key, value in headers.items()}}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", f"/files/{self.customer}", body, given, encode_chunked=not isinstance(body, bytes))
        answer = connection.getresponse()
        document: dict[str, str] = json.loads(answer.read())
        connection.close()
        return answer.status, document

    def get(self, target: str, method: str = "GET") -> HTTPResponse:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, target)
        return connection.getresponse()

    def kept(self, body: bytes, name: str = "nota.bin") -> str:
        status, document = self.post(body, name)
        assert status == 201, document
        return document["id"]

    def traces(self) -> tuple[int, int]:
        """How many file records and how many files on the disk there are."""
        with self.store.reading() as session:
            return len(session.find("file")), len(list((self.folder / "files").iterdir()))

    def edit(self) -> None:
        with self.store.transaction() as session:
            drafts.begin_edit(session, self.customer, "tab 1", 1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    running = Desk(tmp_path)
    yield running
    running.stop()


def chunks(size: int, step: int = 100_000) -> Iterator[bytes]:
    """Chunked transfer: the server is told no length."""
    for start in range(0, size, step):
        yield b"x" * min(step, size - start)


def test_a_file_goes_in_and_comes_out_as_a_download(desk: Desk) -> None:
    body = MARKER * 30_000
    status, document = desk.post(body, 'Relatório <1>: "até" 2026%.pdf', Content_Type="application/pdf")
    assert (status, document["name"]) == (201, 'Relatório <1>: "até" 2026%.pdf')
    answer = desk.get(f"/files/{document['id']}/content")
    assert (answer.status, answer.read()) == (200, body)
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="Relat_rio _1__ _at__ 2026_.pdf"; ')
    assert unquote(disposition.split("UTF-8''")[1]) == "Relatório _1__ _até_ 2026%.pdf"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["content-length"] == str(len(body))
    assert not any(MARKER in path.read_bytes() for path in (desk.folder / "files").iterdir())


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 1 << 20, (1 << 20) + 1, 5_000_001])
def test_files_of_any_size_come_out_whole(desk: Desk, size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    file_id = desk.kept(body[:size])
    assert desk.get(f"/files/{file_id}/content").read() == body[:size]
    head = desk.get(f"/files/{file_id}/content", "HEAD")
    assert (head.status, head.headers["content-length"], head.read()) == (200, str(size), b"")


def test_a_body_of_unknown_length_is_taken(desk: Desk) -> None:
    status, document = desk.post(chunks(3_000_000), Transfer_Encoding="chunked")
    assert status == 201
    assert desk.get(f"/files/{document['id']}/content").read() == b"x" * 3_000_000


NAMES = {
    "../../x": "x",
    "..\\..\\x": "x",
    "C:\\x": "x",
    "a\0b\r\nX-Evil: 1": "abX-Evil: 1",
    "": "file",
    "x" * 900: "x" * 255,
    "\u202efdp.exe": "fdp.exe",
    "nul": "_nul",
}


def test_a_name_that_leads_elsewhere_is_cleaned(desk: Desk) -> None:
    for name, label in NAMES.items():
        status, document = desk.post(b"x", name)
        assert (status, document["name"]) == (201, label)
        answer = desk.get(f"/files/{document['id']}/content")
        assert answer.headers["x-evil"] is None
        assert answer.read() == b"x"
    status, document = desk.post(b"x", X_File_Name="%ff%zz%")
    assert (status, document["name"]) == (201, "\ufffd%zz%")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("x.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("x.html", b"<!doctype html><script>alert(1)</script>"),
        (
            "x.xhtml",
            b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>',
        ),
        ("x.png", b"<!doctype html><script>alert(1)</script>"),
        ("x.pdf", b"<!doctype html><script>%PDF-1.7</script>"),
        ("x.png", b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 90_000, 90_000) + bytes(99)),
    ],
)
def test_what_could_run_or_fill_the_memory_is_only_ever_a_download(desk: Desk, name: str, body: bytes) -> None:
    for media_type in ("text/html", "image/svg+xml", "image/png"):
        _, document = desk.post(body, name, Content_Type=media_type)
        answer = desk.get(f"/files/{document['id']}/content?inline=1")
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.read() == body


def test_a_picture_and_a_pdf_are_shown_when_asked_for_whatever_they_are_called(desk: Desk) -> None:
    for body, media_type in ((PNG, "image/png"), (b"%PDF-1.7\n" + MARKER, "application/pdf")):
        file_id = desk.kept(body, "page.html")
        shown, plain = desk.get(f"/files/{file_id}/content?inline=1"), desk.get(f"/files/{file_id}/content")
        assert shown.headers["content-type"] == media_type
        assert shown.headers["content-disposition"].startswith("inline; ")
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in shown.headers["content-security-policy"]
        assert plain.headers["content-disposition"].startswith("attachment; ")
        assert shown.read() == plain.read() == body


def test_while_the_sheet_is_edited_the_answer_says_so(desk: Desk) -> None:
    desk.edit()
    status, document = desk.post(b"x" * 5_000_000)
    assert (status, document) == (409, {"error": "sheet_in_edit", "reason": None, "text": "sentence of sheet_in_edit"})
    assert desk.traces() == (0, 0)


def test_a_locked_store_takes_and_gives_nothing(desk: Desk) -> None:
    file_id = desk.kept(b"x")
    desk.locked = True
    assert desk.post(b"x")[0] == 423
    answer = desk.get(f"/files/{file_id}/content")
    assert (answer.status, json.loads(answer.read())["error"]) == (423, "locked")
    assert desk.traces() == (1, 1)


def test_what_is_not_there_is_not_found(desk: Desk) -> None:
    file_id = desk.kept(b"x")
    answer = desk.get(f"/files/{'0' * 32}/content")
    assert (answer.status, json.loads(answer.read())["error"]) == (404, "not_found")
    desk.customer = "0" * 32
    assert desk.post(b"x" * 1_000_000)[0] == 404
    with desk.store.transaction() as session:
        session.run("DELETE FROM blob")
    answer = desk.get(f"/files/{file_id}/content")
    assert (answer.status, json.loads(answer.read())["reason"]) == (404, "not_here")
    assert desk.traces() == (1, 1)


def test_other_addresses_and_methods_go_on_to_the_pages(desk: Desk) -> None:
    for method, target in (
        ("GET", f"/files/{desk.customer}"),
        ("PUT", f"/files/{desk.customer}"),
        ("POST", f"/files/{desk.customer}/content"),
        ("POST", f"/files/{desk.customer}/"),
        ("POST", f"/files/{desk.customer.upper()}x"),
        ("POST", f"/files/{desk.customer}%0a"),
        ("POST", "/files/../files/x"),
        ("GET", "/files/x/content"),
    ):
        assert desk.get(target, method).status == 418, target


def test_a_file_that_says_it_is_too_large_is_refused_before_it_is_sent(desk: Desk) -> None:
    with socket.create_connection(("127.0.0.1", desk.port), 20) as connection:
        head = f"POST /files/{desk.customer} HTTP/1.1\r\nHost: x\r\nContent-Length: {SIZE_MAX_BYTES + 1}\r\n\r\n"
        connection.sendall(head.encode() + b"x" * 1000)
        answer = connection.recv(65_536)  # the sender stopped: after the idle time there is an answer
    assert answer.startswith(b"HTTP/1.1 413")
    assert b'"reason": "too_large"' in answer
    assert desk.traces() == (0, 0)


def test_a_browser_that_goes_away_in_the_middle_leaves_nothing(desk: Desk) -> None:
    with socket.create_connection(("127.0.0.1", desk.port), 20) as connection:
        head = f"POST /files/{desk.customer} HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n"
        connection.sendall(head.encode() + b"x" * 2_000_000)
        until(lambda: desk.traces()[1] == 1)
    until(lambda: desk.traces() == (0, 0))
    assert desk.kept(b"x")


def test_a_sender_that_stands_still_is_given_up(desk: Desk) -> None:
    with socket.create_connection(("127.0.0.1", desk.port), 20) as connection:
        head = f"POST /files/{desk.customer} HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n"
        connection.sendall(head.encode() + b"x" * 500_000)
        answer = connection.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 408")
    assert desk.traces() == (0, 0)


def test_uploads_side_by_side_all_arrive(desk: Desk) -> None:
    bodies = [bytes([number]) * 2_000_000 for number in range(6)]
    ids: dict[int, str] = {}

    def upload(number: int) -> None:
        ids[number] = desk.kept(bodies[number])

    threads = [threading.Thread(target=upload, args=(number,)) for number in range(len(bodies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(ids) == list(range(6))
    for number, file_id in ids.items():
        assert desk.get(f"/files/{file_id}/content").read() == bodies[number]


def test_a_damaged_file_is_told_at_once_or_breaks_the_download(desk: Desk) -> None:
    file_id = desk.kept(MARKER * 200_000)
    path = next((desk.folder / "files").iterdir())
    good = path.read_bytes()
    path.write_bytes(good[:100] + bytes([good[100] ^ 1]) + good[101:])
    answer = desk.get(f"/files/{file_id}/content")
    assert (answer.status, json.loads(answer.read())["error"]) == (500, "store_damaged")
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    answer = desk.get(f"/files/{file_id}/content")
    assert answer.status == 200
    with pytest.raises(IncompleteRead):
        answer.read()


def test_a_reader_that_goes_away_lets_go_of_the_file(desk: Desk) -> None:
    file_id = desk.kept(b"x" * 20_000_000)
    answer = desk.get(f"/files/{file_id}/content")
    answer.read(1000)
    answer.close()
    links = Path("/proc/self/fd")
    if links.exists():
        until(lambda: not any(".att" in str(link.resolve()) for link in links.iterdir()))
    assert desk.get(f"/files/{file_id}/content").read() == b"x" * 20_000_000


def test_a_label_comes_with_the_file_or_neither_does(desk: Desk) -> None:
    status, document = desk.post(b"x", X_File_Label=quote("T-2026 é"))
    assert status == 201
    assert (desk.store.read("file", document["id"]) or {})["label"] == "T-2026 é"
    status, document = desk.post(b"x", X_File_Label="x" * 500)
    assert (status, document["error"]) == (422, "invalid_value")
    assert desk.traces() == (1, 1)


def test_a_full_disk_is_told_and_leaves_nothing(desk: Desk) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, before[1]))
    try:
        status, document = desk.post(b"x" * 6_000_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (status, document["error"]) == (507, "disk_full")
    assert desk.traces() == (0, 0)


def test_more_uploads_at_once_than_anybody_needs_are_refused(desk: Desk) -> None:
    head = f"POST /files/{desk.customer} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n".encode()
    waiting = [socket.create_connection(("127.0.0.1", desk.port), 20) for _ in range(UPLOADS_MOST)]
    for connection in waiting:
        connection.sendall(head)
    until(lambda: desk.routes._uploads == UPLOADS_MOST)
    assert desk.post(b"x")[0] == 503
    for connection in waiting:
        connection.close()
    until(lambda: desk.routes._uploads == 0)
    assert desk.traces() == (0, 0)
    assert desk.kept(b"x")
