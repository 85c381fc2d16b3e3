"""File names: whatever arrives, the label shows what it is and can't leave its folder."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mobility_app.store.file_names import disk_name, safe_name

CASES = {
    "Contrato assinado.pdf": "Contrato assinado.pdf",
    "../../x": "x",
    "..\\..\\x": "x",
    "..\\../..\\x": "x",
    "C:\\x": "x",
    "C:x": "x",
    "c:d:x": "x",
    "\\\\server\\share\\x.doc": "x.doc",
    "/etc/passwd": "passwd",
    "folder/": "folder",
    "a\x00b": "ab",
    "a\tb\r\nBcc: c@d.pt\x7f\x85.pdf": "abBcc: c@d.pt.pdf",
    "line\u2028break\u2029.txt": "linebreak.txt",
    "Fatura_\u202egpj.exe": "Fatura_gpj.exe",
    "\u2066x\u2069\u200e\u061c\ufeff.png": "x.png",
    "half\ud800.png": "half.png",
    "C\u200e:x": "x",
    ".": "file",
    "..": "file",
    "": "file",
    " \u3000. ": "file",
    "\u200d": "file",
    "name. . ": "name",
    ".hidden": "hidden",
    "con": "_con",
    "NUL.tar.gz": "_NUL.tar.gz",
    "Com1 .txt": "_Com1 .txt",
    "LPT²": "_LPT²",
    "console.txt": "console.txt",
    "relato\u0301rio.pdf": "relatório.pdf",
    "família 👨‍👩‍👧.png": "família 👨‍👩‍👧.png",
    "<svg onload=alert(1)>.png": "<svg onload=alert(1)>.png",
    "Reunião 10:30?.pdf": "Reunião 10:30?.pdf",
    "..／..／x": "／..／x",
}


@pytest.mark.parametrize("name", CASES)
def test_a_name_becomes_an_honest_label(name: str) -> None:
    assert safe_name(name) == CASES[name]


def test_a_name_written_to_a_disk_holds_no_sign_that_windows_refuses() -> None:
    assert disk_name('a<b>c:d"e|f?g*h.pdf') == "a_b_c_d_e_f_g_h.pdf"
    assert disk_name("x.txt:hidden stream") == "x.txt_hidden stream"
    assert disk_name("nul") == "_nul"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x" * 300, "x" * 255),
        ("é" * 300 + ".pdf", "é" * 125 + ".pdf"),
        ("📎" * 80 + ".jpeg", "📎" * 62 + ".jpeg"),
        ("x" * 300 + "." + "y" * 60, "x" * 255),
        ("." + "y" * 300, "y" * 255),
    ],
)
def test_a_long_name_is_cut_between_letters_and_keeps_its_suffix(name: str, expected: str) -> None:
    assert safe_name(name) == expected


@given(st.text() | st.text(alphabet="aC:./\\ \u200e\u202econ\u0301é\x00", max_size=400))
@example("C:" * 400)
@example("con." + "é" * 400)
@example("\u0958" * 200)  # grows when it is normalised
def test_no_name_at_all_gets_through_unclean(name: str) -> None:
    label = safe_name(name)
    assert 1 <= len(label.encode()) <= 255
    assert "/" not in label
    assert "\\" not in label
    assert label not in (".", "..")
    assert not any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in label)
    assert not any(unicodedata.bidirectional(letter) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
                   for letter in label)  # fmt: skip
    assert label == safe_name(label)
    assert disk_name(label) == disk_name(disk_name(label))
