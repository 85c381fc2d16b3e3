"""A disk that fills up in the middle of a large transaction: one line, what was saved stays, and there is a way on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.bench import ROOT, START_SECONDS, environment

resource = pytest.importorskip("resource", reason="limits of POSIX systems stand in for a small disk")
pytestmark = pytest.mark.system

LIMIT_BYTES = 2_000_000


def mobility(*words: object, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command whose files may not grow beyond the limit: SQLite meets that as a full disk."""

    def small_disk() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [sys.executable, "-m", "mobility_app", *map(str, words)],
        cwd=ROOT, env={**environment(), "MOBILITY_LANG": "en"}, preexec_fn=small_disk, capture_output=True, text=True,
        timeout=START_SECONDS, check=False,
    )  # fmt: skip


def test_a_headquarters_that_runs_out_of_disk_says_so_and_is_whole(tmp_path: Path) -> None:
    done = mobility("demo", "--customers", 200, "--folder", tmp_path, limit=LIMIT_BYTES)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "The disk is full. Nothing was saved. Free some space and save again.\n"
    assert mobility("hq", "verify", "--folder", tmp_path).stdout == "Everything is in order.\n"
    dump = json.loads(mobility("hq", "dump", "--folder", tmp_path).stdout)
    assert dump["company"]
    assert dump["customer"] == {}
