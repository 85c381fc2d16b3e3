"""A device that has not met HQ for too long, in a real browser: it is locked, says what to do, and opens at the next contact."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from mobility_app.hq.demo import make
from mobility_app.store import identity, lease
from tests.support.bench import new_device, start_hq
from tests.support.browser import chromium_browser, visit
from tests.support.waiting import until

pytestmark = pytest.mark.browser

OPENS_MS = 60_000


def test_a_device_without_contact_is_locked_and_opens_by_itself_when_hq_has_answered(
    tmp_path: Path, chromium: str
) -> None:
    hq = start_hq(tmp_path / "hq")
    make(hq.office, customers=2)
    ana = new_device(hq, tmp_path / "ana", "Ana Silva")
    customer = ana.create("customer", name="Padaria do Largo")
    hq.kill()
    with ana.store.transaction() as session:
        long_ago = lease.Lease(lease.DAYS, (lease.DAYS + 2) * lease.DAY_MS, ana.store.now())
        identity.set_meta(session, lease.KEY, json.dumps(long_ago))
    with chromium_browser(chromium) as browser:
        visitor = visit(browser, ana.start_ui())
        page = visitor.page
        try:
            visitor.go(f"/customers/{customer}")
            expect(page.get_by_text("há 16 dias sem contato")).to_be_visible()
            expect(page.get_by_text(re.compile("1 alteração"))).to_be_visible()
            expect(page.get_by_text("Padaria do Largo")).to_have_count(0)
            page.reload()
            expect(page.get_by_text("Nada foi excluído.")).to_be_visible()
            hq.start()
            page.get_by_role("button", name="Sincronizar agora").click()
            expect(page.get_by_role("heading", level=1)).to_contain_text("Padaria do Largo", timeout=OPENS_MS)
            until(lambda: customer in hq.office.dump()["customer"])
        finally:
            ana.kill_ui()
            hq.kill()
