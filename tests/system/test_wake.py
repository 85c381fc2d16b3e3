"""News travel by themselves: what is saved here is seen there without anybody polling, whoever wrote it at HQ."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mobility_app.store.cursor import Cursor
from mobility_app.sync import protocol, signing
from mobility_app.sync.engine import Engine
from mobility_app.sync.protocol import WakeAnswer, WakeRequest, WireCursor
from mobility_app.sync.status import ONLINE, Board
from mobility_app.sync.transport import HttpTransport
from mobility_app.sync.waker import Waker
from mobility_app.sync.worker import POLL_SECONDS, SyncWorker
from tests.support.bench import Device, Hq, new_device, start_hq
from tests.support.waiting import until

pytestmark = pytest.mark.system
PATIENCE_SECONDS = POLL_SECONDS - 5  # a device that polled would be later


@pytest.fixture
def hq(tmp_path: Path) -> Iterator[Hq]:
    hq = start_hq(tmp_path / "hq")
    hq.add_company("Lusa", "PT")
    hq.add_territory("Lusa", "Norte")
    hq.add_territory("Lusa", "Sul")
    for name, territory in (("Ana", "Norte"), ("Rui", "Norte"), ("Eva", "Sul")):
        hq.add_user(name, "rep", "Lusa", [territory])
    yield hq
    hq.stop()


@contextmanager
def working(device: Device, url: str) -> Iterator[Board]:
    """A worker with its waker on that device, once its first round is done."""
    board = Board()
    waker = Waker(device.store, Engine(device.store, HttpTransport(url, 80)), lambda: 0.5, time.monotonic)
    worker = SyncWorker(device.store, Engine(device.store, HttpTransport(url)), board, lambda: 0.5, waker)
    worker.start()
    until(lambda: board.status.state == ONLINE)
    yield board
    worker.stop()


def asks(device: Device, seconds: int, cursor: WireCursor | None = None) -> Callable[[], WakeAnswer]:
    """Sends a wake on a thread of its own. Returns what waits for its answer."""
    with device.store.reading() as session:
        at = Cursor.read(session)
    body = protocol.pack(WakeRequest(cursor or WireCursor(at.epoch, at.role, at.scopes, at.streams, at.seal), seconds))
    found: list[WakeAnswer] = []

    def send() -> None:
        known = device.store.identity()
        assert known is not None
        signed = signing.headers(known.private_key, known.device_id, "POST", "/v1/wake", body)
        reply = HttpTransport(device.hq_url, 80).send("POST", "/v1/wake", signed, body)
        signing.check_answer(known.hq_key, reply.status, reply.headers, reply.body, body)
        found.append(protocol.unpack(reply.body, WakeAnswer, hostile=False))

    thread = threading.Thread(target=send)
    thread.start()

    def answer() -> WakeAnswer:
        thread.join(70)
        return found[0]

    return answer


def test_a_save_here_is_seen_there_though_nobody_polls_and_hq_ends_at_once(hq: Hq, tmp_path: Path) -> None:
    ana, rui = new_device(hq, tmp_path / "ana", "Ana"), new_device(hq, tmp_path / "rui", "Rui")
    with working(ana, hq.url), working(rui, hq.url):
        customer = ana.create("customer", name="Óptica")
        until(lambda: rui.store.read("customer", customer), PATIENCE_SECONDS)
        rui.set("customer", customer, website="https://a.example")
        until(lambda: (ana.store.read("customer", customer) or {}).get("website"), PATIENCE_SECONDS)
        began = time.monotonic()
        hq.stop()
        assert time.monotonic() - began < PATIENCE_SECONDS  # those who wait are let go, not waited for
        hq.start()


def test_what_another_process_writes_wakes_and_what_others_scopes_hear_does_not(hq: Hq, tmp_path: Path) -> None:
    ana = new_device(hq, tmp_path / "ana", "Ana")
    customer = ana.create("customer", name="Óptica")
    ana.sync()
    waits = asks(ana, 50)
    with hq.office.ledger.transaction() as tx:  # this process is not the one that serves
        tx.update("customer", customer, {"website": "https://hq.example"})
    assert waits().news
    ana.sync()
    eva = new_device(hq, tmp_path / "eva", "Eva")
    ana.sync()
    quiet = asks(ana, 2)
    eva.create("customer", name="elsewhere")
    eva.sync()
    assert not quiet().news


def test_news_that_came_before_the_question_are_told_at_once_and_a_strange_cursor_waits_for_nothing(
    hq: Hq, tmp_path: Path
) -> None:
    ana, rui = new_device(hq, tmp_path / "ana", "Ana"), new_device(hq, tmp_path / "rui", "Rui")
    rui.create("customer", name="first")
    rui.sync()
    assert asks(ana, 50)().news
    assert asks(ana, 50, WireCursor())().news
    ana.sync()
    with ana.store.reading() as session:
        held = session.value("SELECT v FROM meta WHERE k='cursor'")
    with hq.office.ledger.transaction() as tx:  # a new scope, with nothing in it yet
        user = hq.office.named(tx, "user", "Ana")
        both = [hq.office.named(tx, "territory", name) for name in ("Norte", "Sul")]
        tx.update("user", user, {"territory_ids": both})
    assert asks(ana, 50)().news
    ana.sync()
    with ana.store.reading() as session:
        assert session.value("SELECT v FROM meta WHERE k='cursor'") != held
    assert not asks(ana, 1)().news
