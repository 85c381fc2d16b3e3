"""The lock screen: product mark, passphrase, what went wrong. Drawn in place of everything else while no store is open.

How long to wait after wrong tries is counted behind `App.unlock` (`store/attempts.py`), for all browser tabs alike; here
the wait is shown. The key derivation runs on a worker thread. Nothing of a customer is on the page.
"""

from __future__ import annotations

import asyncio

from nicegui import ui

from mobility_app.errors import MobilityError, WrongPassphrase
from mobility_app.ui.context import App
from mobility_app.ui.markup import h, join
from mobility_app.ui.shell import PRODUCT

PASSPHRASE_MAX = 1024
WAIT_MAX_SECONDS = 3600


class LockScreen:
    """One lock screen in one browser tab."""

    def __init__(self, app: App) -> None:
        self._app, words = app, app.words
        ui.page_title(PRODUCT)
        with ui.element("div").classes("fb-app fb-lock"), ui.element("div").classes("fb-lock-card"):
            title = h("h1", words("Locked"), tabindex="-1")
            ui.html(join(h("span", class_="fb-mark"), title, h("p", words("Enter your passphrase."))), sanitize=False)
            self._input = self._field()
            self._error = ui.html("", sanitize=False).classes("fb-err").props("id=fb-lock-error role=alert")
            self._button = ui.element("button").classes("fb-btn fb-btn-primary fb-btn-wide").props("type=button")
            with self._button:
                ui.html(h("span", words("Unlock")), sanitize=False)
            self._button.on("click", self._unlock)

    def _field(self) -> ui.input:
        words = self._app.words
        with ui.element("div").classes("fb-input"):
            label = h("label", words("Passphrase"), for_="fb-passphrase")
            ui.html(h("div", label, class_="fb-input-l"), sanitize=False)
            field = ui.input(password=True).props(
                "outlined for=fb-passphrase autofocus autocomplete=current-password aria-describedby=fb-lock-error"
            )
            field.props["maxlength"] = PASSPHRASE_MAX
        return field.on("keydown.enter", self._unlock)

    async def _unlock(self) -> None:
        passphrase, words = str(self._input.value or ""), self._app.words
        if not passphrase or self._button.props.get("disabled"):
            return
        self._button.props["disabled"] = True
        self._say(words("Opening…"), trouble=False)
        try:
            await self._app.unlock(passphrase)
        except WrongPassphrase as wrong:
            self._input.value = ""
            await self._wait(words.error(wrong), wrong.details.get("wait_ms"))
        except MobilityError as error:
            self._say(words.error(error))
            self._ready()
        else:
            self._app.reload_pages()

    async def _wait(self, text: str, wait_ms: object) -> None:
        words = self._app.words
        seconds = min(-(-wait_ms // 1000), WAIT_MAX_SECONDS) if isinstance(wait_ms, int) else 0
        for left in range(seconds, 0, -1):
            if self._error.is_deleted:
                return
            wait = words.n("Next try in {n} second.", "Next try in {n} seconds.", left)
            self._say(f"{text} {wait}")
            await asyncio.sleep(1)
        self._say(text)
        self._ready()

    def _say(self, text: str, *, trouble: bool = True) -> None:
        if not self._error.is_deleted:
            self._error.set_content(h("span", text, class_=None if trouble else "fb-calm"))

    def _ready(self) -> None:
        if not self._button.is_deleted:
            self._button.props.pop("disabled", None)
            self._button.update()
            self._input.run_method("focus")
