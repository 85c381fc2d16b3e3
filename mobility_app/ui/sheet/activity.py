"""One activity of the tab "Activities": its fields with their marks, who takes part, and what can be done with it."""

from __future__ import annotations

from functools import partial

from mobility_app.domain.rules import activities
from mobility_app.store.queries import activities as queries
from mobility_app.store.queries.activities import ActivityRow, ActivitySheet, Participant
from mobility_app.store.store import Store
from mobility_app.ui import dialogs, lists, marks
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import N_
from mobility_app.ui.sheet import mailings, unsettled
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.words import Words

SYMBOLS = {"task": "list-checks", "call": "phone", "appointment": "calendar-days"}
FIELDS = {
    "task": ("title", "due_at", "assignee_id", "notes"),
    "call": ("title", "direction", "due_at", "assignee_id", "notes", "outcome"),
    "appointment": ("title", "starts_at", "ends_at", "place", "assignee_id", "notes"),
}
NEW = {"task": N_("New task"), "call": N_("New call"), "appointment": N_("New appointment")}
WIDE = ("notes", "outcome")


async def show_one(sheet: Sheet, record_id: str) -> None:
    """Draws one activity and follows it."""

    async def act(name: str, arg: str) -> None:
        match name:
            case "close" | "reopen":
                await set_status(sheet, record_id, "closed" if name == "close" else "open")
            case "change":
                await change(sheet, record_id)
            case "delete":
                if await delete(sheet, record_id):
                    sheet.go(sheet.href("activities"))
            case "take-in":
                await _take_in(sheet, record_id)
            case "take-out":
                await sheet.write(
                    lambda tx: tx.delete("activity_participant", arg), done=sheet.words("Participant removed"),
                    undo=lambda tx: tx.restore("activity_participant", arg),
                )  # fmt: skip

    def load(store: Store, customer_id: str) -> ActivitySheet | None:
        return queries.one(store, customer_id, record_id, sheet.app.now())

    await sheet.live(load, partial(render, sheet), on_act=act)


async def set_status(sheet: Sheet, record_id: str, status: str) -> None:
    """Closes or reopens."""
    await sheet.write(lambda tx: tx.update("activity", record_id, {"status": status}))


async def delete(sheet: Sheet, record_id: str) -> bool:
    """Deletes, with a way back."""
    return await sheet.write(
        lambda tx: tx.delete("activity", record_id), done=sheet.words("Activity deleted"),
        undo=lambda tx: tx.restore("activity", record_id),
    )  # fmt: skip


async def change(sheet: Sheet, record_id: str) -> None:
    """The form of one that stands."""
    row = await sheet.app.read(lambda store: store.read("activity", record_id))
    if row is not None:
        await dialogs.record_dialog(
            sheet, "activity", (*FIELDS[str(row["kind"])], "status"), title=str(row["title"]), record_id=record_id,
            choices=await choices(sheet), saved=sheet.words("Activity saved"),
        )  # fmt: skip


async def choices(sheet: Sheet) -> dict[str, dict[str, str]]:
    """To whom an activity may be given."""
    return {"assignee_id": await sheet.read(queries.colleagues, sheet.customer_id)}


async def _take_in(sheet: Sheet, record_id: str) -> None:
    words = sheet.words
    people = {
        "user_id": await sheet.read(queries.colleagues, sheet.customer_id),
        "contact_id": await sheet.read(queries.contacts, sheet.customer_id),
    }
    labels = {"user_id": words("From our company"), "contact_id": words("From the customer")}
    await dialogs.record_dialog(
        sheet, "activity_participant", ("user_id", "contact_id"), title=words("Add participant"),
        values={"activity_id": record_id}, choices=people, labels=labels, saved=words("Participant added"),
    )  # fmt: skip


def may_change(sheet: Sheet, row: ActivityRow) -> bool:
    """Whether the person may change this activity: a rep only what they made or do."""
    actor = sheet.app.actor
    return sheet.may("activity", "update") and (row.mine or (actor is not None and actor.role != "rep"))


def status_chip(words: Words, row: ActivityRow) -> Html:
    """Where it stands; overdue stands out."""
    if row.overdue:
        return lists.chip(words.p("activity", "Overdue"), "bad", "clock")
    if row.group == activities.PLANNED:
        return lists.chip(words.p("activity", "Planned"), "accent")
    return lists.chip(
        words.choice("activity", "status", row.status), "ok" if row.group == activities.CLOSED else "warn"
    )


def render(sheet: Sheet, model: ActivitySheet | None) -> Html:
    """The page of one activity."""
    words = sheet.words
    back = lists.button(words("All activities"), href=sheet.href("activities"), symbol="chevron-left")
    if model is None:
        refused = unsettled.not_taken(sheet, "activity", ())
        return h("div", refused, lists.nothing(words("This activity is not here."), back), class_="fb-stack")
    row = model.row
    refused_deletion = unsettled.deletion(sheet, "activity", row.id)
    chip = marks.chip_for(words, sheet.header.mark("activity", row.id))
    title = h(
        "span", row.title, " ", status_chip(words, row), " ", mailings.chip(words, row.mail, small=False), " ", chip
    )
    main = lists.card(
        title,
        refused_deletion, lists.fields(*_fields(sheet, model, plain=refused_deletion is not None)),
        h("div", _acts(sheet, row), class_="fb-tools") if may_change(sheet, row) else None,
    )  # fmt: skip
    return h("div", h("div", back, class_="fb-tools"), main, _participants(sheet, model), class_="fb-stack")


def _acts(sheet: Sheet, row: ActivityRow) -> list[Html]:
    words = sheet.words
    done = row.group == activities.CLOSED
    return [
        lists.button(words("Reopen"), act="reopen", symbol="rotate-ccw")
        if done
        else lists.button(words("Close activity"), act="close", symbol="check", kind="primary"),
        lists.button(words("Edit activity"), act="change", symbol="pencil"),
        lists.button(words("Delete activity"), act="delete", symbol="trash-2", kind="ghost"),
    ]


def _fields(sheet: Sheet, model: ActivitySheet, *, plain: bool) -> list[Html]:
    """All fields that hold or wait for something; `plain` leaves marks away."""
    record, record_id, words = model.record, model.row.id, sheet.words
    found = []
    for name in ("kind", *FIELDS[model.row.kind], "status"):
        mark = None if plain else sheet.header.mark("activity", record_id, name)
        if mark is None and (name in ("title", "status") or record[name] is None):
            continue  # the heading says them
        found.append(marks.field(
            words, "activity", record_id, name, record[name], mark, now=sheet.app.now(), currency=sheet.currency,
            text=h("span", str(record[name]), class_="fb-pre") if name in WIDE and record[name] else None,
            wide=name in WIDE, may=sheet.may("conflict", "update"), names=model.names,
        ))  # fmt: skip
    return found


def _participants(sheet: Sheet, model: ActivitySheet) -> Html:
    words = sheet.words
    may = sheet.may("activity_participant", "create")
    add = lists.button(words("Add participant"), act="take-in", symbol="plus", kind="ghost") if may else None
    refused = unsettled.not_taken(sheet, "activity_participant", [one.id for one in model.participants])
    rows = [_participant(sheet, one) for one in model.participants[: lists.PAGE_ROWS]]
    body = lists.rows(rows) if rows else h("p", words("Nobody else takes part."), class_="fb-card-body fb-meta")
    return lists.card(words("Participants"), *refused, body, actions=add, count=len(model.participants), flush=True)


def _participant(sheet: Sheet, one: Participant) -> Html:
    words = sheet.words
    name = one.name or words("Without name")
    end: list[Html | None] = [marks.chip_for(words, sheet.header.record_mark("activity_participant", one.id))]
    if sheet.may("activity_participant", "delete"):
        end.append(lists.icon_button("trash-2", words("Remove {name}", name=name), act="take-out", arg=one.id))
    side = words("From the customer") if one.is_contact else words("From our company")
    return lists.row(name, side, lead=lists.avatar(name), end=end, wrap=True)
