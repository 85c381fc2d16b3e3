"""What stands on an open sheet whatever tab is shown: its head with the acts and the tab bar, the alert line, what was left
to go on with, and the places for the body and the bar that floats above it.

Held by `frame.Sheet`, which says what is to be seen; the markup is `head.py`'s.
"""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from mobility_app.store.queries.sheet import SheetHeader
from mobility_app.ui import lists
from mobility_app.ui.context import App
from mobility_app.ui.live import Act, markup
from mobility_app.ui.markup import Html
from mobility_app.ui.sheet import billing, head
from mobility_app.ui.sheet.tab import Tab


class Front:
    """The standing parts, in the current container. `act` answers their buttons."""

    def __init__(self, app: App, tabs: Sequence[Tab], act: Act) -> None:
        self._app, self._tabs, words = app, tabs, app.words
        with ui.element("div").classes("fb-head"), ui.element("div").classes("fb-head-in"):
            with ui.element("div").classes("fb-head-top"):
                self._who = markup(head.waiting(words), look="fb-head-top fb-who")
                self._acts = markup(Html(""), act, "fb-acts")
            self._bar = markup(head.waiting_tabs(len(tabs))).props("role=navigation")
            self._bar.props["aria-label"] = words("Customer sheet")
        with ui.element("div").classes("fb-page"):
            self._alert = ui.html("", sanitize=False).props("role=alert").classes("fb-alert")
            self._offer = markup(Html(""), act)
            self.inside = ui.element("div")
        self.floating = ui.element("div")

    def show(self, header: SheetHeader, here: str, slug: str, *, editing: bool, may_edit: bool, offers: Html) -> None:
        """The head of the customer at the tab `slug`, and what was left. `here`: the address of the sheet."""
        words, app = self._app.words, self._app
        parts = (
            (self._who, head.who(words, header, here, credit=billing.sees(app.actor, header))),
            (self._acts, head.actions(words, header, here, editing=editing, may_edit=may_edit)),
            (self._bar, head.tab_bar(words, self._tabs, header, here, slug)),
            (self._offer, offers),
        )
        for element, content in parts:
            if element.content != content and not element.is_deleted:
                element.set_content(content)

    def bare(self) -> None:
        """No customer stands here."""
        for part in (self._who, self._bar):
            part.set_content("")

    def alert(self, text: str) -> None:
        """Says in the alert line what did not work; "" takes it away."""
        self.warn(lists.notice("bad", text, symbol="circle-alert") if text else Html(""))

    def warn(self, content: Html) -> None:
        """The same with markup of one's own."""
        if not self._alert.is_deleted:
            self._alert.set_content(content)
