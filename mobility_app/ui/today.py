"""Today: what is late, today's and the coming days' agenda, overdue invoices, requests that wait, news from the office.

One page of markup that follows every change. A row opens its record; its buttons call, close (with a way back) or open
the visit brief. Looking at it is what makes news seen (`store/actions/visits.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from urllib.parse import quote

from nicegui import ui

from mobility_app.errors import MobilityError
from mobility_app.store.actions import visits
from mobility_app.store.queries import arriving as arriving_queries
from mobility_app.store.queries import news as news_queries
from mobility_app.store.queries import today as queries
from mobility_app.store.queries.arriving import Coming
from mobility_app.store.queries.news import Found, News
from mobility_app.store.queries.today import COUNT_MAX, DAYS_AHEAD, Due, Overdue, Owed, Request, Today
from mobility_app.store.store import Touched
from mobility_app.sync.status import Status
from mobility_app.ui import arriving, lists
from mobility_app.ui.live import Live
from mobility_app.ui.markup import Html, h
from mobility_app.ui.window import Window
from mobility_app.ui.words import Words

FIELDS_MAX = 3  # fields of a customer that one line of news names
TITLE_LETTERS = 80


@dataclass(frozen=True, slots=True)
class Picture:
    """All that the view shows; `now` in UTC milliseconds, `day` the reader's own."""

    today: Today
    news: Found
    now: int
    day: date
    coming: Coming | None = None
    status: Status = field(default_factory=Status)


async def build(window: Window) -> None:
    """Draws the view and follows every change."""
    words, app = window.words, window.app
    window.title(words("Today"))
    since = await app.act(visits.look, app.now())

    async def load() -> Picture:
        now, day = app.now(), app.today()
        found = await app.read(queries.today, now, day.isoformat())
        news, coming = await app.read(news_queries.news, since), await app.read(arriving_queries.coming)
        return Picture(found, news, now, day, coming, app.status)

    async def act(name: str, arg: str) -> None:
        if name == "close":
            await _close(window, arg)

    with ui.element("div").classes("fb-page"):
        live = Live(load, lambda picture: render(words, picture), act)
        live.hold(lists.skeleton(4, words("Today")))

    async def heard(touched: Touched) -> None:
        if not app.locked and not live.gone:
            await live.refresh("sync")

    window.follow(heard)
    await live.show()


async def _close(window: Window, activity_id: str) -> None:
    async def set_status(status: str) -> bool:
        try:
            await window.app.write(lambda tx: tx.update("activity", activity_id, {"status": status}))
        except MobilityError as error:
            window.fail(error)
            return False
        return True

    async def reopen() -> None:
        await set_status("open")

    if await set_status("closed"):
        window.toast(window.words("Activity closed"), reopen)
        window.run("fb.heading()")


# -- markup, pure


def render(words: Words, picture: Picture) -> Html:
    """The whole view."""
    day = picture.day
    date_text = f"{words.weekday(day.weekday())}, {words.date(day)}"
    heading = lists.page_head(words("Today"), h("span", date_text, class_="fb-meta"))
    side = [_invoices(words, picture), _requests(words, picture), _news(words, picture)]
    shown = [card for card in side if card is not None]
    main = h("div", _agenda(words, picture), class_="fb-stack")
    body = h("div", main, h("div", shown, class_="fb-side"), class_="fb-cols") if shown else main
    return h("div", heading, arriving.card(words, picture.coming, picture.status), body, class_="fb-stack")


def _agenda(words: Words, picture: Picture) -> list[Html]:
    found = picture.today
    near = [due for due in found.coming if words.moment(due.at).date() <= picture.day]
    later = [due for due in found.coming if words.moment(due.at).date() > picture.day]
    more = found.coming_count - len(found.coming)
    cards = []
    if found.overdue:
        rows = [_row(words, due, late=True) for due in found.overdue]
        rest = _rest(words, found.overdue_count - len(found.overdue))
        cards.append(lists.card(words("Overdue"), lists.rows(*rows), rest, count=_count(words, found.overdue_count),
                                flush=True))  # fmt: skip
    if near:
        rows = [_row(words, due) for due in near]
        cards.append(lists.card(words("Today"), lists.rows(*rows), count=len(near), flush=True))
    if later:
        title = words.n("The next {n} day", "The next {n} days", DAYS_AHEAD)
        rows = [_row(words, due, day=True) for due in later]
        cards.append(lists.card(title, lists.rows(*rows), _rest(words, more), flush=True))
    if cards:
        return cards
    action = lists.button(words("Customers"), href="/customers")
    text = words("Activities that are due stand here, appointments with their time and place.")
    return [h("section", lists.empty("calendar-days", words("Nothing is due"), text, action), class_="fb-card")]


def _rest(words: Words, more: int) -> Html | None:
    if more <= 0:
        return None
    return h("p", words.n("{n} more activity", "{n} more activities", more), class_="fb-card-body fb-meta")


def _count(words: Words, count: int) -> str:
    return words.number(count) if count <= COUNT_MAX else f"{words.number(COUNT_MAX)}+"


def _row(words: Words, due: Due, *, late: bool = False, day: bool = False) -> Html:
    """When, what, with whom and where; then the brief of a visit (the telephone stands in it) or the call, and "done"."""
    when = h(
        "span",
        h("span", words.day(due.at), class_="fb-when-d") if late or day else None,
        h("span", words.time(due.at), class_="fb-when-t"),
        h("span", "–", words.time(due.ends_at), class_="fb-when-d") if due.ends_at and not late else None,
        class_="fb-when fb-when-late" if late else "fb-when",
    )
    meta = " · ".join(
        part for part in (due.customer_name, words.choice("activity", "kind", due.kind), due.place) if part
    )
    ends: list[Html | None] = []
    if due.kind == "appointment":
        brief = words("Visit brief of {name}", name=due.customer_name)
        ends.append(lists.icon_button("clipboard-list", brief, href=f"/customers/{due.customer_id}/brief"))
    elif due.phone:
        number = due.phone if due.phone.startswith("+") else quote(due.phone)
        ends.append(lists.icon_button("phone", words("Call {name}", name=due.customer_name), href=f"tel:{number}"))
    ends.append(lists.icon_button("check", words("Close {title}", title=due.title), act="close", arg=due.id))
    return lists.row(
        due.title, meta, href=f"/customers/{due.customer_id}/activities/{due.id}", lead=when, end=ends, wrap=True
    )


def _invoices(words: Words, picture: Picture) -> Html | None:
    found = picture.today
    if not found.invoices:
        return None
    sums = [_owed(words, owed) for owed in found.owed]
    rows = [_invoice(words, one, picture.day) for one in found.invoices]
    count = sum(owed.count for owed in found.owed)
    return lists.card(
        words("Overdue invoices"), h("div", sums, class_="fb-card-body"), lists.rows(*rows), count=words.number(count),
        flush=True,
    )  # fmt: skip


def _owed(words: Words, owed: Owed) -> Html:
    return h("p", words.money(owed.owed_minor, owed.currency), class_="fb-figure")


def _invoice(words: Words, one: Overdue, today: date) -> Html:
    days = (today - date.fromisoformat(one.due_on)).days
    late = words.n("{n} day late", "{n} days late", days)
    amount = h("span", words.money(one.owed_minor, one.currency), class_="fb-row-amount")
    return lists.row(
        one.customer_name, h("span", one.number, " · ", h("span", late, class_="fb-late")),
        href=f"/customers/{one.customer_id}/documents/{one.id}", end=amount, wrap=True,
    )  # fmt: skip


def _requests(words: Words, picture: Picture) -> Html | None:
    found = picture.today
    if not found.requests:
        return None
    rows = [_request(words, one, picture.now) for one in found.requests]
    rest = found.request_count - len(rows)
    more = words.n("{n} more request", "{n} more requests", rest)
    return lists.card(
        words("Requests that wait"), lists.rows(*rows), h("p", more, class_="fb-card-body fb-meta") if rest > 0 else None,
        count=_count(words, found.request_count), flush=True,
    )  # fmt: skip


def _request(words: Words, one: Request, now: int) -> Html:
    title = one.description.split("\n")[0][:TITLE_LETTERS] or one.reference
    since = words.date(one.opened_at) if one.opened_at is not None else ""
    meta = " · ".join(part for part in (one.customer_name, one.reference, since) if part)
    urgent = lists.chip(words.choice("ticket", "priority", one.priority), "warn") if one.priority == "high" else None
    done = h("span", words.percent(one.progress), class_="fb-meta fb-num") if one.progress else None
    return lists.row(
        title, meta, href=f"/customers/{one.customer_id}/support/{one.id}", end=[urgent, done] if urgent or done else None,
        wrap=True,
    )  # fmt: skip


def _news(words: Words, picture: Picture) -> Html | None:
    found = picture.news
    if not found.rows:
        return None
    since = words("Since {time}", time=words.when(found.since, picture.now)) if found.since is not None else None
    rows = [_new(words, one, picture.now) for one in found.rows]
    rest = found.customers - len(rows)
    more = words.n("{n} more customer", "{n} more customers", rest)
    return lists.card(
        words("New from the office"), h("p", since, class_="fb-card-body fb-meta") if since else None, lists.rows(*rows),
        h("p", more, class_="fb-card-body fb-meta") if rest > 0 else None, count=words.number(found.customers), flush=True,
    )  # fmt: skip


def _new(words: Words, one: News, now: int) -> Html:
    who = one.who or words("The office")
    meta = f"{told(words, one.fields, one.records)} · {who}, {words.when(one.at, now)}"
    return lists.row(one.customer_name, meta, href=f"/customers/{one.customer_id}/history", wrap=True)


def told(words: Words, fields: tuple[str, ...], records: tuple[tuple[str, int], ...]) -> str:
    """What changed of a customer in a few words: its own fields by name, other records by kind and number."""
    names = [words.field("customer", field) for field in fields[:FIELDS_MAX]]
    if len(fields) > FIELDS_MAX:
        names.append(words.n("{n} more field", "{n} more fields", len(fields) - FIELDS_MAX))
    for entity, count in records:
        names.append(words.entity(entity) if count == 1 else f"{words.entity(entity)} ({words.number(count)})")
    return words.list(names)
