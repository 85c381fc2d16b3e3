"""The page of an import: choose a file, say what its columns hold, look at what would happen, then import.

The file goes over a route of its own (`routes.py`). How far an import is lies in the import, not in the page: it goes on
when the page is left, and is found again under its address while it is kept.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from nicegui import events, ui

from mobility_app.domain import access
from mobility_app.domain.rules.customer_columns import COLUMNS
from mobility_app.store.actions.import_customers import OUTCOMES
from mobility_app.ui import dialogs, lists
from mobility_app.ui.imports import rows
from mobility_app.ui.imports.desk import CHOOSING, TRIED, TRYING, WRITING, Import
from mobility_app.ui.imports.texts import heading
from mobility_app.ui.live import Live, markup
from mobility_app.ui.markup import Html, h
from mobility_app.ui.window import Window

REFRESH_SECONDS = 0.4

_SEND = """async (event) => {
  const input = event.target, file = input.files[0], say = document.getElementById("fb-import-say");
  if (!file) return;
  say.textContent = TEXTS.sending;
  let answer = {};
  try {
    const name = encodeURIComponent(file.name.slice(0, 200));
    const reply = await fetch("/customers/import/file", {method: "POST", body: file, headers: {"X-File-Name": name}});
    answer = await reply.json();
  } catch { /* told below */ }
  input.value = "";
  say.textContent = answer.id ? "" : answer.text || TEXTS.broken;
  if (answer.id) emit(answer.id);
}"""


async def build(window: Window) -> None:
    """Draws the page in the state of its import."""
    ImportPage(window, window.app.imports.get(window.query.get("id", "")))


class ImportPage:
    """The page in one browser tab. To a dialog it is the place where it belongs (`dialogs.Desk`)."""

    customer_id = ""
    currency = ""

    def __init__(self, window: Window, one: Import | None) -> None:
        self.app, self.words, self._window, self._one = window.app, window.words, window, one
        self._showing, self._said = OUTCOMES[0], ""
        words, actor = window.words, window.app.actor
        window.title(words("Import customers"))
        with ui.element("div").classes("fb-page"), ui.element("div").classes("fb-stack fb-new"):
            markup(lists.page_head(words("Import customers")))
            if actor is None or not access.may(actor.role, "customer", "create"):
                ui.html(lists.nothing(words.reason("forbidden")), sanitize=False)
            elif one is None:
                self._choose()
            else:
                self._live = Live(self._load, self._render, self._act)
                ui.timer(0, self._live.show, once=True)
                self._clock = ui.timer(REFRESH_SECONDS, self._follow)

    def toast(self, text: str) -> None:
        """A short note about something that went well."""
        self._window.toast(text)

    # -- choosing the file

    def _choose(self) -> None:
        words = self.words
        names = words.list([heading(words, column) for column in COLUMNS])
        press = h("label", words("Choose a CSV file"), for_="fb-import-file", class_="fb-btn fb-btn-primary")
        said = words(
            "Any table that a spreadsheet saves as CSV, up to 64 MB. Nothing is changed before you have seen what would happen."
        )
        body = [
            h("p", said),
            h("p", words("Columns that are understood: {names}.", names=names), class_="fb-meta"),
            h(
                "p",
                words("A customer is known by its number, else by its identifier. Empty cells change nothing."),
                class_="fb-meta",
            ),
        ]
        with ui.element("section").classes("fb-card"), ui.element("div").classes("fb-card-body fb-stack"):
            ui.html(h("div", *body, class_="fb-stack"), sanitize=False)
            with ui.element("div").classes("fb-tools fb-filepick"):
                field = ui.element("input").props('type=file id=fb-import-file accept=".csv,.txt,text/csv,text/plain"')
                field.classes("fb-sr")
                ui.html(press, sanitize=False)
            ui.html("", sanitize=False).props("id=fb-import-say role=alert").classes("fb-err")
        texts = {"sending": words("Sending the file"), "broken": words("The connection broke. Choose the file again.")}
        field.on("change", self._sent, js_handler=_SEND.replace("TEXTS", f"({json.dumps(texts)})"))

    def _sent(self, event: events.GenericEventArguments) -> None:
        import_id = event.args[0] if isinstance(event.args, list) else event.args
        if isinstance(import_id, str) and self.app.imports.get(import_id):
            self._window.go(f"/customers/import?id={import_id}")

    # -- the import

    async def _load(self) -> Import | None:
        return self._one

    def _render(self, one: Import) -> Html:
        return rows.render(self.words, one, self._showing)

    def _follow(self) -> None:
        """Draws how far it is, and says when it is there."""
        one = self._one
        if one is None or self._live.gone or self._live.model is None:
            return
        if one.phase in (TRYING, WRITING) or self._said in (TRYING, WRITING):
            self._live.draw()
            if one.phase not in (TRYING, WRITING):
                text = (
                    self.words("Check what would happen.") if one.phase == TRIED else self.words("The import is done.")
                )
                self._window.announce(text)
        self._said = one.phase

    async def _act(self, act: str, arg: str) -> None:
        one = self._one
        if one is None:
            return
        if act == "column" and arg.isdecimal() and int(arg) < len(one.mapping):
            await self._column(one, int(arg))
        elif act in ("try", "write") and one.phase == (TRIED if act == "write" else CHOOSING):
            self._begin(one, write=act == "write")
        elif act == "stop":
            one.stop()
        elif act == "back" and one.phase == TRIED:
            one.phase = CHOOSING
        elif act == "show" and arg in OUTCOMES:
            self._showing = arg
        elif act == "drop" and one.phase not in (TRYING, WRITING):
            await self.app.db_call(self.app.imports.drop, one.id)
            self._window.go("/customers/import")
            return
        self._live.draw()

    def _begin(self, one: Import, *, write: bool) -> None:
        """Runs it on a worker thread; it goes on when this page is left."""
        one.begin(write=write)
        self._said = one.phase
        store = self.app.store
        self.app.imports.working = asyncio.ensure_future(asyncio.to_thread(one.run, store))

    async def _column(self, one: Import, at: int) -> None:
        words = self.words
        taken = {column for place, column in enumerate(one.mapping) if place != at}
        options: dict[str, Any] = {"": words("Leave out")}
        options |= {column: heading(words, column) for column in COLUMNS if column not in taken}
        name = one.shape.heading[at] or words("Column {n}", n=at + 1)
        chosen = await dialogs.choose(words("What does “{name}” hold?", name=name), options, one.mapping[at])
        if chosen is not None:
            one.mapping = (*one.mapping[:at], chosen, *one.mapping[at + 1 :])
