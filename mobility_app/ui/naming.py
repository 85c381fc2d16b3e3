"""A dialog that asks for one line: the name of a list or of a label, a reason.

Errors stand at the field; nothing is closed until it is saved.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from nicegui import ui

from mobility_app.errors import MobilityError
from mobility_app.ui import dialogs
from mobility_app.ui.text_input import TextInput
from mobility_app.ui.words import Words

LIST_MOST, LABEL_MOST = 120, 80  # characters, as their descriptions have it


class Speaking(Protocol):
    """Whoever asks: a browser tab, or the desk of a dialog."""

    @property
    def words(self) -> Words:
        """Texts and formats."""


async def ask(
    desk: Speaking, title: str, save: Callable[[str], Awaitable[None]], value: str = "", *, most: int = LIST_MOST,
    label: str = "",
) -> bool:  # fmt: skip
    """Opens the dialog; `label` stands in place of "Name". `save(name)` writes it and may raise MobilityError, which is
    shown. True when it was saved."""
    words = desk.words
    with dialogs.framed(title) as dialog:
        field = TextInput("fb-naming", label or words("Name"), value, most=most)

        async def saved() -> None:
            if not field.text.strip():
                field.wrong(words.reason("required"))
                return
            try:
                await save(field.text.strip())
            except MobilityError as error:
                field.wrong(words.error(error))
            else:
                dialog.submit(dialogs.SAVED)

        field.on_enter(saved)
        with ui.element("div").classes("fb-dialog-acts"):
            dialogs.press(words("Cancel"), lambda: dialog.submit(dialogs.GIVEN_UP))
            dialogs.press(words("Save"), saved, "fb-btn-primary", "data-save")
    return await dialogs.answered(dialog) == dialogs.SAVED
