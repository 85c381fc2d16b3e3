"""Files that strangers write: what is refused before it can do anything."""

from __future__ import annotations

import time

import pytest

from mobility_app.hq.intake import xml_tree
from mobility_app.hq.intake.model import Unfit
from mobility_app.hq.intake.sources import document
from tests.hq.intake.conftest import DATA, content

SECONDS_MAX = 5.0  # refusals take well under one; the machine may be busy


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("dtd", "dtd"),
        ("external_dtd", "dtd"),
        ("external_entity", "dtd"),
        ("parameter_entity", "dtd"),
        ("billion_laughs", "dtd"),
        ("dtd_in_utf16", "dtd"),
        ("undefined_entity", "entity"),
        ("truncated", "broken_xml"),
        ("unknown_encoding", "broken_xml"),
        ("not_xml", "not_xml"),
        ("empty", "empty"),
        ("blank", "empty"),
        ("other_xml", "unknown_format"),
        ("wrong_totals", "wrong_totals"),
    ],
)
def test_a_hostile_or_broken_file_is_refused_at_once_with_its_reason(name: str, reason: str) -> None:
    began = time.perf_counter()
    with pytest.raises(Unfit) as unfit:
        document((DATA / "hostile" / f"{name}.xml").read_bytes())
    assert unfit.value.reason == reason
    assert time.perf_counter() - began < SECONDS_MAX


def test_a_refusal_never_shows_what_a_file_of_this_machine_holds() -> None:
    with pytest.raises(Unfit) as unfit:
        document((DATA / "hostile" / "external_entity.xml").read_bytes())
    assert "root:" not in str(unfit.value)


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (b"<a>" * 100_000, "too_deep"),
        (b"<a>" + b"<b/>" * (xml_tree.ELEMENTS_MAX + 1) + b"</a>", "too_many_elements"),
        (b"<a>" + b" " * xml_tree.SIZE_MAX_BYTES + b"</a>", "too_large"),
        (b"<a></b>", "broken_xml"),
        (b"<a xmlns:x='u' x:b='1' x:b='2'/>", "broken_xml"),
        (b"<a>\x00</a>", "broken_xml"),
        (b"<a>\xff</a>", "broken_xml"),
        (b"<a/><a/>", "broken_xml"),
        (b"\x7fELF", "not_xml"),
        (b"{}", "not_xml"),
    ],
)
def test_bounds_and_broken_text(xml: bytes, reason: str) -> None:
    began = time.perf_counter()
    with pytest.raises(Unfit) as unfit:
        xml_tree.parsed(xml)
    assert unfit.value.reason == reason
    assert time.perf_counter() - began < SECONDS_MAX


def test_every_encoding_of_a_good_file_is_read_alike() -> None:
    text = content("invoice.ubl.xml").decode()
    utf16 = text.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")
    latin = text.replace('encoding="UTF-8"', 'encoding="ISO-8859-1"').encode("latin-1")
    assert document(utf16) == document(latin) == document(b"\xef\xbb\xbf" + text.encode()) == document(text.encode())


def test_a_file_cut_at_any_place_is_refused_and_never_half_read() -> None:
    whole = content("invoice.ubl.xml").rstrip()
    for end in range(0, len(whole), 97):
        with pytest.raises(Unfit):
            document(whole[:end])
