"""A labelled input of its own, for dialogs that make no record of one kind: its error stands below it, tied to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import events, ui

from mobility_app.ui import forms
from mobility_app.ui.markup import h


class TextInput:
    """One line, or `lines` of them. `most`: characters. `on_change(text)` is awaited soon after the last key."""

    def __init__(
        self, own: str, label: str, value: str = "", *, most: int, lines: int = 0,
        on_change: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:  # fmt: skip
        self.own, self._on_change = own, on_change
        with ui.element("div").classes("fb-input") as self._box:
            ui.html(h("label", label, for_=own), sanitize=False).classes("fb-input-l")
            self._field: ui.input | ui.textarea
            if lines:
                self._field = ui.textarea(value=value).props(f"rows={lines}")
            else:
                self._field = ui.input(value=value)
            self._field.props(
                f"outlined dense debounce={forms.DEBOUNCE_MS} for={own} hide-bottom-space maxlength={most}"
            )
            self._field.props["aria-required"] = "true"
            self._field.props["aria-describedby"] = f"{own}-e"
            self._error = ui.html("", sanitize=False).classes("fb-err").props(f"id={own}-e role=alert")
        self._field.on_value_change(self._changed)

    @property
    def text(self) -> str:
        """What was typed."""
        return str(self._field.value or "")

    async def _changed(self, event: events.ValueChangeEventArguments[Any]) -> None:
        self.wrong("")
        if self._on_change is not None:
            await self._on_change(self.text)

    def on_enter(self, heard: Callable[[], Awaitable[None]]) -> None:
        """Awaits `heard` when Enter is pressed. The key brings the text along: it may be faster than the last letter."""

        async def entered(event: events.GenericEventArguments) -> None:
            if isinstance(event.args, str):
                self._field.value = event.args
            await heard()

        self._field.on("keydown.enter", entered, js_handler="(event) => emit(event.target.value)")

    def wrong(self, text: str) -> None:
        """Says what is wrong with it; "" takes it back."""
        self._error.set_content(h("span", text) if text else "")
        self._box.classes(add="fb-input-bad" if text else "", remove="" if text else "fb-input-bad")
        self._field.props["aria-invalid"] = "true" if text else "false"
