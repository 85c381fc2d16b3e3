"""The floating bar of edit mode: how many fields differ, "Cancel", "Save"; and the list of what was refused."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from nicegui import ui

from mobility_app.ui import dialogs, forms, lists
from mobility_app.ui.live import markup
from mobility_app.ui.markup import Html, h, join
from mobility_app.ui.sheet.editing import EditSession
from mobility_app.ui.sheet.saving import Slot
from mobility_app.ui.window import Window

REFUSED_SHOWN = 5


def draw(
    window: Window,
    session: EditSession,
    home: str,
    save: Callable[[], Awaitable[None]],
    cancel: Callable[[], Awaitable[None]],
) -> None:
    """Draws the bar in the current container. `home` is the address of the sheet: links inside it are no leaving."""
    words = window.words
    with ui.element("div").classes("fb-float").props("role=group") as bar:
        bar.props["aria-label"] = words("Unsaved edits")
        count = markup(_count(session), look="fb-float-t").props("role=status")
        dialogs.press(words("Cancel"), cancel, "fb-btn-ghost")
        dialogs.press(words("Save"), save, "fb-btn-primary", "data-save")

    def follow() -> None:
        if count.is_deleted:
            session.unlisten(follow)
        elif count.content != (text := _count(session)):
            count.set_content(text)
            tell()

    def tell() -> None:
        window.run(f"fb.dirty({session.changed}, {json.dumps(home)})")

    session.listen(follow)
    if session.changed:
        tell()


def _count(session: EditSession) -> Html:
    words = session.words
    if session.trouble:
        return h("span", session.trouble, class_="fb-err")
    if session.changed == 0:
        return h("span", words("No changes"))
    return h("span", words.n("{n} change", "{n} changes", session.changed))


def refusals(session: EditSession) -> Html:
    """What was refused, field by field, for the sheet's alert line."""
    words = session.words
    errors = list(session.errors.items())[:REFUSED_SHOWN]
    lines = [words("{field}: {text}", field=_where(session, slot), text=text) for slot, text in errors]
    title = words("Not saved. Correct this and save again.")
    body = h("div", title, h("ul", [h("li", line) for line in lines]))
    return join(lists.notice("bad", body, symbol="circle-alert"))


def first_wrong(session: EditSession) -> str:
    """The id of the first input with an error, "" where there is none."""
    first = next((slot for slot in session.errors if slot[2]), None)
    return forms.input_id(first) if first else ""


def _where(session: EditSession, slot: Slot) -> str:
    return session.words.field(slot[0], slot[2]) if slot[2] else session.words.entity(slot[0])
