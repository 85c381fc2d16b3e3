"""Real input, written by others: the twins, the shared number, the Northwind folder to the cent."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mobility_app.hq.intake.fingerprint import fingerprint
from mobility_app.hq.intake.sources import document
from mobility_app.hq.office import Office
from tests.hq.intake.conftest import Import, everything

NORTHWIND_MINOR = 126_579_329
TWINS = (
    "Einfach", "Gutschrift", "Innergemeinschaftliche_Lieferungen", "Miete", "OEPNV", "Rabatte", "Rechnungskorrektur",
    "Reisekostenabrechnung",
)  # fmt: skip


def read(samples: Path, name: str) -> bytes:
    return (samples / "einvoices" / name).read_bytes()


@pytest.mark.parametrize("name", TWINS)
def test_twins_agree_on_net_tax_payable_and_are_one_document(samples: Path, name: str) -> None:
    cii, ubl = (document(read(samples, f"{syntax}/EN16931_{name}.xml")) for syntax in ("cii", "ubl"))
    assert (cii.net_minor, cii.tax_minor, cii.payable_minor) == (ubl.net_minor, ubl.tax_minor, ubl.payable_minor)
    assert (cii.lines, cii.prepaid_minor, cii.preceding) == (ubl.lines, ubl.prepaid_minor, ubl.preceding)
    assert fingerprint(cii) == fingerprint(ubl)


@pytest.mark.parametrize("name", ["Einfach", "Gutschrift"])
def test_the_pdf_holds_the_same_document(samples: Path, name: str) -> None:
    assert fingerprint(document(read(samples, f"pdf/EN16931_{name}.pdf"))) == fingerprint(
        document(read(samples, f"ubl/EN16931_{name}.xml"))
    )


def test_three_samples_share_a_number_and_differ(samples: Path) -> None:
    three = [document(read(samples, f"ubl/EN16931_{name}.xml")) for name in ("Einfach", "Gutschrift", "Rabatte")]
    assert {one.number for one in three} == {"471102"}
    assert len({fingerprint(one) for one in three}) == 3


def test_a_correction_is_negative_and_a_credit_note_positive(samples: Path) -> None:
    correction = document(read(samples, "cii/EN16931_Rechnungskorrektur.xml"))
    assert (correction.kind, correction.type_code, correction.net_minor, correction.tax_minor) == (
        "invoice",
        "384",
        -767,
        -112,
    )
    note = document(read(samples, "ubl/ubl-tc434-creditnote1.xml"))
    assert (note.kind, note.net_minor, note.payable_minor) == ("credit_note", 10_011, 10_011)


def test_a_minimum_file_is_taken_with_its_totals_alone(samples: Path) -> None:
    one = document(read(samples, "pdf/Facture_FR_MINIMUM.pdf"))
    assert (one.net_minor, one.tax_minor, one.gross_minor, one.payable_minor, one.lines) == (
        62_490,
        4_625,
        67_115,
        47_015,
        (),
    )


def test_the_whole_folder_twice(samples: Path, office: Office, take: Import) -> None:
    report = take(samples)
    reasons = Counter(one.reason for one in report.outcomes if one.state == "quarantined")
    assert reasons == {"number_taken": 5}  # Gutschrift in three syntaxes, Rabatte in two; Einfach came first
    assert (report.counts["stored"], report.counts["unchanged"]) == (13, 7)
    before = everything(office)
    again = take(samples)
    assert (again.counts["stored"], again.counts["unchanged"], again.counts["quarantined"]) == (0, 20, 5)
    assert everything(office) == before
    assert len(list(office.quarantine.glob("*.json"))) == 5


def test_the_credit_note_of_the_samples_finds_its_invoice(samples: Path, office: Office, take: Import) -> None:
    take(samples / "einvoices" / "peppol")
    with office.ledger.reading() as session:
        found = session.rows("SELECT n.type_code, i.type_code FROM document n JOIN document i ON i.id=n.corrects_id")
    assert found == [("381", "380")]


def test_northwind_to_the_cent(samples: Path, office: Office, take: Import) -> None:
    report = take(samples / "northwind")
    assert {name: report.counts[name] for name in ("customer", "product", "document", "document_line")} == {
        "customer": 91, "product": 77, "document": 830, "document_line": 2_155,
    }  # fmt: skip
    with office.ledger.reading() as session:
        totals = session.one(
            "SELECT COUNT(*), SUM(net_minor), SUM(payable_minor), SUM(tax_minor), SUM(paid_minor),"
            " COUNT(DISTINCT customer_id), COUNT(DISTINCT currency), COUNT(due_on) FROM document"
        )
        lines = session.one(
            "SELECT SUM(net_minor), COUNT(DISTINCT category), COUNT(DISTINCT product_id) FROM document_line"
        )
        countries = session.value("SELECT COUNT(DISTINCT country) FROM address")
        unknown = session.value("SELECT COUNT(*) FROM address WHERE country IS NULL")
        largest = session.value("SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM log GROUP BY stream, txn)")
    assert totals == (830, NORTHWIND_MINOR, NORTHWIND_MINOR, 0, 0, 89, 1, 0)
    assert lines == (NORTHWIND_MINOR, 8, 77)
    assert (countries, unknown) == (21, 0)
    assert largest <= 5_000
