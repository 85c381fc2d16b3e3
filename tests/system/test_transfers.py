"""A large file through the real stack: little memory, nothing plain on the disk, and nothing without the session."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.support.guarded_app import Served

pytestmark = pytest.mark.system

MARKER = b"MK9c8b7a6d5e4f00112233aabb"
CHUNK = MARKER * 4096
CHUNKS = 2_000  # 213 MB


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Served("tests.support.files_app", str(tmp_path)) as running:
        running.login()
        yield running


def memory_bytes(pid: int) -> int:
    """The most memory that the process ever held."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the system does not say")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell a process's memory")
def test_a_file_of_200_mb_needs_no_memory_and_leaves_no_plain_byte(served: Served, tmp_path: Path) -> None:
    customer = (tmp_path / "customer").read_text()
    served.ask("POST", f"/files/{customer}", f"Origin: {served.origin}", body=b"warm")
    before = memory_bytes(served.pid)

    def chunks() -> Iterator[bytes]:
        for number in range(CHUNKS):
            yield CHUNK
            if number == CHUNKS // 2:
                nothing_plain(tmp_path, served.pid)

    headers = {"Origin": served.origin, "Cookie": served.cookie, "X-File-Name": "big.bin",
               "Content-Length": str(len(CHUNK) * CHUNKS)}  # fmt: skip
    connection = HTTPConnection("127.0.0.1", served.port, timeout=120)
    connection.request("POST", f"/files/{customer}", chunks(), headers)
    answer = connection.getresponse()
    document = json.loads(answer.read())
    assert answer.status == 201, document
    nothing_plain(tmp_path, served.pid)
    connection.request(
        "GET", f"/files/{document['id']}/content", headers={"Cookie": served.cookie, "Accept-Encoding": "gzip"}
    )
    answer = connection.getresponse()
    assert answer.headers["content-encoding"] is None
    assert answer.headers["x-frame-options"] == "DENY"  # the guard is around it
    got, size = hashlib.sha256(), 0
    while part := answer.read(1 << 20):
        got.update(part)
        size += len(part)
    connection.close()
    wanted = hashlib.sha256()
    for _ in range(CHUNKS):
        wanted.update(CHUNK)
    assert (size, got.hexdigest()) == (len(CHUNK) * CHUNKS, wanted.hexdigest())
    assert memory_bytes(served.pid) - before < 32 << 20


def nothing_plain(folder: Path, pid: int) -> None:
    """No file of the device holds the marker, and the process writes to no temporary file, an unlinked one included."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                assert MARKER not in file.read(8 << 20), path
    for link in Path(f"/proc/{pid}/fd").iterdir():
        if int(link.name) <= 2:  # where its words go, which the test runner keeps in a file
            continue
        opened = os.readlink(link)
        assert "(deleted)" not in opened, opened
        assert not opened.startswith(tempfile.gettempdir()) or opened.startswith(str(folder)), opened


def test_without_the_session_or_from_elsewhere_no_byte_goes_in_or_out(served: Served, tmp_path: Path) -> None:
    customer = (tmp_path / "customer").read_text()
    own = f"Origin: {served.origin}"
    target = f"/files/{customer}"
    for answer in (
        served.ask("POST", target, own, cookie="", body=MARKER),
        served.ask("POST", target, "Origin: https://evil.example", body=MARKER),
        served.ask("POST", target, body=MARKER),
        served.ask("POST", target, own, "Sec-Fetch-Site: cross-site", body=MARKER),
        served.ask("POST", target, own, host="evil.example", body=MARKER),
    ):
        assert answer.status in (401, 403, 421)
        assert answer.body == b""
    assert os.listdir(tmp_path / "files") == []
    stored = served.ask("POST", target, own, "X-File-Name: x.txt", body=MARKER)
    file_id = json.loads(stored.body)["id"]
    assert stored.status == 201
    assert served.ask("GET", f"/files/{file_id}/content", cookie="").status == 401
    assert served.ask("GET", f"/files/{file_id}/content", "Sec-Fetch-Site: cross-site").status == 403
    assert served.ask("GET", f"/files/{file_id}/content").body == MARKER
    assert served.ask("GET", "/").status == 200
