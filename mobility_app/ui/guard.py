"""The guard in front of the local UI: who may talk to 127.0.0.1 at all.

Any web page, and any other user of the machine, can send requests to a port of 127.0.0.1, and NiceGUI by itself
answers each of them. The guard lets through only what comes from our own page in a browser that our starter opened:

- `Host` is exactly `127.0.0.1:PORT` or `localhost:PORT` (else 421: a rebound name, an absolute request line);
- `Origin` is exactly that host's: required on sockets and on every method but GET and HEAD, and never another one
  anywhere; on the polling path it may only be missing where the browser itself says `Sec-Fetch-Site: same-origin`;
  `Sec-Fetch-Site` is `same-origin` or `none` where it is sent (else 403);
- no header that decides is there twice, and the length of a body is said in one way (else 400 to 421);
- the session cookie is there (else 401). It is given for a launch token, once, at `/open?key=...`: 256 random bits,
  HttpOnly, SameSite=Strict, under a name that is new at each start. Refusals have no body and are the same for
  every path, so nobody learns what exists.

`X-Forwarded-*` is dropped before the app sees it, CORS permissions are dropped from its answers, and every answer gets
the security headers. Vue compiles templates in the page, so `'unsafe-eval'` and inline scripts must stay allowed; what
a script could steal has nowhere to go, since `connect-src` knows only this port.

How to stand outermost with NiceGUI 3.18: `ui.run` puts its own layers around those of `app.add_middleware`, and
with a storage secret a session layer around all of them. So use `install`, last before `ui.run`:

    guard = Guard(port)
    surround(app, some_layer)          # a layer that shall stand between the guard and NiceGUI
    guard.install(app)
    ui.run(root, port=port, **{**other_options, **SERVER_OPTIONS})
    # when the server answers: open guard.launch_url() in the browser; once for each window that is to be opened

Where an own uvicorn serves the app (`ui.run_with`), give it `guard.wrap(app)`. `SERVER_OPTIONS` belong to the guard:
uvicorn otherwise believes `X-Forwarded-For` and `-Proto` before the guard runs, and its default parser hides
absolute request lines and doubled `Host` headers.

LIMIT: cookies know no port. Another server on 127.0.0.1 that this browser visits is sent our cookie. Its name and
value die with this run, and SameSite keeps every other site out; a hostile local server that the user opens is not
kept out. LIMIT: a launch address on a command line can be read by other users until the browser has used it.
The lock screen is not the guard's business: it lies behind it.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from hmac import compare_digest
from types import MappingProxyType
from typing import Any

from nicegui import App
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SERVER_OPTIONS: Mapping[str, Any] = MappingProxyType(
    {
        "host": "127.0.0.1",
        "reload": False,
        "show": False,
        "fastapi_docs": False,
        "http": "h11",
        "proxy_headers": False,
        "server_header": False,
        "show_welcome_message": False,
    }
)

_OPEN = "/open"
_POLLING = "/_nicegui_ws/"
_TOKENS_MAX, _SESSIONS_MAX = 64, 16  # the oldest is forgotten
_TOKEN_LEAST = 16
_SAFE_METHODS = ("GET", "HEAD")
_OWN_SITE = (b"same-origin", b"none")
_DROPPED = (b"forwarded", b"x-real-ip", b"x-original-url", b"x-rewrite-url", b"x-http-method-override")

Headers = Iterable[tuple[bytes, bytes]]
Layer = Callable[[ASGIApp], ASGIApp]


class Guard:
    """Launch tokens, sessions and rules of one start of the app on one port."""

    def __init__(self, port: int, *, random: Callable[[int], bytes] = os.urandom, token: str | None = None) -> None:
        """`random(n)` gives n unpredictable bytes. `token` is a first launch token chosen by the starter (tests)."""
        self._port, self._random = port, random
        self._hosts = {f"{name}:{port}".encode() for name in ("127.0.0.1", "localhost")}
        self._cookie = f"mobility-{random(8).hex()}".encode()
        self._tokens: deque[bytes] = deque(maxlen=_TOKENS_MAX)
        self._sessions: deque[bytes] = deque(maxlen=_SESSIONS_MAX)
        self._headers = _security_headers(port)
        if token is not None:
            if len(token) < _TOKEN_LEAST:
                raise ValueError(f"a launch token has at least {_TOKEN_LEAST} characters")
            self._tokens.append(token.encode())

    def new_token(self) -> str:
        """A launch token that opens one session. Any thread may call it."""
        token = self._random(32).hex()
        self._tokens.append(token.encode())
        return token

    def launch_url(self) -> str:
        """The address that opens a new session, once. Whoever has it gets in: it belongs in a browser and in no log."""
        return f"http://127.0.0.1:{self._port}{_OPEN}?key={self.new_token()}"

    def install(self, app: App) -> None:
        """Puts the guard around everything that the app answers with, layers of `surround` included.

        To be called last, before the app is started. Raises RuntimeError when it is too late.
        """
        surround(app, self.wrap)
        app.build_middleware_stack = _Outermost(app.build_middleware_stack)  # type: ignore[method-assign]

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """The app behind the guard."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                await app(scope, receive, send)
                return
            status = self._refusal(scope)
            if status is None and scope["type"] == "http" and self._redeems(scope):
                await _answer(send, 303, [(b"location", b"/"), (b"set-cookie", self._new_session()), *self._headers])
            elif status is None and self._known(scope):
                await app(_cleaned(scope), receive, self._sending(send))
            elif scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                await _answer(send, status or 401, self._headers)

        return guarded

    def _refusal(self, scope: Scope) -> int | None:
        """The status for a request that is not from our own page, None for one that may be."""
        hosts = _values(scope, b"host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts or not scope["path"].startswith("/"):
            return 421
        if _values(scope, b"content-length") and _values(scope, b"transfer-encoding"):
            return 400
        origins, sites = _values(scope, b"origin"), _values(scope, b"sec-fetch-site")
        if any(origin != b"http://" + hosts[0].lower() for origin in origins) or len(origins) > 1:
            return 403
        if any(site not in _OWN_SITE for site in sites) or len(sites) > 1:
            return 403
        if origins:
            return None
        if scope["type"] != "http" or scope["method"] not in _SAFE_METHODS:
            return 403
        if scope["path"].startswith(_POLLING) and sites != [b"same-origin"]:
            return 403
        return None

    def _redeems(self, scope: Scope) -> bool:
        """Whether the request holds a launch token. It is used up by that."""
        if scope["path"] != _OPEN or scope["method"] != "GET":
            return False
        given = scope["query_string"].removeprefix(b"key=")
        found = [token for token in tuple(self._tokens) if compare_digest(token, given)]
        for token in found:
            self._tokens.remove(token)
        return bool(found)

    def _new_session(self) -> bytes:
        session = self._random(32).hex().encode()
        self._sessions.append(session)
        return self._cookie + b"=" + session + b"; HttpOnly; SameSite=Strict; Path=/"

    def _known(self, scope: Scope) -> bool:
        """Whether the request holds a session: in one Cookie header, once."""
        headers = _values(scope, b"cookie")
        pairs = [part.strip().partition(b"=") for header in headers for part in header.split(b";")]
        given = [value for name, _, value in pairs if name == self._cookie]
        if len(headers) != 1 or len(given) != 1:
            return False
        return sum(compare_digest(session, given[0]) for session in tuple(self._sessions)) > 0

    def _sending(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                message = {**message, "headers": self._completed(message.get("headers", ()))}
            await send(message)

        return sending

    def _completed(self, given: Headers) -> list[tuple[bytes, bytes]]:
        """An answer's headers with ours. A stricter content policy of its own stays beside ours: both are in force."""
        ours = {name for name, _ in self._headers} - {b"content-security-policy", b"cache-control"}
        kept = [
            pair for pair in given if not (pair[0].lower() in ours or pair[0].lower().startswith(b"access-control"))
        ]
        said = {name.lower() for name, _ in kept} & {b"cache-control"}
        return [*kept, *(pair for pair in self._headers if pair[0] not in said)]


class _Outermost:
    """The finished building plan of an app: nothing may be put around it any more."""

    def __init__(self, build: Callable[[], ASGIApp]) -> None:
        self._build = build

    def __call__(self) -> ASGIApp:
        return self._build()


def surround(app: App, layer: Layer) -> None:
    """Puts a layer around all of NiceGUI's own, before the app is started and before the guard is installed.

    Raises RuntimeError when it is too late: the layer would stand unguarded, or not at all.
    """
    if app.middleware_stack is not None or isinstance(app.build_middleware_stack, _Outermost):
        raise RuntimeError("too late: the app has started, or the guard is around it already")
    build = app.build_middleware_stack
    app.build_middleware_stack = lambda: layer(build())  # type: ignore[method-assign]


def _values(scope: Scope, name: bytes) -> list[bytes]:
    return [value for key, value in scope["headers"] if key.lower() == name]


def _cleaned(scope: Scope) -> Scope:
    """The request without what only a proxy may say, and no proxy stands before us."""
    headers = [
        (name, value)
        for name, value in scope["headers"]
        if not name.lower().startswith(b"x-forwarded") and name.lower() not in _DROPPED
    ]
    return {**scope, "headers": headers, "scheme": "http" if scope["type"] == "http" else "ws"}


async def _answer(send: Send, status: int, headers: Headers) -> None:
    await send(
        {"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0"), *headers]},
    )
    await send({"type": "http.response.body", "body": b""})


def _security_headers(port: int) -> tuple[tuple[bytes, bytes], ...]:
    policy = (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; "
        f"connect-src 'self' ws://127.0.0.1:{port} ws://localhost:{port}; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    return (
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"x-frame-options", b"DENY"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"cache-control", b"no-store"),
    )
