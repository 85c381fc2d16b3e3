"""Watches of a database that end its work at a chosen statement: the process dies, or the disk is full."""

from __future__ import annotations

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
