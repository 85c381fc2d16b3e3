"""Tab "Files": what is attached to the customer.

Adding (`adding.py`) works in read mode only. Pictures alone are shown inline; all else is downloaded.
"""

from __future__ import annotations

from nicegui import ui

from mobility_app.store.queries import files as queries
from mobility_app.store.queries.files import FileList, FileRow
from mobility_app.ui import dialogs, lists, marks
from mobility_app.ui.live import Live
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import N_
from mobility_app.ui.sheet import adding, unsettled
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.tab import Tab
from mobility_app.ui.words import Words

PICTURES = ("image/png", "image/jpeg", "image/webp")  # what previews.py shows; its own look at the bytes decides
SUFFIX_LETTERS = 5
ANY = N_("File")
# media type or its first part -> what people call it, and its icon
KINDS = {
    "image": (N_("Image"), "file-image"),
    "text": (N_("Text"), "file-text"),
    "video": (N_("Video"), "file"),
    "audio": (N_("Audio"), "file"),
    "application/pdf": ("PDF", "file-text"),
    "application/zip": (N_("Archive"), "file-archive"),
    "application/msword": (N_("Text document"), "file-text"),
    "application/vnd.oasis.opendocument.text": (N_("Text document"), "file-text"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (N_("Text document"), "file-text"),
    "application/vnd.ms-excel": (N_("Spreadsheet"), "file"),
    "application/vnd.oasis.opendocument.spreadsheet": (N_("Spreadsheet"), "file"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (N_("Spreadsheet"), "file"),
    "text/csv": (N_("Spreadsheet"), "file"),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": (N_("Presentation"), "file"),
}


async def build(sheet: Sheet) -> None:
    """Draws the area for adding and the list."""
    await _View(sheet).show()


class _View:
    """The tab with its place in the list."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet, self._first = sheet, 0
        self._live: Live | None = None

    async def show(self) -> None:
        with ui.element("div").classes("fb-drop") as area:
            adding.catch_drops(self._sheet, area)
            self._live = await self._sheet.live(queries.of_customer, self._render, self._first, on_act=self._act)

    async def _act(self, act: str, arg: str) -> None:
        match act:
            case "choose":
                adding.choose(self._sheet)
            case "delete":
                await delete(self._sheet, arg)
            case "page":
                assert self._live is not None
                self._first = int(arg)
                await self._live.show(self._first)

    def _render(self, model: FileList) -> Html:
        return render(self._sheet, model, self._first)


async def delete(sheet: Sheet, record_id: str) -> None:
    """Asks, and deletes with a way back."""
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


def render(sheet: Sheet, model: FileList, first: int) -> Html:
    """The button for adding and a page of the list."""
    words = sheet.words
    head = adding.button(sheet, editing=sheet.session is not None or model.in_edit)
    refused = unsettled.not_taken(sheet, "file", model.known)
    if not model.total:
        text = words("Contracts, pictures and other files of this customer stand here.")
        return h("div", head, refused, lists.empty("file", words("No files"), text), class_="fb-stack")
    body = lists.rows(rows(sheet, model.rows))
    pager = lists.pager(words, first, len(model.rows), model.total)
    card = lists.card(words("Files"), body, pager, count=model.total, flush=True)
    return h("div", head, refused, card, class_="fb-stack")


def rows(sheet: Sheet, found: tuple[FileRow, ...]) -> list[Html]:
    """A row for each file, what HQ refused about it below."""
    shown = []
    for row in found:
        blocks = unsettled.blocks(sheet, "file", row.id)
        under = h("div", blocks, class_="fb-card-body") if blocks else None
        shown.append(h("div", _row(sheet, row), under))
    return shown


def kind_of(words: Words, row: FileRow) -> str:
    """What people call it: "Image", "PDF", "Spreadsheet"; else its suffix."""
    found = KINDS.get(row.media_type) or KINDS.get(row.media_type.split("/")[0])
    if found:
        return words(found[0])
    _, dot, suffix = row.name.rpartition(".")
    known = dot and suffix.isascii() and suffix.isalnum() and len(suffix) <= SUFFIX_LETTERS
    return suffix.upper() if known else words(ANY)


def _row(sheet: Sheet, row: FileRow) -> Html:
    words = sheet.words
    when = words.date(row.at) if row.at is not None else ""
    parts = (kind_of(words, row), words.bytes(row.size_bytes), when, row.by, row.label)
    address = f"/files/{row.id}/content"
    end: list[Html | None] = [
        marks.chip_for(words, sheet.header.record_mark("file", row.id)),
        None if row.here else lists.chip(words("Not on this device"), small=True),
    ]
    if row.here:
        if row.media_type in PICTURES:
            end.append(
                lists.icon_button("eye", words("Show {name}", name=row.name), href=f"{address}?inline=1", new_tab=True)
            )
        end.append(lists.icon_button("download", words("Download {name}", name=row.name), href=address, new_tab=True))
    if sheet.may("file", "delete"):
        end.append(lists.icon_button("trash-2", words("Delete {name}", name=row.name), act="delete", arg=row.id))
    symbol = (KINDS.get(row.media_type) or KINDS.get(row.media_type.split("/")[0]) or ("", "file"))[1]
    return lists.row(row.name, " · ".join(filter(None, parts)), lead=lists.tile(symbol), end=end, wrap=True)


TAB = Tab("files", N_("Files"), build, count=lambda header: header.counts["files"])
