"""The XML inside a PDF, and PDFs that mean harm."""

from __future__ import annotations

import time
import zlib

import pytest

from mobility_app.hq.intake import facturx
from mobility_app.hq.intake.model import Unfit
from mobility_app.hq.intake.sources import document
from tests.hq.intake.conftest import DATA, content, pdf_with

SECONDS_MAX = 5.0


@pytest.mark.parametrize(
    "name", ["factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml", "ZUGFeRD-invoice.xml", "x.xml"]
)
def test_the_invoice_is_found_in_a_pdf(name: str) -> None:
    assert document(pdf_with(name, content("invoice.cii.xml"))) == document(content("invoice.cii.xml"))


def test_the_standards_name_comes_before_others() -> None:
    import io

    import pypdf

    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_attachment("a-note.xml", b"<note/>")
    writer.add_attachment("ZUGFeRD-invoice.xml", b"<version-1/>")
    writer.add_attachment("factur-x.xml", content("minimum.cii.xml"))
    made = io.BytesIO()
    writer.write(made)
    assert document(made.getvalue()).number == "FA-9"


@pytest.mark.parametrize("name", ["billion_laughs", "external_entity", "dtd"])
def test_a_hostile_xml_inside_a_pdf_is_refused_like_one_outside(name: str) -> None:
    with pytest.raises(Unfit) as unfit:
        document(pdf_with("factur-x.xml", (DATA / "hostile" / f"{name}.xml").read_bytes()))
    assert unfit.value.reason == "dtd"


def test_a_pdf_without_invoice() -> None:
    with pytest.raises(Unfit) as unfit:
        document(pdf_with("photo.jpg", b"\xff\xd8"))
    assert unfit.value.reason == "no_invoice_in_pdf"


def by_hand(objects: list[bytes]) -> bytes:
    """A PDF whose first object is the catalogue."""
    made, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(made)
    size = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n" % size
    return made + head + table + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (size, start)


def with_stream(packed: bytes, filters: bytes) -> bytes:
    """A PDF whose factur-x.xml is that stream."""
    return by_hand([
        b"<</Type/Catalog/Names<</EmbeddedFiles<</Names[(factur-x.xml) 2 0 R]>>>>>>",
        b"<</Type/Filespec/F(factur-x.xml)/EF<</F 3 0 R>>>>",
        b"<</Filter%s/Length %d>>\nstream\n%s\nendstream" % (filters, len(packed), packed),
    ])  # fmt: skip


def test_a_pdf_by_hand_is_read() -> None:
    packed = zlib.compress(content("minimum.cii.xml"))
    assert document(with_stream(packed, b"/FlateDecode")).number == "FA-9"


@pytest.mark.parametrize("layers", [1, 2])
def test_a_bomb_in_a_stream_is_noticed_before_it_is_whole(layers: int) -> None:
    packed = b" " * (64 * 1024 * 1024)
    for _ in range(layers):
        packed = zlib.compress(packed, 9)
    began = time.perf_counter()
    with pytest.raises(Unfit) as unfit:
        document(with_stream(packed, b"[" + b"/FlateDecode " * layers + b"]"))
    assert unfit.value.reason in ("broken_pdf", "too_large")
    assert time.perf_counter() - began < SECONDS_MAX


def test_names_that_lead_in_a_circle_end() -> None:
    circle = by_hand([
        b"<</Type/Catalog/Names<</EmbeddedFiles 2 0 R>>>>",
        b"<</Kids[2 0 R 2 0 R 2 0 R]>>",
    ])  # fmt: skip
    began = time.perf_counter()
    with pytest.raises(Unfit) as unfit:
        document(circle)
    assert unfit.value.reason == "broken_pdf"
    assert time.perf_counter() - began < SECONDS_MAX


def test_a_pdf_that_takes_too_long_is_given_up() -> None:
    seconds = iter(range(0, 10_000, 3))
    with pytest.raises(Unfit, match="seconds"):
        facturx.embedded(pdf_with("factur-x.xml", content("minimum.cii.xml")), clock=lambda: float(next(seconds)))


def test_an_encrypted_pdf_says_so() -> None:
    import io

    import pypdf

    writer = pypdf.PdfWriter(io.BytesIO(pdf_with("factur-x.xml", content("minimum.cii.xml"))))
    writer.encrypt("secret", algorithm="AES-256")
    made = io.BytesIO()
    writer.write(made)
    with pytest.raises(Unfit) as unfit:
        document(made.getvalue())
    assert unfit.value.reason == "encrypted_pdf"


def test_a_pdf_cut_or_stirred_anywhere_is_unfit_or_still_right_and_says_nothing_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    whole = pdf_with("factur-x.xml", content("minimum.cii.xml"))
    right = document(whole)
    for place in range(9, len(whole), max(1, len(whole) // 60)):
        for broken in (whole[:place], whole[:place] + b"\xff\x00<<" + whole[place + 4 :]):
            try:
                assert document(broken) == right
            except Unfit as unfit:
                assert unfit.reason != "bad_value", place  # noqa: PT017 - both answers are right
    assert caplog.records == []
