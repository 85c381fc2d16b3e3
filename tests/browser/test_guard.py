"""The guard in a real browser: our page runs under its content policy, a page of another origin gets nowhere."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from tests.support.guarded_app import MARKER, Served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served() as running:
        running.login()
        yield running


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def evil() -> Iterator[str]:
    """A web server of somebody else on this machine: another port, so another origin, but the same site."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<!doctype html><title>evil</title><body>"
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()


def launch(served: Served) -> str:
    url: str = json.loads(served.ask("GET", "/own/launch").body)
    return url


def test_our_page_works_under_its_policy_charts_included(served: Served, page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(launch(served))
    assert page.url == f"{served.origin}/"
    expect(page.get_by_text(MARKER)).to_be_visible()
    button = page.get_by_role("button", name="Press")
    button.click()
    expect(button).to_have_text("Pressed 1")  # the socket carried it there and back
    expect(page.locator("canvas, svg.echarts, .nicegui-echart svg").first).to_be_visible()
    assert said == []


def test_a_second_window_without_a_token_sees_nothing(served: Served, page: Page) -> None:
    with pytest.raises(Error, match="ERR_HTTP_RESPONSE_CODE_FAILURE"):  # Chromium's word for a refusal without a body
        page.goto(f"{served.origin}/")
    expect(page.get_by_text(MARKER)).to_have_count(0)


ATTACKS = """async ([target, poll]) => {
    const seen = {};
    const tried = async (name, work) => { try { seen[name] = String(await work()); } catch (e) { seen[name] = 'refused'; } };
    await tried('fetch', async () => (await fetch(target, {credentials: 'include'})).text());
    await tried('opaque', async () => (await fetch(target, {credentials: 'include', mode: 'no-cors'})).type);
    await tried('post', async () => (await fetch(target + 'own/press',
        {method: 'POST', credentials: 'include', mode: 'no-cors', body: '{}'})).type);
    await tried('poll', async () => (await fetch(target + poll, {credentials: 'include'})).text());
    const waits = (element, url) => new Promise((done) => {
        element.onload = () => done('loaded ' + (element.contentDocument?.body?.innerText ?? ''));
        element.onerror = () => done('refused');
        element.src = url; document.body.append(element); });
    await tried('image', () => waits(new Image(), target + 'own/static/mark.svg'));
    await tried('script', () => waits(document.createElement('script'), target + 'own/pressed'));
    await tried('socket', () => new Promise((done) => {
        const socket = new WebSocket(target.replace('http', 'ws') + poll.replace('polling', 'websocket'));
        socket.onopen = () => done('opened'); socket.onerror = () => done('refused'); }));
    return seen;
}"""

FORM = "url => { document.body.innerHTML = `<form method=post action='${url}'>`; document.forms[0].submit() }"


def test_a_page_of_another_origin_reads_nothing_and_changes_nothing(served: Served, page: Page, evil: str) -> None:
    page.goto(launch(served))
    expect(page.get_by_text(MARKER)).to_be_visible()
    before = served.ask("GET", "/own/pressed").body
    page.goto(evil)  # the same browser, so the session's cookie is sent along: ports share cookies
    poll = "_nicegui_ws/socket.io/?EIO=4&transport=polling"
    for base in (served.origin, f"http://localhost:{served.port}"):
        seen = page.evaluate(ATTACKS, [f"{base}/", poll])
        assert {name: seen[name] for name in ("fetch", "poll", "image", "script", "socket")} == dict.fromkeys(
            ("fetch", "poll", "image", "script", "socket"), "refused"
        )
        assert not any("loaded" in answer or MARKER in answer for answer in seen.values())
    with pytest.raises(Error, match="ERR_HTTP_RESPONSE_CODE_FAILURE"), page.expect_navigation():
        page.evaluate(FORM, f"{served.origin}/own/press")
    assert served.ask("GET", "/own/pressed").body == before


def test_our_page_can_not_be_framed(served: Served, page: Page, evil: str) -> None:
    page.goto(launch(served))
    page.goto(evil)
    page.evaluate("url => { document.body.innerHTML = `<iframe src='${url}'></iframe>` }", f"{served.origin}/")
    page.wait_for_function("frames.length === 1")
    frame = page.frames[1]
    frame.wait_for_load_state()
    assert MARKER not in frame.content()
