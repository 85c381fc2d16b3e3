"""Tab "History": every modification of the sheet and of what hangs on it, newest first, from the change log itself."""

from __future__ import annotations

from functools import partial

from mobility_app.store.queries import history as queries
from mobility_app.store.queries.history import Line
from mobility_app.ui import lists
from mobility_app.ui.markup import Html
from mobility_app.ui.names import N_
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.tab import Tab


async def build(sheet: Sheet) -> None:
    """Draws the list."""
    await sheet.live(queries.history, partial(_render, sheet), lists.PAGE_ROWS)


def _render(sheet: Sheet, lines: list[Line]) -> Html:
    words = sheet.words
    if not lines:
        return lists.empty("history", words("No history"), words("Every change of this customer is listed here."))
    return lists.card(words("History"), lists.rows(*(_row(sheet, line) for line in reversed(lines[-50:]))), flush=True)


def _row(sheet: Sheet, line: Line) -> Html:
    words = sheet.words
    title = words.entity(line.entity)
    if line.field:
        title = f"{title}: {words.field(line.entity, line.field)}"
    meta = f"{line.user} · {words.when(line.at, sheet.app.now())}"
    chip = lists.chip(words("Not synced"), "warn", "cloud-upload", small=True) if line.state == "waiting" else None
    return lists.row(title, meta, lead=lists.tile("history"), end=chip)


TAB = Tab("history", N_("History"), build)
