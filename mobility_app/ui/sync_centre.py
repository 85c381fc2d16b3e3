"""The sync centre: the state of sync, what waits, what was refused and why, open conflicts, and "Sync now".

Follows every commit and every change of state. What a person decides goes through `store/actions/settle.py`; a refused
value that is edited again becomes a draft of its customer's sheet, which then offers to go on with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nicegui import ui

from mobility_app.domain import access, registry
from mobility_app.domain.change import CREATE, DELETE, RESTORE, UPDATE
from mobility_app.errors import MobilityError
from mobility_app.store.actions import settle
from mobility_app.store.queries import arriving as arriving_queries
from mobility_app.store.queries import sync_centre as queries
from mobility_app.store.queries import travels
from mobility_app.store.queries.arriving import Coming
from mobility_app.store.queries.mended import Mended, mended
from mobility_app.store.queries.sync_centre import Clash, Pending, Place, Refusal, Unsettled
from mobility_app.store.queries.travels import NO_FILES, OnTheWay
from mobility_app.store.store import Touched
from mobility_app.sync.status import OFFLINE, STOPPED, SYNCING, Status
from mobility_app.ui import arriving, decisions, lists, marks, mended_card, progress, sync_files
from mobility_app.ui.decisions import Desk
from mobility_app.ui.live import Live
from mobility_app.ui.markup import Html, h
from mobility_app.ui.sheet.editing import EditSession
from mobility_app.ui.sheet.head import TAB_OF
from mobility_app.ui.window import Window
from mobility_app.ui.words import Words

FIELDS_MAX = 4  # fields that one line names
WAITING_ROWS = 4  # of the skeleton


@dataclass(frozen=True, slots=True)
class Picture:
    """All that the view shows: what is not settled, and the state of sync."""

    unsettled: Unsettled
    status: Status
    now: int
    may_settle: bool
    files: OnTheWay = NO_FILES
    mended: tuple[tuple[Mended, ...], int] = ((), 0)
    coming: Coming | None = None


async def build(window: Window) -> None:
    """Draws the view and follows."""
    app, words = window.app, window.words
    window.title(words("Sync"))

    async def load() -> Picture:
        found = await app.read(queries.unsettled)
        role = app.actor.role if app.actor else ""
        may = bool(role) and access.may(role, registry.entity("conflict").right, "update")
        files, put_right = await app.read(travels.on_the_way), await app.read(mended)
        coming = await app.read(arriving_queries.coming)
        return Picture(found, app.status, app.now(), may, files, put_right, coming)

    async def act(name: str, arg: str) -> None:
        await _act(window, name, arg)

    with ui.element("div").classes("fb-page"):
        live = Live(load, lambda picture: render(words, picture), act)
        live.hold(lists.skeleton(WAITING_ROWS, words("Sync")))

    async def follow() -> None:
        if not live.gone and not app.locked:
            await live.refresh("sync")

    async def heard(touched: Touched) -> None:
        await follow()

    app.status_changed.subscribe(follow)
    window.on_leave(lambda: app.status_changed.unsubscribe(follow))
    window.follow(heard)
    await live.show()


async def _act(window: Window, name: str, arg: str) -> None:
    app = window.app
    try:
        match name:
            case "sync":
                app.backend.sync_now()
                window.announce(window.words("Syncing"))
            case "again" if arg.lstrip("-").isdecimal():
                await _edit_again(window, int(arg))
            case _:
                await decisions.act(Desk(app, window.toast), name, arg)
    except MobilityError as error:
        window.fail(error)


async def _edit_again(window: Window, dseq: int) -> None:
    """Keeps the refused values as a draft of the sheet, puts the note away and opens the sheet, which offers to go on."""
    app = window.app
    found = await app.read(queries.refusal, dseq)
    if found is None:
        return
    place = found.change.place
    row = await app.read(lambda store: store.read(place.entity, place.record_id))
    if row is not None:
        position = await app.read(lambda store: store.position(place.customer_id))
        session = EditSession(app, place.customer_id, place.currency, app.store.new_id(), position)
        session.load(place.entity, [row])
        for field, value in found.change.wanted:
            session.put((place.entity, place.record_id, field), value)
        await session.pause()
        await app.act(settle.dismiss, dseq)
    window.go(href_of(place))


# -- markup, pure


def render(words: Words, picture: Picture) -> Html:
    """The whole view."""
    unsettled = picture.unsettled
    button = lists.button(words("Sync now"), act="sync", symbol="refresh-cw", kind="primary")
    parts = [
        lists.page_head(words("Sync"), button),
        _problem(words, picture.status),
        arriving.card(words, picture.coming, picture.status) or progress.bar(words, picture.status.progress),
        _figures(words, picture),
        _clash_card(words, picture),
        _refused_card(words, picture),
        _outcome_card(words, picture),
        _waiting_card(words, picture),
        _parked_card(words, picture),
        sync_files.card(words, picture.files),
    ]
    counts = (unsettled.waiting_count, unsettled.parked_count, unsettled.refused_count, unsettled.clash_count)
    if not (picture.files.up or any(counts)):
        text = words("Everything you did has reached the office.")
        parts.append(lists.empty("cloud-check", words("Nothing waits"), text))
    parts.append(mended_card.card(words, *picture.mended, picture.now))
    return h("div", parts, class_="fb-stack")


def _problem(words: Words, status: Status) -> Html | None:
    if not status.problem:
        return None
    text = words.problem(status.problem)
    if status.retry_at:
        text = words("Not sent: {cause} We will try again at {time}.", cause=text, time=words.time(status.retry_at))
    tone = "bad" if status.state == STOPPED else "warn"
    return lists.notice(tone, text, symbol="triangle-alert")


def _figures(words: Words, picture: Picture) -> Html:
    status, unsettled = picture.status, picture.unsettled
    states = {OFFLINE: words("Offline"), SYNCING: words("Syncing"), STOPPED: words("Stopped")}
    last = words.when(status.last_sync_at, picture.now) if status.last_sync_at else words("Not synced yet")
    said = words("Last sync {time}", time=last) if status.last_sync_at else last
    if status.retry_at:
        again = words("next try {time}", time=words.time(status.retry_at))
        said = f"{said} · {again}"
    return h(
        "div",
        lists.figure(words("State"), states.get(status.state, words("Online")), said),
        lists.figure(
            words("Waiting"), words.number(unsettled.waiting_count), words("Changes that are sent with the next sync")
        ),
        lists.figure(
            words("Refused"), words.number(unsettled.refused_count), words("Changes that the office did not take")
        ),
        lists.figure(
            words("Conflicts"), words.number(unsettled.clash_count), words("Fields that two people changed")
        ),
        class_="fb-grid-4",
    )  # fmt: skip


def href_of(place: Place) -> str:
    """Where the record is shown; empty where it hangs on no customer."""
    if not place.customer_id:
        return ""
    return f"/customers/{place.customer_id}/{TAB_OF.get(place.entity, 'details')}"


def _what(words: Words, place: Place) -> str:
    """ "Contact Ana Silva" or, for the customer itself, its name."""
    if place.entity == "customer":
        return place.customer_name or place.title or words.entity("customer")
    return f"{words.entity(place.entity)} {place.title}".strip()


def _whose(place: Place) -> str:
    return place.customer_name if place.entity != "customer" else ""


def _deed(words: Words, change: Pending) -> str:
    """What was done: which fields, or that it was made, deleted or brought back."""
    match change.kind:
        case "create":
            return words.p("change", "New")
        case "delete":
            return words.p("change", "Deleted")
        case "restore":
            return words.p("change", "Brought back")
    names = [words.field(change.place.entity, field) for field, _ in change.wanted]
    if len(names) > FIELDS_MAX:
        more = len(names) - FIELDS_MAX
        names = [*names[:FIELDS_MAX], words.n("{n} more field", "{n} more fields", more)]
    return words.list(names) if names else words.p("change", "Changed")


def _waiting_card(words: Words, picture: Picture) -> Html | None:
    unsettled = picture.unsettled
    if not unsettled.waiting_count:
        return None
    rows = [_waiting_row(words, one, picture.now) for one in unsettled.waiting]
    rest = unsettled.waiting_count - len(rows)
    more = h("p", words.n("{n} more change waits.", "{n} more changes wait.", rest), class_="fb-card-body fb-meta")
    return lists.card(
        words("Waiting for the office"), lists.rows(*rows), more if rest > 0 else None,
        count=words.number(unsettled.waiting_count), flush=True,
    )  # fmt: skip


def _parked_card(words: Words, picture: Picture) -> Html | None:
    unsettled = picture.unsettled
    if not unsettled.parked_count:
        return None
    said = words(
        "The office still has an older version of the program. What you do is kept and is sent after its update."
    )
    rows = [_waiting_row(words, one, picture.now) for one in unsettled.parked]
    return lists.card(
        words("Waiting for an update of the office"), h("p", said, class_="fb-card-body fb-meta"), lists.rows(*rows),
        count=words.number(unsettled.parked_count), flush=True,
    )  # fmt: skip


def _waiting_row(words: Words, one: Pending, now: int) -> Html:
    meta = " · ".join(part for part in (_deed(words, one), _whose(one.place), words.when(one.at, now)) if part)
    return lists.row(
        _what(words, one.place), meta, href=href_of(one.place), lead=lists.tile(_SYMBOLS[one.kind]), wrap=True
    )


_SYMBOLS: Mapping[str, str] = {CREATE: "plus", UPDATE: "pencil", DELETE: "trash-2", RESTORE: "undo-2"}


def _refused_card(words: Words, picture: Picture) -> Html | None:
    unsettled = picture.unsettled
    if not unsettled.refused_count:
        return None
    rows = [_refused_row(words, one, unsettled.names, picture.now) for one in unsettled.refused]
    rest = unsettled.refused_count - len(rows)
    more = h(
        "p", words.n("{n} more change was refused.", "{n} more changes were refused.", rest), class_="fb-card-body"
    )
    return lists.card(
        words("Refused by the office"),
        lists.rows(*rows),
        more if rest > 0 else None,
        count=words.number(unsettled.refused_count),
        flush=True,
    )


def _refused_row(words: Words, one: Refusal, names: Mapping[str, str], now: int) -> Html:
    change, place = one.change, one.change.place
    said = [_why(words, one, field, value, names) for field, value in change.wanted[:FIELDS_MAX]]
    if not said or change.kind in (CREATE, DELETE, RESTORE):
        said = [h("p", f"{_deed(words, change)}: ", words.reason(one.reason), class_="fb-why")]
    meta = " · ".join(part for part in (_whose(place), words.when(change.at, now)) if part)
    title = (
        h("a", _what(words, place), class_="fb-link", href=href_of(place)) if place.customer_id else _what(words, place)
    )
    number = str(change.dseq)
    acts = [
        _again(words, change),
        lists.button(words("Send again"), act="resend", arg=number, kind="ghost") if place.here else None,
        lists.button(words("Dismiss"), act="dismiss", arg=number, kind="ghost"),
    ]
    text = h("div", h("div", title, class_="fb-row-t"), h("div", meta, class_="fb-row-m"), said, class_="fb-row-main")
    return h(
        "div", lists.tile("circle-x"), text, h("div", acts, class_="fb-row-end"), class_="fb-row fb-row-wrap fb-refused"
    )


def _why(words: Words, one: Refusal, field: str, value: object, names: Mapping[str, str]) -> Html:
    place = one.change.place
    shown = words.value(place.entity, field, value, currency=place.currency, names=names)  # type: ignore[arg-type]
    reason = words.reason(one.reasons.get(field, one.reason))
    label = h("b", f"{words.field(place.entity, field)}: ", class_="fb-strong")
    quoted = f"“{shown}”. " if shown else ""
    return h("p", label, quoted, reason, class_="fb-why")


def _again(words: Words, change: Pending) -> Html | None:
    place = change.place
    if not place.customer_id:
        return None
    if change.kind == UPDATE and place.here and place.entity in marks.IN_SHEET:
        return lists.button(words("Edit again"), act="again", arg=str(change.dseq), symbol="pencil")
    return lists.button(words.p("action", "Open"), href=href_of(place), symbol="chevron-right")


def _clash_card(words: Words, picture: Picture) -> Html | None:
    unsettled = picture.unsettled
    if not unsettled.clash_count:
        return None
    blocks = [_clash(words, one, picture) for one in unsettled.clashes]
    rest = unsettled.clash_count - len(blocks)
    more = h("p", words.n("{n} more conflict.", "{n} more conflicts.", rest), class_="fb-meta") if rest > 0 else None
    return lists.card(
        words("Open conflicts"), h("div", blocks, class_="fb-stack"), more, count=words.number(unsettled.clash_count)
    )


def _outcome_card(words: Words, picture: Picture) -> Html | None:
    outcomes = picture.unsettled.told
    if not outcomes:
        return None
    blocks = [
        h("div", h("p", _where(words, one.place)), h("p", words.field(one.place.entity, one.field), class_="fb-label"),
          marks.outcome(words, one.place.entity, one.field, one.mark, one.place.currency, names=picture.unsettled.names))
        for one in outcomes
    ]  # fmt: skip
    return lists.card(words("Decided otherwise"), h("div", blocks, class_="fb-stack"), count=words.number(len(blocks)))


def _where(words: Words, place: Place) -> Html:
    where = " · ".join(part for part in (_what(words, place), _whose(place)) if part)
    return h("a", where, class_="fb-link fb-strong", href=href_of(place)) if place.customer_id else h("b", where)


def _clash(words: Words, one: Clash, picture: Picture) -> Html:
    place = one.place
    block = marks.conflict(
        words, place.entity, one.field, one.conflict, picture.now, place.currency, may=picture.may_settle,
        names=picture.unsettled.names,
    )  # fmt: skip
    return h("div", h("p", _where(words, place)), block)
