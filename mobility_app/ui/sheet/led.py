"""A sheet whose customer the office made one with another: it goes to the one that stays, and says so.

Called by `frame.py` where the customer is not on this device any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobility_app.store.queries import sheet as queries

if TYPE_CHECKING:
    from mobility_app.ui.sheet.frame import Sheet


async def follow(sheet: Sheet) -> bool:
    """Opens the customer that this one goes on as. False where there is none."""
    other = await sheet.read(queries.led, sheet.customer_id)
    if other is None:
        return False
    sheet.go(f"/customers/{other}")
    sheet.toast(sheet.words("The office made this customer one with another. Here is the one that stays."))
    return True
