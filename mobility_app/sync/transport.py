"""One request to HQ over HTTP, bounded in time and bytes. Failures become Unreachable; what HQ says is not judged here.

Their reasons: "network", nobody listens there; "cut", the connection broke before the answer was whole; "stalled", nothing
came for so long; "busy", a gateway said that it can't reach HQ (502, 503, 504 that HQ did not sign), with the time it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import requests
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError
from urllib3.util import SKIP_HEADER

from mobility_app.errors import Unreachable
from mobility_app.sync.protocol import BODY_MAX_BYTES

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
    """Requests over one kept connection. Proxies of the environment, redirects and .netrc are left aside on purpose."""

    def __init__(self, url: str, stall_seconds: float = STALL_SECONDS) -> None:
        self._url, self._stall = url.rstrip("/"), stall_seconds
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.clear()  # what a browser would tell is weight here: an idle round is bounded in bytes

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The reply, at most 8 MiB, as it travelled: decompression is the protocol's, with its own bounds."""
        try:
            with self._session.request(
                method, self._url + target, data=body, headers={**headers, **_PLAIN},
                timeout=(CONNECT_SECONDS, self._stall), allow_redirects=False, stream=True,
            ) as answer:  # fmt: skip
                found = b""
                while piece := answer.raw.read(PIECE_BYTES, decode_content=False):
                    found += piece
                    if len(found) > BODY_MAX_BYTES:
                        raise Unreachable("portal", "the answer is too large to be HQ's")
                _require_whole(answer, len(found))
                said = {name.lower(): value for name, value in answer.headers.items()}
                if answer.status_code in GATEWAY and "mobility-signature" not in said:
                    raise Unreachable("busy", "a gateway answered", retry_seconds=retry_after(said))
                return Reply(answer.status_code, said, found)
        except (requests.ReadTimeout, ReadTimeoutError) as failed:
            raise Unreachable("stalled", "no answer in time") from failed
        except ProtocolError as failed:  # raised while the body streams
            raise Unreachable("cut", type(failed).__name__) from failed
        except requests.ConnectionError as failed:
            open_before = bool(failed.args) and isinstance(failed.args[0], ProtocolError)
            raise Unreachable("cut" if open_before else "network", type(failed).__name__) from failed
        except (requests.RequestException, HTTPError, OSError, ValueError) as failed:
            raise Unreachable("network", type(failed).__name__) from failed


def _require_whole(answer: requests.Response, size_bytes: int) -> None:
    """Raises Unreachable("cut") where the answer ended early. One that was cut in its headers looks like a page without a
    word to who reads them: HQ and pages of hotels say a length, or something."""
    length = answer.headers.get("content-length")
    if length is None:
        whole = size_bytes > 0 or answer.is_redirect or answer.status_code == NO_CONTENT
    else:
        whole = length.isascii() and length.isdecimal() and int(length) == size_bytes
    if not whole:
        raise Unreachable("cut", "the answer was cut")


def retry_after(headers: Mapping[str, str]) -> float:
    """The seconds that `Retry-After` asks to wait, bounded; 0 where it is missing or a date."""
    text = headers.get("retry-after", "")
    return (
        float(min(int(text), RETRY_AFTER_MAX_SECONDS)) if text.isascii() and text.isdecimal() and len(text) < 9 else 0.0
    )
