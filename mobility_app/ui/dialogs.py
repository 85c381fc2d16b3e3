"""Dialogs: a short form that saves at once ("+" in read mode), and a question before something is lost.

Quasar keeps the focus inside and gives it back afterwards; Escape closes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from nicegui import ui

from mobility_app.domain.change import Row
from mobility_app.errors import MobilityError
from mobility_app.ui import forms
from mobility_app.ui.markup import h
from mobility_app.ui.sheet.editing import EditSession

if TYPE_CHECKING:
    from mobility_app.ui.context import App
    from mobility_app.ui.words import Words


class Desk(Protocol):
    """Where a dialog belongs: an open sheet, or a contact's own page."""

    customer_id: str

    @property
    def app(self) -> App:
        """The running app."""

    @property
    def words(self) -> Words:
        """Texts and formats."""

    @property
    def currency(self) -> str:
        """ISO 4217, for amounts in the form."""

    def toast(self, text: str) -> None:
        """A short note about something that went well."""


async def record_dialog(
    sheet: Desk, entity: str, fields: Sequence[str], *, title: str, values: Row | None = None, record_id: str = "",
    choices: Mapping[str, Mapping[str, str]] | None = None, labels: Mapping[str, str] | None = None, saved: str = "",
    draw: Callable[[EditSession, str], None] | None = None,
) -> str | None:  # fmt: skip
    """A form for one record: a new one with `values`, or that of `record_id`. Saves at once, in one transaction, and
    returns the record's id, or None when it was given up. `draw(session, record_id)` replaces the default inputs."""
    position = await sheet.app.read(lambda store: store.position(sheet.customer_id))
    session = EditSession(sheet.app, sheet.customer_id, sheet.currency, "", position, kept=False)
    if record_id:
        row = await sheet.app.read(lambda store: store.read(entity, record_id))
        session.load(entity, [row] if row else [])
    else:
        record_id = session.create(entity, values or {})
    with _dialog(title) as dialog:
        with ui.element("div").classes("fb-form"):
            if draw is not None:
                draw(session, record_id)
            else:
                for name in fields:
                    forms.field_input(
                        session, entity, record_id, name, choices=(choices or {}).get(name),
                        label=(labels or {}).get(name, ""),
                    )  # fmt: skip
        _foot(sheet, dialog, session, entity)
    found = await _answer(dialog)
    if found and saved:
        sheet.toast(saved)
    return record_id if found else None


def _foot(sheet: Desk, dialog: ui.dialog, session: EditSession, entity: str) -> None:
    words = sheet.words
    problem = ui.html("", sanitize=False).classes("fb-err").props("role=alert")

    async def save() -> None:
        try:
            done = await session.save()
        except MobilityError as error:
            problem.set_content(h("span", words.error(error)))
            return
        if done:
            dialog.submit(True)
            return
        shown = {slot for slot in session.errors if slot[2]}
        rest = [text for slot, text in session.errors.items() if slot not in shown]
        problem.set_content(h("span", rest[0] if rest else words("Correct the marked fields and save again.")))

    with ui.element("div").classes("fb-dialog-acts"):
        press(words("Cancel"), lambda: dialog.submit(False))
        press(words("Save"), save, "fb-btn-primary", "data-save")


async def confirm(sheet: Desk, title: str, text: str, yes: str, *, danger: bool = False) -> bool:
    """Asks before something is lost. `yes` names the act: "Delete Contract 2026.pdf"."""
    with _dialog(title) as dialog:
        ui.html(h("p", text), sanitize=False)
        with ui.element("div").classes("fb-dialog-acts"):
            press(sheet.words("Cancel"), lambda: dialog.submit(False))
            press(yes, lambda: dialog.submit(True), "fb-btn-danger" if danger else "fb-btn-primary")
    return await _answer(dialog)


def press(text: str, heard: Callable[..., object], look: str = "", props: str = "") -> ui.element:
    """A button of the dialog's own (not markup), for handlers that need no `Live`."""
    button = ui.element("button").classes(f"fb-btn {look}".strip()).props(f"type=button {props}")
    with button:
        ui.html(h("span", text), sanitize=False, tag="span")
    return button.on("click", heard)


class _dialog:  # noqa: N801 - reads as a block of the page
    """A dialog with its heading, entered as a block."""

    def __init__(self, title: str) -> None:
        self._title = title

    def __enter__(self) -> ui.dialog:
        self._dialog = ui.dialog().classes("fb-dialog")
        self._dialog.props["aria-label"] = self._title
        self._dialog.__enter__()
        self._card = ui.element("div").classes("fb-dialog-card")
        self._card.__enter__()
        ui.html(h("h2", self._title), sanitize=False)
        return self._dialog

    def __exit__(self, *problem: object) -> None:
        self._card.__exit__(*problem)
        self._dialog.__exit__(*problem)


async def _answer(dialog: ui.dialog) -> bool:
    found = await dialog
    dialog.clear()
    dialog.delete()
    return bool(found)
