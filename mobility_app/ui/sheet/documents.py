"""Tab "Billing documents": invoices and credit notes; the office owns them."""

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
    await sheet.live(queries.records, partial(_render, sheet), "document")


def _render(sheet: Sheet, rows: dict[str, list[Row]]) -> Html:
    words, found = sheet.words, rows["document"]
    if not found:
        return lists.empty(
            "receipt", words("No billing documents"), words("Invoices and credit notes come from the office.")
        )
    shown = [_row(sheet, row) for row in found[: lists.PAGE_ROWS]]
    return lists.card(words("Billing documents"), lists.rows(*shown), count=len(found), flush=True)


def _row(sheet: Sheet, row: Row) -> Html:
    words = sheet.words
    chip = marks.chip_for(words, sheet.header.record_mark("document", str(row["id"])))
    meta = f"{words.choice('document', 'kind', str(row['kind']))} · {words.date(str(row['issued_on']))}"
    amount = row["net_minor"] if isinstance(row["net_minor"], int) else 0
    return lists.row(
        str(row["number"]), meta, lead=lists.tile("receipt"), end=[chip, words.money(amount, str(row["currency"]))]
    )


TAB = Tab("documents", N_("Billing documents"), build, count=lambda header: header.counts["documents"])
