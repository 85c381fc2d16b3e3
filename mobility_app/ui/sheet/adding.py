"""Adding files: "Select a file" and dropping, over the streaming route of `transfers.py`, with progress. Used by the
files tab and by a support request, which writes its reference on what is added there.

In edit mode the button is disabled and says why, and a dropped file is only caught: the browser would open it instead of
the sheet. The store refuses then, too. The input that a browser needs for choosing lies hidden behind the button.
"""

from __future__ import annotations

import json

from nicegui import ui

from mobility_app.ui import lists
from mobility_app.ui.markup import Html, h
from mobility_app.ui.sheet.frame import Sheet

_SEND = """async (event) => {
  const files = [...(event.type === "drop" ? event.dataTransfer.files : event.target.files)];
  event.preventDefault();
  const part = (name) => document.getElementById("fb-upload" + name);
  const show = (name, done, all) => {
    const box = part(""), percent = Math.round(100 * done / Math.max(all, 1));
    if (!box) return;
    box.hidden = !name;
    part("-t").textContent = name ? name + " " + percent + " %" : "";
    part("-b").firstElementChild.style.width = percent + "%";
    part("-b").setAttribute("aria-valuenow", percent);
  };
  for (const file of files) {
    show(file.name, 0, 1);
    const answer = await new Promise((done) => {
      const request = new XMLHttpRequest();
      request.open("POST", %ADDRESS%);
      request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
      request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
      request.upload.onprogress = (step) => show(file.name, step.loaded, step.total);
      request.onload = () => { try { done(JSON.parse(request.responseText)); } catch { done({}); } };
      request.onerror = () => done({});
      request.send(file);
    });
    show("", 0, 1);
    emit(answer.id || "", answer.text || "", file.name);
  }
  if (event.type !== "drop") event.target.value = "";
}"""
_ONLY_CATCH = "(event) => event.preventDefault()"


def catch_drops(sheet: Sheet, area: ui.element, label: str = "", *, may: bool = True) -> None:
    """Makes `area`, which is entered, take files in read mode; `label` is written on each. In edit mode, and for those
    who may add none, it only keeps the browser from leaving the sheet for the file."""
    area.on("dragover", js_handler=_ONLY_CATCH)
    if not may or sheet.session is not None or not sheet.may("file", "create"):
        area.on("drop", js_handler=_ONLY_CATCH)
        return

    async def heard(event: object) -> None:
        await _added(sheet, getattr(event, "args", None), label)

    script = _SEND.replace("%ADDRESS%", json.dumps(f"/files/{sheet.customer_id}"))
    chooser = ui.element("input").props("type=file multiple id=fb-choose hidden aria-hidden=true tabindex=-1")
    chooser.on("change", heard, js_handler=script)
    area.on("drop", heard, js_handler=script)
    ui.html(_progress(sheet), sanitize=False)


def choose(sheet: Sheet) -> None:
    """Opens the browser's own dialog."""
    sheet.window.run("document.getElementById('fb-choose')?.click()")


def button(sheet: Sheet, *, editing: bool, kind: str = "secondary") -> Html | None:
    """The button; disabled in edit mode, where it says why. None for those who may add no files."""
    words = sheet.words
    if not sheet.may("file", "create"):
        return None
    press = lists.button(
        words("Select a file"), act="choose", symbol="upload", kind=kind, disabled=editing,
        described_by="fb-files-why" if editing else "",
    )  # fmt: skip
    why = h("p", words("Finish editing to add files."), id="fb-files-why", class_="fb-meta") if editing else None
    return h("div", h("div", press, class_="fb-tools"), why)


def _progress(sheet: Sheet) -> Html:
    bar = h("div", h("span", style="width:0%"), class_="fb-progress", role="progressbar", id="fb-upload-b",
            aria_label=sheet.words("Progress of the file"), aria_valuenow=0, aria_valuemin=0, aria_valuemax=100)  # fmt: skip
    return h("div", h("p", "", id="fb-upload-t", class_="fb-meta"), bar, id="fb-upload", hidden=True)


async def _added(sheet: Sheet, said: object, label: str) -> None:
    """What the page reports of one file: [id, what went wrong, name]."""
    file_id, problem, name = said if isinstance(said, list) and len(said) == 3 else ("", "", "")
    words = sheet.words
    if not file_id:
        sheet.fail(
            words("{name} was not added: {problem}", name=name, problem=problem or words("The connection broke."))
        )
    elif not label:
        sheet.fail("")
        sheet.toast(words("{name} added", name=name))
    else:
        await sheet.write(
            lambda tx: tx.update("file", str(file_id), {"label": label}), done=words("{name} added", name=name)
        )
