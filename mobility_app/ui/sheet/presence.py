"""Whether the browser tab that edits a sheet is there: a dead one must not bar files from the customer.

Told by `window.py` when a tab goes silent or comes back, and by `frame.py` when the sheet is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobility_app.ui.sheet import kept
from mobility_app.ui.sheet.editing import EditSession

if TYPE_CHECKING:
    from mobility_app.ui.sheet.frame import Sheet


class Presence:
    """That of one sheet."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def silent(self) -> None:
        """The browser tab has gone silent."""
        sheet = self._sheet
        if sheet.session is not None and not sheet.app.locked:
            await sheet.app.act(kept.end, sheet.customer_id, sheet.editor)
            sheet.app.editor_gone.emit(sheet.customer_id)

    async def heard_again(self) -> None:
        """It is back: its edits go on."""
        if self._sheet.session is not None and not self._sheet.app.locked:
            await self._sheet.session.begin()

    async def pause(self, session: EditSession) -> None:
        """The sheet was left: drafts stay, and other tabs offer to go on with them."""
        await session.pause()
        self._sheet.app.editor_gone.emit(self._sheet.customer_id)
