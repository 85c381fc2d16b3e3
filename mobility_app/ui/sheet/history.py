"""Tab "History": every modification of the sheet and of what hangs on it, newest first, from the change log itself.

A click opens the fields before and after; a value from the past can be put back, as a new modification. "Check history"
verifies the chain: an entry that was altered or removed is found.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from mobility_app.domain import labels, registry
from mobility_app.domain.change import LOST, UPDATE
from mobility_app.domain.fields import Merge
from mobility_app.store import verify
from mobility_app.store.queries import history as queries
from mobility_app.store.queries.history import Asked, HistoryPage, Line, Shown
from mobility_app.store.queries.sheet import choices
from mobility_app.ui import lists
from mobility_app.ui.live import Live
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import N_
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.tab import Tab

PERIODS = ((0, N_("Any time")), (7, N_("7 days")), (30, N_("30 days")), (365, N_("12 months")))
SYMBOLS = {
    "create": "plus",
    "update": "pencil",
    "delete": "trash-2",
    "restore": "rotate-ccw",
    LOST: "git-compare-arrows",
}
FILTERS_MAX = 5
TEXT_MAX = 300


async def build(sheet: Sheet) -> None:
    """Draws the list."""
    await _View(sheet).show()


class _View:
    """The tab with its filters and place."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet, self._asked = sheet, Asked()
        self._live: Live | None = None
        self._names: dict[str, str] = {}

    async def show(self) -> None:
        sheet = self._sheet
        for entity in ("user", "territory", "company", "label", "mailing_list"):
            self._names |= await sheet.app.read(choices, entity)
        self._live = await sheet.live(queries.page, self._render, self._asked, sheet.app.now(), on_act=self._act)

    async def _ask(self, **changes: object) -> None:
        assert self._live is not None
        self._asked = replace(self._asked, **{"first": 0, **changes})  # type: ignore[arg-type]
        await self._live.show(self._asked, self._sheet.app.now())

    async def _act(self, act: str, arg: str) -> None:
        match act:
            case "user":
                await self._ask(user=arg)
            case "entity":
                await self._ask(entity=arg)
            case "days":
                await self._ask(days=int(arg))
            case "page":
                await self._ask(first=int(arg))
            case "verify":
                await self._verify()
            case "back":
                await self._put_back(arg)

    async def _verify(self) -> None:
        sheet, words = self._sheet, self._sheet.words
        found = await sheet.app.read(verify.faults, sheet.customer_id)
        if found:
            sheet.fail(
                words.n(
                    "{n} entry of this history was altered.", "{n} entries of this history were altered.", len(found)
                )
            )
        else:
            sheet.fail("")
            sheet.toast(words("The history is whole."))

    async def _put_back(self, arg: str) -> None:
        assert self._live is not None
        key, _, name = arg.rpartition("|")
        model: HistoryPage = self._live.model
        for change in model.changes:
            for line in change.lines:
                if change.key == key and line.field == name:
                    await self._sheet.write(
                        partial(_written, line=line), done=self._sheet.words("The earlier value is back")
                    )
                    return

    def _render(self, model: HistoryPage) -> Html:
        words = self._sheet.words
        check = lists.button(words("Check history"), act="verify", symbol="circle-check", kind="ghost")
        if not model.entities:
            return lists.empty("history", words("No history"), words("Every change of this customer is listed here."))
        people = [
            ("", words("Everybody"), None),
            *((key, name, None) for key, name in sorted(model.users.items(), key=_name)),
        ]
        kinds = [("", words("Everything"), None), *((key, words.entity(key), None) for key in model.entities)]
        days = [(str(value), words(name), None) for value, name in PERIODS]
        filters = h(
            "div",
            lists.segments(words("Period"), days, str(self._asked.days), act="days"),
            lists.segments(words("User"), people[: FILTERS_MAX + 1], self._asked.user, act="user"),
            lists.segments(words("Kind of record"), kinds, self._asked.entity, act="entity"),
            class_="fb-stack",
        )
        rows = [h("li", self._change(change)) for change in model.changes]
        body = (
            h("ul", rows, class_="fb-rows") if rows else h("p", words("No change here."), class_="fb-card-body fb-meta")
        )
        pager = lists.pager(words, self._asked.first, len(rows), model.total)
        return h("div", filters, lists.card(words("History"), body, pager, actions=check, count=model.total, flush=True),
                 class_="fb-stack")  # fmt: skip

    def _change(self, change: Shown) -> Html:
        words = self._sheet.words
        text, places = labels.sentence(
            change.kind, change.entity, change.lines[0].field if len(change.lines) == 1 else None
        )
        said = words(text, **{name: words(value) for name, value in places.items()})
        title = f"{said}: {change.title}" if change.title and change.entity != "customer" else said
        meta = " · ".join(filter(None, (change.user, words.when(change.at, self._sheet.app.now()), change.device[:8])))
        chip = {
            "waiting": lists.chip(words("Not synced"), "warn", "cloud-upload", small=True),
            "rejected": lists.chip(words("Refused"), "bad", "circle-x", small=True),
        }.get(change.state)
        head = lists.row(title, meta, lead=lists.tile(SYMBOLS.get(change.kind, "history")), end=chip, wrap=True)
        fields = [self._field(change, line) for line in change.lines if line.field]
        if not fields:
            return head
        return h("details", h("summary", head), h("div", fields, class_="fb-change-fields"), class_="fb-change")

    def _field(self, change: Shown, line: Line) -> Html:
        words, field = self._sheet.words, registry.entity(line.entity).field(line.field)

        def side(value: object) -> str:
            text = words.value(line.entity, line.field, value, currency=self._sheet.currency, names=self._names)  # type: ignore[arg-type]
            return (text or words("Not set"))[:TEXT_MAX]

        may = (
            change.kind in (UPDATE, LOST)
            and field.merge not in (Merge.HQ, Merge.IMMUTABLE, Merge.APPEND)
            and self._sheet.may(line.entity, "update", line.field)
        )
        value = line.after if change.kind == LOST else line.before
        back = (
            lists.button(
                words("Put back {value}", value=side(value)[:40]), act="back", arg=f"{change.key}|{line.field}"
            )
            if may
            else None
        )
        name = h("span", words.field(line.entity, line.field), class_="fb-label")
        return h("div", name, h("del", side(line.before)), h("ins", side(line.after)), back, class_="fb-change-field")


def _written(tx: object, line: Line) -> None:
    value = line.after if line.kind == LOST else line.before
    tx.update(line.entity, line.record_id, {line.field: value})  # type: ignore[attr-defined]


def _name(pair: tuple[str, str]) -> str:
    return pair[1]


TAB = Tab("history", N_("History"), build)
