"""Files as rows, and what can be done to one: look at it, download it, label it, delete it. Used by the files tab and by a
support request.

Pictures are shown in place, made small and clean by `pictures.py`; a PDF opens in the browser's own reader, in a tab of its
own; all else is only downloaded.
"""

from __future__ import annotations

from mobility_app.store.queries.files import FileRow
from mobility_app.store.transfers import DOWN
from mobility_app.ui import dialogs, lists, marks
from mobility_app.ui.markup import Child, Html, h, hidden, icon
from mobility_app.ui.sheet import file_facts, file_get, file_preview, unsettled
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.words import Words


async def act(sheet: Sheet, name: str, arg: str) -> None:
    """Answers the acts of the rows."""
    match name:
        case "show-file":
            await file_preview.show(sheet, arg)
        case "change-file":
            await dialogs.record_dialog(
                sheet, "file", ("label", "expires_on"), title=await _name(sheet, arg), record_id=arg,
                saved=sheet.words("File saved"),
            )  # fmt: skip
        case "get-file":
            await file_get.get(sheet, arg)
        case "delete":
            await delete(sheet, arg)


async def delete(sheet: Sheet, record_id: str) -> None:
    """Asks, and deletes with a way back."""
    words, name = sheet.words, await _name(sheet, record_id)
    text = words("It goes from every device with the next sync. Until then it can be brought back.")
    title = words("Delete {name}", name=name)
    if await dialogs.confirm(sheet, title, text, title, danger=True):
        await sheet.write(
            lambda tx: tx.delete("file", record_id), done=words("{name} was deleted", name=name),
            undo=lambda tx: tx.restore("file", record_id),
        )  # fmt: skip


async def _name(sheet: Sheet, record_id: str) -> str:
    row = await sheet.app.read(lambda store: store.read("file", record_id))
    return str((row or {}).get("name") or "")


def rows(sheet: Sheet, found: tuple[FileRow, ...]) -> list[Html]:
    """A row for each file, what HQ refused about it below."""
    shown = []
    for row in found:
        blocks = unsettled.blocks(sheet, "file", row.id)
        under = h("div", blocks, class_="fb-card-body") if blocks else None
        shown.append(h("div", _row(sheet, row), under))
    return shown


def _row(sheet: Sheet, row: FileRow) -> Html:
    words = sheet.words
    address = f"/files/{row.id}/content"
    chips = [
        file_facts.expiry(sheet, row),
        marks.chip_for(words, sheet.header.record_mark("file", row.id)),
        file_facts.travel(sheet, row),
    ]
    below = h("span", chips, class_="fb-file-chips") if any(chips) else None
    end: list[Html] = []
    if sheet.may("file", "update"):
        name = words("Label and expiry of {name}", name=row.name)
        end.append(lists.icon_button("tag", name, act="change-file", arg=row.id))
    if not row.here and (row.travel.way != DOWN or row.travel.problem):
        end.append(lists.icon_button("arrow-down", words("Get {name}", name=row.name), act="get-file", arg=row.id))
    if row.here:
        end.append(lists.icon_button("download", words("Download {name}", name=row.name), href=address, new_tab=True))
    if sheet.may("file", "delete"):
        end.append(lists.icon_button("trash-2", words("Delete {name}", name=row.name), act="delete", arg=row.id))
    picture = row.here and row.media_type in file_facts.PICTURES
    opens = row.here and row.kind == "pdf"
    asks = not row.here and (
        row.media_type in file_facts.PICTURES or row.kind == "pdf"
    )  # what would open, were it here
    act = "show-file" if picture else "get-file" if asks else ""
    title = _title(words, row.name) if picture or opens or asks else row.name
    return lists.row(
        title, [file_facts.line(sheet, row), below], lead=_lead(row, picture=picture), wrap=True,
        end=h("span", *end, class_="fb-file-acts") if end else None, act=act, arg=row.id,
        href=f"{address}?inline=1" if opens else "", new_tab=opens,
    )  # fmt: skip


def _title(words: Words, name: str) -> Child:
    """The name, heard as "Show name": a click shows the file."""
    before, _, after = words("Show {name}", name="\0").partition("\0")
    return [hidden(before) if before else None, name, hidden(after) if after else None]


def _lead(row: FileRow, *, picture: bool) -> Html:
    symbol = file_facts.KINDS[row.kind][2]
    if not picture:
        return lists.tile(symbol)
    image = h("img", src=f"/files/{row.id}/picture?thumb", alt="", loading="lazy", decoding="async")
    return h("span", icon(symbol), image, class_="fb-tile fb-thumb", aria_hidden="true")
