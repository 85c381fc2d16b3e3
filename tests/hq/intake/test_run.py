"""Imports into a real ledger: our own files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mobility_app.errors import InvalidValue, NotFound
from mobility_app.hq.office import Office
from mobility_app.store.records import Records
from tests.hq.intake.conftest import DATA, Import, content, everything, pdf_with, waiting


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """An empty folder to import from."""
    made = tmp_path / "inbox"
    made.mkdir()
    return made


def put(folder: Path, name: str, source: str, *changes: tuple[str, str]) -> Path:
    """One of our own files in the folder, under a name, with words replaced."""
    (folder / name).write_bytes(content(source, *changes))
    return folder / name


def rows(office: Office, sql: str) -> list[tuple[object, ...]]:
    with office.ledger.reading() as session:
        return session.rows(sql)


def test_an_unknown_buyer_becomes_a_customer_to_be_confirmed(office: Office, take: Import, inbox: Path) -> None:
    report = take(put(inbox, "1.xml", "invoice.ubl.xml"))
    assert (report.counts["stored"], report.counts["document"], report.counts["customer"]) == (1, 1, 1)
    dump = office.dump()
    (company,), (territory,), (customer,) = (list(dump[name].items()) for name in ("company", "territory", "customer"))
    assert (company[1]["name"], company[1]["country"], company[1]["currency"]) == ("Lusa Lentes, Lda.", "PT", "EUR")
    assert company[1]["default_territory_id"] == territory[0] == customer[1]["territory_id"]
    wanted = {
        "number": "C-000001", "name": "Optique du Soleil SARL", "identifier_kind": "vat", "identifier": "FR44732829320",
        "language": "pt", "status": "active",
    }  # fmt: skip
    assert {name: customer[1][name] for name in wanted} == wanted
    assert customer[1]["to_confirm"] is True
    (address,) = dump["address"].values()
    assert (address["kind"], address["line2"], address["postcode"], address["country"]) == (
        "billing", "Bâtiment B", "69002", "FR",
    )  # fmt: skip
    (contact,) = dump["contact"].values()
    assert (contact["first_name"], contact["last_name"], contact["employer"]) == (
        "Jeanne",
        "Petit",
        "Optique du Soleil SARL",
    )
    for name in ("customer_phone", "contact_phone"):
        (phone,) = dump[name].values()
        assert (phone["value"], phone["e164"], phone["is_main"]) == ("04 78 00 00 01", "+33478000001", True)
    for name in ("customer_email", "contact_email"):
        assert [one["value"] for one in dump[name].values()] == ["jeanne@soleil.example"]


def test_a_document_is_kept_with_lines_taxes_and_what_was_prepaid(office: Office, take: Import, inbox: Path) -> None:
    take(put(inbox, "1.xml", "invoice.ubl.xml"))
    dump = office.dump()
    (document,) = dump["document"].values()
    assert {name: document[name] for name in ("net_minor", "tax_minor", "gross_minor", "payable_minor", "paid_minor")} == {
        "net_minor": 20_299, "tax_minor": 4_397, "gross_minor": 24_696, "payable_minor": 20_000, "paid_minor": 0,
    }  # fmt: skip
    lines = sorted(dump["document_line"].values(), key=lambda line: line["position"] or 0)  # type: ignore[arg-type, return-value]
    assert [(line["position"], line["net_minor"], line["quantity"], line["tax_rate_bp"]) for line in lines] == [
        (1, 19_149, "3", 2_300), (2, 1_600, "2", 600), (3, -1_000, None, 2_300), (4, 550, None, 2_300),
    ]  # fmt: skip
    assert lines[0]["description"] == "Progressive lens\nCoated on both sides"
    assert {line["category"] for line in lines[2:]} == {"allowances_and_charges"}
    assert sum(int(str(tax["tax_minor"])) for tax in dump["document_tax"].values()) == 4_397
    assert [(one["amount_minor"], one["paid_on"], one["method"]) for one in dump["payment"].values()] == [
        (4_696, "2026-03-05", "prepaid")
    ]


def test_importing_twice_changes_not_one_row(office: Office, take: Import, inbox: Path) -> None:
    put(inbox, "1.xml", "invoice.ubl.xml")
    put(inbox, "2.xml", "credit_note.ubl.xml")
    (inbox / "3.pdf").write_bytes(pdf_with("factur-x.xml", content("minimum.cii.xml")))
    shutil.copytree(DATA / "shop", inbox / "shop")
    shutil.copytree(DATA / "hostile", inbox / "hostile")
    take(inbox)
    before, kept = everything(office), waiting(office)
    report = take(inbox)
    assert (report.counts["stored"], report.counts["unchanged"]) == (0, 4)
    assert "document" not in report.counts
    assert everything(office) == before
    assert waiting(office) == kept


def test_twins_in_all_syntaxes_are_one_document(office: Office, take: Import, inbox: Path) -> None:
    put(inbox, "1.xml", "invoice.cii.xml")
    put(inbox, "2.xml", "invoice.ubl.xml")
    (inbox / "3.pdf").write_bytes(pdf_with("factur-x.xml", content("invoice.cii.xml")))
    report = take(inbox)
    assert [outcome.state for outcome in report.outcomes] == ["stored", "unchanged", "unchanged"]
    assert len(office.dump()["document"]) == 1


def test_a_number_that_is_taken_waits_and_overwrites_nothing(office: Office, take: Import, inbox: Path) -> None:
    take(put(inbox, "1.xml", "invoice.ubl.xml"))
    before = everything(office)
    other = put(inbox, "2.xml", "invoice.ubl.xml", ("Progressive lens", "Single lens"))
    report = take(other)
    assert [(one.state, one.reason) for one in report.outcomes] == [("quarantined", "number_taken")]
    assert everything(office) == before
    assert [name[17:] for name in waiting(office)] == ["2.xml"]


def test_the_same_number_of_another_seller_is_another_document(office: Office, take: Import, inbox: Path) -> None:
    put(inbox, "1.xml", "invoice.ubl.xml")
    put(inbox, "2.xml", "invoice.ubl.xml", ("Lusa Lentes, Lda.", "Vidro SA"))
    assert take(inbox).counts["stored"] == 2
    assert len(office.dump()["company"]) == 2


def test_an_unknown_seller_waits_until_somebody_wants_it(office: Office, take: Import, inbox: Path) -> None:
    path = put(inbox, "1.xml", "invoice.ubl.xml")
    report = take(path, create_parties=False)
    assert [(one.reason, one.detail) for one in report.outcomes] == [("unknown_seller", "Lusa Lentes, Lda.")]
    assert office.dump()["company"] == {}
    assert len(waiting(office)) == 1
    take(office.quarantine)
    assert len(office.dump()["document"]) == 1
    assert list(office.quarantine.iterdir()) == []


@pytest.mark.parametrize("name", ["Lusa Lentes, Lda.", "LUSA LENTES LDA", "Lusa"])
def test_a_seller_is_a_company_by_its_name_or_trading_name(
    office: Office, take: Import, inbox: Path, name: str
) -> None:
    company = office.add_company(name, "PT")
    assert take(put(inbox, "1.xml", "invoice.ubl.xml"), create_parties=False).counts["stored"] == 1
    assert list(office.dump()["company"]) == [company]


def test_a_company_of_the_same_name_in_another_country_is_another(office: Office, take: Import, inbox: Path) -> None:
    office.add_company("Lusa Lentes, Lda.", "BR")
    path = put(inbox, "1.xml", "invoice.ubl.xml")
    assert take(path, create_parties=False).outcomes[0].reason == "unknown_seller"
    assert [take(path).outcomes[0].state for _ in range(2)] == ["stored", "unchanged"]
    names = {one["name"] for one in office.dump()["company"].values()}
    assert names == {"Lusa Lentes, Lda.", "Lusa Lentes, Lda. (PT)"}


def test_a_company_without_territory_gets_its_default_one(office: Office, take: Import, inbox: Path) -> None:
    with office.ledger.transaction() as tx:
        tx.create("company", {"name": "Lusa Lentes, Lda.", "country": "PT", "currency": "EUR"})
    take(put(inbox, "1.xml", "invoice.ubl.xml"))
    (company,), (territory,) = office.dump()["company"].values(), office.dump()["territory"]
    assert company["default_territory_id"] == territory


def test_a_known_buyer_is_found_and_left_as_it_is(office: Office, take: Import, inbox: Path) -> None:
    company = office.add_company("Lusa", "PT")
    with office.ledger.transaction() as tx:
        customer = tx.create("customer", {
            "name": "Soleil", "company_id": company, "currency": "EUR", "identifier_kind": "siren",
            "identifier": "732829320", "territory_id": tx.find("territory")[0]["id"],
        })  # fmt: skip
    before = office.dump()["customer"]
    take(put(inbox, "1.xml", "invoice.ubl.xml"))
    assert office.dump()["customer"] == before
    assert [one["customer_id"] for one in office.dump()["document"].values()] == [customer]
    assert office.dump()["address"] == {}


def test_what_somebody_else_wrote_during_an_import_is_seen(office: Office, take: Import, inbox: Path) -> None:
    put(inbox, "1.xml", "credit_note.ubl.xml")
    put(inbox, "2.xml", "invoice.ubl.xml")
    made: list[str] = []

    def meanwhile(done: int, total: int, name: str) -> None:
        if done == 1 and not made:
            with office.ledger.transaction() as tx:
                (note,) = tx.find("document")
                made.append(tx.create("document", {
                    **{key: value for key, value in note.items() if key not in ("id", "fingerprint")},
                    "kind": "invoice", "type_code": "380", "number": "FT 2026/17",
                }))  # fmt: skip

    report = take(inbox, progress=meanwhile)
    assert [(one.state, one.reason) for one in report.outcomes] == [("stored", ""), ("quarantined", "number_taken")]


@pytest.mark.parametrize("order", [("1.xml", "2.xml"), ("2.xml", "1.xml")])
def test_a_credit_note_finds_its_invoice_whichever_comes_first(
    office: Office, take: Import, inbox: Path, order: tuple[str, str]
) -> None:
    put(inbox, order[0], "invoice.ubl.xml")
    put(inbox, order[1], "credit_note.ubl.xml")
    take(inbox)
    pairs = rows(office, "SELECT n.number, i.number FROM document n JOIN document i ON i.id=n.corrects_id")
    assert pairs == [("NC 2026/3", "FT 2026/17")]
    assert rows(office, "SELECT k FROM hq_meta WHERE k LIKE 'corrects:%'") == []


def test_a_credit_note_waits_for_its_invoice_over_imports(office: Office, take: Import, inbox: Path) -> None:
    take(put(inbox, "1.xml", "credit_note.ubl.xml"))
    assert rows(office, "SELECT corrects_id FROM document") == [(None,)]
    take(put(inbox, "2.xml", "invoice.ubl.xml"))
    assert rows(office, "SELECT COUNT(*) FROM document WHERE corrects_id IS NOT NULL") == [(1,)]


def test_a_credit_note_may_share_the_number_of_its_invoice(office: Office, take: Import, inbox: Path) -> None:
    put(inbox, "1.xml", "credit_note.ubl.xml", ("NC 2026/3", "FT 2026/17"))
    put(inbox, "2.xml", "invoice.ubl.xml")
    assert take(inbox).counts["stored"] == 2
    assert rows(office, "SELECT kind FROM document WHERE corrects_id IS NOT NULL") == [("credit_note",)]


def test_a_bad_file_stops_nobody(office: Office, take: Import, inbox: Path) -> None:
    shutil.copytree(DATA / "hostile", inbox / "a")
    put(inbox, "z.xml", "invoice.ubl.xml")
    (inbox / "readme.txt").write_text("not a document, passed over")
    (inbox / ".hidden.xml").write_text("passed over")
    (inbox / "link.xml").symlink_to("/etc/passwd")
    report = take(inbox)
    assert report.counts["stored"] == 1
    assert report.counts["quarantined"] == len(list((DATA / "hostile").iterdir()))
    assert report.counts["files"] == report.counts["stored"] + report.counts["quarantined"]
    for outcome in report.outcomes:
        if outcome.reason not in ("", "empty"):
            assert outcome.path.read_bytes() in [path.read_bytes() for path in office.quarantine.iterdir()]


def test_a_value_that_no_field_takes_leaves_nothing_behind(office: Office, take: Import, inbox: Path) -> None:
    report = take(put(inbox, "1.xml", "invoice.ubl.xml", ("FT 2026/17", "9" * 200)))
    assert (report.outcomes[0].reason, report.outcomes[0].detail) == ("bad_value", "document.number: too_long")
    assert all(not records for records in office.dump().values())
    assert take(put(inbox, "2.xml", "invoice.ubl.xml")).counts["stored"] == 1


def test_a_wrong_card_is_no_reason_to_refuse_an_invoice(office: Office, take: Import, inbox: Path) -> None:
    path = put(
        inbox, "1.xml", "invoice.ubl.xml", ("jeanne@soleil.example", "ask Jeanne"), ("04 78 00 00 01", "call me"),
        ("69002", "6" * 40), (">FR<", ">Neverland<"),
    )  # fmt: skip
    assert take(path).counts["stored"] == 1
    dump = office.dump()
    assert dump["customer_email"] == {} == dump["contact_email"]
    assert [(one["value"], one["e164"]) for one in dump["customer_phone"].values()] == [("call me", None)]
    assert [(one["postcode"], one["country"], one["city"]) for one in dump["address"].values()] == [
        (None, None, "Lyon")
    ]


def test_a_product_exclusive_to_another_customer_is_not_billed(office: Office, take: Import, inbox: Path) -> None:
    company = office.add_company("Lusa", "PT")
    with office.ledger.transaction() as tx:
        other = tx.create("customer", {
            "name": "Other", "company_id": company, "currency": "EUR", "territory_id": tx.find("territory")[0]["id"],
        })  # fmt: skip
        product = tx.create("product", {
            "company_id": company, "code": "PL-3", "name": "Lens", "category": "Lenses", "exclusive_customer_id": other,
        })  # fmt: skip
    report = take(put(inbox, "1.xml", "invoice.ubl.xml"))
    assert (report.outcomes[0].reason, report.outcomes[0].detail) == ("exclusive_product", "PL-3")
    assert office.dump()["document"] == {}
    with office.ledger.transaction() as tx:
        tx.delete("product", product)
        general = tx.create("product", {"company_id": company, "code": "PL-3", "name": "Lens", "category": "Lenses"})
    take(inbox)
    lines = rows(office, "SELECT product_id, category FROM document_line WHERE position=1")
    assert lines == [(general, "Lenses")]


def test_a_csv_folder_is_a_company_named_after_it(office: Office, take: Import) -> None:
    report = take(DATA / "shop")
    assert {name: report.counts[name] for name in ("company", "customer", "product", "document")} == {
        "company": 1, "customer": 3, "product": 2, "document": 2,
    }  # fmt: skip
    dump = office.dump()
    assert [(one["name"], one["country"], one["currency"]) for one in dump["company"].values()] == [
        ("shop", "US", "USD")
    ]
    alpha = next(one for one in dump["customer"].values() if one["identifier"] == "ALPHA")
    assert (alpha["currency"], alpha["language"], alpha["to_confirm"]) == ("USD", "en", True)
    assert [one["fax"] for one in dump["address"].values() if one["country"] == "PT"] == ["21 000 0002"]
    contact = next(one for one in dump["contact"].values() if one["last_name"] == "Silva")
    assert (contact["first_name"], contact["job_title"]) == ("Ana Maria", "Owner")
    assert {line["product_id"] for line in dump["document_line"].values()} == set(dump["product"])


def test_csv_asks_for_its_seller_before_anything_is_done(office: Office, take: Import, inbox: Path) -> None:
    put(inbox, "1.xml", "invoice.ubl.xml")
    shutil.copytree(DATA / "shop", inbox / "shop")
    before = everything(office)
    with pytest.raises(InvalidValue) as invalid:
        take(inbox, create_parties=False)
    assert (invalid.value.entity, invalid.value.reason) == ("company", "needed_for_csv")
    with pytest.raises(NotFound):
        take(inbox, create_parties=False, company="Nobody")
    assert everything(office) == before
    with office.ledger.transaction() as tx:
        for country in ("PT", "ES"):
            tx.create("company", {"name": "Twice", "country": country, "currency": "EUR"})
    with pytest.raises(InvalidValue, match="ambiguous"):
        take(inbox, company="Twice")


def test_csv_is_sold_by_the_company_that_was_said(office: Office, take: Import) -> None:
    company = office.add_company("Lusa", "PT")
    take(DATA / "shop", create_parties=False, company="Lusa")
    take(DATA / "shop", create_parties=False, company=company)
    dump = office.dump()
    assert list(dump["company"]) == [company]
    assert {one["company_id"] for one in dump["customer"].values()} == {company}
    assert {one["language"] for one in dump["customer"].values()} == {"pt"}
    assert len(dump["document"]) == 2


def test_an_order_that_changed_is_flagged_and_a_new_one_taken(office: Office, take: Import, inbox: Path) -> None:
    shop = Path(shutil.copytree(DATA / "shop", inbox / "shop"))
    take(shop)
    before = {one["number"]: one["net_minor"] for one in office.dump()["document"].values()}
    lines, orders = shop / "order_lines.csv", shop / "orders.csv"
    lines.write_text(lines.read_text("utf-8").replace("2,2,10,1,0.0", "2,2,11,1,0.0") + "3,1,18,1,0\n", "utf-8")
    orders.write_text(orders.read_text("utf-8") + "3,GAMMA,2025-03-01,,,0\n", "utf-8")
    report = take(shop)
    assert [(one.state, one.reason, one.documents) for one in report.outcomes] == [
        ("stored", "", 1), ("quarantined", "number_taken", 0),
    ]  # fmt: skip
    after = {one["number"]: one["net_minor"] for one in office.dump()["document"].values()}
    assert after == {**before, "3": 1_800}
    (kept,) = waiting(office)
    assert "order-2" in kept


def test_a_customer_that_was_rewritten_is_not_made_again(office: Office, take: Import) -> None:
    take(DATA / "shop")
    with office.ledger.transaction() as tx:
        (beta,) = tx.find("customer", identifier="BETA")
        tx.update("customer", str(beta["id"]), {"name": "Beta Holding", "identifier": "GB 1"})
        (place,) = tx.find("address", customer_id=beta["id"])
        tx.update("address", str(place["id"]), {"postcode": "N1"})
    before = everything(office)
    take(DATA / "shop")
    assert everything(office) == before


def test_a_broken_csv_folder_waits_whole_and_changes_nothing(office: Office, take: Import, inbox: Path) -> None:
    shop = Path(shutil.copytree(DATA / "shop", inbox / "shop"))
    (shop / "orders.csv").write_text("nonsense", "utf-8")
    put(inbox, "z.xml", "invoice.ubl.xml")
    report = take(inbox)
    assert [(one.state, one.reason) for one in report.outcomes] == [("stored", ""), ("quarantined", "broken_csv")]
    (kept,) = [path for path in office.quarantine.iterdir() if path.is_dir()]
    assert sorted(path.name for path in kept.iterdir()) == sorted(path.name for path in shop.iterdir())
    assert len(office.dump()["company"]) == 1


def test_a_single_csv_file_says_that_a_folder_is_wanted(office: Office, take: Import) -> None:
    report = take(DATA / "shop" / "orders.csv")
    assert report.outcomes[0].reason == "unknown_format"


def test_a_path_that_is_not_there(office: Office, take: Import, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        take(tmp_path / "nothing")


def test_progress_reaches_its_total(office: Office, take: Import, inbox: Path) -> None:
    put(inbox, "1.xml", "invoice.ubl.xml")
    shutil.copytree(DATA / "shop", inbox / "shop")
    seen: list[tuple[int, int]] = []
    take(inbox, progress=lambda done, total, name: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1] == 4  # two sources and two orders


def test_a_transaction_that_breaks_halfway_leaves_nothing_and_is_forgotten(
    office: Office, take: Import, inbox: Path
) -> None:
    put(inbox, "1.xml", "invoice.ubl.xml")
    before = everything(office)

    def full(sql: str) -> None:
        if sql.startswith('INSERT INTO "document_tax"'):
            raise OSError("no space left")

    office.database.watch = full
    with pytest.raises(OSError, match="no space"):
        take(inbox)
    office.database.watch = None
    assert everything(office) == before
    assert take(inbox).counts["stored"] == 1


def test_everything_is_told_as_headquarters_itself(office: Office, take: Import, inbox: Path) -> None:
    take(put(inbox, "1.xml", "invoice.ubl.xml"))
    with office.ledger.reading() as session:
        assert isinstance(session, Records)
        assert session.rows("SELECT DISTINCT user_id, device_id FROM log") == [(None, None)]
        notes = session.rows("SELECT patch FROM log WHERE entity='document'")
    assert "fingerprint" in json.loads(str(notes[0][0]))
