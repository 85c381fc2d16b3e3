"""Pages that are no picture yet: they wait in memory until the rest has come, and are applied as one.

Where HQ begins anew with a device (another role, HQ put back) it plays its log from the start; where a customer comes
again, it plays that customer's. Applied page by page, the screen would show values that were left behind long ago. So
what stands goes on standing, with the cursor that belongs to it, until HQ has told as much as it has. A connection that
ends leaves the pages here, and the next round goes on behind them; a process that ends asks for them again.
"""

from __future__ import annotations

from mobility_app.store.apply import Page
from mobility_app.store.cursor import Cursor

HELD_MAX = 20_000  # steps: applied in about a second. What is longer and came by no snapshot is applied as it comes.


class Holding:
    """The pages of one engine that wait."""

    def __init__(self) -> None:
        self._stood: Cursor | None = None
        self._held: Page | None = None

    def behind(self, stands: Cursor) -> Cursor:
        """The cursor to ask with, for a store that stands there: behind what waits. Pages that were to follow upon
        another place are let go."""
        if self._held is None or self._stood != stands:
            self._held, self._stood = None, stands
            return stands
        return self._held.cursor

    def begun_again(self, *, reset: bool) -> bool:
        """Whether HQ began anew while pages of an earlier beginning waited. These are let go: what HQ says then is to be
        measured by what the store holds."""
        if self._held is None or not reset:
            return False
        self._held = None
        return True

    def whole(self, page: Page) -> Page | None:
        """What is to be applied now that this page has come, the pages before it included; None: it waits, too."""
        held, self._held = self._held, None
        if held is not None:
            page = Page(
                page.cursor, page.actor, held.steps + page.steps, held.reset, page.more, held.common,
                held.offers | page.offers,
            )  # fmt: skip
        inside = any(sub > 0 for _, sub in page.cursor.scopes.values())
        if page.more and (page.reset or inside) and len(page.steps) <= HELD_MAX:
            self._held = page
            return None
        return page

    def rest(self) -> Page | None:
        """What waits, where HQ says that nothing follows."""
        held, self._held = self._held, None
        if held is not None:
            held.more = False
        return held
