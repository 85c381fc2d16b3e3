"""Today: the rep's open activities that are due, appointments to come, and what waits for a decision."""

from __future__ import annotations

from nicegui import ui

from mobility_app.store.queries import today as queries
from mobility_app.store.queries.today import Due, Today
from mobility_app.ui import lists
from mobility_app.ui.live import Live
from mobility_app.ui.markup import Html, h
from mobility_app.ui.window import Window


async def build(window: Window) -> None:
    """Draws the view and follows every change."""
    words, app = window.words, window.app
    window.title(words("Today"))

    async def load() -> Today:
        return await app.read(queries.today, app.now())

    with ui.element("div").classes("fb-page"):
        live = Live(load, lambda model: _render(window, model))

    async def heard() -> None:
        if not app.locked:
            await live.refresh("sync")

    app.changed.subscribe(heard)
    window.on_leave(lambda: app.changed.unsubscribe(heard))
    await live.show()


def _render(window: Window, model: Today) -> Html:
    words = window.words
    heading = lists.page_head(words("Today"), h("span", words.date(window.app.today()), class_="fb-meta"))
    cards = [
        _card(window, words("Overdue"), model.overdue, "bad"),
        _card(window, words("Today and the next seven days"), model.coming, "accent"),
    ]
    shown = [card for card in cards if card is not None]
    if not shown:
        done = lists.button(words("Customers"), href="/customers")
        shown = [
            lists.empty("calendar-days", words("Nothing is due"), words("Activities that are due stand here."), done)
        ]
    return h("div", heading, shown, class_="fb-stack")


def _card(window: Window, title: str, found: tuple[Due, ...], tone: str) -> Html | None:
    if not found:
        return None
    rows = [_row(window, due, tone) for due in found]
    return lists.card(title, lists.rows(*rows), count=len(found), flush=True)


def _row(window: Window, due: Due, tone: str) -> Html:
    words = window.words
    symbol = {"call": "phone", "appointment": "calendar-clock"}.get(due.kind, "square-check")
    meta = f"{due.customer_name} · {words.choice('activity', 'kind', due.kind)}"
    when = lists.chip(f"{words.day(due.at)} {words.time(due.at)}", tone)
    return lists.row(
        due.title, meta, href=f"/customers/{due.customer_id}/activities", lead=lists.tile(symbol), end=when
    )
