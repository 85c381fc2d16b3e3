"""One request to HQ over HTTP, bounded in time and bytes. Failures become Unreachable; what HQ says is not judged here.

What a gateway says when it can't reach HQ (502, 503, 504 that HQ did not sign) is "busy", with the time it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import requests
from urllib3.util import SKIP_HEADER

from mobility_app.errors import Unreachable
from mobility_app.sync.protocol import BODY_MAX_BYTES

CONNECT_SECONDS, STALL_SECONDS = 5, 20
PIECE_BYTES = 64 * 1024
GATEWAY = (502, 503, 504)
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
                length = answer.headers.get("content-length")
                if length is not None and int(length) != len(found):
                    raise Unreachable("network", "the answer was cut")
                said = {name.lower(): value for name, value in answer.headers.items()}
                if answer.status_code in GATEWAY and "mobility-signature" not in said:
                    raise Unreachable("busy", "a gateway answered", retry_seconds=retry_after(said))
                return Reply(answer.status_code, said, found)
        except requests.ReadTimeout as failed:
            raise Unreachable("stalled", "no answer in time") from failed
        except (requests.RequestException, OSError, ValueError) as failed:
            raise Unreachable("network", type(failed).__name__) from failed
        except Exception as failed:
            if type(failed).__module__.startswith("urllib3"):  # raised while the body streams
                raise Unreachable("network", type(failed).__name__) from failed
            raise


def retry_after(headers: Mapping[str, str]) -> float:
    """The seconds that `Retry-After` asks to wait, bounded; 0 where it is missing or a date."""
    text = headers.get("retry-after", "")
    return (
        float(min(int(text), RETRY_AFTER_MAX_SECONDS)) if text.isascii() and text.isdecimal() and len(text) < 9 else 0.0
    )
