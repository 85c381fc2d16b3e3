#!/usr/bin/env python3
"""Makes docs/pictures anew: every view at 390, 768 and 1280 px, light and dark, with made customers and HQ stopped.

    .venv/bin/python scripts/pictures.py [--only details,revenue] [--out FOLDER]

Between the first sync and the pictures a second rep edits the same telephone, so that waiting and conflict are seen too.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("MOBILITY_LANG", "pt")

from mobility_app.hq.demo import make
from mobility_app.store.actions.attachments import attach
from mobility_app.store.demo_files import made_files
from tests.support.bench import ROOT, Device, Hq, new_device, start_hq
from tests.support.browser import SLUGS, Visitor, chromium_browser, visit

SIZES = ((390, 844), (768, 1024), (1280, 800))
SCHEMES = ("light", "dark")
SETTLE_MS = 1200  # charts draw for 350 ms; fonts come from the same machine


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="names of views, by commas")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    parser.add_argument("--chromium", default=os.environ.get("MOBILITY_CHROMIUM") or shutil.which("chromium") or "")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="mobility-pictures-"))
    hq = start_hq(folder / "hq")
    try:
        device, customer = stage(hq, folder)
        hq.stop()
        views = {
            "customers": "/customers", "today": "/", "sync": "/sync", "settings": "/settings",
            **{f"sheet-{slug}": f"/customers/{customer}/{slug}" for slug in SLUGS},
        }  # fmt: skip
        wanted = {name.strip() for name in options.only.split(",") if name.strip()}
        with chromium_browser(options.chromium) as browser:
            for width, height in SIZES:
                for scheme in SCHEMES:
                    visitor = visit(browser, device.start_ui(), width, height, scheme)
                    for name, path in views.items():
                        if not wanted or name.removeprefix("sheet-") in wanted:
                            visitor.go(path)
                            _take(visitor, options.out / f"{name}-{width}-{scheme}.png")
                    if not wanted or "edit" in wanted:
                        _edit(visitor, customer, options.out / f"sheet-edit-{width}-{scheme}.png")
                    visitor.context.close()
                    device.kill_ui()
    finally:
        hq.kill()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def stage(hq: Hq, folder: Path) -> tuple[Device, str]:
    """A rep's device with a customer that has everything: documents, files, a waiting change, a conflict."""
    make(hq.office, customers=60)
    ana, rui = new_device(hq, folder / "ana", "Ana Silva"), new_device(hq, folder / "rui", "Rui Costa")
    with ana.store.reading() as session:
        customer = str(session.value(
            "SELECT c.id FROM customer c JOIN document d ON d.customer_id=c.id WHERE c.territory_id IN"
            " (SELECT id FROM territory WHERE name='Norte') AND c.status='active' GROUP BY c.id"
            " ORDER BY (SELECT COUNT(*) FROM ticket t WHERE t.customer_id=c.id) DESC, COUNT(*) DESC LIMIT 1"
        ))  # fmt: skip
        phone = str(session.value("SELECT id FROM customer_phone WHERE customer_id=? AND is_main", customer))
    for name, content in made_files():
        attach(ana.store, ana.files, customer, name, [content])
    rui.set("customer_phone", phone, value="22 340 18 77")
    ana.set("customer_phone", phone, value="22 340 18 99")
    rui.sync()
    ana.sync()
    rui.sync()
    ana.set("customer", customer, payment_term_days=45)
    ana.create(
        "activity", customer_id=customer, kind="call", title="Confirmar a encomenda", due_at="2030-01-07T10:00:00Z"
    )
    return ana, customer


def _take(visitor: Visitor, path: Path) -> None:
    visitor.page.wait_for_timeout(SETTLE_MS)
    visitor.page.screenshot(path=path)


def _edit(visitor: Visitor, customer: str, path: Path) -> None:
    visitor.go(f"/customers/{customer}/details")
    visitor.page.get_by_role("button", name="Editar").first.click()
    field = visitor.page.get_by_label("Nome da conta")
    field.fill(field.input_value() + ", Lda")
    _take(visitor, path)
    visitor.page.get_by_role("button", name="Cancelar").first.click()


if __name__ == "__main__":
    sys.exit(main())
