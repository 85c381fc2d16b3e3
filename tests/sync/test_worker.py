"""The thread that decides when: soon after a save, again when the network is back, and it remembers its last success."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mobility_app.errors import Unreachable
from mobility_app.sync.status import OFFLINE, ONLINE, STOPPED, Board
from mobility_app.sync.transport import Reply
from mobility_app.sync.waker import CUTS_MAX, LENGTHS_SECONDS, Waker
from mobility_app.sync.worker import SyncWorker
from tests.support.fleet import Device, Fleet
from tests.support.waiting import until

PATIENCE_SECONDS = 30


@pytest.fixture
def device(tmp_path: Path) -> Device:
    fleet = Fleet(tmp_path)
    fleet.user("Ana")
    return fleet.device("ana", "Ana")


def reached(board: Board, wanted: Callable[[Board], bool]) -> bool:
    """Waits until the board shows it."""
    seen = threading.Event()
    stop = board.listen(lambda status: seen.set() if wanted(board) else None)
    found = wanted(board) or seen.wait(PATIENCE_SECONDS)
    stop()
    return found


def test_a_save_is_sent_without_anybody_asking_and_the_time_is_remembered(device: Device) -> None:
    board = Board()
    worker = SyncWorker(device.store, device.engine, board, lambda: 0.0)
    worker.start()
    assert reached(board, lambda b: b.status.state == ONLINE)
    with device.store.writing() as tx:
        tx.create("customer", {"name": "C"})
    sent = threading.Event()
    device.store.listen(lambda touched: sent.set() if touched.source == "sync" else None)
    assert sent.wait(PATIENCE_SECONDS)
    worker.stop()
    again = Board()
    later = SyncWorker(device.store, device.engine, again, lambda: 0.0)
    later.start()
    assert again.status.last_sync_at is not None
    later.stop()


def test_a_network_that_is_away_is_calm_and_its_return_is_noticed(device: Device) -> None:
    real = device.link.send

    def away(*request: object) -> Reply:
        raise Unreachable("network")

    device.link.send = away  # type: ignore[method-assign]
    board = Board()
    worker = SyncWorker(device.store, device.engine, board, lambda: 0.0)
    worker.start()
    assert reached(board, lambda b: b.status.state == OFFLINE and b.status.problem == "network")
    assert board.status.retry_at is not None
    device.link.send = real  # type: ignore[method-assign]
    worker.now()
    assert reached(board, lambda b: b.status.state == ONLINE)
    worker.stop()


def test_a_refused_device_stops_and_says_why(device: Device, tmp_path: Path) -> None:
    office = device.link._office()
    with office.database.transaction() as session:
        session.run("UPDATE device SET revoked=1")
    board = Board()
    worker = SyncWorker(device.store, device.engine, board, lambda: 0.0)
    worker.start()
    assert reached(board, lambda b: b.status.state == STOPPED and b.status.problem == "revoked")
    worker.stop()


def test_news_that_a_round_was_quicker_to_fetch_do_not_delay_the_next_question(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mobility_app.sync.waker.EARLY_SECONDS", 40)  # longer than anybody here waits
    device.sync()
    real, asked = device.link.send, list[str]()

    def quicker(method: str, target: str, *rest: object) -> Reply:
        if target == "/v1/wake":
            asked.append(target)
            if len(asked) == 1:
                with device.store.writing() as tx:
                    tx.create("customer", {"name": "Óptica"})
                device.sync()
        return real(method, target, *rest)  # type: ignore[arg-type]

    device.link.send = quicker  # type: ignore[method-assign]
    waker = Waker(device.store, device.engine, lambda: 0.5, time.monotonic)
    waker.start()
    waker.go(on=True)
    until(lambda: len(asked) > 1, PATIENCE_SECONDS)
    waker.stop()


def test_whatever_breaks_the_wait_for_news_a_round_tells_and_in_the_end_this_device_polls(device: Device) -> None:
    def broken(*request: object) -> Reply:
        raise ValueError("nobody has thought of this")

    device.link.send = broken  # type: ignore[method-assign]
    waker, doubts = Waker(device.store, device.engine, lambda: 0.5, time.monotonic), list[int]()
    waker.doubt = lambda: doubts.append(1)
    waker.start()
    for asked in range(len(LENGTHS_SECONDS) * CUTS_MAX):
        assert waker.waits
        waker.go(on=True)
        until(lambda asked=asked: len(doubts) == asked + 1)
    assert not waker.waits
    waker.stop()
