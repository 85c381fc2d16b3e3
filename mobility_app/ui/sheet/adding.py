"""Adding files: "Select a file", the camera, dropping and pasting, over the streaming route of `transfers.py`. Used by the
files tab and by a support request, which writes its reference on what is added there.

`static/uploads.js` does it in the page: progress and a way to stop for each, folders and what is too large refused before
a byte is sent. In edit mode the button is disabled and says why, and a dropped file is only caught: the browser would open
it instead of the sheet. The store refuses then, too. The inputs that a browser needs lie hidden behind the buttons.
"""

from __future__ import annotations

import json

from nicegui import ui

from mobility_app.domain.entities.file import SIZE_MAX_BYTES
from mobility_app.errors import FileRefused
from mobility_app.ui import lists
from mobility_app.ui.markup import SPRITE, Html, h
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.words import Words

FILES_AT_ONCE = 50  # as in uploads.js


def catch_drops(sheet: Sheet, area: ui.element, label: str = "") -> None:
    """Makes `area`, which is entered, take files in read mode; `label` is written on each. In edit mode, and for those
    who may add none, a dropped file is only kept from being opened in place of the app."""
    if sheet.session is not None or not sheet.may("file", "create"):
        return

    async def heard(event: object) -> None:
        said = getattr(event, "args", None)
        name = str(said[1]) if isinstance(said, list) and len(said) == 2 else ""
        sheet.toast(sheet.words("{name} added", name=name))

    words = sheet.words
    script = f"(event) => fbUploads.take(event, {json.dumps(_options(sheet, label))}, emit)"
    chooser = ui.element("input").props("type=file multiple id=fb-choose hidden aria-hidden=true tabindex=-1")
    chooser.props["data-pasted"] = words("Pasted picture")
    camera = ui.element("input").props("type=file capture=environment id=fb-camera hidden aria-hidden=true tabindex=-1")
    camera.props["accept"] = "image/*"
    camera.props["data-named"] = words("Photo")
    for source in (chooser, camera):
        source.on("change", heard, js_handler=script)
    area.props("data-takes")
    area.on("drop", heard, js_handler=script)
    box = h("ul", id="fb-upload", class_="fb-uploads", hidden=True, aria_label=words("Files on their way"))
    ui.html(box, sanitize=False).classes("fb-uploads-box")
    ui.run_javascript("window.fbUploads && fbUploads.show()")


def button(sheet: Sheet, *, editing: bool, kind: str = "secondary") -> Html | None:
    """The buttons; disabled in edit mode, where they say why. None for those who may add no files."""
    words = sheet.words
    if not sheet.may("file", "create"):
        return None
    why_id = "fb-files-why" if editing else ""
    press = lists.button(
        words("Select a file"), act="choose", symbol="upload", kind=kind, disabled=editing, described_by=why_id
    )
    photo = lists.button(words("Take a photo"), act="camera", symbol="camera", disabled=editing, described_by=why_id)
    why = h("p", words("Finish editing to add files."), id="fb-files-why", class_="fb-meta") if editing else None
    return h("div", h("div", press, h("span", photo, class_="fb-touch-only"), class_="fb-tools"), why)


def _options(sheet: Sheet, label: str) -> dict[str, object]:
    return {
        "address": f"/files/{sheet.customer_id}",
        "label": label,
        "most": SIZE_MAX_BYTES,
        "texts": _texts(sheet.words),
    }


def _texts(words: Words) -> dict[str, str]:
    """What the page says by itself; it fills `{name}`."""
    name = "{name}"
    return {
        "sprite": SPRITE,
        "waiting": words("Waiting"),
        "progress": words("Progress of {name}", name=name),
        "cancel": words("Stop {name}", name=name),
        "dismiss": words("Dismiss {name}", name=name),
        "too_large": words.error(FileRefused("too_large")),
        "unreadable": words.error(FileRefused("unreadable")),
        "folder": words("This is a folder. Open it and choose the files in it."),
        "too_many": words("These are more than {most} files. Add the rest afterwards.", most=FILES_AT_ONCE),
        "broken": words("The connection broke. Add the file again."),
    }
