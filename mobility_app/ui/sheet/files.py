"""Tab "Files": what is attached to the customer. Bytes travel by the streaming route of `transfers.py`, in read mode only.

The input that the browser needs for choosing lies hidden behind the button; dropping files on the card does the same.
"""

from __future__ import annotations

from functools import partial

from nicegui import ui

from mobility_app.store.queries import files as queries
from mobility_app.store.queries.files import FileList, FileRow
from mobility_app.ui import dialogs, lists, marks
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import N_
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.tab import Tab

SYMBOLS = {"image": "file-image", "text": "file-text"}
PICTURES = ("image/png", "image/jpeg", "image/webp")

_SEND = """async (event) => {
  const files = [...(event.type === "drop" ? event.dataTransfer.files : event.target.files)];
  event.preventDefault();
  for (const file of files) {
    const bar = document.getElementById("fb-upload");
    const answer = await new Promise((done) => {
      const request = new XMLHttpRequest();
      request.open("POST", "/files/%CUSTOMER%");
      request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
      request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
      request.upload.onprogress = (step) => {
        if (bar) bar.textContent = file.name + " " + Math.round(100 * step.loaded / Math.max(step.total, 1)) + " %";
      };
      request.onload = () => { try { done(JSON.parse(request.responseText)); } catch { done({}); } };
      request.onerror = () => done({});
      request.send(file);
    });
    if (bar) bar.textContent = "";
    emit(answer.id ? "" : (answer.text || "?"), file.name);
  }
  if (event.type !== "drop") event.target.value = "";
}"""


async def build(sheet: Sheet) -> None:
    """Draws the area for adding and the list."""

    async def act(name: str, arg: str) -> None:
        if name == "choose":
            sheet.window.run("document.getElementById('fb-choose').click()")
        elif name == "delete":
            await _delete(sheet, arg)

    with ui.element("div").classes("fb-drop") as area:
        if sheet.session is None and sheet.may("file", "create"):
            _sender(sheet, area)
        await sheet.live(queries.of_customer, partial(_render, sheet), on_act=act)


def _sender(sheet: Sheet, area: ui.element) -> None:
    script = _SEND.replace("%CUSTOMER%", sheet.customer_id)

    def heard(event: object) -> None:
        problem, name = getattr(event, "args", ["?", ""])
        if problem:
            sheet.fail(sheet.words("{name} was not added: {problem}", name=name, problem=problem))
        else:
            sheet.fail("")
            sheet.toast(sheet.words("{name} added", name=name))

    chooser = ui.element("input").props("type=file multiple id=fb-choose hidden aria-hidden=true tabindex=-1")
    chooser.on("change", heard, js_handler=script)
    area.on("dragover", js_handler="(event) => event.preventDefault()")
    area.on("drop", heard, js_handler=script)


async def _delete(sheet: Sheet, record_id: str) -> None:
    words = sheet.words
    row = await sheet.app.read(lambda store: store.read("file", record_id))
    name = str((row or {}).get("name") or "")
    text = words("It goes from every device with the next sync. Until then it can be brought back.")
    if await dialogs.confirm(
        sheet, words("Delete {name}", name=name), text, words("Delete {name}", name=name), danger=True
    ):
        await sheet.write(
            lambda tx: tx.delete("file", record_id), done=words("{name} was deleted", name=name),
            undo=lambda tx: tx.restore("file", record_id),
        )  # fmt: skip


def _render(sheet: Sheet, model: FileList) -> Html:
    words, editing = sheet.words, sheet.session is not None or model.in_edit
    add = None
    if sheet.may("file", "create"):
        add = lists.button(
            words("Select a file"), act="choose", symbol="upload", disabled=editing,
            described_by="fb-files-why" if editing else "",
        )  # fmt: skip
    why = h("p", words("Finish editing to add files."), id="fb-files-why", class_="fb-meta") if editing else None
    progress = h("p", "", id="fb-upload", class_="fb-meta", aria_live="polite")
    head = h("div", h("div", add, class_="fb-tools"), why, progress)
    if not model.rows:
        text = words("Contracts, pictures and other files of this customer stand here.")
        return h("div", head, lists.empty("file", words("No files"), text), class_="fb-stack")
    rows = lists.rows([_row(sheet, row) for row in model.rows[: lists.PAGE_ROWS]])
    return h("div", head, lists.card(words("Files"), rows, count=len(model.rows), flush=True), class_="fb-stack")


def _row(sheet: Sheet, row: FileRow) -> Html:
    words = sheet.words
    when = words.date(row.at) if row.at is not None else ""
    where = "" if row.here else words("Not on this device")
    meta = " · ".join(filter(None, (words.bytes(row.size_bytes), when, row.by, where)))
    address = f"/files/{row.id}/content"
    end: list[Html | None] = [marks.chip_for(words, sheet.header.record_mark("file", row.id))]
    if row.here:
        if row.media_type in PICTURES:
            end.append(
                lists.icon_button("eye", words("Show {name}", name=row.name), href=f"{address}?inline=1", new_tab=True)
            )
        end.append(lists.icon_button("download", words("Download {name}", name=row.name), href=address, new_tab=True))
    if sheet.may("file", "delete"):
        end.append(lists.icon_button("trash-2", words("Delete {name}", name=row.name), act="delete", arg=row.id))
    symbol = SYMBOLS.get(row.media_type.split("/")[0], "file")
    return lists.row(row.name, meta, lead=lists.tile(symbol), end=end, wrap=True)


TAB = Tab("files", N_("Files"), build, count=lambda header: header.counts["files"])
