"""The visit brief: one customer on one page, to read in the car or to print before the door opens. Read only.

At `/customers/<id>/brief`. Pure markup that follows every change of the customer; the print rules in the stylesheet keep
it on one sheet of A4, without rail, buttons and coloured grounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from urllib.parse import quote

from nicegui import ui

from mobility_app.domain.change import CREATE, DELETE, RESTORE
from mobility_app.domain.rules import activities, addresses, documents, phones
from mobility_app.domain.rules.lapsed import QUIET_MONTHS, Lapsed
from mobility_app.store.queries import arriving as arriving_queries
from mobility_app.store.queries import brief as queries
from mobility_app.store.queries.arriving import Coming
from mobility_app.store.queries.brief import Billing, Brief, Deed, Person, Request, Unpaid
from mobility_app.store.queries.history import Line
from mobility_app.store.store import Store, Touched
from mobility_app.ui import arriving, lists
from mobility_app.ui.live import Live
from mobility_app.ui.markup import Html, h
from mobility_app.ui.sheet import head
from mobility_app.ui.window import Window
from mobility_app.ui.words import Words

TEXT_LETTERS = 160  # of an outcome or a note; the rest stands in the sheet


@dataclass(frozen=True, slots=True)
class Moment:
    """When and by whom it is read: `now` in UTC milliseconds, the reader's own day, their name."""

    now: int
    day: date
    reader: str


async def build(window: Window, customer_id: str) -> None:
    """Draws the brief and follows the customer."""
    app, words = window.app, window.words

    def read(store: Store, now: int, day: date) -> tuple[Brief | None, str]:
        known = store.identity()
        reader = (store.read("user", known.user_id) or {}).get("name") if known else ""
        return queries.brief(store, customer_id, now, day), str(reader or "")

    async def load() -> tuple[Brief | None, Moment, Coming | None]:
        now, day = app.now(), app.today()
        found, reader = await app.read(read, now, day)
        return found, Moment(now, day, reader), None if found else await app.read(arriving_queries.coming)

    async def act(name: str, arg: str) -> None:
        if name == "print":
            window.run("window.print()")

    with ui.element("div").classes("fb-page"):
        live = Live(load, lambda model: render(words, *model), act)
        live.hold(lists.skeleton(6, words("Visit brief")))

    async def heard(touched: Touched) -> None:
        awaited = live.model is not None and live.model[2] is not None
        if (customer_id in touched.roots or awaited) and not app.locked and not live.gone:
            await live.refresh("sync")
            named()

    def named() -> None:
        found, _, coming = live.model
        brief, missing = words("Visit brief"), words("Customers") if coming else words("Not found")
        window.title(f"{brief} · {found.header.name}" if found else missing)

    window.follow(heard)
    await live.show()
    if live.model[0] is None and live.model[2] is None:
        window.client.status_code = 404
    named()


# -- markup, pure


def render(words: Words, found: Brief | None, moment: Moment, coming: Coming | None = None) -> Html:
    """The whole page. `coming`: where the customer is not here and may be on its way."""
    if found is None:
        return arriving.not_yet(words, coming) if coming else head.missing(words)
    left = [_who(words, found), _next(words, found), _visits(words, found), _notes(words, found)]
    right = [_due(words, found, moment.now), _requests(words, found), _billing(words, found), _stopped(words, found),
             _changes(words, found, moment)]  # fmt: skip
    columns = [h("div", [card for card in cards if card is not None], class_="fb-stack") for cards in (left, right)]
    foot = " · ".join(part for part in (words("Visit brief"), moment.reader, words.date_time(moment.now)) if part)
    return h(
        "div", _heading(words, found), h("div", columns, class_="fb-brief-cols"), h("p", foot, class_="fb-brief-foot"),
        class_="fb-stack fb-brief",
    )  # fmt: skip


def _heading(words: Words, found: Brief) -> Html:
    header = found.header
    here = f"/customers/{header.id}"
    status = None if header.active else lists.chip(words.choice("customer", "status", "inactive"), dot=True)
    title = h("div", h("h1", header.name, class_="fb-title", tabindex="-1"),
              h("p", header.number, " ", status, class_="fb-meta"), class_="fb-who")  # fmt: skip
    back = lists.button(words("Open the sheet"), href=here, symbol="chevron-left")
    press = lists.button(words("Print"), act="print", symbol="printer", kind="primary")
    return h("div", title, back, press, class_="fb-page-head")


def _section(title: str, *body: Html | None, count: int | None = None) -> Html:
    number = None if count is None else str(count)
    return lists.card(title, *body, count=number)


def _line(title: Html | str, meta: Html | str | None = None, end: Html | str | None = None) -> Html:
    """One fact: what, more about it below, an amount or a day at the right."""
    text = h("div", h("div", title, class_="fb-strong"), h("div", meta, class_="fb-meta") if meta else None)
    return h("li", text, h("span", end, class_="fb-num") if end else None)


def _facts(lines: list[Html], more: str = "") -> Html:
    rest = h("li", h("span", more, class_="fb-meta")) if more else None
    return h("ul", lines, rest, class_="fb-brief-list")


def _who(words: Words, found: Brief) -> Html:
    header = found.header
    dial = partial(_phone, region=header.region)
    lines = []
    if header.phone:
        lines.append(_line(dial(header.phone), words("Main telephone")))
    lines += [_person(words, one, dial(one.phone) if one.phone else None) for one in found.people]
    if header.address:
        place = addresses.formatted(header.address, words.language, header.company_country)
        lines.append(_line(h("span", "\n".join(place), class_="fb-pre"), words("Address")))
    day = header.customer["preferred_weekday"]
    if isinstance(day, int):
        lines.append(_line(words.weekday(day), words.field("customer", "preferred_weekday")))
    empty = h("p", words("No telephone, contact or address yet."), class_="fb-meta")
    return _section(words("Who and where"), _facts(lines) if lines else empty)


def _phone(number: str, region: str) -> Html:
    href = f"tel:{quote(number, safe='+')}"
    return h("a", phones.shown(number, region or None), class_="fb-link", href=href)


def _person(words: Words, one: Person, phone: Html | None) -> Html:
    name = " ".join(part for part in (one.first_name, one.last_name) if part) or words("Without name")
    return _line(name, one.job_title or None, phone)


def _when(words: Words, deed: Deed) -> str:
    if deed.at is None:
        return words("Without a day")
    until = f"–{words.time(deed.ends_at)}" if deed.ends_at and deed.kind == "appointment" else ""
    return f"{words.day(deed.at)} {words.time(deed.at)}{until}"


def _next(words: Words, found: Brief) -> Html:
    if found.next is None:
        body = h("p", words("No appointment is planned."), class_="fb-meta")
    else:
        deed = found.next
        body = _facts(
            [_line(deed.title, " · ".join(part for part in (deed.place, deed.who) if part), _when(words, deed))]
        )
    return _section(words("Next appointment"), body)


def _visits(words: Words, found: Brief) -> Html:
    lines = []
    for deed in found.visits:
        kind = words.choice("activity", "kind", deed.kind)
        said = h("span", deed.said[:TEXT_LETTERS], class_="fb-brief-said") if deed.said else None
        meta = h("span", " · ".join(part for part in (kind, deed.who) if part), said)
        lines.append(_line(deed.title, meta, words.date(deed.at) if deed.at is not None else None))
    body = _facts(lines) if lines else h("p", words("Nobody has been here yet."), class_="fb-meta")
    return _section(words("Last visits and calls"), body)


def _notes(words: Words, found: Brief) -> Html | None:
    text = str(found.header.customer["notes"] or "")
    return _section(words("Quick notes"), h("p", text, class_="fb-pre fb-brief-notes")) if text else None


def _due(words: Words, found: Brief, now: int) -> Html:
    lines = []
    for deed in found.due:
        late = activities.overdue({"status": "open", "due_at": deed.at, "ends_at": deed.ends_at}, now)
        end = h("span", _when(words, deed), class_="fb-late" if late else None)
        meta = " · ".join(part for part in (words.choice("activity", "kind", deed.kind), deed.who) if part)
        lines.append(_line(deed.title, meta, end))
    rest = found.due_count - len(lines)
    more = words.n("{n} more activity", "{n} more activities", rest) if rest > 0 else ""
    body = _facts(lines, more) if lines else h("p", words("Nothing is due"), class_="fb-meta")
    return _section(words("What is due"), body, count=found.due_count or None)


def _requests(words: Words, found: Brief) -> Html | None:
    if not found.requests:
        return None
    rest = found.request_count - len(found.requests)
    more = words.n("{n} more request", "{n} more requests", rest) if rest > 0 else ""
    lines = [_request(words, one) for one in found.requests]
    return _section(words("Open requests"), _facts(lines, more), count=found.request_count)


def _request(words: Words, one: Request) -> Html:
    meta = h(
        "span",
        one.reference,
        h("span", one.last_note[:TEXT_LETTERS], class_="fb-brief-said") if one.last_note else None,
    )
    title = one.description.split("\n")[0] or one.reference
    return _line(h("span", title, class_="fb-brief-one"), meta, words.percent(one.progress))


def _billing(words: Words, found: Brief) -> Html | None:
    billing, header = found.billing, found.header
    if billing is None:
        return None
    lines = [_unpaid(words, one) for one in billing.unpaid]
    rest = billing.count - len(lines)
    more = words.n("{n} more document", "{n} more documents", rest) if rest > 0 else ""
    used, limit = words.money(header.credit_used_minor, header.currency), header.customer["credit_limit_minor"]
    if isinstance(limit, int):
        credit = words("Credit {used} of {limit}", used=used, limit=words.money(limit, header.currency))
    else:
        credit = words("Credit used {used}", used=used)
    over = isinstance(limit, int) and header.credit_used_minor > limit
    credit_line = h("p", h("span", credit, class_="fb-late" if over else None), class_="fb-meta fb-num")
    body = _facts(lines, more) if lines else h("p", words("Everything is paid."), class_="fb-meta")
    return _section(words("Unpaid documents"), _sums(words, billing), body, credit_line, count=billing.count or None)


def _sums(words: Words, billing: Billing) -> Html | None:
    if not billing.owed:
        return None
    owed = words.list(words.money(minor, currency) for currency, minor in billing.owed)
    late = words.list(words.money(minor, currency) for currency, minor in billing.overdue)
    said = words("of which {amount} overdue", amount=late) if billing.overdue else ""
    return h("p", h("b", owed, class_="fb-strong fb-num"), " ", h("span", said, class_="fb-late") if said else None)


def _unpaid(words: Words, one: Unpaid) -> Html:
    late = one.state == documents.OVERDUE
    due = words("due {day}", day=words.date(one.due_on)) if one.due_on else words.choice("document", "kind", one.kind)
    return _line(
        one.number, h("span", due, class_="fb-late" if late else None), words.money(one.owed_minor, one.currency)
    )


def _stopped(words: Words, found: Brief) -> Html | None:
    if found.billing is None or not found.billing.stopped:
        return None
    lines = [_lapsed(words, one, found.header.currency) for one in found.billing.stopped]
    title = words.n("Not bought for {n} month", "Not bought for {n} months", QUIET_MONTHS)
    return _section(title, _facts(lines))


def _lapsed(words: Words, one: Lapsed, currency: str) -> Html:
    usual = words("{amount} in a usual month", amount=words.money(one.usual_minor, currency, whole=True))
    return _line(one.thing, usual, words("last {day}", day=words.date(one.last_on)))


def _changes(words: Words, found: Brief, moment: Moment) -> Html | None:
    if found.since is None:
        return None
    lines = [_change(words, found, line, moment.now) for line in found.changes]
    rest = found.change_count - len(lines)
    more = words.n("{n} more change", "{n} more changes", rest) if rest > 0 else ""
    body = _facts(lines, more) if lines else h("p", words("Nothing has changed."), class_="fb-meta")
    title = words("Changed since you were here, {day}", day=words.date(found.since))
    return _section(title, body, count=found.change_count or None)


def _change(words: Words, found: Brief, line: Line, now: int) -> Html:
    """The field with what it was and is now; a record that came or went, by its name."""
    value = partial(words.value, line.entity, line.field, currency=found.header.currency, names=found.names)
    who = words("The office") if line.user == "HQ" else line.user
    meta = f"{who}, {words.when(line.at, now)}"
    if line.kind in (CREATE, DELETE, RESTORE):
        deed = {CREATE: words.p("change", "New"), DELETE: words.p("change", "Deleted")}.get(
            line.kind, words.p("change", "Brought back")
        )
        name = line.before if line.kind == DELETE else line.after
        title = f"{words.entity(line.entity)}: {name}" if name else words.entity(line.entity)
        return _line(h("span", title, class_="fb-brief-one"), f"{deed} · {meta}")
    before, after = value(line.before) or words("empty"), value(line.after) or words("empty")
    label = words.field(line.entity, line.field)
    return _line(h("span", f"{label}: {before} → {after}", class_="fb-brief-one"), meta)
