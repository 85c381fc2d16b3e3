"""Where files wait: whole, once, under a harmless name, with the reason beside them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mobility_app.hq.intake.model import Unfit
from mobility_app.hq.intake.quarantine import Quarantine, digest_of, harmless

REASON = Unfit("dtd", "why")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("invoice.xml", "invoice.xml"),
        ("../../etc/passwd", "etc_passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        (".hidden", "hidden"),
        ("...", "file"),
        ("", "file"),
        ("fatura nº 1 – ação.xml", "fatura_n_1_a_o.xml"),
        ("a\nb\x00c;rm -rf $HOME.xml", "a_b_c_rm_-rf_HOME.xml"),
        ("x" * 300 + ".xml", "x" * 76 + ".xml"),
    ],
)
def test_a_name_is_made_harmless(name: str, kept: str) -> None:
    assert harmless(name) == kept


def test_a_file_is_kept_whole_with_its_reason(tmp_path: Path) -> None:
    bad = tmp_path / "fatura 1.xml"
    bad.write_bytes(b"<bad\x00")
    Quarantine(tmp_path / "q").keep(bad, REASON, 1_790_000_000_000)
    copy, note = sorted((tmp_path / "q").iterdir())
    assert copy.read_bytes() == bad.read_bytes()
    assert bad.exists()
    said = json.loads(note.read_text())
    assert note.name == f"{copy.name}.json"
    assert (said["reason"], said["detail"], said["name"]) == ("dtd", "why", "fatura 1.xml")
    assert said["at"] == "2026-09-21T14:13:20.000Z"
    assert (said["sha256"], said["size_bytes"]) == digest_of([bad])


def test_the_same_file_again_adds_nothing_whatever_its_name(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "q")
    for name in ("a.xml", "a.xml", "b.xml"):
        (tmp_path / name).write_bytes(b"same")
        quarantine.keep(tmp_path / name, REASON, 1)
    before = {path.name: path.read_bytes() for path in (tmp_path / "q").iterdir()}
    assert len(before) == 2
    quarantine.keep(tmp_path / "a.xml", REASON, 99)
    assert {path.name: path.read_bytes() for path in (tmp_path / "q").iterdir()} == before


def test_another_reason_is_noted_over_the_first(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "q")
    (tmp_path / "a.xml").write_bytes(b"same")
    quarantine.keep(tmp_path / "a.xml", REASON, 1)
    quarantine.keep(tmp_path / "a.xml", Unfit("unknown_seller", "Lusa"), 2)
    (note,) = (tmp_path / "q").glob("*.json")
    assert json.loads(note.read_text())["reason"] == "unknown_seller"


def test_what_was_taken_in_leaves(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "q")
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(name.encode())
        quarantine.keep(tmp_path / name, REASON, 1)
    quarantine.release(digest_of([tmp_path / "a"])[0])
    assert {path.name[17:] for path in (tmp_path / "q").iterdir()} == {"b", "b.json"}


def test_a_file_that_is_gone_is_noted_without_a_copy(tmp_path: Path) -> None:
    Quarantine(tmp_path / "q").keep(tmp_path / "gone.xml", Unfit("unreadable"), 1)
    assert [path.suffix for path in (tmp_path / "q").iterdir()] == [".json"]
