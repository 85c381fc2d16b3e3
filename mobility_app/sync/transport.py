"""One request to HQ over HTTP, bounded in time and bytes. Failures become Unreachable; what HQ says is not judged here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import requests

from mobility_app.errors import Unreachable
from mobility_app.sync.protocol import BODY_MAX_BYTES

CONNECT_SECONDS, STALL_SECONDS = 5, 20
PIECE_BYTES = 64 * 1024


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

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The reply, at most 8 MiB, as it travelled: decompression is the protocol's, with its own bounds."""
        try:
            with self._session.request(
                method, self._url + target, data=body, headers={**headers, "accept-encoding": "identity"},
                timeout=(CONNECT_SECONDS, STALL_SECONDS), allow_redirects=False, stream=True,
            ) as answer:  # fmt: skip
                found = b""
                while piece := answer.raw.read(PIECE_BYTES, decode_content=False):
                    found += piece
                    if len(found) > BODY_MAX_BYTES:
                        raise Unreachable("portal", "the answer is too large to be HQ's")
                length = answer.headers.get("content-length")
                if length is not None and int(length) != len(found):
                    raise Unreachable("network", "the answer was cut")
                return Reply(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, found)
        except (requests.RequestException, OSError, ValueError) as failed:
            raise Unreachable("network", type(failed).__name__) from failed
        except Exception as failed:
            if type(failed).__module__.startswith("urllib3"):  # raised while the body streams
                raise Unreachable("network", type(failed).__name__) from failed
            raise
