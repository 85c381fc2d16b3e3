"""Tab "Contacts": the people at the customer."""

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
    await sheet.live(queries.records, partial(_render, sheet), "contact")


def _render(sheet: Sheet, rows: dict[str, list[Row]]) -> Html:
    words, found = sheet.words, rows["contact"]
    if not found:
        return lists.empty(
            "users", words("No contacts"), words("The people you deal with at this customer stand here.")
        )
    shown = [_row(sheet, row) for row in found[: lists.PAGE_ROWS]]
    return lists.card(words("Contacts"), lists.rows(*shown), count=len(found), flush=True)


def _row(sheet: Sheet, row: Row) -> Html:
    words = sheet.words
    chip = marks.chip_for(words, sheet.header.record_mark("contact", str(row["id"])))
    name = " ".join(str(part) for part in (row["first_name"], row["last_name"]) if part)
    meta = " · ".join(str(part) for part in (row["job_title"], row["employer"]) if part)
    return lists.row(
        name or words("Without name"),
        meta,
        href=f"/contacts/{row['id']}",
        lead=lists.avatar(name),
        end=chip,
        new_tab=True,
    )


TAB = Tab("contacts", N_("Contacts"), build, count=lambda header: header.counts["contacts"])
