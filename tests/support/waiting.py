"""Waiting for a condition, never for a time."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from time import monotonic


def until(condition: Callable[[], object], seconds: float = 15) -> None:
    """Returns as soon as the condition holds. Fails after so many seconds."""
    deadline, pause = monotonic() + seconds, Event()
    while not condition():
        assert monotonic() < deadline, f"still not so after {seconds} s: {condition}"
        pause.wait(0.02)
