"""What a document says, read from UBL and CII: our own files."""

from __future__ import annotations

import pytest

from mobility_app.domain.rules.revenue import ALLOWANCES
from mobility_app.hq.intake.fingerprint import fingerprint
from mobility_app.hq.intake.model import Identifier, Line, Paid, Place, Reference, Tax, Unfit
from mobility_app.hq.intake.sources import document
from tests.hq.intake.conftest import content

TYPE_380 = "<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>"


@pytest.mark.parametrize("name", ["invoice.ubl.xml", "invoice.cii.xml"])
def test_both_syntaxes_say_the_same(name: str) -> None:
    one = document(content(name))
    assert (one.kind, one.type_code, one.number, one.issued_on, one.due_on, one.currency) == (
        "invoice", "380", "FT 2026/17", "2026-03-05", "2026-04-04", "EUR",
    )  # fmt: skip
    assert (one.net_minor, one.tax_minor, one.gross_minor, one.payable_minor) == (20_299, 4_397, 24_696, 20_000)
    assert (one.withheld_minor, one.prepaid_minor, one.payments) == (0, 4_696, (Paid(4_696),))
    assert one.lines == (
        Line("Progressive lens", 19_149, "PL-3", "Coated on both sides", None, "3", "63.83", 2_300),
        Line("Eye drops", 1_600, "ED-1", None, None, "2", "8", 600),
        Line("Loyalty", -1_000, category=ALLOWANCES, tax_rate_bp=2_300),
        Line("Freight", 550, category=ALLOWANCES, tax_rate_bp=2_300),
    )
    assert set(one.taxes) == {Tax("S", 2_300, 18_699, 4_301), Tax("AA", 600, 1_600, 96)}
    assert one.note == "Thank you for your order."


@pytest.mark.parametrize("name", ["invoice.ubl.xml", "invoice.cii.xml"])
def test_both_syntaxes_name_the_same_parties(name: str) -> None:
    one = document(content(name))
    assert (one.seller.name, one.seller.trading_name, one.seller.vat) == ("Lusa Lentes, Lda.", "Lusa", "PT500000000")
    buyer = one.buyer
    assert (buyer.name, buyer.vat, buyer.own) == ("Optique du Soleil SARL", "FR44732829320", (Identifier("C-88"),))
    assert buyer.legal == Identifier("73282932000074", "0009")
    assert buyer.place == Place("3 rue du Soleil", "Bâtiment B", "2e étage", "69002", "Lyon", None, "FR")
    assert (buyer.contact_name, buyer.phone, buyer.email) == ("Jeanne Petit", "04 78 00 00 01", "jeanne@soleil.example")


def test_the_twins_have_one_fingerprint() -> None:
    assert fingerprint(document(content("invoice.ubl.xml"))) == fingerprint(document(content("invoice.cii.xml")))


@pytest.mark.parametrize(
    "change",
    [
        ("FT 2026/17", "FT 2026/18"),
        ("2026-03-05", "2026-03-06"),
        ("2026-04-04", "2026-04-05"),
        (">380<", ">384<"),
        ("PT500000000", "PT500000018"),
        ("FR 44 732 829 320", "FR 44 732 829 321"),
        ("Progressive lens", "Single lens"),
        ("638.30", "638.31"),
        (">2.000<", ">2.001<"),
        ("<cbc:Percent>6.0<", "<cbc:Percent>6.1<"),
    ],
)
def test_another_content_has_another_fingerprint(change: tuple[str, str]) -> None:
    before = document(content("invoice.ubl.xml"))
    after = document(content("invoice.ubl.xml", change))
    assert fingerprint(before) != fingerprint(after)


@pytest.mark.parametrize(
    "change",
    [
        ("Thank you for your order.", "Please pay."),
        ("Jeanne Petit", "Jean Petit"),
        ("Optique du Soleil SARL", "OPTIQUE DU SOLEIL"),
        ("factures@", "compta@"),
        (">10<", ">10.00<"),
        ("FR 44 732 829 320", "fr44732829320"),
    ],
)
def test_what_is_not_the_document_does_not_change_its_fingerprint(change: tuple[str, str]) -> None:
    before = document(content("invoice.ubl.xml"))
    assert fingerprint(before) == fingerprint(document(content("invoice.ubl.xml", change)))


def test_a_credit_note_is_positive_and_names_what_it_corrects() -> None:
    note = document(content("credit_note.ubl.xml"))
    assert (note.kind, note.type_code, note.issued_on) == ("credit_note", "381", "2026-03-20")
    assert (note.net_minor, note.payable_minor, note.lines[0].net_minor) == (800, 848, 800)
    assert note.preceding == (Reference("FT 2026/17", "2026-03-05"),)


def test_a_credit_note_that_was_written_negative_is_turned() -> None:
    note = content("credit_note.ubl.xml").decode()
    for amount in ("8.00", "0.48", "8.48"):
        note = note.replace(f'"EUR">{amount}<', f'"EUR">-{amount}<')
    note = note.replace(">1</cbc:Credited", ">-1</cbc:Credited").replace(
        'PriceAmount currencyID="EUR">-8', 'PriceAmount currencyID="EUR">8'
    )
    turned, straight = document(note.encode()), document(content("credit_note.ubl.xml"))
    assert (turned.net_minor, turned.tax_minor, turned.lines, turned.taxes) == (800, 48, straight.lines, straight.taxes)


def test_a_correction_keeps_the_sign_it_carries() -> None:
    note = content("invoice.ubl.xml", (">380<", ">384<")).decode()
    for amount in (
        "191.49",
        "16",
        "207.49",
        "202.99",
        "246.96",
        "10",
        "5.5",
        "46.96",
        "200",
        "186.99",
        "43.01",
        "0.96",
        "43.97",
    ):
        note = note.replace(f'"EUR">{amount}<', f'"EUR">-{amount}<')
    one = document(note.encode())
    assert (one.kind, one.net_minor, one.lines[0].net_minor, one.lines[2].net_minor) == (
        "invoice",
        -20_299,
        -19_149,
        1_000,
    )


@pytest.mark.parametrize("code", ["380", "384", "387", "389", "386", "326", "751"])
def test_invoice_codes(code: str) -> None:
    assert document(content("invoice.ubl.xml", (">380<", f">{code}<"))).kind == "invoice"


@pytest.mark.parametrize("code", ["381", "396", "261", "308", "532"])
def test_credit_codes_make_credit_notes_in_an_invoice_too(code: str) -> None:
    assert document(content("invoice.cii.xml", (">380<", f">{code}<"))).kind == "credit_note"


def test_without_a_type_code_the_root_says_it() -> None:
    assert document(content("invoice.ubl.xml", (TYPE_380, ""))).type_code == "380"
    bare = content("credit_note.ubl.xml", ("<cbc:CreditNoteTypeCode>381</cbc:CreditNoteTypeCode>", ""))
    assert document(bare).type_code == "381"


def test_minimum_has_totals_without_lines_and_what_is_not_payable_was_paid() -> None:
    one = document(content("minimum.cii.xml"))
    assert (one.lines, one.taxes) == ((), ())
    assert (one.net_minor, one.tax_minor, one.payable_minor, one.prepaid_minor) == (10_000, 2_300, 8_300, 4_000)


def test_a_full_profile_without_lines_is_refused() -> None:
    with pytest.raises(Unfit) as unfit:
        document(content("minimum.cii.xml", ("urn:factur-x.eu:1p0:minimum", "urn:cen.eu:en16931:2017")))
    assert unfit.value.reason == "wrong_totals"


def test_basic_wl_has_the_sum_of_lines_that_stay_at_home() -> None:
    basic = content(
        "minimum.cii.xml",
        (":minimum", ":basicwl"),
        ("<ram:TaxBasis", "<ram:LineTotalAmount>100.00</ram:LineTotalAmount><ram:TaxBasis"),
        ("<ram:DuePay", "<ram:TotalPrepaidAmount>40.00</ram:TotalPrepaidAmount><ram:DuePay"),
    )
    assert document(basic).net_minor == 10_000
    with pytest.raises(Unfit):
        document(basic.replace(b"<ram:LineTotalAmount>100.00", b"<ram:LineTotalAmount>99.00"))


def test_lines_that_only_group_are_passed_over() -> None:
    group = content("invoice.cii.xml", (
        "<ram:LineID>2</ram:LineID>",
        "<ram:LineID>2</ram:LineID><ram:LineStatusReasonCode>GROUP</ram:LineStatusReasonCode>",
    ))  # fmt: skip
    with pytest.raises(Unfit, match="lines make the line total"):
        document(group)


def test_a_currency_without_minor_unit() -> None:
    text = content("credit_note.ubl.xml", ("EUR", "JPY"), ("8.00", "800"), ("0.48", "48"), ("8.48", "848"))
    assert document(text).net_minor == 800
    with pytest.raises(Unfit, match="wrong_totals"):
        document(text.replace(b">848<", b">847<"))


def test_spanish_withholding_lowers_what_is_to_pay() -> None:
    withheld = content(
        "credit_note.ubl.xml",
        ("<cac:LegalMonetaryTotal>", '<cac:WithholdingTaxTotal><cbc:TaxAmount currencyID="EUR">1.20</cbc:TaxAmount>'
         "</cac:WithholdingTaxTotal><cac:LegalMonetaryTotal>"),
        ('PayableAmount currencyID="EUR">8.48', 'PayableAmount currencyID="EUR">7.28'),
    )  # fmt: skip
    one = document(withheld)
    assert (one.gross_minor, one.withheld_minor, one.payable_minor) == (848, 120, 728)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("2026-03-05", "2026-02-30"), "bad_value"),
        (("2026-03-05", "05.03.2026"), "bad_value"),
        ((">200<", ">2e2<"), "bad_value"),
        ((">200<", ">NaN<"), "bad_value"),
        ((">200<", ">200,00<"), "bad_value"),
        ((">207.49<", ">99999999999999999999<"), "bad_value"),
        (("<cbc:ID>FT 2026/17</cbc:ID>", ""), "missing_field"),
        (("<cbc:IssueDate>2026-03-05</cbc:IssueDate>", ""), "missing_field"),
        (("Optique du Soleil SARL", " "), "missing_field"),
        ((">380<", ">999<"), "unknown_type_code"),
        (("<cbc:DocumentCurrencyCode>EUR", "<cbc:DocumentCurrencyCode>ZZZ"), "unknown_currency"),
        (('currencyID="EUR">200<', 'currencyID="USD">200<'), "mixed_currencies"),
        (("<cbc:Percent>6.0<", "<cbc:Percent>-6<"), "bad_value"),
    ],
)
def test_a_value_that_cannot_be_is_refused(change: tuple[str, str], reason: str) -> None:
    with pytest.raises(Unfit) as unfit:
        document(content("invoice.ubl.xml", change))
    assert unfit.value.reason == reason


def test_a_credit_note_may_not_call_itself_an_invoice() -> None:
    with pytest.raises(Unfit) as unfit:
        document(content("credit_note.ubl.xml", (">381<", ">380<")))
    assert unfit.value.reason == "unknown_type_code"
