"""Every line of Revenue, Billing documents and Exclusive products in Chromium, with headquarters stopped: a period and its
comparison, the way from a figure to a document and its PDF, CSV, the forecast, prices, and who sees nothing of it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Download, Locator, Page, expect
from pypdf import PdfReader

from mobility_app.hq.ledger import Transaction
from mobility_app.outlook.history import month_after
from tests.browser.test_access_axe import COLOURS, LOOK, TAGS
from tests.support.bench import Device, new_device, start_hq
from tests.support.browser import Visitor, chromium_browser, visit

pytestmark = pytest.mark.browser

MONTHS = 40
BUSY = (3, 10)  # March and October
FORECAST_MS = 120_000  # a process of its own, on a machine that runs others as well
ELEMENTS_MAX = 400
CATEGORY = "Vinho do Douro"


@dataclass(slots=True)
class Stage:
    ana: Device
    vera: Device
    rich: str
    young: str
    exclusive: str
    general: str
    launch: str


def this_month() -> str:
    return datetime.now(UTC).strftime("%Y-%m")


def document(tx: Transaction, customer: str, number: str, day: str, net: int, **more: object) -> str:
    """A document of one line, with 23 % VAT."""
    tax = net * 23 // 100
    category, product = more.pop("category", CATEGORY), more.pop("product", None)
    made = tx.create("document", {
        "customer_id": customer, "kind": "invoice", "type_code": "380", "number": number, "issued_on": day,
        "currency": "EUR", "net_minor": net, "tax_minor": tax, "gross_minor": net + tax, "payable_minor": net + tax, **more,
    })  # fmt: skip
    tx.create("document_line", {
        "document_id": made, "position": 1, "description": f"Linha de {number}", "category": category, "net_minor": net,
        "tax_rate_bp": 2300, "quantity": "1", "unit_price": f"{net / 100:.2f}", "product_id": product,
    })  # fmt: skip
    tx.create("document_tax", {"document_id": made, "category_code": "S", "tax_rate_bp": 2300, "base_minor": net,
                               "tax_minor": tax})  # fmt: skip
    return made


def billed(tx: Transaction, customer: str, exclusive: str, general: str) -> None:
    """Years of invoices with two busy months, some categories, a credit note, one of another currency."""
    for at in range(MONTHS + 1):
        month = month_after(this_month(), at - MONTHS)
        net = (300_000 if int(month[5:]) in BUSY else 100_000) + at * 137
        category = CATEGORY if at % 2 else "Azeite & queijo"
        document(tx, customer, f"FT {at}", f"{month}-01", net, category=category, due_on=f"{month}-20",
                 product=exclusive if at % 2 else general)  # fmt: skip
    last = document(tx, customer, "FT 100/A", f"{month_after(this_month(), -1)}-02", 50_000, category="Sal")
    document(tx, customer, "NC 1", f"{month_after(this_month(), -1)}-03", 20_000, kind="credit_note", type_code="381",
             corrects_id=last, category="Devoluções")  # fmt: skip
    document(tx, customer, "USD 1", f"{month_after(this_month(), -2)}-03", 99_900, currency="USD")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with chromium_browser(chromium) as opened:
        yield opened


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("money")
    hq = start_hq(folder / "hq")
    company, territory = hq.add_company("Lusitânia", "PT"), hq.add_territory("Lusitânia", "Norte")
    for name, role in (("Ana", "rep"), ("Vera", "support")):
        hq.add_user(name, role, "Lusitânia", ["Norte"])
    with hq.office.ledger.transaction() as tx:
        rich, young = (
            tx.create("customer", {
                "name": name, "company_id": company, "territory_id": territory, "currency": "EUR", "language": "fr",
                "number": name[0],
            })
            for name in ("Óptica Rica", "Padaria Nova")
        )  # fmt: skip
        values = {"company_id": company, "unit": "cx", "currency": "EUR"}
        exclusive = tx.create("product", {
            **values, "code": "X-1", "name": "Reserva da casa", "price_minor": 9_000, "exclusive_customer_id": rich,
        })  # fmt: skip
        general = tx.create("product", {**values, "code": "P-1", "name": "Azeite virgem", "price_minor": 10_000})
        tx.create(
            "customer_price", {"customer_id": rich, "product_id": general, "price_minor": 8_500, "currency": "EUR"}
        )
        billed(tx, rich, exclusive, general)
        document(tx, young, "FT 200", f"{month_after(this_month(), -1)}-02", 5_000)
    ana, vera = new_device(hq, folder / "ana", "Ana"), new_device(hq, folder / "vera", "Vera")
    hq.stop()
    yield Stage(ana, vera, rich, young, exclusive, general, ana.start_ui())
    ana.kill_ui()
    vera.kill_ui()


@pytest.fixture(scope="module")
def visitor(browser: Browser, stage: Stage) -> Visitor:
    return visit(browser, stage.launch)


@pytest.fixture
def page(visitor: Visitor) -> Iterator[Page]:
    yield visitor.page
    assert visitor.foreign == []
    assert visitor.errors == []


def cents(text: str) -> int:
    """Minor units of "-€ 1.234,50", "1 234,50 €" or "1234,50"."""
    digits = int(re.sub(r"[^0-9]", "", text))
    return -digits if "-" in text or "\u2212" in text else digits


def amounts(found: Locator) -> list[int]:
    return [cents(text) for text in found.all_inner_texts()]


def table_of(done: Download) -> list[list[str]]:
    content = done.path().read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def saved(page: Page, link: Locator) -> Download:
    with page.expect_download() as waiting:
        link.click()
    return waiting.value


def test_a_period_its_comparison_the_table_and_the_csv_agree_to_the_cent(
    page: Page, visitor: Visitor, stage: Stage
) -> None:
    visitor.go(f"/customers/{stage.rich}/revenue?period=last_year&compare=1")
    by_month = page.get_by_role("table", name="Faturamento por mês")
    expect(by_month.locator("tbody tr")).to_have_count(12)
    now, before = (amounts(by_month.locator(f"tbody td:nth-child({at})")) for at in (2, 3))
    total, earlier = amounts(by_month.locator("tfoot td.fb-right"))
    assert (sum(now), sum(before)) == (total, earlier)
    year = int(this_month()[:4]) - 1
    with stage.ana.store.reading() as session:
        for sums, which in ((total, year), (earlier, year - 1)):
            assert sums == session.value(
                "SELECT SUM(net_minor * CASE kind WHEN 'credit_note' THEN -1 ELSE 1 END) FROM document"
                " WHERE customer_id=? AND currency='EUR' AND issued_on LIKE ?", stage.rich, f"{which}-%",
            )  # fmt: skip
    done = saved(page, page.get_by_role("link", name="CSV destes valores"))
    assert done.suggested_filename == f"Faturamento Óptica Rica {year}-01-01 {year}-12-31.csv"
    head, *rows = table_of(done)
    assert head == ["Indicador", "Nome", "De", "Até", "Moeda", "Valor líquido", "Ano anterior"]
    assert [cents(row[5]) for row in rows if row[0] == "Mês"] == now
    assert [cents(row[6]) for row in rows if row[0] == "Mês"] == before
    assert [(cents(row[5]), cents(row[6])) for row in rows if row[0] == "Total"] == [(total, earlier)]
    listed = amounts(page.get_by_role("table", name="Faturamento por categoria").locator("tbody td:nth-child(2)"))
    assert [cents(row[5]) for row in rows if row[0] == "Categoria"] == listed


def test_currencies_are_never_mixed_and_a_negative_category_is_listed_not_drawn(
    page: Page, visitor: Visitor, stage: Stage
) -> None:
    visitor.go(f"/customers/{stage.rich}/revenue")
    returned = page.locator(".fb-legend li").filter(has_text="Devoluções")
    expect(returned).to_contain_text("-€ 200,00")
    expect(returned).to_have_class("fb-slice-none")
    expect(page.locator(".fb-chart-donut svg path[fill^='var(--chart']")).to_have_count(3)
    page.get_by_role("button", name="USD", exact=True).click()
    expect(page.locator(".fb-figure").first).to_contain_text("US$")
    assert amounts(page.locator(".fb-figure").first) == [99_900]
    expect(page.locator(".fb-legend li")).to_have_count(1)


def test_the_next_six_months_come_with_a_range_busy_ones_marked_and_the_error_beside_a_yardstick(
    page: Page, visitor: Visitor, stage: Stage
) -> None:
    visitor.go(f"/customers/{stage.rich}/revenue")
    card = page.locator("#forecast")
    lines = card.locator("li")
    expect(lines.locator("b")).to_have_count(6, timeout=FORECAST_MS)
    said = lines.all_inner_texts()
    for at, line in enumerate(said, 1):
        month = int(month_after(this_month(), at)[5:])
        assert ("Alta atividade" in line) is (month in BUSY)
        expected, low, high = (cents(text) for text in re.findall(r"-?€\s[\d.]+", line))
        assert low <= expected <= high
        assert expected > 200_000 / 100 if month in BUSY else expected < 200_000 / 100, line
    expect(card).to_contain_text("Testada nos últimos 6 meses")
    assert page.evaluate("document.querySelectorAll('body *:not(svg *)').length") <= ELEMENTS_MAX
    page.get_by_role("button", name="Este ano").click()
    page.wait_for_url("**?period=this_year")
    expect(lines.locator("b")).to_have_count(6), "known already, whatever period is chosen"
    assert lines.all_inner_texts() == said


def test_a_short_history_says_what_a_forecast_needs(page: Page, visitor: Visitor, stage: Stage) -> None:
    visitor.go(f"/customers/{stage.young}/revenue")
    expect(page.locator("#forecast")).to_contain_text("24 meses completos desde a primeira fatura")


def test_from_a_category_to_its_documents_to_one_of_them_to_its_pdf_in_the_customers_language(
    page: Page, visitor: Visitor, stage: Stage
) -> None:
    visitor.go(f"/customers/{stage.rich}/revenue")
    page.locator(".fb-legend").get_by_role("button", name="Sal", exact=True).press("Enter")
    page.locator("#behind").get_by_role("link", name="FT 100/A").click()
    page.wait_for_url("**/documents/*")
    expect(page.get_by_role("heading", name="Fatura FT 100/A")).to_be_visible()
    shown = amounts(page.locator(".fb-sumlist dd"))
    done = saved(page, page.get_by_role("link", name="PDF de FT 100/A"))
    assert done.suggested_filename == "Facture FT 100_A.pdf"
    reader = PdfReader(done.path())
    said = " ".join(" ".join(one.extract_text() for one in reader.pages).split())
    for part in (
        "Facture FT 100/A",
        "Óptica Rica",
        "Linha de FT 100/A",
        "Copie. L’original est au siège.",
        "Avoir NC 1",
    ):
        assert part in said, part
    printed = {cents(text) for text in re.findall(r"-?[\d\u202f\u00a0 ]+,\d\d\s€", said)}
    assert set(shown) <= printed
    assert (shown[0], shown[2]) == (50_000, 61_500)
    assert reader.trailer["/Root"]["/Lang"] == "fr"
    page.get_by_role("link", name="Nota de crédito NC 1").click()
    expect(page.get_by_role("heading", name="Nota de crédito NC 1")).to_be_visible()
    page.get_by_role("link", name="Fatura FT 100/A").click()
    expect(page.get_by_role("heading", name="Fatura FT 100/A")).to_be_visible()


def test_the_list_gives_its_filtered_documents_as_csv_and_each_line_its_pdf(
    page: Page, visitor: Visitor, stage: Stage
) -> None:
    visitor.go(f"/customers/{stage.rich}/documents")
    page.get_by_role("button", name="Notas de crédito").click()
    table = page.get_by_role("table", name="Documentos de faturamento")
    expect(table.locator("tbody tr")).to_have_count(1)
    head, row = table_of(saved(page, page.get_by_role("link", name="CSV destes documentos")))
    assert (row[0], row[1], row[5]) == ("NC 1", "Nota de crédito", "-200,00")
    assert len(head) == len(row)
    done = saved(page, page.get_by_role("link", name="PDF de NC 1"))
    assert "Avoir NC 1" in PdfReader(done.path()).pages[0].extract_text()
    assert page.url.endswith("documents?kind=credit_note"), "the line itself was not opened"
    page.get_by_role("button", name="Todos", exact=True).first.click()
    expect(table.locator("tbody tr")).to_have_count(15)
    assert page.evaluate("document.querySelectorAll('body *:not(svg *)').length") <= ELEMENTS_MAX


def test_a_product_says_what_this_account_pays_what_everybody_pays_and_when_it_was_billed(
    page: Page, visitor: Visitor, stage: Stage
) -> None:
    visitor.go(f"/customers/{stage.rich}/products")
    expect(page.get_by_role("link", name="Reserva da casa")).to_be_visible()
    page.get_by_role("link", name="Azeite virgem").click()
    page.wait_for_url(f"**/products/{stage.general}")
    expect(page.get_by_text("Produto geral")).to_be_visible()
    price = page.locator(".fb-side .fb-card").first
    expect(price).to_contain_text("€ 85,00 / cx")
    expect(price).to_contain_text("em geral € 100,00 / cx · -15 %")
    expect(page.get_by_text(re.compile("21 faturas, a última em"))).to_be_visible()
    page.get_by_role("link", name="FT 40", exact=True).click()
    expect(page.get_by_role("heading", name="Fatura FT 40")).to_be_visible()
    visitor.go(f"/customers/{stage.young}/products/{stage.exclusive}")
    expect(page.get_by_role("heading", name="Este produto não está aqui")).to_be_visible()


def test_nothing_plain_is_left_on_the_disk_of_the_device(page: Page, stage: Stage) -> None:
    for path in stage.ana.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert path.suffix not in (".csv", ".pdf"), path
            assert b"%PDF" not in content, path
            assert CATEGORY.encode() not in content, path


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_in_what_these_tabs_show(page: Page, visitor: Visitor, stage: Stage, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(reduced_motion="reduce")
    code = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
    for path in (f"{stage.rich}/revenue?compare=1", f"{stage.rich}/documents", f"{stage.rich}/products/{stage.general}",
                 f"{stage.young}/revenue"):  # fmt: skip
        visitor.go(f"/customers/{path}")
        page.locator("main .fb-card").first.wait_for()
        if path.endswith("compare=1"):
            expect(page.locator("#forecast b")).to_have_count(6, timeout=FORECAST_MS)
        page.evaluate(code)
        assert page.evaluate(LOOK, [TAGS, COLOURS]) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1280, "height": 800})


def test_support_sees_no_amount_and_is_told_why(browser: Browser, stage: Stage) -> None:
    visitor = visit(browser, stage.vera.start_ui())
    for slug in ("revenue", "documents", "products"):
        visitor.go(f"/customers/{stage.rich}/{slug}")
        expect(visitor.page.get_by_role("heading", name="O faturamento não é mostrado")).to_be_visible()
        assert "€" not in visitor.page.locator("body").inner_text()
    answer = visitor.page.request.get(f"{visitor.base}/exports/revenue/{stage.rich}.csv")
    assert answer.status == 403
    assert visitor.errors == []
    visitor.context.close()
