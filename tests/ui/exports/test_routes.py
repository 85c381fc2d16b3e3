"""Exports over HTTP: names, headers, rights, refusals, and that figures agree with the screen to the cent."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import unquote

import pytest
import uvicorn
from pypdf import PdfReader

from mobility_app.store.queries import documents, revenue
from mobility_app.store.queries.revenue import Asked
from mobility_app.ui.exports.routes import Exports
from mobility_app.ui.guard import SERVER_OPTIONS
from tests.support.billing import Billing, generated
from tests.support.desk import Desk, desk
from tests.support.waiting import until
from tests.ui.test_transfers import behind

TODAY = date(2026, 11, 25)
Rows = list[list[str]]


class Served:
    """A desk's exports behind the real server."""

    def __init__(self, at: Desk) -> None:
        self.at = at
        options = {name: SERVER_OPTIONS[name] for name in ("host", "http", "proxy_headers", "server_header")}
        app = Exports(at.app).wrap(behind)
        self.server = uvicorn.Server(uvicorn.Config(app, port=0, ws="none", log_level="error", **options))
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        until(lambda: self.server.started)
        self.port: int = self.server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)
        assert not self.thread.is_alive()

    def get(self, target: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, target)
        answer = connection.getresponse()
        got = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        connection.close()
        return got

    def rows(self, target: str) -> Rows:
        status, _, body = self.get(target)
        assert status == 200, body
        assert body.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), delimiter=";"))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    one = Served(desk(tmp_path))
    yield one
    one.stop()


def cents(text: str) -> int:
    return int(Decimal(text.replace(",", ".")) * 100)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("asked", [
    Asked(), Asked("this_year"), Asked("last_year"), Asked("from_to", "2025-02-03", "2026-05-20"),
    Asked("last_12", currency="USD"),
])  # fmt: skip
def test_csv_table_pie_bars_and_documents_agree_to_the_cent(served: Served, seed: int, asked: Asked) -> None:
    at = served.at
    generated(at, seed, 120, TODAY)
    view = revenue.revenue(at.store, at.customer, asked, TODAY)
    query = f"?period={asked.name}&from={asked.start}&to={asked.end}&currency={asked.currency}&compare=1"
    head, *rows = served.rows(f"/exports/revenue/{at.customer}.csv{query}")
    assert head == ["Indicador", "Nome", "De", "Até", "Moeda", "Valor líquido", "Ano anterior"]
    months = [row for row in rows if row[0] == "Mês"]
    categories = [row for row in rows if row[0] == "Categoria"]
    (total,) = [row for row in rows if row[0] == "Total"]
    assert [(row[1], cents(row[5])) for row in months] == list(view.now.by_month)
    listed = {one.category: one.net_minor for one in view.now.by_category}
    assert sum(map(cents, (row[5] for row in categories))) == sum(listed.values())
    page = revenue.behind(at.store, at.customer, view.currency, view.period, None)
    assert cents(total[5]) == view.now.total_minor == page.net_minor == sum(cents(row[5]) for row in months)
    assert cents(total[6]) == view.before.total_minor == sum(cents(row[6]) for row in months)
    assert {row[4] for row in rows} == {view.currency}
    assert (months[0][2], months[-1][3]) == (view.period.start.isoformat(), view.period.end.isoformat())


def test_the_documents_csv_holds_all_that_the_filters_let_through_in_their_order(served: Served) -> None:
    at = served.at
    generated(at, 2, 90, TODAY)
    _, *rows = served.rows(f"/exports/documents/{at.customer}.csv?state=overdue&sort=gross&down=1")
    asked = documents.Filters(state="overdue", sort="gross", descending=True)
    page = documents.documents(at.store, at.customer, asked, TODAY.isoformat())
    assert page.total > documents.PAGE_ROWS
    assert [row[0] for row in rows][: len(page.rows)] == [one.number for one in page.rows]
    for one in page.totals:
        mine = [row for row in rows if row[4] == one.currency]
        assert len(mine) == one.count
        assert [sum(cents(row[at]) for row in mine) for at in (5, 7, 10)] == [
            one.net_minor,
            one.gross_minor,
            one.owed_minor,
        ]
    assert {row[11] for row in rows} == {"Vencido"}


def test_a_number_that_a_spreadsheet_would_run_is_harmless_and_irpf_only_where_it_applies(served: Served) -> None:
    at = served.at
    billing = Billing(at)
    billing.document("2026-11-02", 1_000, kind="credit_note", number="=1+1", withheld_minor=150)
    billing.lay()
    head, row = served.rows(f"/exports/documents/{at.customer}.csv")
    assert row[0] == "'=1+1"
    assert row[5] == "-10,00", "a number stays a number"
    assert "IRPF retido" not in head
    at.from_hq("company", at.company, country="ES")
    head, row = served.rows(f"/exports/documents/{at.customer}.csv")
    assert row[head.index("IRPF retido")] == "-1,50"


def test_english_parts_with_commas_and_writes_points(served: Served) -> None:
    at = served.at
    billing = Billing(at)
    billing.document("2026-11-02", 123_450)
    billing.lay()
    at.app.words = type(at.app.words)("en", at.app.zone)
    _, _, body = served.get(f"/exports/documents/{at.customer}.csv")
    assert b"F1,Invoice,2026-11-02,,EUR,1234.50,0.00,1234.50" in body


def test_a_pdf_comes_in_the_customers_language_as_a_download(served: Served) -> None:
    at = served.at
    at.from_hq("customer", at.customer, language="fr-FR")
    billing = Billing(at)
    one = billing.document("2026-11-02", 1_000, number="FT 1/2026")
    billing.lay()
    status, headers, body = served.get(f"/exports/document/{one}.pdf")
    assert (status, headers["content-type"]) == (200, "application/pdf")
    assert unquote(headers["content-disposition"].split("''")[1]) == "Facture FT 1_2026.pdf"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert int(headers["content-length"]) == len(body)
    assert "Facture FT 1/2026" in PdfReader(io.BytesIO(body)).pages[0].extract_text()
    assert served.get(f"/exports/document/{one}.pdf", "HEAD")[2] == b""


@pytest.mark.parametrize(("role", "status"), [("rep", 200), ("manager", 200), ("accountant", 200), ("support", 403),
                                              ("admin", 403)])  # fmt: skip
def test_who_may_not_see_billing_gets_no_amount(tmp_path: Path, role: str, status: int) -> None:
    at = desk(tmp_path, role=role)
    billing = Billing(at)
    one = billing.document("2026-11-02", 98_765, number="FT 1")
    billing.lay()
    served = Served(at)
    try:
        targets = (f"revenue/{at.customer}.csv", f"documents/{at.customer}.csv", f"document/{one}.pdf")
        for target in targets:
            got, _, body = served.get(f"/exports/{target}")
            assert got == status
            if status == 403:
                assert json.loads(body)["error"] == "not_allowed"
                assert b"987" not in body
    finally:
        served.stop()


def test_refusals_say_why_and_every_other_path_goes_on(served: Served) -> None:
    at = served.at
    generated(at, 1, 3, TODAY)
    for target, status, error in (
        (f"/exports/revenue/{'9' * 32}.csv", 404, "not_found"),
        (f"/exports/documents/{'9' * 32}.csv", 404, "not_found"),
        (f"/exports/document/{'9' * 32}.pdf", 404, "not_found"),
        (f"/exports/revenue/{at.customer}.csv?period=from_to&from=2026-05-01&to=2026-01-01", 422, "invalid_value"),
        (f"/exports/revenue/{at.customer}.csv?period=from_to&from=x", 422, "invalid_value"),
    ):
        got, _, body = served.get(target)
        assert (got, json.loads(body)["error"]) == (status, error), target
    for target in (
        f"/exports/revenue/{at.customer}.pdf", f"/exports/{at.customer}.csv", "/exports/revenue/../x.csv", "/",
        f"/exports/revenue/{at.customer}.csv/",
    ):  # fmt: skip
        assert served.get(target)[0] == 418, target
    assert served.get(f"/exports/revenue/{at.customer}.csv", "POST")[0] == 418
    at.app._drop()
    assert served.get(f"/exports/revenue/{at.customer}.csv")[0] == 423


def test_no_export_leaves_a_file(served: Served, tmp_path: Path) -> None:
    at = served.at
    generated(at, 1, 20, TODAY)
    before = sorted(path.name for path in tmp_path.rglob("*"))
    with at.store.reading() as session:
        one = session.value("SELECT id FROM document LIMIT 1")
    for target in (f"revenue/{at.customer}.csv", f"documents/{at.customer}.csv", f"document/{one}.pdf"):
        assert served.get(f"/exports/{target}")[0] == 200
    assert sorted(path.name for path in tmp_path.rglob("*")) == before
