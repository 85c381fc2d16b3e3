"""One request to HQ over HTTP, bounded in time and bytes. Failures become Unreachable; what HQ says is not judged here.

Their reasons: "network", nobody listens there; "cut", the connection broke before the answer was whole; "stalled", nothing
came for so long; "busy", a gateway said that it can't reach HQ (502, 503, 504 that HQ did not sign), with the time it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError
from urllib3.util import SKIP_HEADER, Timeout

from mobility_app.errors import Unreachable
from mobility_app.sync.protocol import BODY_MAX_BYTES, SIGNATURE

CONNECT_SECONDS, STALL_SECONDS = 5, 20
PIECE_BYTES = 64 * 1024
NO_CONTENT, GATEWAY = 204, (502, 503, 504)
RETRY_AFTER_MAX_SECONDS = 300
_PLAIN = {"accept-encoding": SKIP_HEADER, "user-agent": SKIP_HEADER}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. Header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """How a request travels: over HTTP, or inside one process in the fleet simulation."""

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The reply. Raises Unreachable; the request may have arrived all the same."""


class HttpTransport:
    """Requests over one kept connection. Proxies of the environment, redirects and .netrc are left aside on purpose.

    urllib3 without a session above it: what `requests` does between the two (cookies, redirects, settings of the
    environment) is of no use here and took as long as HQ's whole answer, 0.28 of 0.9 ms.
    """

    def __init__(self, url: str, stall_seconds: float = STALL_SECONDS) -> None:
        at = urllib3.util.parse_url(url.rstrip("/"))
        self._before = at.path or ""
        self._timeout = Timeout(connect=CONNECT_SECONDS, read=stall_seconds)
        if at.scheme == "https":
            self._pool: urllib3.HTTPConnectionPool = urllib3.HTTPSConnectionPool(
                at.host or "", at.port, ca_certs=certifi.where()
            )
            self._pool.ConnectionCls = _SecretAtOnce
        else:
            self._pool = urllib3.HTTPConnectionPool(at.host or "", at.port)
            self._pool.ConnectionCls = _AtOnce

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The reply, at most 8 MiB, as it travelled: decompression is the protocol's, with its own bounds."""
        try:
            answer = self._pool.urlopen(
                method, self._before + target, body, {**headers, **_PLAIN}, retries=False, redirect=False,
                timeout=self._timeout, preload_content=False, decode_content=False,
            )  # fmt: skip
            try:
                found = b""
                while piece := answer.read(PIECE_BYTES):
                    found += piece
                    if len(found) > BODY_MAX_BYTES:
                        raise Unreachable("portal", "the answer is too large to be HQ's")
            except BaseException:
                answer.close()  # what is left on it would be taken for the next answer
                raise
            answer.release_conn()
        except ReadTimeoutError as failed:
            raise Unreachable("stalled", "no answer in time") from failed
        except ProtocolError as failed:  # on a connection that stood
            raise Unreachable("cut", type(failed).__name__) from failed
        except (HTTPError, OSError, ValueError) as failed:
            raise Unreachable("network", type(failed).__name__) from failed
        _require_whole(answer, len(found))
        said = {name.lower(): value for name, value in answer.headers.items()}
        if answer.status in GATEWAY and SIGNATURE not in said:
            raise Unreachable("busy", "a gateway answered", retry_seconds=retry_after(said))
        return Reply(answer.status, said, found)


def _require_whole(answer: urllib3.BaseHTTPResponse, size_bytes: int) -> None:
    """Raises Unreachable("cut") where the answer ended early. One that was cut in its headers looks like a page without a
    word to who reads them: HQ and pages of hotels say a length, or something."""
    length = answer.headers.get("content-length")
    if length is None:
        whole = size_bytes > 0 or bool(answer.get_redirect_location()) or answer.status == NO_CONTENT
    else:
        whole = length.isascii() and length.isdecimal() and int(length) == size_bytes
    if not whole:
        raise Unreachable("cut", "the answer was cut")


class _AtOnce(HTTPConnection):
    """Sends the head of a request together with its body: in two packets HQ is woken twice for one question."""

    _waiting: list[bytes] | None = None

    def request(self, *given: Any, **named: Any) -> None:
        self._waiting = []
        try:
            super().request(*given, **named)
            whole = b"".join(self._waiting)
        finally:
            self._waiting = None
        super().send(whole)

    def send(self, data: Any) -> None:
        if self._waiting is None:
            super().send(data)
        else:
            self._waiting.append(data)


class _SecretAtOnce(_AtOnce, HTTPSConnection):
    """The same over TLS."""


def retry_after(headers: Mapping[str, str]) -> float:
    """The seconds that `Retry-After` asks to wait, bounded; 0 where it is missing or a date."""
    text = headers.get("retry-after", "")
    return (
        float(min(int(text), RETRY_AFTER_MAX_SECONDS)) if text.isascii() and text.isdecimal() and len(text) < 9 else 0.0
    )
