"""Tab "History": every modification of the sheet and of what hangs on it, newest first, from the change log itself.

A click opens the fields before and after; a value from the past can be put back and what was deleted brought back, as a
new modification. "Check history" verifies the chain: an entry that was altered or removed is found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from mobility_app.domain import access, registry
from mobility_app.domain.change import CREATE, DELETE, LOST, RESTORE, UPDATE, Row
from mobility_app.errors import MobilityError
from mobility_app.store import verify
from mobility_app.store.queries.history_page import AT_HQ, COMING, HQ, PAGE_CHANGES, Asked, HistoryPage, Shown, page
from mobility_app.store.store import Store
from mobility_app.store.writing import Writing
from mobility_app.sync.status import OFFLINE, STOPPED, Status
from mobility_app.ui import lists
from mobility_app.ui.live import Live
from mobility_app.ui.markup import Html, h, icon
from mobility_app.ui.names import N_
from mobility_app.ui.sheet import changes
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.tab import Tab
from mobility_app.ui.words import Words

PERIODS = ((0, N_("Any time")), (7, N_("7 days")), (30, N_("30 days")), (365, N_("12 months")))
KINDS = {
    CREATE: N_("Additions"),
    UPDATE: N_("Modifications"),
    DELETE: N_("Deletions"),
    RESTORE: N_("Brought back"),
    LOST: N_("Conflicts"),
}
PEOPLE_MAX = 40
OPEN_MAX = 50
FILTERS = "filters"  # beside the keys of changes


async def build(sheet: Sheet) -> None:
    """Draws the list."""
    await _View(sheet).show()


class _View:
    """The tab with its filters, its place, and which changes stand open."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet, self._asked = sheet, Asked()
        self._live: Live | None = None
        self._open: dict[str, None] = {}

    async def show(self) -> None:
        self._live = await self._sheet.live(self._load, self._render, self._asked, on_act=self._act)
        self._sheet.app.status_changed.subscribe(self._follow_status)

    def _follow_status(self) -> None:
        """What is older can be loaded as soon as the office can be reached."""
        if self._live is None or self._live.gone:
            self._sheet.app.status_changed.unsubscribe(self._follow_status)
        elif not self._sheet.app.locked and self._live.model.earlier == AT_HQ:
            self._live.draw()

    def _load(self, store: Store, customer_id: str, asked: Asked) -> HistoryPage:
        return page(store, customer_id, asked, self._sheet.app.now())

    async def _ask(self, **filters: object) -> None:
        assert self._live is not None
        self._asked = replace(self._asked, **{"first": 0, **filters})  # type: ignore[arg-type]
        await self._live.show(self._asked)

    async def _act(self, act: str, arg: str) -> None:
        match act:
            case "user" | "kind" | "entity":
                await self._ask(**{act: arg})
            case "days":
                await self._ask(days=int(arg))
            case "page":
                await self._ask(first=int(arg))
            case "open":
                self._toggle(arg)
            case "verify":
                await self._verify()
            case "older":
                await self._older()
            case "back":
                key, _, name = arg.rpartition("|")
                await self._written(key, partial(put_back, field=name), self._sheet.words("The earlier value is back"))
            case "restore":
                await self._written(arg, bring_back, self._sheet.words("It is back"))

    def _toggle(self, key: str) -> None:
        """The page opens it by itself; this keeps it open over a refresh."""
        if key in self._open:
            self._open.pop(key)
        elif len(self._open) < OPEN_MAX:
            self._open[key] = None
        assert self._live is not None
        self._live.draw()

    async def _verify(self) -> None:
        sheet, words = self._sheet, self._sheet.words
        if not comes_whole(sheet):
            sheet.toast(words("This device holds only a part of this history, so it cannot be checked here."))
            return
        found = await sheet.app.read(verify.faults, sheet.customer_id)
        if found:
            text = ("{n} entry of this history was altered.", "{n} entries of this history were altered.")
            sheet.fail(words.n(*text, len(found)))
        else:
            sheet.fail("")
            sheet.toast(words("The history is whole."))

    async def _older(self) -> None:
        """What comes is told to the view as any other news; the list stays where it was read."""
        sheet = self._sheet
        try:
            came = await sheet.app.db_call(sheet.app.backend.older, sheet.customer_id)
        except MobilityError as error:
            sheet.fail(error)
            return
        sheet.fail("")
        sheet.announce(sheet.words.n("{n} older entry loaded", "{n} older entries loaded", came))

    async def _written(self, key: str, verb: Callable[..., None], done: str) -> None:
        assert self._live is not None
        model: HistoryPage = self._live.model
        change = next((change for change in model.changes if change.key == key), None)
        if change is not None:
            await self._sheet.write(partial(verb, change=change), done=done)

    def _render(self, model: HistoryPage) -> Html:
        return render(self._sheet, model, self._asked, self._open, self._sheet.app.status)


def comes_whole(sheet: Sheet) -> bool:
    """Whether every entry of this customer comes to this device: only then its chain can be followed."""
    actor, customer = sheet.app.actor, sheet.header.customer
    if actor is None or not actor.holds(str(customer["company_id"]), str(customer["territory_id"])):
        return False
    return all(access.may(actor.role, one.right, "read") for one in registry.ENTITIES)


def earlier(change: Shown, field: str) -> Row:
    """What putting a field back writes: its value of before, or the one that lost; with it those of its group."""
    one = registry.entity(change.entity)
    chosen = one.field(field)
    together = one.group(chosen)
    return {
        line.field: line.after if change.kind == LOST else line.before
        for line in change.lines
        if line.field in together and line.field
    }


def put_back(tx: Writing, change: Shown, field: str) -> None:
    """Writes the earlier value as a new modification."""
    tx.update(change.entity, change.record_id, earlier(change, field))


def bring_back(tx: Writing, change: Shown) -> None:
    """Brings a deleted record back, with what went with it."""
    tx.restore(change.entity, change.record_id)


def render(sheet: Sheet, model: HistoryPage, asked: Asked, opened: dict[str, None], status: Status = Status()) -> Html:
    """Filters, a page of changes, and on the last one what became of those before it."""
    words = sheet.words
    if not model.entities and model.earlier not in (COMING, AT_HQ):
        return lists.empty("history", words("No history"), words("Every change of this customer is listed here."))
    shown = [h("li", changes.one(sheet, change, model.names, change.key in opened)) for change in model.changes]
    nothing = h("p", words("No change here."), class_="fb-card-body fb-meta")
    body = h("ul", shown, class_="fb-rows") if shown else nothing
    pager = lists.pager(words, asked.first, len(shown), model.total)
    check = lists.button(words("Check history"), act="verify", symbol="circle-check", kind="ghost")
    last = asked.first + PAGE_CHANGES >= model.total
    before = _before(words, model.earlier, status) if last else None
    card = lists.card(words("History"), body, pager, before, actions=check, count=words.number(model.total), flush=True)
    return h("div", _filters(sheet, model, asked, FILTERS in opened), card, class_="fb-stack")


def _before(words: Words, earlier: str, status: Status) -> Html | None:
    """The last two years come by themselves; what is older, when somebody asks."""
    if earlier == COMING:
        return h("p", words("Older history is still on its way."), class_="fb-card-body fb-meta")
    if earlier != AT_HQ:
        return None
    if status.state in (OFFLINE, STOPPED):
        text = words("Older history lies at the office. It can be loaded when this device is online.")
        return h("p", text, class_="fb-card-body fb-meta")
    button = lists.button(words("Load older history"), act="older", symbol="history")
    return h("div", button, class_="fb-card-body")


def _filters(sheet: Sheet, model: HistoryPage, asked: Asked, opened: bool) -> Html:
    words = sheet.words
    days = [(str(value), words(name), None) for value, name in PERIODS]
    people = [
        ("", words("Everybody"), None),
        *(
            (key, words("The office") if key == HQ else name, None)
            for key, name in list(model.users.items())[:PEOPLE_MAX]
        ),
    ]
    kinds = [("", words("All kinds"), None)]
    kinds += [(kind, words(name), None) for kind, name in KINDS.items() if kind in model.kinds]
    entities = [("", words("Everything"), None)]
    entities += sorted(((key, words.entity(key), None) for key in model.entities), key=lambda option: option[1])
    rest = [
        lists.segments(words("User"), people, asked.user, act="user") if len(people) > 2 else None,
        lists.segments(words("Kind of change"), kinds, asked.kind, act="kind") if len(kinds) > 2 else None,
        lists.segments(words("Kind of record"), entities, asked.entity, act="entity") if len(entities) > 2 else None,
    ]
    button = h("summary", icon("list-filter"), h("span", words("More filters")), class_="fb-btn", data_act="open",
               data_arg=FILTERS)  # fmt: skip
    more = h("details", button, h("div", rest, class_="fb-stack"), class_="fb-filters",
             open=opened or bool(asked.user or asked.kind or asked.entity))  # fmt: skip
    period = lists.segments(words("Period"), days, str(asked.days), act="days")
    return h("div", period, more if any(rest) else None, class_="fb-stack")


TAB = Tab("history", N_("History"), build)
