"""The guard around a real NiceGUI app in a process of its own: our page gets in, nobody else learns or changes anything."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from nicegui import App

from mobility_app.ui.guard import Guard, surround
from tests.support.guarded_app import MARKER, Answer, Served

EVIL = "https://evil.example"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served() as running:
        running.login()
        yield running


def own(served: Served) -> str:
    return f"Origin: {served.origin}"


def pressed(served: Served) -> int:
    count: int = json.loads(served.ask("GET", "/own/pressed").body)["pressed"]
    return count


def nothing_told(answer: Answer) -> None:
    assert answer.body == b""
    assert MARKER.encode() not in answer.raw
    assert answer.header("set-cookie") == ""
    assert not any(name.startswith("access-control") for name, _ in answer.headers)


# What must work.


def test_our_own_page_opens_with_its_security_headers(served: Served) -> None:
    page = served.ask("GET", "/", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: navigate")
    assert page.status == 200
    assert MARKER.encode() in page.body
    policy = page.header("content-security-policy")
    assert f"connect-src 'self' ws://127.0.0.1:{served.port} ws://localhost:{served.port};" in policy
    for rule in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert rule in policy
    assert page.header("x-content-type-options") == "nosniff"
    assert page.header("referrer-policy") == "no-referrer"
    assert page.header("x-frame-options") == "DENY"
    assert page.header("cross-origin-opener-policy") == "same-origin"
    assert page.header("cross-origin-resource-policy") == "same-origin"
    assert page.header("cache-control") == "no-store"
    assert page.header("server") == ""


def test_our_own_page_opens_under_the_name_localhost_too(served: Served) -> None:
    host = f"localhost:{served.port}"
    assert served.ask("GET", "/", host=host).status == 200
    assert served.ask("GET", "/", host=host.upper()).status == 200
    assert served.socket(f"Origin: http://{host}", host=host).status == 101


def test_the_socket_opens_for_our_own_page(served: Served) -> None:
    assert served.socket(own(served)).status == 101


def test_our_own_page_may_poll_and_post(served: Served) -> None:
    before = pressed(served)
    poll = "/_nicegui_ws/socket.io/?EIO=4&transport=polling"
    assert served.ask("GET", poll, own(served)).status == 200
    assert served.ask("GET", poll, "Sec-Fetch-Site: same-origin").status == 200  # browsers send no Origin with it
    assert served.ask("POST", "/own/press", own(served)).status == 200
    assert pressed(served) == before + 1


def test_static_files_keep_their_long_life_in_the_cache(served: Served) -> None:
    page = served.ask("GET", "/").body.decode()
    script = re.search(r'src="(/_nicegui/[^"]*nicegui\.js)"', page)
    assert script
    answer = served.ask("GET", script[1])
    assert answer.status == 200
    assert "immutable" in answer.header("cache-control")


# What must not.


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.1:{port}.evil.example",
        "127.0.0.1.evil.example:{port}",
        "evil.example@127.0.0.1:{port}",
        "127.0.0.2:{port}",
        "0.0.0.0:{port}",
        "[::1]:{port}",
        "2130706433:{port}",
        "localhost.:{port}",
        "",
    ],
)
def test_another_host_name_gets_nothing_even_with_the_session(served: Served, host: str) -> None:
    named = host.format(port=served.port)
    for answer in (served.ask("GET", "/", host=named), served.socket(own(served), host=named)):
        assert answer.status in ((421, 403) if host else (400, 403, 421))
        assert MARKER.encode() not in answer.raw
    if host:
        nothing_told(served.ask("GET", "/", host=named))


@pytest.mark.parametrize(
    "origin",
    [EVIL, "null", "", "https://127.0.0.1:{port}", "http://127.0.0.1", "http://127.0.0.1:1", "http://localhost:{port}"],
)
def test_a_socket_of_another_origin_is_not_opened(served: Served, origin: str) -> None:
    answer = served.socket(f"Origin: {origin.format(port=served.port)}")
    assert answer.status == 403
    nothing_told(answer)


def test_a_socket_without_origin_is_not_opened(served: Served) -> None:
    assert served.socket().status == 403
    assert served.socket("Sec-Fetch-Site: same-origin").status == 403


def test_a_socket_without_the_session_is_not_opened(served: Served) -> None:
    assert served.socket(own(served), cookie="").status == 403
    assert served.socket(own(served), cookie=served.cookie[:-1]).status == 403
    assert served.socket(own(served), cookie=f"session={'0' * 64}").status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "none, cross-site"])
def test_a_request_that_the_browser_says_is_from_elsewhere_is_refused(served: Served, site: str) -> None:
    for target in ("/", "/own/pressed", "/own/static/mark.svg", "/_nicegui_ws/socket.io/?EIO=4&transport=polling"):
        answer = served.ask("GET", target, f"Sec-Fetch-Site: {site}")
        assert answer.status == 403
        nothing_told(answer)


def test_reading_across_origins_is_refused_and_permits_nothing(served: Served) -> None:
    for target in ("/", "/own/pressed"):
        answer = served.ask("GET", target, f"Origin: {EVIL}")
        assert answer.status == 403
        nothing_told(answer)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_a_method_that_may_change_something_needs_our_origin(served: Served, method: str) -> None:
    before = pressed(served)
    for headers in (
        (),
        (f"Origin: {EVIL}",),
        ("Origin: null",),
        ("Sec-Fetch-Site: same-origin",),
        (f"Origin: {EVIL}", "Sec-Fetch-Site: same-origin"),
        (own(served), "Sec-Fetch-Site: cross-site"),
        ("Content-Type: text/plain", "Sec-Fetch-Site: cross-site"),
    ):
        answer = served.ask(method, "/own/press", *headers, body=b"{}")
        assert answer.status == 403, headers
        nothing_told(answer)
    assert pressed(served) == before


def test_polling_of_another_origin_is_refused(served: Served) -> None:
    target = "/_nicegui_ws/socket.io/?EIO=4&transport=polling"
    for headers in (
        (),
        (f"Origin: {EVIL}",),
        ("Origin: null",),
        ("Sec-Fetch-Site: cross-site",),
        ("Sec-Fetch-Site: none",),
    ):
        answer = served.ask("GET", target, *headers)
        assert answer.status == 403, headers
        nothing_told(answer)
        assert served.ask("POST", target, *headers, body=b"2").status == 403


def test_without_the_session_every_path_gives_the_same_empty_answer(served: Served) -> None:
    page = served.ask("GET", "/").body.decode()
    script = re.search(r'src="(/_nicegui/[^"]*nicegui\.js)"', page)
    assert script
    paths = ["/", "/own/pressed", "/own/nothing", "/own/static/mark.svg", "/docs", "/redoc", "/openapi.json", "/favicon.ico",
             script[1], "/open", "/open?key=", "/open?key=0", f"/open?key={'0' * 64}", "/%2e%2e/etc/passwd", "//", "/?a=b",
             "/_nicegui_ws/socket.io/?EIO=4&transport=polling"]  # fmt: skip
    heads = set()
    for path in paths:
        answer = served.ask("GET", path, own(served), cookie="")
        assert answer.status == 401, path
        nothing_told(answer)
        heads.add(tuple(pair for pair in answer.headers if pair[0] != "date"))
    assert len(heads) == 1
    assert served.ask("HEAD", "/", cookie="").status == 401
    assert served.ask("POST", "/own/press", own(served), cookie="").status == 401


def test_with_the_session_there_is_no_documentation_of_the_routes(served: Served) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        answer = served.ask("GET", path)
        assert b"/own/press" not in answer.body
        assert b"swagger" not in answer.body.lower()


def test_a_launch_token_works_once_and_the_starter_can_make_another(served: Served) -> None:
    assert served.ask("GET", f"/open?key={served.token}", cookie="").status == 401
    launch = json.loads(served.ask("GET", "/own/launch").body).removeprefix(served.origin)
    for wrong in (launch[:-1], launch + "0", launch.replace("key=", "Key="), launch.replace("/open", "/open/")):
        assert served.ask("GET", wrong, cookie="").status == 401
    assert served.ask("HEAD", launch, cookie="").status == 401  # a preview of the link does not use it up
    assert served.ask("POST", launch, own(served), cookie="").status == 401
    assert served.ask("GET", launch, "Sec-Fetch-Site: cross-site", cookie="").status == 403
    assert served.ask("GET", launch, cookie="", host="evil.example").status == 421
    opened = served.ask("GET", launch, "Sec-Fetch-Site: none", cookie="")
    assert (opened.status, opened.header("location"), opened.body) == (303, "/", b"")
    cookie = opened.header("set-cookie")
    assert re.fullmatch(r"mobility-[0-9a-f]{16}=[0-9a-f]{64}; HttpOnly; SameSite=Strict; Path=/", cookie)
    assert served.ask("GET", launch, cookie="").status == 401
    assert served.ask("GET", "/", cookie=cookie.split(";")[0]).status == 200
    assert served.ask("GET", "/").status == 200  # the first window stays open


@pytest.mark.parametrize(
    "header",
    [
        "X-Forwarded-Prefix: //evil.example",
        "X-Forwarded-Host: evil.example",
        "X-Forwarded-Proto: https",
        "X-Forwarded-For: 203.0.113.9",
        "Forwarded: host=evil.example;proto=https",
        "X-Original-URL: /own/launch",
        "x-forwarded-prefix: /%22onload=alert(1)",
    ],
)
def test_what_a_proxy_would_say_is_not_believed(served: Served, header: str) -> None:
    told = served.ask("GET", "/", header)
    assert told.status == 200
    assert b"evil.example" not in told.body
    assert b"onload=alert" not in told.body
    assert f"https://127.0.0.1:{served.port}".encode() not in told.body
    assert served.ask("GET", "/open", header, cookie="").status == 401


def test_an_absolute_request_line_is_refused(served: Served) -> None:
    for target in (
        "http://evil.example/",
        f"http://127.0.0.1:{served.port}/",
        f"http://evil.example/open?key={served.token}",
        "*",
        "own/pressed",
        "evil.example:443",
    ):
        for method in ("GET", "OPTIONS", "CONNECT"):
            answer = served.ask(method, target)
            assert answer.status in (400, 403, 421), (method, target)
            assert MARKER.encode() not in answer.raw


def test_doubled_headers_are_refused(served: Served) -> None:
    good = f"127.0.0.1:{served.port}"
    for headers, allowed in (
        (("Host: evil.example",), (400, 421)),
        ((f"Host: {good}",), (400, 421)),
        ((own(served), f"Origin: {EVIL}"), (403,)),
        ((own(served), own(served)), (403,)),
        (("Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"), (403,)),
        ((f"Cookie: {served.cookie}",), (401,)),
        (("Cookie: a=b",), (401,)),
        ((f"Host : {good}",), (400,)),
        (("Transfer-Encoding: chunked", "Content-Length: 3"), (400, 403)),
        (("Content-Length: 3", "Content-Length: 4"), (400,)),
    ):
        answer = served.ask("GET", "/", *headers)
        assert answer.status in allowed, (headers, answer)
        assert MARKER.encode() not in answer.raw


def test_a_session_that_stands_twice_in_a_cookie_line_is_refused(served: Served) -> None:
    name = served.cookie.split("=")[0]
    for cookie in (
        f"{name}=0; {served.cookie}",
        f"{served.cookie}; {name}=0",
        f"{served.cookie}; {served.cookie}",
        f"{name}=",
        name,
        served.cookie.upper(),
        f"{name}={'0' * 64}",
        f"x{served.cookie}",
        f'{name}="{served.cookie.split("=")[1]}"',
    ):
        assert served.ask("GET", "/", cookie=cookie).status == 401, cookie
    assert served.ask("GET", "/", cookie=f"other=1; {served.cookie}; third=a=b").status == 200


def test_a_second_request_hidden_in_the_first_is_judged_by_itself(served: Served) -> None:
    head = f"GET /own/pressed HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nCookie: {served.cookie}\r\n\r\n"
    hidden = "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    answer = served.raw((head + hidden).encode())
    assert answer.status == 200
    assert b"HTTP/1.1 421" in answer.body
    assert MARKER.encode() not in answer.raw


def test_a_refusal_sets_no_cookie_though_the_app_has_a_storage_secret(served: Served) -> None:
    page = served.ask("GET", "/")
    assert "session=" in page.header("set-cookie")  # NiceGUI's own session layer is at work, behind the guard
    for answer in (
        served.ask("GET", "/", cookie=""),
        served.ask("GET", "/", host="evil.example"),
        served.ask("POST", "/"),
    ):
        nothing_told(answer)


def test_the_name_of_the_cookie_is_new_at_each_start(served: Served) -> None:
    assert served.cookie.split("=")[0] != Guard(served.port)._cookie.decode()
    assert Guard(1)._cookie != Guard(1)._cookie


def test_a_guard_comes_last_and_before_the_start_or_not_at_all() -> None:
    started, guarded = App(), App()
    started.middleware_stack = started.build_middleware_stack()
    with pytest.raises(RuntimeError):
        Guard(1).install(started)
    Guard(1).install(guarded)
    with pytest.raises(RuntimeError):
        surround(guarded, lambda app: app)  # it would answer before the guard
    with pytest.raises(RuntimeError):
        Guard(1).install(guarded)
    with pytest.raises(ValueError, match="at least"):
        Guard(1, token="short")


def test_old_tokens_and_sessions_are_forgotten_in_the_end() -> None:
    guard = Guard(1)
    for _ in range(200):
        guard.new_token()
        guard._new_session()
    assert (len(guard._tokens), len(guard._sessions)) == (64, 16)
