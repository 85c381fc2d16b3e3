"""Tab "Activities": tasks, calls and appointments, in three lists that leave none out.

Read mode works on single activities at once: "+" makes one, a row's buttons close, reopen, edit and delete. A new
appointment is proposed on the customer's preferred weekday. Mail about activities is HQ's business.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import partial

from mobility_app.domain.change import Row
from mobility_app.domain.rules import activities
from mobility_app.store.queries import activities as queries
from mobility_app.store.queries.activities import ALL, ActivityList, ActivityRow
from mobility_app.ui import dialogs, lists, marks
from mobility_app.ui.live import Live
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import N_, P_
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.tab import Tab

SYMBOLS = {"task": "list-checks", "call": "phone", "appointment": "calendar-days"}
FIELDS = {
    "task": ("title", "due_at", "assignee_id", "notes"),
    "call": ("title", "direction", "due_at", "assignee_id", "notes", "outcome"),
    "appointment": ("title", "starts_at", "ends_at", "place", "assignee_id", "notes"),
}
NEW = {"task": N_("New task"), "call": N_("New call"), "appointment": N_("New appointment")}
FILTERS = (
    (ALL, P_("activities", "All")),
    (activities.OPEN, P_("activities", "Open")),
    (activities.PLANNED, P_("activities", "Planned")),
    (activities.CLOSED, P_("activities", "Closed")),
)
MORNING = time(10, 0)


async def build(sheet: Sheet) -> None:
    """Draws the lists; `?new=call` in the address opens the form at once."""
    view = _View(sheet)
    await view.show()
    if sheet.query.get("new") in NEW:
        await view.add(sheet.query["new"])


class _View:
    """The tab with its filter and place."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet, self._filter, self._first = sheet, ALL, 0
        self._live: Live | None = None

    async def show(self) -> None:
        self._live = await self._sheet.live(
            queries.of_customer, self._render, self._filter, self._sheet.app.now(), self._first, on_act=self._act
        )

    async def _again(self) -> None:
        assert self._live is not None
        await self._live.show(self._filter, self._sheet.app.now(), self._first)

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
            case "change":
                await self._change(arg)
            case "close" | "reopen":
                status = "closed" if act == "close" else "open"
                await self._sheet.write(lambda tx: tx.update("activity", arg, {"status": status}))
                await self._again()
            case "delete":
                words = self._sheet.words
                await self._sheet.write(
                    lambda tx: tx.delete("activity", arg), done=words("Activity deleted"),
                    undo=lambda tx: tx.restore("activity", arg),
                )  # fmt: skip

    async def add(self, kind: str) -> None:
        """The form of a new one."""
        sheet, words = self._sheet, self._sheet.words
        values: Row = {"customer_id": sheet.customer_id, "kind": kind, **self._proposal(kind)}
        await dialogs.record_dialog(
            sheet, "activity", FIELDS[kind], title=words(NEW[kind]), values=values, choices=await self._choices(),
            saved=words("Activity added"),
        )  # fmt: skip
        await self._again()

    async def _change(self, record_id: str) -> None:
        sheet = self._sheet
        row = await sheet.app.read(lambda store: store.read("activity", record_id))
        if row is not None:
            await dialogs.record_dialog(
                sheet, "activity", (*FIELDS[str(row["kind"])], "status"), title=str(row["title"]), record_id=record_id,
                choices=await self._choices(), saved=sheet.words("Activity saved"),
            )  # fmt: skip
            await self._again()

    async def _choices(self) -> dict[str, dict[str, str]]:
        return {"assignee_id": await self._sheet.read(queries.colleagues, self._sheet.customer_id)}

    def _proposal(self, kind: str) -> Row:
        sheet = self._sheet
        preferred = sheet.header.customer.get("preferred_weekday")
        if kind != "appointment":
            return {"direction": "made"} if kind == "call" else {}
        day = activities.next_weekday(preferred if isinstance(preferred, int) else None, sheet.app.today())
        start = datetime.combine(day, MORNING).astimezone(sheet.app.zone).astimezone(UTC)
        begins = int(start.timestamp() * 1000)
        return {"starts_at": begins, "ends_at": begins + int(timedelta(hours=1).total_seconds() * 1000)}

    def _render(self, model: ActivityList) -> Html:
        sheet, words = self._sheet, self._sheet.words
        options = [(value, words(name), model.counts[value]) for value, name in FILTERS]
        add = [
            lists.button(words(NEW[kind]), act="add", arg=kind, symbol=SYMBOLS[kind])
            for kind in NEW
            if sheet.may("activity", "create")
        ]
        head = h("div", lists.segments(words("Activities"), options, self._filter), h("div", add, class_="fb-tools"),
                 class_="fb-stack")  # fmt: skip
        if not model.counts[ALL]:
            text = words("Tasks, calls and appointments with this customer stand here.")
            return h("div", h("div", add, class_="fb-tools"), lists.empty("calendar-days", words("No activities"), text),
                     class_="fb-stack")  # fmt: skip
        if not model.rows:
            return h("div", head, lists.nothing(words("No activity here.")), class_="fb-stack")
        rows = lists.rows([partial(_row, sheet)(row) for row in model.rows])
        pager = lists.pager(words, self._first, len(model.rows), model.total)
        return h(
            "div", head, lists.card(words("Activities"), rows, pager, count=model.total, flush=True), class_="fb-stack"
        )


def _row(sheet: Sheet, row: ActivityRow) -> Html:
    words = sheet.words
    when = words.date_time(row.moment) if row.moment is not None else ""
    meta = " · ".join(filter(None, (words.choice("activity", "kind", row.kind), when, row.place, row.assignee)))
    status = (
        lists.chip(words("Overdue"), "bad", "clock")
        if row.overdue
        else lists.chip(words.p("activity", "Planned"), "accent")
        if row.group == activities.PLANNED
        else lists.chip(
            words.choice("activity", "status", row.status), "ok" if row.group == activities.CLOSED else "warn"
        )
    )
    end: list[Html | None] = [marks.chip_for(words, sheet.header.record_mark("activity", row.id)), status]
    if sheet.may("activity", "update"):
        done = row.group == activities.CLOSED
        name = words("Reopen {title}", title=row.title) if done else words("Close {title}", title=row.title)
        end += [
            lists.icon_button("rotate-ccw" if done else "check", name, act="reopen" if done else "close", arg=row.id),
            h(
                "span",
                lists.icon_button("trash-2", words("Delete {name}", name=row.title), act="delete", arg=row.id),
                class_="fb-wide-only",
            ),
        ]
    return lists.row(row.title, meta, lead=lists.tile(SYMBOLS[row.kind]), end=end, act="change", arg=row.id, wrap=True)


TAB = Tab("activities", N_("Activities"), build, count=lambda header: header.counts["activities"])
