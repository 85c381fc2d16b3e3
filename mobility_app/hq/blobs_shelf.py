"""Where HQ keeps the bytes of files: named pieces, put whole or not at all. A folder here; any S3 store in `blobs_s3.py`.

A shelf knows neither files nor people: `blobs.py` says what lies where, and seals every piece before it comes here.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from mobility_app.store.disk import put_in_place, stage

PIECES_MAX = 500  # of one blob: 500 MB in pieces of 1 MiB

_BLOB = re.compile(r"[0-9a-f]{32}")
_PIECE = re.compile(r"[0-9]{3}")


class Shelf(Protocol):
    """Pieces of blobs. Threads may share it. Every verb may be done again; each raises Unreachable busy where the place
    does not answer, DiskFull where it has no room."""

    def put(self, blob: str, number: int, sealed: bytes) -> None:
        """Keeps a piece durably, in place of one of the same number."""

    def get(self, blob: str, number: int) -> bytes | None:
        """A piece, None where there is none."""

    def numbers(self, blob: str) -> frozenset[int]:
        """The pieces that lie there."""

    def drop(self, blob: str) -> None:
        """Takes all pieces of a blob away."""

    def blobs(self) -> Iterator[str]:
        """Every blob that has a piece, once or more."""


class FolderShelf:
    """A folder with a folder for each blob: `<first two letters>/<blob>/<number>`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, blob: str, number: int, sealed: bytes) -> None:
        """Keeps a piece durably."""
        path = self._place(blob) / f"{number:03}"
        put_in_place(stage(path, sealed), path)

    def get(self, blob: str, number: int) -> bytes | None:
        """A piece, None where there is none."""
        try:
            return (self._place(blob) / f"{number:03}").read_bytes()
        except FileNotFoundError:
            return None

    def numbers(self, blob: str) -> frozenset[int]:
        """The pieces that lie there. What a crash left half written has another name and does not count."""
        try:
            return frozenset(int(name) for name in os.listdir(self._place(blob)) if _PIECE.fullmatch(name))
        except FileNotFoundError:
            return frozenset()

    def drop(self, blob: str) -> None:
        """Takes the blob's folder away."""
        place = self._place(blob)
        shutil.rmtree(place, ignore_errors=True)
        with suppress(OSError):
            place.parent.rmdir()  # stays while others lie there

    def blobs(self) -> Iterator[str]:
        """Every blob that has a folder."""
        if self._folder.exists():
            for path in sorted(self._folder.glob("[0-9a-f][0-9a-f]/*")):
                if _BLOB.fullmatch(path.name):
                    yield path.name

    def _place(self, blob: str) -> Path:
        assert _BLOB.fullmatch(blob), "a blob is called by 32 hex digits"
        return self._folder / blob[:2] / blob
