"""The preview of a picture: a dialog with the picture, what is known of it, and the way to the next one.

The picture comes from `picture_route.py`, drawn anew: without the place where it was taken and whatever else the file holds.
"""

from __future__ import annotations

import asyncio
import json

from nicegui import ui

from mobility_app.errors import MobilityError
from mobility_app.store.queries import files as queries
from mobility_app.ui import dialogs, lists
from mobility_app.ui.markup import h
from mobility_app.ui.pictures import FULL
from mobility_app.ui.sheet import file_facts
from mobility_app.ui.sheet.frame import Sheet

_FOCUS = "[...document.querySelectorAll('[data-act=show-file]')].find((one) => one.dataset.arg === %ID%)?.focus()"


async def show(sheet: Sheet, file_id: str) -> None:
    """Shows the picture, or says that it can't be shown; then goes on to the one that is asked for. In the end the focus
    goes to the row of the last one."""
    last = file_id
    while file_id:  # ends when the dialog is closed
        last, file_id = file_id, await _one(sheet, file_id)
    sheet.window.run(_FOCUS.replace("%ID%", json.dumps(last)))


async def _one(sheet: Sheet, file_id: str) -> str:
    """One picture. Returns the id of the one to show next, "" for none."""
    words, app = sheet.words, sheet.app
    found = await sheet.read(queries.pictures, sheet.customer_id, file_facts.PICTURES)
    at = next((number for number, row in enumerate(found) if row.id == file_id), -1)
    if at < 0:
        sheet.toast(words("This was deleted meanwhile."))
        return ""
    row = found[at]
    problem = await _problem(sheet, file_id)
    dialog = ui.dialog().classes("fb-dialog fb-preview")
    dialog.props["aria-label"] = row.name
    with dialog, ui.element("div").classes("fb-dialog-card"):
        head = h("h2", row.name)
        facts = h("p", file_facts.line(sheet, row), class_="fb-meta")
        if problem:
            picture = lists.notice("warn", problem, symbol="info")
        else:
            alt = words("Picture {name}", name=row.name)
            picture = h("img", src=f"/files/{row.id}/picture", alt=alt, class_="fb-preview-img")
        ui.html(h("div", head, facts, picture), sanitize=False)
        with ui.element("div").classes("fb-dialog-acts"):
            if len(found) > 1:
                count = words("{n} of {total}", n=at + 1, total=len(found))
                ui.html(h("p", count, class_="fb-meta fb-bar-end-auto"), sanitize=False)
                dialogs.press(words("Previous"), lambda: dialog.submit(found[at - 1].id))
                dialogs.press(words("Next"), lambda: dialog.submit(found[(at + 1) % len(found)].id))
            down = lists.button(
                words("Download"), href=f"/files/{row.id}/content", symbol="download", new_tab=True, kind="secondary"
            )
            ui.html(down, sanitize=False)
            dialogs.press(words("Close"), lambda: dialog.submit(""), "fb-btn-primary")
    following = await dialog
    dialog.clear()
    dialog.delete()
    app.active()
    return str(following or "")


async def _problem(sheet: Sheet, file_id: str) -> str:
    """Why the picture can't be shown, "" where it can. It is made here, so that the page finds it ready."""
    vault = sheet.app.files
    if vault is None:
        return ""
    try:
        await asyncio.wrap_future(sheet.app.pictures.begin(sheet.app.store, vault, file_id, FULL))
    except MobilityError as error:
        return sheet.words.error(error)
    return ""
