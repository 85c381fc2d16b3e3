"""The screen of a device that has not met HQ for too long: the passphrase was right, and it waits for HQ all the same.

A sync runs behind it. What was not sent is sent, and the moment HQ has answered every page opens (`App.look_at_lease`).
Nothing of a customer is on the page.
"""

from __future__ import annotations

from nicegui import ui

from mobility_app.sync.status import SYNCING
from mobility_app.ui import dialogs
from mobility_app.ui.context import App
from mobility_app.ui.markup import Html, h, join
from mobility_app.ui.shell import PRODUCT


class LeaseScreen:
    """One such screen in one browser tab."""

    def __init__(self, app: App) -> None:
        self._app, words = app, app.words
        ui.page_title(PRODUCT)
        away = words.n(
            "This device has had no contact with the office for {n} day.",
            "This device has had no contact with the office for {n} days.", app.lease.days_away,
        )  # fmt: skip
        texts = (
            away,
            words("Nothing was deleted. What was not sent is kept here and is sent at the next contact."),
            words("Connect it to the internet. When the office has answered, it opens by itself."),
        )
        with ui.element("div").classes("fb-app fb-lock"), ui.element("div").classes("fb-lock-card"):
            title = h("h1", words("Locked"), tabindex="-1")
            ui.html(join(h("span", class_="fb-mark"), title, [h("p", text) for text in texts]), sanitize=False)
            self._status = ui.html(self._said(), sanitize=False).props("role=status")
            dialogs.press(words("Sync now"), app.backend.sync_now, "fb-btn-primary fb-btn-wide", "data-act=meet")
        app.status_changed.subscribe(self._follow)

    def _follow(self) -> None:
        if self._status.is_deleted:
            self._app.status_changed.unsubscribe(self._follow)
        elif self._status.content != self._said():
            self._status.set_content(self._said())

    def _said(self) -> Html:
        words, status, waits = self._app.words, self._app.status, self._app.waiting.waiting
        count = words.n("{n} change waiting", "{n} changes waiting", waits) if waits else None
        how = words("Syncing") if status.state == SYNCING else status.problem and words.problem(status.problem)
        return join(*(h("p", text, class_="fb-meta") for text in (count, how) if text))
