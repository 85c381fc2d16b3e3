"""Customers as CSV over HTTP: whole lists out, files in and looked through, and nothing plain on the disk."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
import uvicorn

from mobility_app.domain.rules import csv_lines
from mobility_app.domain.rules.customer_columns import EXPORTED
from mobility_app.store.actions.import_customers import CHANGED, MADE, WRONG
from mobility_app.store.files import FileVault
from mobility_app.ui.context import App, Opened
from mobility_app.ui.guard import SERVER_OPTIONS
from mobility_app.ui.imports.desk import DONE, KEPT_MAX, TRIED, Import
from mobility_app.ui.imports.routes import CustomerFiles, own_headings
from mobility_app.ui.words import LANGUAGES, Words
from tests.support.crowd import fill
from tests.support.desk import NOW, Backend, desk
from tests.support.waiting import until
from tests.ui.test_transfers import behind

HEADING = "Número do cliente;Nome da conta;Cidade"
SECRET = "Café do Segredo"


class Served:
    """A desk with a vault, behind the real server."""

    def __init__(self, folder: Path, role: str = "manager", language: str = "pt") -> None:
        self.at, self.files = desk(folder, role=role), folder / "files"
        opened = Opened(self.at.store, FileVault(self.files, b"k" * 32))
        self.app = App(Backend(), language=language, opened=opened, now=lambda: NOW, zone=ZoneInfo("Europe/Lisbon"))
        options = {name: SERVER_OPTIONS[name] for name in ("host", "http", "proxy_headers", "server_header")}
        app = CustomerFiles(self.app).wrap(behind)
        self.server = uvicorn.Server(uvicorn.Config(app, port=0, ws="none", log_level="error", **options))
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        until(lambda: self.server.started)
        self.port: int = self.server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)
        assert not self.thread.is_alive()

    def ask(self, method: str, target: str, body: bytes = b"", name: str = "") -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, target, body or None, {"X-File-Name": quote(name)} if name else {})
        answer = connection.getresponse()
        got = answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read()
        connection.close()
        return got

    def rows(self, target: str) -> list[list[str]]:
        status, _, body = self.ask("GET", target)
        assert status == 200, body
        assert body.startswith(b"\xef\xbb\xbf")
        assert body.count(b"\xef\xbb\xbf") == 1
        return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), delimiter=";"))

    def sent(self, body: bytes, name: str = "lista.csv") -> Import:
        status, _, answer = self.ask("POST", "/customers/import/file", body, name)
        assert status == 201, answer
        one = self.app.imports.get(json.loads(answer)["id"])
        assert one is not None
        return one


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    one = Served(tmp_path)
    yield one
    one.stop()


def test_the_whole_list_goes_out_as_filtered_and_is_no_formula(served: Served) -> None:
    at = served.at
    fill(at.store, 1_200, deep=0)
    at.from_hq("customer", at.customer, name="=HYPERLINK(1)", status="inactive")
    at.from_hq("customer_phone", customer_id=at.customer, value="+351 913 123 456", e164="+351913123456")
    status, headers, _ = served.ask("GET", "/customers/export.csv")
    assert status == 200
    assert "Clientes%202026-11-25.csv" in headers["content-disposition"]
    assert headers["cache-control"] == "no-store"
    with at.store.reading() as db:
        active = int(db.value("SELECT COUNT(*) FROM customer WHERE status='active'"))
    assert len(served.rows("/customers/export.csv")) == active + 1
    assert len(served.rows("/customers/export.csv?status=all&sort=town&descending=1")) == 1_202
    inactive = served.rows("/customers/export.csv?status=inactive&sort=number")
    (mine,) = [row for row in inactive if row[0] == "C-000005" and "HYPERLINK" in row[1]]
    assert mine[1] == "'=HYPERLINK(1)"
    assert mine[EXPORTED.index("phone")] == "'+351 913 123 456"
    assert mine[EXPORTED.index("status")] == "Inativo"
    odd = served.rows("/customers/export.csv?sort=;DROP&status=x&owner=%27&text=")
    assert len(odd) == 1


def test_a_file_is_looked_through_sealed_tried_and_imported(served: Served) -> None:
    raw = f"{HEADING}\r\nC-000005;Óptica Nova;Porto\r\n;{SECRET};Braga\r\nC-77;Ninguém;\r\n".encode("cp1252")
    one = served.sent(raw, "clientes março.csv")
    assert (one.name, one.shape.encoding, one.shape.lines) == ("clientes março.csv", "cp1252", 3)
    assert one.mapping == ("number", "name", "city")
    assert one.sample == ("C-000005", "Óptica Nova", "Porto")
    for path in served.files.iterdir():
        assert SECRET.encode("cp1252") not in path.read_bytes()
    one.begin(write=False)
    one.run(served.at.store)
    assert one.phase == TRIED
    assert (served.at.store.read("customer", served.at.customer) or {})["name"] == "Óptica Lusitânia & Filhos"
    one.begin(write=True)
    one.run(served.at.store)
    assert (one.phase, one.tally.counts[MADE], one.tally.counts[CHANGED], one.tally.counts[WRONG]) == (DONE, 1, 1, 1)
    rows = served.rows(f"/customers/import/{one.id}/wrong.csv")
    assert rows[0] == ["Linha", "Motivo", *HEADING.split(";")]
    assert rows[1][0] == "4"
    assert "Nenhum cliente aqui tem este número" in rows[1][1]
    served.app.imports.drop(one.id)
    assert list(served.files.iterdir()) == []
    assert served.ask("GET", f"/customers/import/{one.id}/wrong.csv")[0] == 404


@pytest.mark.parametrize(
    ("raw", "reason", "said"),
    [(b"", "empty", "não tem linhas"), (b"a;b\n1;2;3\n", "ragged", "A linha 2 tem 3 células, o cabeçalho tem 2"),
     (b'a;b\n1;"2\n', "quotes", "linha 2"), (b"a;b\n1;\x00\n", "nul", "NUL"),
     (b"\x89PNG\r\n\x1a\n\x00\x00\xff", "no_text", "texto")],
)  # fmt: skip
def test_a_broken_file_is_refused_in_words_and_leaves_nothing(
    served: Served, raw: bytes, reason: str, said: str
) -> None:
    status, _, body = served.ask("POST", "/customers/import/file", raw, "x.csv")
    answer = json.loads(body)
    assert (status, answer["reason"]) == (422, reason)
    assert said in answer["text"]
    assert list(served.files.iterdir()) == []


def test_what_is_too_large_is_refused_while_it_comes(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_lines, "BYTES_MAX", 300_000)
    status, _, body = served.ask("POST", "/customers/import/file", b"a;b\n" + b"1;2\n" * 100_000, "x.csv")
    assert (status, json.loads(body)["reason"]) == (422, "too_large")
    assert list(served.files.iterdir()) == []


def test_who_may_make_no_customer_imports_none(tmp_path: Path) -> None:
    one = Served(tmp_path, role="support")
    status, _, body = one.ask("POST", "/customers/import/file", b"Nome;Cidade\nA;B\n", "x.csv")
    assert (status, json.loads(body)["error"]) == (403, "not_allowed")
    one.stop()


def test_a_locked_store_gives_and_takes_nothing(served: Served) -> None:
    one = served.sent(b"Nome;Cidade\nA;B\n")
    served.app._drop()  # what a lock does to the open app
    assert served.ask("GET", "/customers/export.csv")[0] == 423
    assert served.ask("POST", "/customers/import/file", b"Nome;Cidade\nA;B\n", "x.csv")[0] == 423
    assert served.ask("GET", f"/customers/import/{one.id}/wrong.csv")[0] == 404
    assert list(served.files.iterdir()) == []


def test_few_files_are_kept_at_once(served: Served) -> None:
    sent = [served.sent(b"Nome;Cidade\nA;B\n") for _ in range(KEPT_MAX + 2)]
    assert [served.app.imports.get(one.id) is not None for one in sent] == [False, False] + [True] * KEPT_MAX
    assert len(list(served.files.iterdir())) == KEPT_MAX


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_one_language_exports_another_understands(tmp_path: Path, language: str) -> None:
    one = Served(tmp_path, language=language)
    _, _, body = one.ask("GET", "/customers/export.csv")
    one.app.words = Words("pt", one.app.zone)
    found = one.sent(body)
    assert found.mapping == (*EXPORTED[:-1], "")
    assert set(own_headings(one.app).values()) == set(EXPORTED)
    found.begin(write=False)
    found.run(one.at.store)
    assert found.tally.counts["same"] == 1
    one.stop()


def test_other_addresses_go_on(served: Served) -> None:
    assert served.ask("GET", "/customers")[2] == served.ask("POST", "/customers/export.csv", b"x")[2]
