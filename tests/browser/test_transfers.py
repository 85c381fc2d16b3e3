"""File bytes in a real browser: a page uploads, a picture is shown, and a hostile file never runs as our page."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.guarded_app import Served

pytestmark = pytest.mark.browser

UPLOAD = """async ([customer, name, base64, type]) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const file = new File([bytes], name, {type});
    const answer = await fetch('/files/' + customer,
        {method: 'POST', body: file, headers: {'X-File-Name': encodeURIComponent(file.name)}});
    return [answer.status, await answer.json()];
}"""
SIZE_OF = """async (url) => {
    const shown = new Image(); shown.src = url; await shown.decode(); return [shown.naturalWidth, shown.naturalHeight];
}"""
ACTIVE = b"<script>document.title = 'ran'; fetch('/canary')</script>"


def part(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + part(b"IHDR", struct.pack(">IIBBBBB", 30, 20, 8, 2, 0, 0, 0))
    + part(b"IDAT", zlib.compress((b"\0" + b"\xff\0\0" * 30) * 20))
    + part(b"IEND", b"")
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("device")


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Served]:
    with Served("tests.support.files_app", str(folder)) as running:
        running.login()
        yield running


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    context = browser.new_context(accept_downloads=True)
    name, value = served.cookie.split("=")
    context.add_cookies([{"name": name, "value": value, "domain": "127.0.0.1", "path": "/", "sameSite": "Strict"}])
    opened = context.new_page()
    opened.goto(f"{served.origin}/")
    yield opened
    context.close()


def upload(page: Page, folder: Path, name: str, body: bytes, media_type: str) -> str:
    from base64 import b64encode

    customer = (folder / "customer").read_text()
    status, document = page.evaluate(UPLOAD, [customer, name, b64encode(body).decode(), media_type])
    assert status == 201, document
    assert document["name"] == name
    file_id: str = document["id"]
    return file_id


def test_a_picture_uploaded_by_the_page_is_shown_in_it_and_in_a_tab_of_its_own(page: Page, folder: Path) -> None:
    file_id = upload(page, folder, "fachada da loja é <nova>.png", PNG, "image/png")
    source = f"/files/{file_id}/content?inline=1"
    size = page.evaluate(SIZE_OF, source)
    assert size == [30, 20]
    with page.expect_popup() as opened:
        page.evaluate("url => { window.open(url) }", source)
    opened.value.wait_for_load_state()
    assert opened.value.evaluate("document.images[0].naturalWidth") == 30


@pytest.mark.parametrize(
    ("name", "media_type", "body"),
    [
        ("logo.svg", "image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg">' + ACTIVE + b"</svg>"),
        ("page.html", "text/html", b"<!doctype html>" + ACTIVE),
        ("foto.png", "image/png", b"<!doctype html>" + ACTIVE),
        ("nota.xhtml", "application/xhtml+xml", b'<html xmlns="http://www.w3.org/1999/xhtml">' + ACTIVE + b"</html>"),
    ],
)
@pytest.mark.parametrize("query", ["", "?inline=1"])
def test_a_file_that_could_run_is_saved_and_does_nothing(
    page: Page, folder: Path, name: str, media_type: str, body: bytes, query: str
) -> None:
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    file_id = upload(page, folder, name, body, media_type)
    with page.expect_download() as saved:
        page.evaluate("url => { window.open(url) }", f"/files/{file_id}/content{query}")
    assert saved.value.suggested_filename == name
    assert Path(saved.value.path()).read_bytes() == body
    page.evaluate("url => { const frame = document.createElement('iframe'); frame.src = url; document.body.append(frame) }",
                  f"/files/{file_id}/content{query}")  # fmt: skip
    assert not any("canary" in url for url in asked)
    assert page.title() != "ran"


def test_a_pdf_opens_in_the_browsers_reader_or_is_saved(page: Page, folder: Path) -> None:
    pdf = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>endobj\ntrailer<</Root 1 0 R>>\n"
    )
    file_id = upload(page, folder, "contrato.pdf", pdf, "application/pdf")
    saved: list[str] = []
    with page.context.expect_page() as opened:
        page.evaluate("url => { window.open(url) }", f"/files/{file_id}/content?inline=1")
    opened.value.on("download", lambda download: saved.append(download.suggested_filename))
    for _ in range(200):  # the reader is a frame of its own; a browser without one saves the file
        if saved or any(frame.url.startswith("chrome-extension:") for frame in opened.value.frames):
            break
        page.wait_for_timeout(50)
    assert saved == ["contrato.pdf"] or any(frame.url.startswith("chrome-extension:") for frame in opened.value.frames)
