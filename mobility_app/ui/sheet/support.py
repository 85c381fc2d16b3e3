"""Tab "Customer support": what the customer asked for and how far it is."""

from __future__ import annotations

from functools import partial

from mobility_app.domain.change import Row
from mobility_app.store.queries import sheet as queries
from mobility_app.ui import lists, marks
from mobility_app.ui.markup import Html
from mobility_app.ui.names import N_
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.tab import Tab


async def build(sheet: Sheet) -> None:
    """Draws the list."""
    await sheet.live(queries.records, partial(_render, sheet), "ticket")


def _render(sheet: Sheet, rows: dict[str, list[Row]]) -> Html:
    words, found = sheet.words, rows["ticket"]
    if not found:
        return lists.empty(
            "life-buoy", words("No support requests"), words("What the customer needs help with stands here.")
        )
    shown = [_row(sheet, row) for row in found[: lists.PAGE_ROWS]]
    return lists.card(words("Customer support"), lists.rows(*shown), count=len(found), flush=True)


def _row(sheet: Sheet, row: Row) -> Html:
    words = sheet.words
    chip = marks.chip_for(words, sheet.header.record_mark("ticket", str(row["id"])))
    percent = row["progress_percent"] if isinstance(row["progress_percent"], int) else 0
    state = lists.chip(words.choice("ticket", "status", str(row["status"])), "ok" if percent == 100 else "neutral")
    return lists.row(
        str(row["description"]),
        f"{row['reference']} · {words.percent(percent)}",
        lead=lists.tile("life-buoy"),
        end=[chip, state],
    )


TAB = Tab("support", N_("Customer support"), build, count=lambda header: header.counts["support"])
