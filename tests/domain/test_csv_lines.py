"""Reading CSV: encodings, separators, and every way in which a file can be broken."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_app.domain.rules import csv_lines
from mobility_app.domain.rules.csv_lines import Broken, encoding, lines, meant, separator, shape
from mobility_app.domain.rules.csv_text import harmless, written
from mobility_app.domain.rules.customer_columns import guessed, usable

TEXT = "Número;Nome\r\nC-1;Óptica Conceição\r\n"


def read(raw: bytes, step: int = 7) -> list[list[str]]:
    chunks = [raw[at : at + step] for at in range(0, len(raw), step)]
    found = shape(iter(chunks), encoding(iter(chunks)))
    return [cells for _, cells in lines(iter(chunks), found.encoding, found.separator)]


@pytest.mark.parametrize("written_in", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_encoding_of_a_spreadsheet_is_found_out(written_in: str) -> None:
    raw = TEXT.encode(written_in)
    assert encoding([raw]) == written_in
    assert read(raw) == [["Número", "Nome"], ["C-1", "Óptica Conceição"]]


def test_an_accent_in_the_last_line_decides_too() -> None:
    raw = b"a;b\n" + b"1;2\n" * 50_000 + "3;é\n".encode("cp1252")
    assert encoding([raw[at : at + 1000] for at in range(0, len(raw), 1000)]) == "cp1252"


@pytest.mark.parametrize(
    ("sample", "wanted"),
    [("a;b;c", ";"), ("a,b", ","), ("a\tb\tc", "\t"), ("a|b", "|"), ('"a;b;c",d,e', ","), ("a", ";"), ("", ";"),
     ('"a\nb",c', ",")],
)  # fmt: skip
def test_the_separator_is_the_one_that_parts_the_heading(sample: str, wanted: str) -> None:
    assert separator(sample) == wanted


@pytest.mark.parametrize(
    ("raw", "reason", "line"),
    [(b"", "empty", 0), (b"\xef\xbb\xbf", "empty", 0), (b"\r\n\r\n", "empty", 0), (b"a;b\n", "empty", 0),
     (b"a;b\n1;2\n1;2;3\n", "ragged", 3), (b"a;b\n1\n", "ragged", 2), (b'a;b\n1;"2\n3;4\n', "quotes", 2),
     (b'a;b\n1;"2"x\n', "quotes", 2), (b"a;b\n1;\x00\n", "nul", 2), (b"\x00\x01\x02\xff\xd8;\n1;2\n", "no_text", 0),
     ("a;b\n1;2\n".encode("utf-16-le"), "nul", 1), (b"a;b\n1;" + b"x" * 100_001 + b"\n", "too_long", 2),
     (b";".join([b"a"] * 61) + b"\n" + b";".join([b"1"] * 61), "too_many_columns", 1)],
)  # fmt: skip
def test_what_is_broken_is_named_with_its_line(raw: bytes, reason: str, line: int) -> None:
    with pytest.raises(Broken) as caught:
        read(raw, 4096)
    assert (caught.value.reason, caught.value.line) == (reason, line)


def test_too_many_lines_and_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_lines, "LINES_MAX", 3)
    assert len(read(b"a;b\n" + b"1;2\n" * 3)) == 4
    with pytest.raises(Broken, match="too_many_lines"):
        read(b"a;b\n" + b"1;2\n" * 4)
    monkeypatch.setattr(csv_lines, "BYTES_MAX", 10)
    with pytest.raises(Broken, match="too_large"):
        encoding([b"x" * 6, b"y" * 6])


def test_blank_lines_and_empty_cells_at_the_end_are_passed_over_and_lines_in_cells_stay() -> None:
    raw = b'a;b\n\n1;"x\ny"\n ; \n2;3;;\n'
    chunks = [raw]
    assert list(lines(chunks, "utf-8", ";")) == [(1, ["a", "b"]), (3, ["1", "x\ny"]), (6, ["2", "3"])]


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=3, max_size=3), min_size=2))
def test_what_goes_out_comes_back(rows: list[list[str]]) -> None:
    kept = [[cell.strip() for cell in row] for row in rows]
    raw = written(kept, "pt")
    wanted = [row for row in kept if any(row)]
    found = [cells for _, cells in lines([raw], "utf-8-sig", ";")]
    assert found == [[cell.strip() for cell in row] for row in wanted]


@pytest.mark.parametrize("text", ["=1+1", "+351 22", "-5", "@cmd", "\tx", " =A1"])
def test_a_formula_is_led_by_an_apostrophe_and_loses_it_again(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert meant(harmless(text)) == text
    assert meant("'twas") == "'twas"


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_fail_otherwise(raw: bytes) -> None:
    try:
        read(raw, 64)
    except Broken:
        return


@pytest.mark.parametrize(
    ("heading", "wanted"),
    [("Número do cliente;Nome;NIF;Morada;Localidade;Telemóvel;E-mail", "number;name;identifier;line1;city;phone;email"),
     ("Código;Razón social;CIF;Dirección;Población;Teléfono;Correo electrónico", "number;name;identifier;line1;city;phone;email"),
     ("Raison sociale;SIRET;Adresse;Code postal;Ville;Téléphone;Courriel", "name;identifier;line1;postcode;city;phone;email"),
     ("Company;Tax ID;Street;ZIP;City;Phone;Mail;Fax", "name;identifier;line1;postcode;city;phone;email;"),
     ("Nome;Cliente;xyz", "name;;")],
)  # fmt: skip
def test_headings_of_four_languages_are_understood_once_each(heading: str, wanted: str) -> None:
    assert ";".join(guessed(heading.split(";"), {"numero do cliente": "number"})) == wanted


@pytest.mark.parametrize(
    ("mapping", "fits"),
    [("name;city", True), ("number;phone", True), ("identifier;name", True), ("name;name", False), ("city;phone", False),
     ("name", False), ("", False)],
)  # fmt: skip
def test_customers_must_be_told_apart(mapping: str, fits: bool) -> None:
    assert usable(mapping.split(";")) is fits


def test_a_reader_of_others_reads_what_we_write() -> None:
    raw = written([["Nome", "Valor"], ['A "b"; c', "=1"]], "pt").decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(raw), delimiter=";")) == [["Nome", "Valor"], ['A "b"; c', "'=1"]]
