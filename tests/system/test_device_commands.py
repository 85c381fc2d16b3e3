"""A device by `mobility` alone: enrolled, synced, its HQ away, moved, or not the one it knows."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bench import ROOT, START_SECONDS, Hq, environment, start_hq
from tests.support.ports import free_port

pytestmark = pytest.mark.system

PASSPHRASE = "cinco palavras para este teste"


def mobility(*words: object, passphrase: str = PASSPHRASE) -> tuple[int, str, str]:
    """(exit code, output, errors) of one command."""
    done = subprocess.run(
        [sys.executable, "-m", "mobility_app", *map(str, words), "--passphrase-stdin"],
        cwd=ROOT, env={**environment(), "MOBILITY_LANG": "en"}, input=passphrase + "\n", text=True,
        capture_output=True, timeout=START_SECONDS, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def opened(folder: Path) -> Iterator[Hq]:
    hq = start_hq(folder)
    hq.add_company("Lusa", "PT")
    hq.add_territory("Lusa", "Norte")
    hq.add_user("Ana", "rep", "Lusa", ["Norte"])
    yield hq
    hq.kill()


@pytest.fixture
def hq(tmp_path: Path) -> Iterator[Hq]:
    yield from opened(tmp_path / "hq")


@pytest.fixture
def other_hq(tmp_path: Path) -> Iterator[Hq]:
    yield from opened(tmp_path / "other")


class Portal(http.server.BaseHTTPRequestHandler):
    """A hotel's log-in page: whatever is asked, it answers itself."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        body = b"<html>Welcome! Accept our terms.</html>"
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing: tests are quiet."""


@pytest.fixture
def portal() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Portal) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def enrol(url: str, code: str, folder: Path) -> tuple[int, str, str]:
    return mobility("enrol", "--hq", url, "--code", code, "--name", "tablet", "--folder", folder)


def test_a_device_enrols_syncs_and_proves_whole(hq: Hq, tmp_path: Path) -> None:
    device = tmp_path / "device"
    assert enrol(hq.url, hq.office.invite("Ana"), device) == (0, "Enrolled as device 1.", "")
    code, said, _ = mobility("sync", "--folder", device)
    assert (code, said.split(",")[0]) == (0, "0 changes sent")
    assert mobility("verify", "--folder", device) == (0, "Everything is in order.", "")
    wrong = mobility("sync", "--folder", device, passphrase="not this one")
    assert wrong[0] == 1
    assert "passphrase is wrong" in wrong[2]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda code: code[:-1] + ("a" if code[-1] != "a" else "b"),
        lambda code: ("x" if code[0] != "x" else "y") + code[1:],
    ],
)
def test_a_wrong_code_enrols_nobody_and_the_right_one_still_works(hq: Hq, tmp_path: Path, spoil: object) -> None:
    code, device = hq.office.invite("Ana"), tmp_path / "device"
    failed = enrol(hq.url, spoil(code), device)  # type: ignore[operator]
    assert failed[0] in (1, 3)
    assert failed[2].count("\n") == 0 < len(failed[2])
    assert os.listdir(device) == []
    again = enrol(hq.url, hq.office.invite("Ana"), device)
    assert again[0] == 0, again


def test_a_code_works_once(hq: Hq, tmp_path: Path) -> None:
    code = hq.office.invite("Ana")
    assert enrol(hq.url, code, tmp_path / "one")[0] == 0
    second = enrol(hq.url, code, tmp_path / "two")
    assert second[0] == 1
    assert "used before" in second[2]
    assert os.listdir(tmp_path / "two") == []


def test_headquarters_away_and_then_at_another_address(hq: Hq, tmp_path: Path) -> None:
    device = tmp_path / "device"
    enrol(hq.url, hq.office.invite("Ana"), device)
    hq.stop()
    assert mobility("sync", "--folder", device)[0] == 3
    hq.port = free_port()
    hq.start()
    assert mobility("sync", "--folder", device)[0] == 3
    assert mobility("sync", "--hq", hq.url, "--folder", device)[0] == 0
    assert mobility("sync", "--folder", device)[0] == 0


def test_who_is_not_its_headquarters_is_never_kept(hq: Hq, other_hq: Hq, portal: str, tmp_path: Path) -> None:
    device = tmp_path / "device"
    enrol(hq.url, hq.office.invite("Ana"), device)
    for impostor in (other_hq.url, portal):
        code, _, said = mobility("sync", "--hq", impostor, "--folder", device)
        assert code in (1, 3)
        assert said.count("\n") == 0 < len(said)
    assert mobility("sync", "--folder", device)[0] == 0
    met = enrol(portal, hq.office.invite("Ana"), tmp_path / "new")
    assert met[0] == 3
    assert "Another page answered" in met[2]
