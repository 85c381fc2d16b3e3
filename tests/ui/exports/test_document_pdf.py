"""The PDF of a billing document, read back: text, pages, language, totals to the cent, and texts that no font has."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pypdf import PdfReader

from mobility_app.store.queries.paper import LINES_MAX, Paper, paper
from mobility_app.ui.exports import document_pdf as pdf
from mobility_app.ui.exports.sheet_of_paper import FACES, FONTS, drawable
from mobility_app.ui.words import Words
from tests.support.billing import Billing
from tests.support.desk import NOW, Desk, desk

TODAY = "2026-11-24"


def paper_of(at: Desk, document_id: str) -> Paper:
    found = paper(at.store, document_id, TODAY)
    assert found is not None
    return found


def read(found: Paper, language: str = "pt") -> PdfReader:
    return PdfReader(io.BytesIO(pdf.document_pdf(Words(language), found, NOW)))


def text_of(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def invoice(at: Desk, **more: object) -> str:
    """An invoice of 1,366.50 with two lines, VAT, a payment, and a credit note that corrects it."""
    at.from_hq("address", customer_id=at.customer, kind="billing", line1="Rua do Sol, 12", postcode="4000-447",
               city="Porto", country="PT")  # fmt: skip
    product = at.from_hq("product", company_id=at.company, code="P-001", name="Dia de formação", unit="dia")
    billing = Billing(at)
    one = billing.document(
        "2026-10-05", 136_650, number="FT 7", due_on="2026-11-05", tax_minor=31_430, gross_minor=168_080,
        payable_minor=168_080, paid_minor=50_000, note="Pagar até ao vencimento.", **more,
    )  # fmt: skip
    billing.add("document_line", document_id=one, position=1, product_id=product, category="Formação", net_minor=123_456,
                quantity="1.5", unit_price="823.0400", tax_rate_bp=2300, description="Formação no local")  # fmt: skip
    billing.add("document_line", document_id=one, position=2, net_minor=13_194, tax_rate_bp=2300)
    billing.add(
        "document_tax", document_id=one, tax_rate_bp=2300, category_code="S", base_minor=136_650, tax_minor=31_430
    )
    billing.add("payment", document_id=one, paid_on="2026-10-20", amount_minor=50_000, method="transfer")
    billing.document("2026-10-12", 10_000, kind="credit_note", type_code="381", number="NC 8", corrects_id=one)
    billing.lay()
    return one


def test_it_says_what_the_page_says_in_portuguese(tmp_path: Path) -> None:
    at = desk(tmp_path)
    reader = read(paper_of(at, invoice(at)))
    said = text_of(reader)
    for part in (
        "Lusitânia", "Fatura FT 7", "Cópia. O original é do escritório.", "Óptica Lusitânia & Filhos", "Rua do Sol, 12",
        "4000-447 Porto", "Número do cliente: C-000005", "Data 5 out. 2026", "Vencimento 5 nov. 2026", "Vencido",
        "Formação no local", "P-001 · Formação", "1,5 dia", "823,0400", "23 %", "€ 1.234,56", "Linha 2", "€ 131,94",
        "Base tributável", "€ 314,30", "Valor líquido € 1.366,50", "Total € 1.680,80", "Líquido a pagar € 1.680,80",
        "Valor pago € 500,00", "Ainda em aberto € 1.180,80", "20 out. 2026", "Transferência bancária",
        "Corrigido por Nota de crédito NC 8 de 12 out. 2026, € 100,00.", "Pagar até ao vencimento.", "Página 1 de 1",
    ):  # fmt: skip
        assert part in said, part
    assert "IRPF" not in said
    assert len(reader.pages) == 1
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == ("Fatura FT 7", "Lusitânia")
    assert reader.trailer["/Root"]["/Lang"] == "pt"
    assert pdf.file_name(Words("pt"), paper_of(at, invoice(at))) == "Fatura FT 7.pdf"


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("es", ("Factura FT 7", "5 oct 2026", "1.366,50 €", "1.680,80 €", "Página 1 de 1", "Copia")),
        ("fr", ("Facture FT 7", "5 oct. 2026", "1 366,50 €", "1 680,80 €", "Page 1 sur 1", "Copie")),
        ("en", ("Invoice FT 7", "5 Oct 2026", "€1,366.50", "€1,680.80", "Page 1 of 1", "Copy")),
    ],
)
def test_money_days_and_words_are_those_of_the_customers_language(
    tmp_path: Path, language: str, parts: tuple[str, ...]
) -> None:
    at = desk(tmp_path)
    reader = read(paper_of(at, invoice(at)), language)
    said = text_of(reader)
    for part in parts:
        assert part in said, part
    assert reader.trailer["/Root"]["/Lang"] == language


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("pt", "pt"),
        ("pt-BR", "pt"),
        ("es_ES", "es"),
        ("FR", "fr"),
        ("en-GB", "en"),
        ("de", "en"),
        (None, "en"),
        ("", "en"),
    ],
)
def test_a_customer_whose_language_is_not_spoken_gets_english(tag: str | None, language: str) -> None:
    assert pdf.language_for(tag) == language


def test_withheld_irpf_is_a_line_that_takes_off_and_the_net_to_pay_follows(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    one = billing.document("2026-10-05", 100_000, ("A", 100_000), tax_minor=21_000, gross_minor=121_000,
                           withheld_minor=15_000, payable_minor=106_000)  # fmt: skip
    billing.lay()
    said = text_of(read(paper_of(at, one), "es"))
    assert "Total 1.210,00 €" in said
    assert "IRPF retenido -150,00 €" in said
    assert "1.060,00 €" in said


def test_a_credit_note_says_that_it_takes_off_and_what_it_corrects(tmp_path: Path) -> None:
    at = desk(tmp_path)
    one = invoice(at)
    with at.store.reading() as session:
        note = str(session.value("SELECT id FROM document WHERE corrects_id=?", one))
    said = text_of(read(paper_of(at, note)))
    assert "Nota de crédito NC 8" in said
    assert "Os valores desta nota de crédito são descontados. Corrige Fatura FT 7 de 5 out. 2026." in said
    assert "A seu favor € 100,00" in said
    assert "Líquido a pagar" not in said


def test_a_thousand_lines_run_over_pages_with_their_heads_and_add_up(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    one = billing.document("2026-10-05", sum(range(1, 1_001)), *[("Vinho", net) for net in range(1, 1_001)])
    billing.lay()
    reader = read(paper_of(at, one))
    assert 20 < len(reader.pages) < 60
    found = 0
    for number, page in enumerate(reader.pages, 1):
        said = page.extract_text()
        assert f"Página {number} de {len(reader.pages)}" in said
        rows = [line for line in said.splitlines() if line.startswith("L") and line[1:].split()[0].isdecimal()]
        assert not rows or "Valor líquido" in said, "heads stand on each page with lines"
        found += len(rows)
    assert found == 1_000
    assert "€ 5.005,00" in text_of(reader)


def test_a_text_longer_than_a_page_and_amounts_wider_than_their_column_go_on(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    one = billing.document("2026-10-05", 10**15, currency="TND")
    billing.add("document_line", document_id=one, position=1, net_minor=10**15, description="palavra " * 2_500)
    billing.add("document_line", document_id=one, position=2, net_minor=1, description="x" * 5_000)
    billing.lay()
    reader = read(paper_of(at, one))
    assert len(reader.pages) > 2
    assert text_of(reader).count("palavra") == 2_500
    assert "1.000.000.000.000,000" in text_of(reader)


def test_signs_that_no_font_has_right_to_left_and_emoji_never_stop_it(tmp_path: Path) -> None:
    at = desk(tmp_path)
    at.from_hq("customer", at.customer, name="شركة الأمل 🎉 株式会社 \u202eevil\u202c \x00")
    billing = Billing(at)
    one = billing.document("2026-10-05", 100, number="FT\u200f 9")
    billing.add("document_line", document_id=one, position=1, net_minor=100, description="עברית\n\n🎉🎉\u0301")
    billing.lay()
    reader = read(paper_of(at, one))
    assert "Fatura FT 9" in text_of(reader)
    assert drawable("Ação €\u202f1\u00a0000 – “x”") == "Ação €\u00a01\u00a0000 – “x”"
    assert drawable("a\u200db🎉") == "ab?"


def test_amounts_of_every_currency_keep_all_their_minor_digits(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    made = {
        code: billing.document("2026-10-05", 123_456, ("A", 123_456), currency=code) for code in ("JPY", "KWD", "RSD")
    }
    billing.lay()
    for code, amount in (("JPY", "123.456"), ("KWD", "123,456"), ("RSD", "1.234,56")):
        assert amount in text_of(read(paper_of(at, made[code]))), code


def test_a_document_without_lines_says_so_and_one_that_is_not_here_is_none(tmp_path: Path) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    one = billing.document("2026-10-05", 100)
    billing.lay()
    assert "Este documento veio com totais e sem linhas." in text_of(read(paper_of(at, one)))
    assert paper(at.store, "9" * 32, TODAY) is None
    assert LINES_MAX == 10_000


def test_the_fonts_carry_their_licence() -> None:
    assert "SIL OPEN FONT LICENSE" in (FONTS / "licence.txt").read_text("utf-8").upper()
    assert all(path.read_bytes()[:4] == b"\x00\x01\x00\x00" for path in FACES.values())
