"""Tab "Revenue": what the customer was billed, by category and month, from the billing documents."""

from __future__ import annotations

from functools import partial

from mobility_app.domain.change import Row
from mobility_app.domain.rules import documents
from mobility_app.store.queries import sheet as queries
from mobility_app.ui import lists
from mobility_app.ui.markup import Html
from mobility_app.ui.names import N_
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.tab import Tab


async def build(sheet: Sheet) -> None:
    """Draws the total."""
    await sheet.live(queries.records, partial(_render, sheet), "document")


def _render(sheet: Sheet, rows: dict[str, list[Row]]) -> Html:
    words, found = sheet.words, [row for row in rows["document"] if row["currency"] == sheet.currency]
    if not found:
        return lists.empty("chart-pie", words("No revenue"), words("Figures come with the first billing document."))
    total = sum(documents.sign(str(row["kind"])) * int(str(row["net_minor"])) for row in found)
    note = words.n("{n} document", "{n} documents", len(found))
    return lists.figure(words("Revenue so far"), words.money(total, sheet.currency), note)


TAB = Tab("revenue", N_("Revenue"), build)
