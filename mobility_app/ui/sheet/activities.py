"""Tab "Activities": tasks, calls and appointments, in three lists that leave none out.

Read mode works on single activities at once: "+" makes one, a row's buttons close, reopen and delete, a click opens it
(`activity.py`). A new appointment is proposed on the customer's preferred weekday. Mail about activities is HQ's business.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from mobility_app.domain.change import Row
from mobility_app.domain.rules import activities
from mobility_app.store.queries import activities as queries
from mobility_app.store.queries.activities import ALL, ActivityList, ActivityRow
from mobility_app.store.store import Store
from mobility_app.ui import dialogs, lists, marks
from mobility_app.ui.live import Live
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import N_, P_
from mobility_app.ui.sheet import activity, mailings, unsettled
from mobility_app.ui.sheet.activity import FIELDS, NEW, SYMBOLS
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.tab import Tab

FILTERS = (
    (ALL, P_("activities", "All")),
    (activities.CLOSED, P_("activities", "Closed")),
    (activities.PLANNED, P_("activities", "Planned")),
    (activities.OPEN, P_("activities", "Open")),
)
MORNING = time(10, 0)
HOUR_MS = int(timedelta(hours=1).total_seconds() * 1000)


async def build(sheet: Sheet) -> None:
    """Draws the lists; `?new=call` in the address opens the form at once, any other kind that of an appointment."""
    view = _View(sheet)
    await view.show()
    wanted = sheet.query.get("new", "")
    sheet.begin("activity", lambda: view.add(wanted if wanted in NEW else "appointment"))


class _View:
    """The tab with its filter and place."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet, self._filter, self._first = sheet, ALL, 0
        self._live: Live | None = None

    async def show(self) -> None:
        self._live = await self._sheet.live(self._load, self._render, self._filter, self._first, on_act=self._act)

    def _load(self, store: Store, customer_id: str, wanted: str, first: int) -> ActivityList:
        return queries.of_customer(store, customer_id, wanted, self._sheet.app.now(), first)

    async def _again(self) -> None:
        assert self._live is not None
        await self._live.show(self._filter, self._first)

    async def _act(self, act: str, arg: str) -> None:
        match act:
            case "filter":
                self._filter, self._first = arg, 0
                await self._again()
            case "page":
                self._first = int(arg)
                await self._again()
            case "add":
                await self.add(arg)
            case "close" | "reopen":
                await activity.set_status(self._sheet, arg, "closed" if act == "close" else "open")
            case "delete":
                await activity.delete(self._sheet, arg)

    async def add(self, kind: str) -> None:
        """The form of a new one."""
        sheet, words = self._sheet, self._sheet.words
        values: Row = {"customer_id": sheet.customer_id, "kind": kind, **proposal(sheet, kind)}
        await dialogs.record_dialog(
            sheet, "activity", FIELDS[kind], title=words(NEW[kind]), values=values,
            choices=await activity.choices(sheet), saved=words("Activity added"),
        )  # fmt: skip

    def _render(self, model: ActivityList) -> Html:
        return render(self._sheet, model, self._filter, self._first)


def proposal(sheet: Sheet, kind: str) -> Row:
    """What a new activity begins with: an appointment an hour in the morning of the next preferred weekday."""
    if kind != "appointment":
        return {"direction": "made"} if kind == "call" else {}
    preferred = sheet.header.customer.get("preferred_weekday")
    day = activities.next_weekday(preferred if isinstance(preferred, int) else None, sheet.app.today())
    begins = int(datetime.combine(day, MORNING, sheet.app.zone).astimezone(UTC).timestamp() * 1000)
    return {"starts_at": begins, "ends_at": begins + HOUR_MS}


def render(sheet: Sheet, model: ActivityList, chosen: str, first: int) -> Html:
    """The filters with their counts, "+" for the three kinds, and a page of the list."""
    words = sheet.words
    add = [
        lists.button(words(NEW[kind]), act="add", arg=kind, symbol=SYMBOLS[kind])
        for kind in NEW
        if sheet.may("activity", "create")
    ]
    tools = h("div", add, class_="fb-tools") if add else None
    refused = unsettled.not_taken(sheet, "activity", model.known)
    if not model.counts[ALL]:
        text = words("Tasks, calls and appointments with this customer stand here.")
        empty = lists.empty("calendar-days", words("No activities"), text)
        return h("div", tools, refused, empty, class_="fb-stack")
    options = [(value, words(name), model.counts[value]) for value, name in FILTERS]
    parts = [lists.segments(words("Activities"), options, chosen), tools, *refused]
    if not model.rows:
        return h("div", parts, lists.nothing(words("No activity here.")), class_="fb-stack")
    rows = lists.rows([_row(sheet, row) for row in model.rows])
    pager = lists.pager(words, first, len(model.rows), model.total)
    card = lists.card(words("Activities"), rows, pager, count=model.total, flush=True)
    return h("div", parts, card, class_="fb-stack")


def _row(sheet: Sheet, row: ActivityRow) -> Html:
    words = sheet.words
    when = words.date_time(row.moment) if row.moment is not None else ""
    meta = " · ".join(filter(None, (words.choice("activity", "kind", row.kind), when, row.place, row.assignee)))
    end: list[Html | None] = [
        marks.chip_for(words, sheet.header.record_mark("activity", row.id)),
        None if row.mail == "sent" else mailings.chip(words, row.mail), activity.status_chip(words, row),
    ]  # fmt: skip
    if activity.may_change(sheet, row):
        done = row.group == activities.CLOSED
        name = words("Reopen {title}", title=row.title) if done else words("Close {title}", title=row.title)
        end.append(
            lists.icon_button("rotate-ccw" if done else "check", name, act="reopen" if done else "close", arg=row.id)
        )
        gone = lists.icon_button("trash-2", words("Delete {name}", name=row.title), act="delete", arg=row.id)
        end.append(h("span", gone, class_="fb-wide-only"))  # a phone has it on the activity's own page
    return lists.row(
        row.title, meta, lead=lists.tile(SYMBOLS[row.kind]), end=end, href=sheet.href("activities", row.id), wrap=True
    )


TAB = Tab(
    "activities", N_("Activities"), build, count=lambda header: header.counts["activities"], open=activity.show_one
)
