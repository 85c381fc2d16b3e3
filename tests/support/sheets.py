"""An open sheet without a browser: the real Sheet over a desk's store, its header read, nothing drawn.

For tests of what tabs render and may do. What it does to a page (toasts, addresses) is for tests in Chromium.
"""

from __future__ import annotations

import html
import json
import re
from types import SimpleNamespace
from typing import Any

from mobility_app.store.queries import sheet as queries
from mobility_app.ui.sheet.frame import Sheet
from tests.support.desk import Desk


def sheet_of(at: Desk) -> Sheet:
    """The desk's customer, as the signed-in person sees it now."""
    found = queries.header(at.store, at.customer)
    assert found is not None
    sheet: Any = Sheet.__new__(Sheet)
    sheet.window, sheet.customer_id, sheet.session, sheet.header = SimpleNamespace(app=at.app), at.customer, None, found
    opened: Sheet = sheet
    return opened


def text(markup: str | None) -> str:
    """What a person reads of it."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup or "")).split())


def names(markup: str) -> list[str]:
    """Accessible names of its icon buttons and links."""
    return [html.unescape(name) for name in re.findall(r'<(?:a|button)[^>]* aria-label="([^"]*)"', markup)]


def acts(markup: str) -> list[tuple[str, str]]:
    """(act, argument) of its buttons, in order."""
    return re.findall(r'data-act="([^"]*)"(?: data-arg="([^"]*)")?', markup)


def refuse(at: Desk, reason: str) -> int:
    """HQ refuses the newest own change, as a pushed answer leaves it. Returns its number."""
    with at.store.transaction() as db:
        dseq = int(db.value("SELECT MAX(dseq) FROM change"))
        verdict = json.dumps({"state": "rejected", "reason": reason, "fields": {}})
        db.run("UPDATE change SET state='rejected', verdict=? WHERE dseq=?", verdict, dseq)
    return dseq


def log(
    desk: Desk, seq: int, entity: str, record_id: str, kind: str, patch: dict[str, list[object]], **more: object
) -> None:
    """Lays a line of HQ's log in: by the colleague's device at the desk's hour, unless told otherwise."""
    line = {
        "stream": f"t:{desk.territory}", "seq": seq, "txn": seq, "entity": entity, "record_id": record_id,
        "root_id": desk.customer, "kind": kind, "patch": json.dumps(patch), "stamp": seq, "user_id": desk.colleague,
        "device_id": "e" * 32, "dseq": seq, "at": desk.app.now(), "salt": "", "chain": "", **more,
    }  # fmt: skip
    with desk.store.transaction() as db:
        names_, marks = ",".join(line), ",".join("?" * len(line))
        db.run(f"INSERT INTO entry ({names_}) VALUES ({marks})", *line.values())
