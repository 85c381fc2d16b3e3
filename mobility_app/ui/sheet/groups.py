"""Groups: a group of inputs for each record of a kind, in edit mode. Groups come and go; other inputs stay as they are.

Used for e-mails and telephones, addresses, and on a contact's own page. What the office adds meanwhile appears, what it
deleted goes unless somebody typed into it. Saving is the session's.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable

from nicegui import ui

from mobility_app.domain.change import Row
from mobility_app.ui import dialogs, forms
from mobility_app.ui.sheet.editing import EditSession
from mobility_app.ui.window import Window

Draw = Callable[[str], None]  # draws the inputs of a record


class Groups:
    """The groups of one kind of record, drawn in the current container. `first` is the field that gets the focus in a
    new group, `title(row)` names a group, `remove(row)` its button; "" for a person who may not remove it."""

    def __init__(
        self, window: Window, session: EditSession, entity: str, rows: Iterable[Row], draw: Draw, *, first: str,
        title: Callable[[Row], str], remove: Callable[[Row], str],
    ) -> None:  # fmt: skip
        self._window, self._session, self._entity, self._draw = window, session, entity, draw
        self._first, self._title, self._remove = first, title, remove
        self._drawn: dict[str, ui.element] = {}
        self.box = ui.element("div").classes("fb-stack fb-groups")
        rows = list(rows)
        session.load(entity, rows)
        there = {str(row["id"]) for row in rows}
        for row in session.records(entity):
            if str(row["id"]) in there or session.is_new(entity, str(row["id"])):
                self._add(row)
        session.listen(self._begun)

    def _begun(self) -> None:
        """Draws what was begun elsewhere: the second of two values that both stay."""
        if self.box.is_deleted:
            self._session.unlisten(self._begun)
            return
        for row in self._session.records(self._entity):
            record_id = str(row["id"])
            if self._session.is_new(self._entity, record_id) and record_id not in self._drawn:
                self._add(row)

    def add(self, values: Row) -> None:
        """Begins a record and puts the focus into it."""
        record_id = self._session.create(self._entity, values)
        self._window.run(f"fb.begin({json.dumps(forms.input_id((self._entity, record_id, self._first)))})")

    def follow(self, rows: Iterable[Row]) -> None:
        """Takes what the store holds now."""
        session, rows = self._session, list(rows)
        session.load(self._entity, rows)
        there = {str(row["id"]) for row in rows}
        standing = {str(row["id"]) for row in session.records(self._entity)}
        for row in rows:
            if str(row["id"]) in standing and str(row["id"]) not in self._drawn:
                self._add(row)
        for record_id in [one for one in self._drawn if one not in there]:
            if not session.is_new(self._entity, record_id) and not self._typed(record_id):
                self._drawn.pop(record_id).delete()

    def _typed(self, record_id: str) -> bool:
        slots = [(self._entity, record_id, name) for name in self._session.row(self._entity, record_id)]
        return any(self._session.touched(slot) for slot in slots)

    def _add(self, row: Row) -> None:
        record_id = str(row["id"])
        with self.box, ui.element("div").classes("fb-group-box") as group:
            with forms.group(self._title(row), level=""):
                self._draw(record_id)
            if text := self._remove(row):
                dialogs.press(text, lambda: self._take_away(record_id), "fb-btn-ghost fb-btn-danger")
        self._drawn[record_id] = group

    def _take_away(self, record_id: str) -> None:
        new = self._session.is_new(self._entity, record_id)
        self._session.remove(self._entity, record_id)
        self._drawn.pop(record_id).delete()
        if not new:
            self._window.toast(self._window.words("It goes when you save"), self._bringing_back(record_id))

    def _bringing_back(self, record_id: str) -> Callable[[], Awaitable[None]]:
        async def bring_back() -> None:
            self._session.bring_back(self._entity, record_id)
            if record_id not in self._drawn and not self.box.is_deleted:
                self._add(self._session.row(self._entity, record_id))

        return bring_back
