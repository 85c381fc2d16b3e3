"""The sync centre: state, last sync, how much waits, was refused, is in conflict, and "Sync now"."""

from __future__ import annotations

from nicegui import ui

from mobility_app.sync.status import OFFLINE, STOPPED, SYNCING
from mobility_app.ui import lists
from mobility_app.ui.live import markup
from mobility_app.ui.markup import Html, h
from mobility_app.ui.window import Window


async def build(window: Window) -> None:
    """Draws the view and follows the state of sync."""
    words, app = window.words, window.app
    window.title(words("Sync"))

    async def act(act: str, arg: str) -> None:
        if act == "sync":
            app.backend.sync_now()

    with ui.element("div").classes("fb-page"):
        view = markup(_render(window), act)

    def follow() -> None:
        if not view.is_deleted and not app.locked and view.content != _render(window):
            view.set_content(_render(window))

    app.status_changed.subscribe(follow)
    window.on_leave(lambda: app.status_changed.unsubscribe(follow))


def _render(window: Window) -> Html:
    words, status, waiting = window.words, window.app.status, window.app.waiting
    states = {OFFLINE: words("Offline"), SYNCING: words("Syncing"), STOPPED: words("Stopped")}
    last = words.when(status.last_sync_at, window.app.now()) if status.last_sync_at else words("Not synced yet")
    problem = None
    if status.problem:
        text = words.problem(status.problem)
        if status.retry_at:
            text = words("Not sent: {cause} We will try again at {time}.", cause=text, time=words.time(status.retry_at))
        problem = lists.notice("warn", text, symbol="triangle-alert")
    button = lists.button(words("Sync now"), act="sync", symbol="refresh-cw", kind="primary")
    return h(
        "div",
        lists.page_head(words("Sync"), button),
        problem,
        h(
            "div",
            lists.figure(
                words("State"), states.get(status.state, words("Online")), words("Last sync {time}", time=last)
            ),
            lists.figure(
                words("Waiting"), words.number(waiting.waiting), words("Changes that are sent with the next sync")
            ),
            lists.figure(
                words("Refused"), words.number(waiting.refused), words("Changes that the office did not take")
            ),
            lists.figure(words("Conflicts"), words.number(waiting.conflicts), words("Fields that two people changed")),
            class_="fb-grid",
        ),
        class_="fb-stack",
    )
