"""Who writes one after the other: in order, whoever is in may go in again, and nobody waits for ever."""

from __future__ import annotations

import threading

import pytest

from mobility_app.store.turns import Turns
from tests.support.waiting import until


def test_turns_are_taken_in_the_order_in_which_threads_came() -> None:
    turns, order = Turns(), list[int]()

    def work(number: int) -> None:
        with turns.turn():
            order.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    with turns.turn():
        for number, thread in enumerate(threads):
            thread.start()
            until(lambda number=number: len(turns._queue) == number + 1)
        assert turns.awaited
        with turns.turn():  # again, by the same thread
            assert order == []
        assert order == []
    for thread in threads:
        thread.join()
    assert order == list(range(5))
    assert not turns.awaited


def test_an_error_inside_hands_the_turn_over() -> None:
    turns = Turns()
    with pytest.raises(KeyError), turns.turn():
        raise KeyError
    entered = threading.Event()

    def work() -> None:
        with turns.turn():
            entered.set()

    threading.Thread(target=work).start()
    assert entered.wait(10)


def test_who_waited_too_long_goes_in_without_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mobility_app.store.turns.PATIENCE_SECONDS", 0.01)
    turns, entered = Turns(), threading.Event()

    def work() -> None:
        with turns.turn():
            entered.set()

    with turns.turn():
        threading.Thread(target=work).start()
        assert entered.wait(10)
        until(lambda: not turns.awaited)
    with turns.turn():
        pass
