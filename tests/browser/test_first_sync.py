"""A first sync by snapshot as a rep sees it: real processes, killed in the middle; what is here is used meanwhile, the rest
comes after both have started again; older history when it is asked for."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from mobility_app.errors import Unreachable
from mobility_app.hq.demo import make
from mobility_app.store import vault
from mobility_app.store.queries import arriving
from mobility_app.sync import first
from mobility_app.sync.engine import Engine
from mobility_app.sync.enrolment import enrol
from mobility_app.sync.transport import HttpTransport, Reply
from mobility_app.ui.words import Words
from tests.support.bench import Device, Hq, start_hq
from tests.support.browser import chromium_browser, visit

pytestmark = pytest.mark.browser

PT = Words("pt")
CUSTOMERS = 24
ARRIVES_MS = 60_000


class CutAfter:
    """A way to HQ that is lost after so many pieces."""

    def __init__(self, inner: HttpTransport, pieces: int) -> None:
        self._inner, self._left = inner, pieces

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if target == "/v1/snapshot":
            self._left -= 1
        if self._left < 0:
            raise Unreachable("network")
        return self._inner.send(method, target, headers, body)


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    with chromium_browser(chromium) as opened:
        yield opened


@pytest.fixture
def hq(tmp_path: Path) -> Iterator[Hq]:
    hq = start_hq(tmp_path / "hq")
    make(hq.office, customers=CUSTOMERS)
    snaps = hq.office.headquarters.snapshots
    snaps.least_lines, snaps.part_rows, snaps.piece_rows = 1, 100, 300
    assert snaps.keep_fresh() > 0
    yield hq
    hq.kill()


@pytest.fixture
def device(hq: Hq, tmp_path: Path) -> Iterator[Device]:
    """Enrolled, and never synced."""
    folder, passphrase = tmp_path / "rui", secrets.token_hex(12)
    folder.mkdir()
    vault.create(folder, passphrase)
    device = Device(folder, passphrase, hq.url)
    enrol(device.store, HttpTransport(hq.url), hq.url, hq.office.invite("Rui Costa"), "rui", secrets.token_bytes)
    yield device
    device.kill_ui()


def card(page: Page) -> object:
    return page.get_by_role("progressbar", name=PT("Your customers are arriving"))


def test_killed_in_the_middle_what_is_here_is_used_and_the_rest_comes(hq: Hq, device: Device, browser: Browser) -> None:
    with pytest.raises(Unreachable):
        Engine(device.store, CutAfter(HttpTransport(hq.url), 2)).round()
    hq.kill()
    coming = arriving.coming(device.store)
    assert coming is not None
    assert 0 < coming.here < coming.total
    with device.store.reading() as session:
        here, name = session.one("SELECT id, name FROM customer ORDER BY id LIMIT 1") or ("", "")
        known = {row[0] for row in session.rows("SELECT id FROM customer")}
    with hq.office.ledger.reading() as session:
        wanted = "SELECT m.root_id, c.name FROM member m JOIN customer c ON c.id=m.root_id WHERE m.scope LIKE 't:%'"
        late, late_name = next(
            row for row in session.rows(f"{wanted} AND c.company_id=(SELECT company_id FROM customer WHERE id=?)", here)
            if row[0] not in known
        )  # fmt: skip

    visitor = visit(browser, device.start_ui())
    page = visitor.page
    for path in ("/", "/customers", "/sync"):
        visitor.go(path)
        expect(card(page)).to_have_attribute("aria-valuenow", str(coming.here * 100 // coming.total))  # type: ignore[arg-type]
    visitor.go("/customers")
    expect(page.locator(".fb-card tbody tr, .fb-card [role=row]").first).to_be_visible()
    visitor.go(f"/customers/{here}/details")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    visitor.go(f"/customers/{late}/details")
    expect(page.get_by_role("heading", level=1)).to_have_text(PT("This customer is not here yet"))
    visitor.go(f"/customers/{late}/brief")
    expect(page.get_by_role("heading", level=1)).to_have_text(PT("This customer is not here yet"))
    with hq.office.ledger.reading() as session:
        person, first_name = session.one(
            "SELECT id, first_name FROM contact WHERE customer_id=? ORDER BY id", late
        ) or ("", "")
    visitor.go(f"/contacts/{person}")
    expect(page.get_by_role("heading", level=1)).to_have_text(PT("This contact is not here yet"))
    device.kill_ui()

    visitor = visit(browser, device.start_ui())
    page = visitor.page
    pages = {path: visitor.context.new_page() for path in (f"/customers/{late}/brief", f"/contacts/{person}")}
    for path, tab in pages.items():
        tab.goto(f"{visitor.base}{path}")
        expect(tab.get_by_role("heading", level=1)).to_contain_text(re.compile("ainda não chegou"))
    hq.start()
    page.goto(f"{visitor.base}/customers/{late}/details")
    expect(page.get_by_role("heading", level=1)).to_have_text(late_name, timeout=ARRIVES_MS)
    for tab, name in zip(pages.values(), (late_name, first_name), strict=True):
        expect(tab.get_by_role("heading", level=1)).to_contain_text(name, timeout=ARRIVES_MS)
        tab.close()
    visitor.go("/")
    expect(card(page)).to_have_count(0, timeout=ARRIVES_MS)  # type: ignore[arg-type]
    assert visitor.errors == []
    with device.store.reading() as session:
        mine = session.value("SELECT COUNT(*) FROM customer")
        assert mine == session.value("SELECT COUNT(*) FROM search_row")
        assert mine > len(known)


def test_older_history_is_loaded_by_a_button_and_offline_says_where_it_is(
    hq: Hq, device: Device, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first, "HISTORY_MS", -10_000_000)  # nothing is young enough to come by itself
    device.sync()
    with device.store.reading() as session:
        customer = session.value("SELECT root_id FROM anchor WHERE floor_chain != '' AND whole_seq > 0 LIMIT 1")
    visitor = visit(browser, device.start_ui())
    page = visitor.page
    visitor.go(f"/customers/{customer}/history")
    button = page.get_by_role("button", name=PT("Load older history"))
    expect(button).to_be_visible(timeout=ARRIVES_MS)
    hq.hold()  # an app that saw it die would take the button away
    button.click()
    hq.kill()
    expect(page.get_by_role("alert")).not_to_be_empty(timeout=ARRIVES_MS)
    where = PT("Older history lies at the office. It can be loaded when this device is online.")
    expect(page.get_by_text(where)).to_be_visible(timeout=ARRIVES_MS)
    hq.start()
    page.reload()
    page.get_by_role("button", name=PT("Load older history")).click(timeout=ARRIVES_MS)
    expect(page.locator(".fb-change").first).to_be_visible(timeout=ARRIVES_MS)
    expect(page.get_by_role("button", name=PT("Load older history"))).to_have_count(0)
    assert visitor.foreign == []
