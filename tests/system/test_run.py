"""`scripts/run.py` on a terminal of its own: started, used by its keys, stopped, started again."""

from __future__ import annotations

import http.client
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bench import ROOT, environment
from tests.support.ports import free_port

pty = pytest.importorskip("pty", reason="a terminal of POSIX systems")
pytestmark = pytest.mark.system

SECONDS = 90


class Terminal:
    """run.py in a pseudo-terminal."""

    def __init__(self, *words: object) -> None:
        self._fd, inner = pty.openpty()
        variables = {**environment(), "MOBILITY_PYTHON": sys.executable, "MOBILITY_LANG": "en"}
        self.process = subprocess.Popen(
            [sys.executable, "scripts/run.py", "--no-browser", *map(str, words)],
            cwd=ROOT, env=variables, stdin=inner, stdout=inner, stderr=inner, start_new_session=True,
        )  # fmt: skip
        os.close(inner)
        self.text, self._read = "", 0

    def see(self, pattern: str) -> re.Match[str]:
        """What is printed next that looks like this. Fails when the program ends or is silent for too long."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if found := re.compile(pattern).search(self.text, self._read):
                self._read = found.end()
                return found
            if not self._more():
                break
        raise AssertionError(f"never saw {pattern!r} in:\n{self.text}")

    def press(self, key: str) -> None:
        os.write(self._fd, key.encode())

    def end(self) -> int:
        """Ctrl-C, then its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=SECONDS)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=SECONDS)
        os.close(self._fd)

    def _more(self) -> bool:
        ready, _, _ = select.select([self._fd], [], [], 0.2)
        try:
            piece = os.read(self._fd, 65536).decode("utf-8", "replace") if ready else ""
        except OSError:  # the other side has closed
            return False
        self.text += piece
        return True


def status(port: int, path: str) -> int:
    """The status of a GET, 0 where nothing answers."""
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asking.request("GET", path)
        return asking.getresponse().status
    except OSError:
        return 0
    finally:
        asking.close()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    made = Demo(tmp_path)
    yield made
    for terminal in made.terminals:
        terminal.close()


class Demo:
    """Starts of run.py on one folder and two ports."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.hq_port, self.port = folder, free_port(), free_port()
        self.terminals: list[Terminal] = []

    def start(self, *words: object) -> Terminal:
        places = ("--folder", self.folder, "--hq-port", self.hq_port, "--port", self.port)
        self.terminals.append(Terminal(*places, *words))
        return self.terminals[-1]


def test_a_first_visit_a_day_without_headquarters_and_a_second_start(demo: Demo) -> None:
    first = demo.start("--customers", 12)
    address = first.see(r"http://127\.0\.0\.1:\d+(/open\?key=\S+)").group(1)
    first.see("Passphrase of the demo: .+")
    first.see("Press h to stop or start headquarters")
    assert status(demo.port, "/") == 401
    assert status(demo.port, address) == 303
    assert status(demo.hq_port, "/health/live") == 200
    first.press("h")
    first.see("Headquarters is stopped")
    assert status(demo.hq_port, "/health/live") == 0
    first.press("h")
    first.see("Headquarters runs again")
    assert status(demo.hq_port, "/health/live") == 200
    first.press("o")
    again = first.see(r"http://127\.0\.0\.1:\d+(/open\?key=\S+)").group(1)
    assert again != address
    assert status(demo.port, again) == 303
    assert first.end() == 0
    assert status(demo.port, "/") == status(demo.hq_port, "/health/live") == 0

    kept = {path.relative_to(demo.folder) for path in demo.folder.rglob("*.att")}
    demo.hq_port = free_port()  # headquarters may come back elsewhere
    second = demo.start()
    second.see("Press h to stop or start headquarters")
    assert "Making" not in second.text
    assert "First sync" not in second.text
    assert {path.relative_to(demo.folder) for path in demo.folder.rglob("*.att")} == kept != set()
    assert second.end() == 0


def test_a_busy_port_is_named_before_anything_is_made(demo: Demo) -> None:
    with socket.create_server(("127.0.0.1", demo.port)):
        started = demo.start()
        started.see(f"Port {demo.port} is in use")
        assert started.process.wait(timeout=SECONDS) == 2
    assert list(demo.folder.iterdir()) == []


def test_ctrl_c_while_the_data_is_made_leaves_no_half_made_data(demo: Demo) -> None:
    started = demo.start("--customers", 200_000)
    started.see("Making 200000 customers")
    assert started.end() == 130
    assert "Traceback" not in started.text
    again = demo.start("--customers", 5)
    again.see("Making 5 customers")
    again.see("Press h to stop or start headquarters")
    assert again.end() == 0
