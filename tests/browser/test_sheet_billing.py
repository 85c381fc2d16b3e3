"""Revenue, billing documents, exclusive products and the sync centre in Chromium, with headquarters stopped."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from mobility_app.domain.change import REJECTED
from mobility_app.hq.demo import make
from mobility_app.store import apply, drafts
from tests.support.bench import Device, new_device, start_hq
from tests.support.browser import Visitor, chromium_browser, visit
from tests.support.waiting import until

pytestmark = pytest.mark.browser

ELEMENTS_MAX = 400
OURS, THEIRS = "https://ana.example", "https://rui.example"


@dataclass(slots=True)
class Stage:
    ana: Device
    customer: str
    contact: str
    launch: str


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with chromium_browser(chromium) as opened:
        yield opened


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("billing")
    hq = start_hq(folder / "hq")
    make(hq.office, customers=30)
    ana, rui = new_device(hq, folder / "ana", "Ana Silva"), new_device(hq, folder / "rui", "Rui Costa")
    customer = richest(ana)
    contact = next(id_ for id_, row in ana.dump()["contact"].items() if row["customer_id"] == customer)
    rui.set("customer", customer, website=THEIRS)
    rui.set("contact", contact, job_title="Gerente")
    rui.sync()
    ana.set("customer", customer, website=OURS)
    ana.set("contact", contact, job_title="Diretora")
    ana.sync()
    hq.stop()
    yield Stage(ana, customer, contact, ana.start_ui())
    ana.kill_ui()


def richest(device: Device) -> str:
    """The customer with an exclusive product and most documents of the last months."""
    with device.store.reading() as session:
        found = session.value(
            "SELECT c.id FROM customer c JOIN document d ON d.customer_id = c.id WHERE EXISTS"
            " (SELECT 1 FROM product p WHERE p.exclusive_customer_id = c.id) GROUP BY c.id"
            " ORDER BY SUM(d.issued_on > date('now', '-11 months')) DESC LIMIT 1"
        )
    assert found
    return str(found)


@pytest.fixture(scope="module")
def visitor(browser: Browser, stage: Stage) -> Visitor:
    return visit(browser, stage.launch)


@pytest.fixture
def page(visitor: Visitor, stage: Stage) -> Iterator[Page]:
    yield visitor.page
    assert visitor.foreign == []
    assert visitor.errors == []


def cents(text: str) -> int:
    """Minor units of an amount as the screen writes it in Portuguese: "-€ 1.234,50"."""
    digits = int(re.sub(r"[^0-9]", "", text))
    return -digits if "-" in text or "\u2212" in text else digits


def amounts(found: Locator) -> list[int]:
    return [cents(text) for text in found.all_inner_texts()]


def open_tab(visitor: Visitor, stage: Stage, slug: str) -> None:
    visitor.go(f"/customers/{stage.customer}/{slug}")


def open_revenue(visitor: Visitor, stage: Stage) -> None:
    open_tab(visitor, stage, "revenue")
    expect(visitor.page.locator(".fb-chart-donut svg path[fill^='var(--chart']").first).to_be_attached()
    expect(visitor.page.locator(BARS).first).to_be_attached()


BARS = ".fb-chart-bars svg path[fill='var(--accent)']"
STILL = """(selector) => {
  const now = [...document.querySelectorAll(selector)].map((bar) => bar.getBBox().height).join();
  const still = window.heights === now && now !== "";
  window.heights = now;
  return still;
}"""


def settled_heights(page: Page) -> list[float]:
    """Heights of the bars once they no longer grow."""
    page.wait_for_function(STILL, arg=BARS, polling=250)
    found: list[float] = page.locator(BARS).evaluate_all("bars => bars.map((bar) => bar.getBBox().height)")
    return found


def test_figures_list_donut_bars_and_tables_show_the_same_sum_to_the_cent(
    page: Page, visitor: Visitor, stage: Stage
) -> None:
    open_revenue(visitor, stage)
    total = amounts(page.locator(".fb-figure").first)[0]
    listed = amounts(page.locator(".fb-legend .fb-row-amount"))
    assert sum(listed) == total
    assert cents(str(page.locator(".fb-chart-donut svg text").first.text_content())) == total
    by_month = page.get_by_role("table", name="Faturamento por mês")
    months = amounts(by_month.locator("tbody td.fb-right"))
    assert len(months) == 12
    assert sum(months) == total == amounts(by_month.locator("tfoot td.fb-right"))[0]
    by_category = page.get_by_role("table", name="Faturamento por categoria")
    assert sum(amounts(by_category.locator("tbody td:nth-child(2)"))) == total
    percents = [int(text.split()[0]) for text in page.locator(".fb-legend .fb-pct").all_inner_texts() if text[0] != "–"]
    assert sum(percents) == 100
    first = page.evaluate("new Date(new Date().getFullYear(), new Date().getMonth() - 11, 1).toLocaleDateString('sv')")
    with stage.ana.store.reading() as session:
        assert total == session.value(
            "SELECT SUM(net_minor * CASE kind WHEN 'credit_note' THEN -1 ELSE 1 END) FROM document"
            " WHERE customer_id=? AND currency='EUR' AND issued_on >= ?",
            stage.customer, first,
        )  # fmt: skip


def test_the_charts_are_drawn_as_the_figures_say_and_follow_the_theme(
    page: Page, visitor: Visitor, stage: Stage
) -> None:
    open_revenue(visitor, stage)
    slices = page.locator(".fb-chart-donut svg path[fill^='var(--chart']")
    positive = [one for one in amounts(page.locator(".fb-legend .fb-row-amount")) if one > 0]
    assert slices.count() == len(positive) <= 5
    months = amounts(page.get_by_role("table", name="Faturamento por mês").locator("tbody td.fb-right"))
    heights = settled_heights(page)
    assert len(heights) == len(months)
    top = max(heights)
    assert top > 40
    for height, month in zip(heights, months, strict=True):
        assert abs(height / top - max(0, month) / max(months)) < 0.02
    colour = "el => getComputedStyle(el).fill"
    assert slices.first.evaluate(colour) == "rgb(43, 80, 196)"
    page.emulate_media(color_scheme="dark")
    expect(page.locator("body.body--dark")).to_be_attached()
    assert slices.first.evaluate(colour) == "rgb(128, 153, 245)"
    page.emulate_media(color_scheme="light")
    assert page.evaluate("document.querySelectorAll('body *:not(svg *)').length") <= ELEMENTS_MAX


def test_a_bar_and_a_slice_list_the_documents_behind_them(page: Page, visitor: Visitor, stage: Stage) -> None:
    open_revenue(visitor, stage)
    months = amounts(page.get_by_role("table", name="Faturamento por mês").locator("tbody td.fb-right"))
    best = months.index(max(months))
    settled_heights(page)
    behind = page.locator("#behind")
    for _ in range(3):  # a chart that is drawn anew between press and release hears no click: a person taps again
        page.locator(BARS).nth(best).click()
        with contextlib.suppress(AssertionError):
            expect(behind).to_be_visible()
            break
    expect(behind).to_be_visible()
    shown = amounts(behind.locator(".fb-row-amount"))
    assert shown[-1] == sum(shown[:-1]) == months[best]
    legend = page.locator(".fb-legend li").first
    legend.get_by_role("button").press("Enter")
    expect(behind.get_by_role("heading")).to_contain_text(legend.get_by_role("button").inner_text())
    shown = amounts(behind.locator(".fb-row-amount"))
    assert shown[-1] == sum(shown[:-1]) == amounts(legend.locator(".fb-row-amount"))[0]
    behind.get_by_role("link").first.click()
    page.wait_for_url(f"**/customers/{stage.customer}/documents/*")
    page.go_back()
    page.wait_for_url(f"**/customers/{stage.customer}/revenue*")
    expect(page.locator(".fb-legend li").first).to_be_visible()


def test_periods_and_the_comparison_change_every_figure_and_stay_in_the_address(
    page: Page, visitor: Visitor, stage: Stage
) -> None:
    open_revenue(visitor, stage)
    assert page.locator(".fb-body input").count() == 0
    page.get_by_role("button", name="Comparar com o ano anterior").click()
    expect(page.locator(".fb-chart-bars svg path[fill='var(--accent-line)']").first).to_be_attached()
    page.get_by_role("button", name="Ano passado").click()
    year = page.evaluate("new Date().getFullYear() - 1")
    table = page.get_by_role("table", name="Faturamento por mês")
    expect(table.locator("tbody td").first).to_contain_text(str(year))
    total, before = amounts(table.locator("tfoot td.fb-right"))
    assert amounts(page.locator(".fb-figure").first)[0] == total
    page.wait_for_url("**?period=last_year&compare=1")
    page.reload()
    expect(page.get_by_role("button", name="Comparar com o ano anterior")).to_have_attribute("aria-pressed", "true")
    assert amounts(table.locator("tfoot td.fb-right")) == [total, before]
    page.get_by_role("button", name="De–até").click()
    page.get_by_label("De", exact=True).fill(f"{year}-03-10")
    page.get_by_label("Até", exact=True).fill(f"{year}-05-20")
    expect(table.locator("tbody tr")).to_have_count(3)
    page.get_by_label("Até", exact=True).fill(f"{year}-02-01")
    expect(page.get_by_role("alert").filter(has_text="anterior ao início")).to_be_visible()
    expect(table.locator("tbody tr")).to_have_count(3)


def test_documents_are_filtered_sorted_summed_and_opened(page: Page, visitor: Visitor, stage: Stage) -> None:
    open_tab(visitor, stage, "documents")
    table = page.get_by_role("table", name="Documentos de faturamento")
    expect(table.locator("tbody tr").first).to_be_visible()
    assert page.evaluate("document.querySelectorAll('body *:not(svg *)').length") <= ELEMENTS_MAX
    page.get_by_role("group", name="Estado do pagamento").get_by_role("button", name="Pago", exact=True).click()
    expect(table.locator("tbody .fb-chip", has_not_text="Pago")).to_have_count(0)
    page.get_by_role("button", name="Total", exact=True).click()
    expect(table.locator("th[aria-sort=descending]")).to_have_text("Total")
    found = amounts(table.locator("tbody td:nth-child(5)"))
    assert found == sorted(found, reverse=True)
    with stage.ana.store.reading() as session:
        net = session.value(
            "SELECT SUM(net_minor * CASE kind WHEN 'credit_note' THEN -1 ELSE 1 END) FROM document"
            " WHERE customer_id=? AND paid_minor >= payable_minor",
            stage.customer,
        )
    assert amounts(page.locator(".fb-sums dd"))[0] == net
    first = table.locator("tbody tr").first
    gross, number = amounts(first.locator("td:nth-child(5)"))[0], first.locator("a").first.inner_text().split("\n")[0]
    first.locator("a").first.click()
    page.wait_for_url(f"**/customers/{stage.customer}/documents/*")
    expect(page.get_by_role("heading", name=f"Fatura {number}")).to_be_visible()
    sums = amounts(page.locator(".fb-sumlist dd"))
    assert gross in sums
    lines = page.get_by_role("table", name="Linhas")
    assert sum(amounts(lines.locator("tbody td:last-child"))) == sums[0]
    page.go_back()
    page.wait_for_url("**/documents?state=paid&sort=gross&down=1")
    expect(table.locator("tbody .fb-chip", has_not_text="Pago")).to_have_count(0)


def test_an_exclusive_product_opens_on_its_own_page(page: Page, visitor: Visitor, stage: Stage) -> None:
    open_tab(visitor, stage, "products")
    page.get_by_role("link", name=re.compile("Assinatura à medida")).first.click()
    page.wait_for_url(f"**/customers/{stage.customer}/products/*")
    expect(page.get_by_role("heading", name="Assinatura à medida")).to_be_visible()
    expect(page.get_by_text("Exclusivo desta conta")).to_be_visible()


def test_the_sync_centre_says_what_waits_and_settles_a_conflict_without_headquarters(
    page: Page, visitor: Visitor, stage: Stage
) -> None:
    visitor.go("/sync")
    expect(page.get_by_role("button", name="Sincronizar agora")).to_be_visible()
    expect(page.get_by_text("próxima tentativa").first).to_be_visible(timeout=30_000)
    block = page.get_by_role("group", name=re.compile("Site"))
    expect(block).to_contain_text(OURS)
    expect(block).to_contain_text(THEIRS)
    block.get_by_role("button").filter(has_text=THEIRS).click()
    expect(block).to_have_count(0)
    assert stage.ana.dump()["customer"][stage.customer]["website"] == THEIRS
    expect(page.get_by_role("heading", name="À espera do escritório")).to_be_visible()


def test_two_values_are_combined_in_an_editor_that_begins_with_both(page: Page, visitor: Visitor, stage: Stage) -> None:
    visitor.go("/sync")
    block = page.get_by_role("group", name=re.compile("Cargo"))
    block.get_by_role("button", name="Juntar os dois…").click()
    field = page.get_by_role("dialog").get_by_label("Cargo")
    expect(field).to_have_value("Gerente / Diretora")
    field.fill("Gerente e diretora")
    until(lambda: "Gerente e diretora" in drafted(stage))
    page.reload()  # what is typed there outlives its browser tab
    visitor.go(f"/customers/{stage.customer}")
    page.get_by_role("button", name="Continuar", exact=True).click()
    expect(page.get_by_role("dialog").get_by_text("Continue aqui")).to_be_visible()
    expect(field).to_have_value("Gerente e diretora")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    visitor.go("/sync")
    block.get_by_role("button", name="Juntar os dois…").click()
    expect(field).to_have_value("Gerente e diretora")
    page.get_by_role("dialog").get_by_role("button", name="Salvar").click()
    expect(block).to_have_count(0)
    assert stage.ana.dump()["contact"][stage.contact]["job_title"] == "Gerente e diretora"
    assert {row["state"] for row in stage.ana.dump()["conflict"].values() if row["field"] == "job_title"} == {"settled"}
    assert drafted(stage) == ""


def drafted(stage: Stage) -> str:
    """What this device keeps as typed on the customer and not saved."""
    with stage.ana.store.reading() as session:
        return "\n".join(str(draft.value) for draft in drafts.kept(session, stage.customer))


def test_a_refused_value_can_be_edited_again(page: Page, visitor: Visitor, stage: Stage) -> None:
    before = str(stage.ana.dump()["customer"][stage.customer]["name"])
    stage.ana.set("customer", stage.customer, name="Nome recusado")
    with stage.ana.store.reading() as session:
        dseq = int(session.value("SELECT MAX(dseq) FROM change"))
    apply.verdicts(stage.ana.store, [apply.Said(dseq, REJECTED, "forbidden", {}, "", 0)])
    assert stage.ana.dump()["customer"][stage.customer]["name"] == before
    visitor.go("/sync")
    expect(page.get_by_text("“Nome recusado”")).to_be_visible()
    page.get_by_role("button", name="Editar de novo").click()
    page.wait_for_url(f"**/customers/{stage.customer}/details")
    page.get_by_role("button", name="Continuar a editar").click()
    expect(page.get_by_label("Nome da conta")).to_have_value("Nome recusado")
    page.get_by_role("button", name="Cancelar").click()
    visitor.go("/sync")
    expect(page.get_by_role("button", name="Editar de novo")).to_have_count(0)
