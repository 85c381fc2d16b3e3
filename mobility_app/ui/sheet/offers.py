"""Offers: what was typed on a customer and left without saving, and the way back to it.

Edits of the sheet go on with "Continue editing", short forms by opening them again. Held by `frame.Sheet`, which shows it
under its header; what a living browser tab holds is not offered.
"""

from __future__ import annotations

from mobility_app.store.drafts import Draft
from mobility_app.ui import unfinished
from mobility_app.ui.context import App
from mobility_app.ui.markup import Html, join
from mobility_app.ui.sheet import head, kept
from mobility_app.ui.unfinished import Left

FORMS_SHOWN = 3  # the others come when these are done


class Offers:
    """What was left of one customer."""

    def __init__(self, app: App, customer_id: str) -> None:
        self._app, self._customer_id = app, customer_id
        self._edits: list[Draft] = []
        self._forms: list[Left] = []

    async def look(self) -> None:
        """Reads from the store what nobody holds."""
        self._edits = await self._app.read(kept.abandoned, self._customer_id)
        self._forms = await self._app.read(unfinished.left, self._customer_id, self._app.open_forms())

    def take(self) -> list[Draft]:
        """The edits to go on with; they are offered no more."""
        edits, self._edits = self._edits, []
        return edits

    async def discard(self) -> None:
        """Forgets the edits."""
        await self._app.act(kept.discard, self._customer_id, self.take())

    async def forget(self, editor: str) -> None:
        """Forgets a short form."""
        gone = [draft for one in self._forms for draft in one.drafts if draft.editor == editor]
        await self._app.act(kept.discard, self._customer_id, gone)
        await self.look()

    def render(self, here: str) -> Html:
        """All offers. `here` is the address of the sheet."""
        words, now = self._app.words, self._app.now()
        shown = [head.form_offer(words, one, here, now) for one in self._forms[-FORMS_SHOWN:]]
        if self._edits:
            shown.insert(0, head.draft_offer(words, words.when(max(draft.at for draft in self._edits), now)))
        return join(*shown)
