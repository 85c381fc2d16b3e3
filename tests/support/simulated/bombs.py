"""Watches that end the work of one side at a chosen statement or file operation: the process dies, or the disk is full.

File operations are what Python's audit events tell: a file that is opened to be written, renamed or removed, a folder
that is made or opened to be made durable. The hook stays for the life of this process; without a watch it does nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import peewee

from mobility_app.store.database import Watch


class Crash(BaseException):
    """The process dies here. No handler of ours may catch it."""


def bomb(statement: int) -> Watch:
    """Dies at that statement, counted from 1."""
    left = [statement]

    def watch(sql: str) -> None:
        left[0] -= 1
        if left[0] <= 0:
            raise Crash

    return watch


def no_room(statement: int) -> Watch:
    """From that statement on nothing can be written: the disk is full. Reading goes on."""
    left = [statement]

    def watch(sql: str) -> None:
        left[0] -= 1
        if left[0] <= 0 and not sql.lstrip().startswith(("SELECT", "PRAGMA")):
            raise peewee.OperationalError("database or disk is full")

    return watch


_OPERATIONS = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link"})
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_watched: list[tuple[tuple[str, ...], Callable[[str], None]]] = []


@contextmanager
def files_watched(folders: tuple[Path, ...], watch: Callable[[str], None]) -> Iterator[None]:
    """Calls `watch` before each file operation under these folders; what it raises keeps the operation from happening."""
    _hooked()
    watched = tuple(f"{folder}{os.sep}" for folder in folders), watch
    _watched.append(watched)
    try:
        yield
    finally:
        _watched.remove(watched)


@cache
def _hooked() -> None:
    sys.addaudithook(_hook)


def _hook(event: str, given: tuple[object, ...]) -> None:
    if not _watched or not (event == "open" or event in _OPERATIONS) or not isinstance(given[0], str | Path):
        return
    path = f"{given[0]}{os.sep}"
    for folders, watch in tuple(_watched):
        if path.startswith(folders) and (event != "open" or _writes(path, given[2])):
            watch(f"FILE {event}")


def _writes(path: str, flags: object) -> bool:
    return bool(isinstance(flags, int) and flags & _WRITES) or os.path.isdir(path)
