"""Tab "Addresses": where the customer is delivered to and billed."""

from __future__ import annotations

from functools import partial

from mobility_app.domain.change import Row
from mobility_app.domain.rules import addresses
from mobility_app.store.queries import sheet as queries
from mobility_app.ui import lists, marks
from mobility_app.ui.markup import Html
from mobility_app.ui.names import N_
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.tab import Tab


async def build(sheet: Sheet) -> None:
    """Draws the list."""
    await sheet.live(queries.records, partial(_render, sheet), "address")


def _render(sheet: Sheet, rows: dict[str, list[Row]]) -> Html:
    words, found = sheet.words, rows["address"]
    if not found:
        return lists.empty("map-pin", words("No addresses"), words("Delivery and billing addresses stand here."))
    shown = [_row(sheet, row) for row in found[: lists.PAGE_ROWS]]
    return lists.card(words("Addresses"), lists.rows(*shown), count=len(found), flush=True)


def _row(sheet: Sheet, row: Row) -> Html:
    words = sheet.words
    chip = marks.chip_for(words, sheet.header.record_mark("address", str(row["id"])))
    lines = ", ".join(addresses.formatted(row))
    return lists.row(
        words.choice("address", "kind", str(row["kind"])), lines, lead=lists.tile("map-pin"), end=chip, wrap=True
    )


TAB = Tab("addresses", N_("Addresses"), build, count=lambda header: header.counts["addresses"])
