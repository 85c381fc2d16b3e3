"""What stands in place of a customer that is not on this device: it went on as another one, is awaited, or is not to be had.

Called by `frame.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobility_app.store.queries import arriving as queries
from mobility_app.ui import arriving
from mobility_app.ui.markup import Html
from mobility_app.ui.sheet import head, led

if TYPE_CHECKING:
    from mobility_app.ui.sheet.frame import Sheet


async def instead(sheet: Sheet) -> tuple[Html | None, bool]:
    """(what to show, None where another sheet opens; whether the customer may still come)."""
    if await led.follow(sheet):
        return None, False
    coming = await sheet.read(queries.coming)
    if coming is not None:
        sheet.window.title(sheet.words("Customers"))
        return arriving.not_yet(sheet.words, coming), True
    sheet.window.title(sheet.words("Not found"))
    sheet.window.client.status_code = 404
    return head.missing(sheet.words), False
