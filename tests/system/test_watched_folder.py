"""The watched folder with the real observer and real programs: an event is enough, and locking stops it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from mobility_app.store import watched
from mobility_app.store.actions.attachments import sweep
from mobility_app.store.files import FileVault
from mobility_app.store.folder_worker import FolderWorker
from mobility_app.store.queries.files import of_customer
from tests.support.bench import ROOT, environment
from tests.support.desk import Desk, desk
from tests.support.waiting import until

pytestmark = pytest.mark.system
NEVER = 3_600.0  # seconds between looks that no event asks for
COPY = "import sys, shutil; shutil.copyfile(sys.argv[1], sys.argv[2])"


class Room:
    """A desk, its vault, and workers that end with the test."""

    def __init__(self, folder: Path) -> None:
        self.at: Desk = desk(folder)
        self.vault, self.folder = FileVault(folder / "files", bytes(32)), folder
        self.path = watched.turn_on(self.at.store, self.at.customer, folder / "watched")
        self.workers: list[FolderWorker] = []

    def worker(self, *, sweep: float = NEVER, observer: type[BaseObserver] = Observer) -> FolderWorker:
        worker = FolderWorker(self.at.store, self.vault, self.folder, sweep=sweep, observer=observer, lasting=0.5)
        self.workers.append(worker)
        worker.start()
        return worker

    def names(self) -> list[str]:
        return sorted(row.name for row in of_customer(self.at.store, self.at.customer).rows)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    for worker in made.workers:
        worker.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "watch" and thread.is_alive()]


def test_a_copy_by_another_program_is_noticed_and_attached_whole(room: Room, tmp_path: Path) -> None:
    worker = room.worker()
    until(lambda: worker.state(room.at.customer) is not None)
    source = tmp_path / "fonte.bin"
    source.write_bytes(b"0123456789abcdef" * 200_000)
    subprocess.run([sys.executable, "-c", COPY, source, room.path / "copia.bin"], check=True)
    until(lambda: room.names() == ["copia.bin"], 30)
    (row,) = of_customer(room.at.store, room.at.customer).rows
    assert row.size_bytes == source.stat().st_size
    until(lambda: (room.path / watched.TAKEN / "copia.bin").exists())


def test_a_file_moved_in_and_one_from_before_are_taken(room: Room, tmp_path: Path) -> None:
    (room.path / "antes.txt").write_text("before")
    worker = room.worker()
    until(lambda: room.names() == ["antes.txt"], 30)
    (tmp_path / "fora.txt").write_text("outside")
    until(lambda: (state := worker.state(room.at.customer)) is not None and not state.waiting)
    (tmp_path / "fora.txt").rename(room.path / "fora.txt")
    until(lambda: room.names() == ["antes.txt", "fora.txt"], 30)


class Broken(Observer):  # type: ignore[valid-type, misc]
    """The system has no more watches."""

    def start(self) -> None:
        raise OSError(28, "inotify watch limit reached")


def test_without_watches_it_looks_by_itself(room: Room) -> None:
    worker = room.worker(observer=Broken)
    until(lambda: worker.state(room.at.customer) is not None)
    (room.path / "a.txt").write_text("x")
    until(lambda: room.names() == ["a.txt"], 30)


def test_stopped_it_takes_nothing_and_the_next_start_does(room: Room) -> None:
    room.worker().stop()
    (room.path / "enquanto trancado.txt").write_text("x")
    assert room.names() == []
    room.worker()
    until(lambda: room.names() == ["enquanto trancado.txt"], 30)


def test_a_folder_that_is_made_anew_is_watched_again(room: Room) -> None:
    worker = room.worker(sweep=0.5)
    until(lambda: worker.state(room.at.customer) is not None)
    (room.path / watched.TAKEN).rmdir()
    room.path.rmdir()
    until(lambda: [note.why for note in worker.state(room.at.customer).notes] == ["no_folder"])  # type: ignore[union-attr]
    room.path.mkdir()
    (room.path / "a.txt").write_text("x")
    until(lambda: room.names() == ["a.txt"], 30)


def test_the_screen_is_told_what_waits(room: Room) -> None:
    heard: list[str] = []
    room.at.store.listen(lambda touched: heard.append(touched.source))
    room.worker()
    until(lambda: "watch" in heard)
    heard.clear()
    (room.path / "a.txt").write_text("x")
    until(lambda: room.names() == ["a.txt"], 30)
    assert {"watch", "local"} <= set(heard)


WATCH = """
import sys
from pathlib import Path
from mobility_app.store.files import FileVault
from mobility_app.store.folder_worker import FolderWorker
from mobility_app.store.store import Store
folder = Path(sys.argv[1])
worker = FolderWorker(Store(folder / "device.db", None), FileVault(folder / "files", bytes(32)), folder, lasting=0.1)
worker.start()
sys.stdin.read()
"""


def test_killed_in_the_middle_of_a_file_it_is_taken_once_and_whole_by_the_next_start(room: Room) -> None:
    size = 300_000_000
    (room.path / "grande.bin").touch()
    os.truncate(room.path / "grande.bin", size)
    child = subprocess.Popen([sys.executable, "-c", WATCH, str(room.folder)], cwd=ROOT, env=environment(),
                             stdin=subprocess.PIPE)  # fmt: skip
    until(lambda: list((room.folder / "files").glob("*.new")), 60)
    child.kill()
    child.wait(30)
    assert child.stdin is not None
    child.stdin.close()
    assert room.names() == []
    assert (room.path / "grande.bin").stat().st_size == size
    sweep(room.at.store, room.vault)
    assert list((room.folder / "files").iterdir()) == []
    room.worker()
    until(lambda: (room.path / watched.TAKEN / "grande.bin").exists(), 60)
    (row,) = of_customer(room.at.store, room.at.customer).rows
    assert (row.name, row.size_bytes) == ("grande.bin", size)
    assert [path.suffix for path in (room.folder / "files").iterdir()] == [".att"]
