"""Tab "Files": what is attached to the customer."""

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
    await sheet.live(queries.records, partial(_render, sheet), "file")


def _render(sheet: Sheet, rows: dict[str, list[Row]]) -> Html:
    words, found = sheet.words, rows["file"]
    if not found:
        return lists.empty(
            "file", words("No files"), words("Contracts, pictures and other files of this customer stand here.")
        )
    shown = [_row(sheet, row) for row in found[: lists.PAGE_ROWS]]
    return lists.card(words("Files"), lists.rows(*shown), count=len(found), flush=True)


def _row(sheet: Sheet, row: Row) -> Html:
    words = sheet.words
    chip = marks.chip_for(words, sheet.header.record_mark("file", str(row["id"])))
    size = row["size_bytes"] if isinstance(row["size_bytes"], int) else 0
    return lists.row(str(row["name"]), words.bytes(size), lead=lists.tile("file"), end=chip)


TAB = Tab("files", N_("Files"), build, count=lambda header: header.counts["files"])
