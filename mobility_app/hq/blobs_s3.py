"""Any S3 store as a shelf for the bytes of files: `<prefix><blob>/<number>`, one object a piece.

Made by `blobs_settings.py` where a bucket is named. The pieces come sealed, so whoever keeps the bucket reads nothing.
Times and tries are bounded: a store that does not answer is "busy" for the device, which comes again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from mobility_app.errors import Unreachable

ANSWER_SECONDS, CONNECT_SECONDS, TRIES = 12, 4, 2  # within the 20 s that a device waits for a byte
BLOB_LETTERS = 32


class S3Shelf:
    """A bucket. Raises Unreachable busy where it does not answer or says no."""

    def __init__(
        self, bucket: str, endpoint: str, region: str, access_key: str, secret_key: str, prefix: str = ""
    ) -> None:
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._store = S3Store(
            bucket,
            endpoint=endpoint or None,
            region=region or "us-east-1",
            access_key_id=access_key,
            secret_access_key=secret_key,
            virtual_hosted_style_request=not endpoint,  # stores of one's own are reached by path
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
                "timeout": timedelta(seconds=ANSWER_SECONDS),
            },
            retry_config={"max_retries": TRIES, "retry_timeout": timedelta(seconds=ANSWER_SECONDS)},
        )

    def put(self, blob: str, number: int, sealed: bytes) -> None:
        """Keeps a piece; S3 shows an object whole or not at all."""
        with _busy():
            obstore.put(self._store, self._name(blob, number), sealed, use_multipart=False)

    def get(self, blob: str, number: int) -> bytes | None:
        """A piece, None where there is none."""
        try:
            with _busy():
                return bytes(obstore.get(self._store, self._name(blob, number)).bytes())
        except (FileNotFoundError, NotFoundError):
            return None

    def numbers(self, blob: str) -> frozenset[int]:
        """The pieces that lie there."""
        return frozenset(int(path.rpartition("/")[2]) for path in self._paths(f"{self._prefix}{blob}/"))

    def drop(self, blob: str) -> None:
        """Takes all pieces of a blob away."""
        found = list(self._paths(f"{self._prefix}{blob}/"))
        if found:
            with _busy():
                obstore.delete(self._store, found)

    def blobs(self) -> Iterator[str]:
        """The blob of every object under the prefix."""
        for path in self._paths(self._prefix):
            blob = path.removeprefix(self._prefix).partition("/")[0]
            if len(blob) == BLOB_LETTERS:
                yield blob

    def _paths(self, prefix: str) -> Iterator[str]:
        with _busy():
            for page in obstore.list(self._store, prefix=prefix or None):
                for found in page:
                    yield found["path"]

    def _name(self, blob: str, number: int) -> str:
        return f"{self._prefix}{blob}/{number:03}"


@contextmanager
def _busy() -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotFoundError):
        raise
    except (BaseError, OSError, ValueError) as error:
        raise Unreachable("busy", f"the store of files: {type(error).__name__}") from error
