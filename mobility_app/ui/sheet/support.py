"""Tab "Customer support": requests with their progress, and one request with its exchange of notes.

100 % closes a request, and it can be reopened. Notes are only ever added. A reference made offline is final at once.
"""

from __future__ import annotations

from functools import partial

from mobility_app.store.queries import tickets as queries
from mobility_app.store.queries.tickets import Note, TicketRow, TicketSheet
from mobility_app.ui import dialogs, lists, marks
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import N_
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.tab import Tab

STEPS = (0, 25, 50, 75, 100)
TITLE_LETTERS = 80
DAY_MS = 86_400_000


async def build(sheet: Sheet) -> None:
    """Draws the list."""

    async def act(name: str, arg: str) -> None:
        if name == "add":
            await _add(sheet)

    await sheet.live(queries.of_customer, partial(_render, sheet), on_act=act)


async def show_one(sheet: Sheet, record_id: str) -> None:
    """Draws one request and follows it."""

    async def act(name: str, arg: str) -> None:
        words = sheet.words
        match name:
            case "note":
                await dialogs.record_dialog(
                    sheet, "ticket_entry", ("text",), title=words("New note"), values={"ticket_id": record_id},
                    saved=words("Note added"),
                )  # fmt: skip
            case "progress":
                await sheet.write(lambda tx: tx.update("ticket", record_id, {"progress_percent": int(arg)}))
            case "reopen":
                await sheet.write(lambda tx: tx.update("ticket", record_id, {"status": "open"}))
            case "change":
                await dialogs.record_dialog(
                    sheet, "ticket", ("description", "priority", "progress_percent"), title=words("Support request"),
                    record_id=record_id, saved=words("Request saved"),
                )  # fmt: skip

    await sheet.live(queries.one, partial(_render_one, sheet), record_id, on_act=act)


async def _add(sheet: Sheet) -> None:
    words = sheet.words
    made = await dialogs.record_dialog(
        sheet, "ticket", ("description", "priority"), title=words("New request"),
        values={"customer_id": sheet.customer_id}, saved=words("Request added"),
    )  # fmt: skip
    if made:
        sheet.go(sheet.href("support", made))


def _render(sheet: Sheet, rows: tuple[TicketRow, ...]) -> Html:
    words = sheet.words
    kind = "ghost" if rows else "primary"
    add = (
        lists.button(words("New request"), act="add", symbol="plus", kind=kind)
        if sheet.may("ticket", "create")
        else None
    )
    if not rows:
        text = words("What the customer asked for help with stands here.")
        return lists.empty("life-buoy", words("No support requests"), text, add)
    shown = lists.rows([_row(sheet, row) for row in rows[: lists.PAGE_ROWS]])
    return lists.card(words("Support requests"), shown, actions=add, count=len(rows), flush=True)


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


def _render_one(sheet: Sheet, model: TicketSheet | None) -> Html:
    words = sheet.words
    back = lists.button(words("All requests"), href=sheet.href("support"), symbol="chevron-left")
    if model is None:
        return lists.nothing(words("This request is not here."), back)
    row, may = model.ticket, sheet.may("ticket", "update")
    closed = row.status == "closed"
    acts = [
        lists.button(words("Reopen"), act="reopen", symbol="rotate-ccw", kind="ghost") if closed and may else None,
        lists.button(words("Edit request"), act="change", symbol="pencil", kind="ghost") if may else None,
    ]
    steps = [(str(step), words.percent(step), None) for step in STEPS]
    head = lists.card(
        f"{row.reference}",
        h("p", row.description, class_="fb-pre"),
        h("p", _status(sheet, row), " ", words.choice("ticket", "priority", row.priority), " · ", _age(sheet, row),
          class_="fb-meta"),
        lists.progress(row.progress, words("Progress of {reference}", reference=row.reference)),
        lists.segments(words("Progress"), steps, str(row.progress), act="progress") if may else None,
        marks.chip_for(words, sheet.header.record_mark("ticket", row.id)),
        actions=acts,
    )  # fmt: skip
    add = lists.button(words("Add note"), act="note", symbol="plus", kind="ghost") if may else None
    notes = [_note(sheet, note) for note in model.notes]
    body = lists.rows(notes) if notes else h("p", words("No notes yet."), class_="fb-card-body fb-meta")
    exchange = lists.card(words("Notes"), body, actions=add, count=len(notes), flush=True)
    return h("div", h("div", back, class_="fb-tools"), head, exchange, class_="fb-stack")


def _note(sheet: Sheet, note: Note) -> Html:
    words = sheet.words
    when = words.when(note.at, sheet.app.now()) if note.at is not None else ""
    chip = marks.chip_for(words, sheet.header.record_mark("ticket_entry", note.id))
    return lists.row(
        h("span", note.text, class_="fb-pre"), " · ".join(filter(None, (note.author, when))),
        lead=lists.avatar(note.author or "?"), end=chip, wrap=True,
    )  # fmt: skip


TAB = Tab("support", N_("Customer support"), build, count=lambda header: header.counts["support"], open=show_one)
