"""Tab "Customer support": requests with their progress, and one request with its exchange of notes.

100 % closes a request, and it can be reopened with a reason. Notes are only ever added; steps of progress stand between
them. Files that are added here carry the reference as label. A reference made offline is final at once.
"""

from __future__ import annotations

from functools import partial

from nicegui import ui

from mobility_app.domain.change import Row
from mobility_app.store.actions import reopen
from mobility_app.store.queries import tickets as queries
from mobility_app.store.queries.tickets import Note, TicketList, TicketRow, TicketSheet
from mobility_app.ui import dialogs, forms, lists, marks, naming
from mobility_app.ui.live import Live
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import N_
from mobility_app.ui.sheet import adding, file_rows, unsettled
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.tab import Tab

STEPS = (0, 25, 50, 75, 100)
TITLE_LETTERS = 80
DAY_MS = 86_400_000
EDITED = ("description", "priority")  # and the progress while it is open: a closed one is opened with a reason
DONE = 100  # percent


async def build(sheet: Sheet) -> None:
    """Draws the list; `?new=1` in the address opens the form at once."""
    await _View(sheet).show()
    sheet.begin("ticket", lambda: _add(sheet))


class _View:
    """The list with its place."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet, self._first = sheet, 0
        self._live: Live | None = None

    async def show(self) -> None:
        self._live = await self._sheet.live(queries.of_customer, self._render, self._first, on_act=self._act)

    async def _act(self, act: str, arg: str) -> None:
        if act == "add":
            await _add(self._sheet)
        elif act == "page":
            assert self._live is not None
            self._first = int(arg)
            await self._live.show(self._first)

    def _render(self, model: TicketList) -> Html:
        return render(self._sheet, model, self._first)


async def show_one(sheet: Sheet, record_id: str) -> None:
    """Draws one request and follows it; `?new=1` opens the form of a note."""

    async def act(name: str, arg: str) -> None:
        words = sheet.words
        match name:
            case "note":
                await _add_note(sheet, record_id)
            case "progress":
                if await _closed(sheet, record_id) and int(arg) < DONE:
                    await _reopen(sheet, record_id, int(arg))
                else:
                    await sheet.write(lambda tx: tx.update("ticket", record_id, {"progress_percent": int(arg)}))
            case "reopen":
                await _reopen(sheet, record_id)
            case "change":
                edited = EDITED if await _closed(sheet, record_id) else (*EDITED, "progress_percent")
                await dialogs.record_dialog(
                    sheet, "ticket", edited, title=words("Support request"), record_id=record_id,
                    saved=words("Request saved"),
                )  # fmt: skip
            case _:
                await file_rows.act(sheet, name, arg)

    row = await sheet.app.read(lambda store: store.read("ticket", record_id))
    with ui.element("div").classes("fb-drop") as area:
        if row is not None:
            adding.catch_drops(sheet, area, str(row["reference"]))
        await sheet.live(queries.one, partial(render_one, sheet), record_id, on_act=act)
        if row is not None:
            sheet.begin("ticket_entry", lambda: _add_note(sheet, record_id))


async def _closed(sheet: Sheet, record_id: str) -> bool:
    row = await sheet.read(lambda store: store.read("ticket", record_id))
    return row is not None and row["status"] == "closed"


async def _reopen(sheet: Sheet, record_id: str, percent: int | None = None) -> None:
    words = sheet.words
    row = await sheet.read(lambda store: store.read("ticket", record_id))
    title = words("Reopen {title}", title=str((row or {}).get("reference") or ""))

    async def save(reason: str) -> None:
        await sheet.app.write(lambda tx: reopen.reopen(tx, record_id, reason, percent))

    await naming.ask(sheet.window, title, save, most=reopen.REASON_MOST, label=words("Reason"))


async def _add_note(sheet: Sheet, record_id: str) -> None:
    words = sheet.words
    await dialogs.record_dialog(
        sheet, "ticket_entry", ("text",), title=words("New note"), values={"ticket_id": record_id},
        saved=words("Note added"),
    )  # fmt: skip


async def _add(sheet: Sheet) -> None:
    words = sheet.words
    made = await dialogs.record_dialog(
        sheet, "ticket", ("description", "priority"), title=words("New request"),
        values={"customer_id": sheet.customer_id}, saved=words("Request added"),
    )  # fmt: skip
    if made:
        sheet.go(sheet.href("support", made))


def render(sheet: Sheet, model: TicketList, first: int) -> Html:
    """A page of the list."""
    words = sheet.words
    kind = "ghost" if model.rows else "primary"
    may = sheet.may("ticket", "create")
    add = lists.button(words("New request"), act="add", symbol="plus", kind=kind) if may else None
    refused = unsettled.not_taken(sheet, "ticket", model.known)
    if not model.total:
        text = words("What the customer asked for help with stands here.")
        empty = lists.empty("life-buoy", words("No support requests"), text, add)
        return h("div", refused, empty, class_="fb-stack")
    shown = lists.rows([_row(sheet, row) for row in model.rows])
    pager = lists.pager(words, first, len(model.rows), model.total)
    card = lists.card(words("Support requests"), shown, pager, actions=add, count=model.total, flush=True)
    return h("div", refused, card, class_="fb-stack")


def _row(sheet: Sheet, row: TicketRow) -> Html:
    words = sheet.words
    meta = " · ".join(filter(None, (_title(row), _age(sheet, row))))
    chip = marks.chip_for(words, sheet.header.record_mark("ticket", row.id))
    bar = lists.progress(row.progress, words("Progress of {reference}", reference=row.reference))
    percent = h("span", words.percent(row.progress), class_="fb-num")
    below = [h("span", meta), h("span", h("span", bar, class_="fb-row-bar"), percent, class_="fb-row-progress")]
    return lists.row(
        row.reference, below, lead=lists.tile("life-buoy"), end=[chip, _status(sheet, row)],
        href=sheet.href("support", row.id), wrap=True,
    )  # fmt: skip


def _title(row: TicketRow) -> str:
    first = row.description.split("\n")[0]
    return first if len(first) <= TITLE_LETTERS else first[: TITLE_LETTERS - 1] + "…"


def _age(sheet: Sheet, row: TicketRow) -> str:
    if row.opened_at is None:
        return ""
    days = max(0, (sheet.app.now() - row.opened_at) // DAY_MS)
    return sheet.words.n("{n} day old", "{n} days old", days) if days else sheet.words("New today")


def _status(sheet: Sheet, row: TicketRow) -> Html:
    tone = "ok" if row.status == "closed" else "warn"
    return lists.chip(sheet.words.choice("ticket", "status", row.status), tone)


def render_one(sheet: Sheet, model: TicketSheet | None) -> Html:
    """The page of one request."""
    words = sheet.words
    back = lists.button(words("All requests"), href=sheet.href("support"), symbol="chevron-left")
    if model is None:
        refused = unsettled.not_taken(sheet, "ticket", ())
        return h("div", refused, lists.nothing(words("This request is not here."), back), class_="fb-stack")
    parts = [_about(sheet, model.ticket), _exchange(sheet, model), _files(sheet, model)]
    return h("div", h("div", back, class_="fb-tools"), parts, class_="fb-stack")


def _about(sheet: Sheet, row: TicketRow) -> Html:
    words, may = sheet.words, sheet.may("ticket", "update")
    acts = [
        lists.button(words("Reopen"), act="reopen", symbol="rotate-ccw", kind="ghost")
        if row.status == "closed" and may
        else None,
        lists.button(words("Edit request"), act="change", symbol="pencil", kind="ghost") if may else None,
    ]
    steps = [(str(step), words.percent(step), None) for step in STEPS]
    body = h(
        "div",
        h("p", _age(sheet, row), class_="fb-meta"),
        lists.progress(row.progress, words("Progress of {reference}", reference=row.reference)),
        lists.segments(words("Progress"), steps, str(row.progress), act="progress") if may else None,
        lists.fields(*_fields(sheet, row)),
        class_="fb-stack",
    )
    chip = marks.chip_for(words, sheet.header.mark("ticket", row.id))
    return lists.card(h("span", row.reference, " ", _status(sheet, row), " ", chip), body, actions=acts)


def _fields(sheet: Sheet, row: TicketRow) -> list[Html]:
    """The fields with their marks; progress and status stand above and are repeated only where they carry one."""
    values: Row = {"description": row.description, "priority": row.priority, "progress_percent": row.progress,
              "status": row.status}  # fmt: skip
    found = []
    for name, value in values.items():
        if name in ("description", "priority") or sheet.header.mark("ticket", row.id, name) is not None:
            text = h("span", row.description, class_="fb-pre") if name == "description" else None
            wide = name == "description"
            found.append(forms.field_view(sheet, "ticket", row.id, name, value, text=text, wide=wide))
    return found


def _exchange(sheet: Sheet, model: TicketSheet) -> Html:
    words = sheet.words
    may = sheet.may("ticket_entry", "create")
    add = lists.button(words("Add note"), act="note", symbol="plus", kind="ghost") if may else None
    refused = unsettled.not_taken(sheet, "ticket_entry", model.note_ids)
    shown = [_note(sheet, note) for note in model.notes]
    body = lists.rows(shown) if shown else h("p", words("No notes yet."), class_="fb-card-body fb-meta")
    return lists.card(words("Notes"), *refused, body, actions=add, count=model.ticket.entries, flush=True)


def _note(sheet: Sheet, note: Note) -> Html:
    words = sheet.words
    when = words.when(note.at, sheet.app.now()) if note.at is not None else ""
    meta = " · ".join(filter(None, (note.author, when)))
    if note.percent is not None:
        text = words("Progress set to {percent}", percent=words.percent(note.percent))
        return lists.row(
            text, meta, lead=lists.tile("circle-check" if note.percent == 100 else "trending-up"), wrap=True
        )
    chip = marks.chip_for(words, sheet.header.record_mark("ticket_entry", note.id))
    return lists.row(
        h("span", note.text, class_="fb-pre"), meta, lead=lists.avatar(note.author or "?"), end=chip, wrap=True
    )


def _files(sheet: Sheet, model: TicketSheet) -> Html | None:
    """What was added here, and the way to add more for those who may."""
    words = sheet.words
    add = adding.button(sheet, editing=sheet.session is not None, kind="ghost")
    if add is None and not model.files:
        return None
    shown = model.files[: lists.PAGE_ROWS]
    body = (
        lists.rows(file_rows.rows(sheet, shown)) if shown else h("p", words("No files"), class_="fb-card-body fb-meta")
    )
    return lists.card(words("Files"), body, actions=add, count=len(model.files), flush=True)


TAB = Tab("support", N_("Customer support"), build, count=lambda header: header.counts["support"], open=show_one)
