"""The office's read-only pages: closed without their key, escaped, showing a customer with its history."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support.bench import Hq, new_device, start_hq

pytestmark = pytest.mark.system


@pytest.fixture
def hq(tmp_path: Path) -> Iterator[Hq]:
    made = start_hq(tmp_path / "hq")
    made.add_company("Lusa", "PT")
    made.add_territory("Lusa", "Norte")
    made.add_user("Ana", "rep", "Lusa", ["Norte"])
    yield made
    made.kill()


def test_the_office_sees_what_a_rep_wrote_and_who_and_nobody_else_does(hq: Hq, tmp_path: Path) -> None:
    ana = new_device(hq, tmp_path / "ana", "Ana")
    customer = ana.create("customer", name="<img src=x onerror=alert(1)> & Filhos")
    ana.sync()
    ana.set("customer", customer, website="https://nova.example")
    ana.sync()
    session = requests.Session()
    session.trust_env = False
    for path in ("/office", f"/office/customers/{customer}", "/office?key=wrong"):
        refused = session.get(hq.url + path, timeout=10)
        assert (refused.status_code, refused.content) == (401, b"")
    key = (hq.folder / "office.key").read_text("ascii")
    listed = session.get(f"{hq.url}/office?key={key}", timeout=10)
    assert listed.status_code == 200
    assert customer in listed.text
    page = session.get(f"{hq.url}/office/customers/{customer}", timeout=10)
    assert "<img" not in page.text
    assert "&lt;img src=x" in page.text
    assert "https://nova.example" in page.text
    assert "Ana · ana" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert session.get(f"{hq.url}/office/customers/{'0' * 32}", timeout=10).status_code == 404


def test_unknown_addresses_and_methods_are_refused_without_a_trace(hq: Hq) -> None:
    for method, path, status in (
        ("GET", "/docs", 404), ("GET", "/openapi.json", 404), ("GET", "/v1/push", 404), ("DELETE", "/v1/push", 404),
        ("POST", "/v1/push", 415), ("GET", "/health/live", 200),
    ):  # fmt: skip
        assert requests.request(method, hq.url + path, timeout=10).status_code == status, (method, path)
