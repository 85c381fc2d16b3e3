"""Tab "Exclusive products": what only this customer may be billed."""

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
    await sheet.live(queries.records, partial(_render, sheet), "product")


def _render(sheet: Sheet, rows: dict[str, list[Row]]) -> Html:
    words, found = sheet.words, rows["product"]
    if not found:
        return lists.empty(
            "package",
            words("No exclusive products"),
            words("Products that only this customer may be billed stand here."),
        )
    shown = [_row(sheet, row) for row in found[: lists.PAGE_ROWS]]
    return lists.card(words("Products exclusive to this account"), lists.rows(*shown), count=len(found), flush=True)


def _row(sheet: Sheet, row: Row) -> Html:
    words = sheet.words
    chip = marks.chip_for(words, sheet.header.record_mark("product", str(row["id"])))
    price = row["price_minor"]
    amount = words.money(price, str(row["currency"] or sheet.currency)) if isinstance(price, int) else None
    return lists.row(str(row["name"]), str(row["code"]), lead=lists.tile("package"), end=[chip, amount])


TAB = Tab("products", N_("Products exclusive to this account"), build, count=lambda header: header.counts["products"])
