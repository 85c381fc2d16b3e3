"""Tab "Activities": tasks, calls and appointments."""

from __future__ import annotations

from functools import partial

from mobility_app.domain.change import Row
from mobility_app.domain.rules import activities
from mobility_app.store.queries import sheet as queries
from mobility_app.ui import lists, marks
from mobility_app.ui.markup import Html
from mobility_app.ui.names import N_
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.tab import Tab


async def build(sheet: Sheet) -> None:
    """Draws the list."""
    await sheet.live(queries.records, partial(_render, sheet), "activity")


def _render(sheet: Sheet, rows: dict[str, list[Row]]) -> Html:
    words, found = sheet.words, rows["activity"]
    if not found:
        return lists.empty(
            "calendar-days",
            words("No activities"),
            words("Tasks, calls and appointments with this customer stand here."),
        )
    shown = [_row(sheet, row) for row in found[: lists.PAGE_ROWS]]
    return lists.card(words("Activities"), lists.rows(*shown), count=len(found), flush=True)


def _row(sheet: Sheet, row: Row) -> Html:
    words = sheet.words
    chip = marks.chip_for(words, sheet.header.record_mark("activity", str(row["id"])))
    moment = activities.when(row)
    meta = " · ".join(
        filter(None, (words.choice("activity", "kind", str(row["kind"])), words.date_time(moment) if moment else ""))
    )
    status = lists.chip(words.choice("activity", "status", str(row["status"])))
    return lists.row(str(row["title"]), meta, lead=lists.tile("calendar-days"), end=[chip, status])


TAB = Tab("activities", N_("Activities"), build, count=lambda header: header.counts["activities"])
