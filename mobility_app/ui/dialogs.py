"""Dialogs: a short form that saves at once ("+" in read mode), and a question before something is lost.

What is typed in a form is kept as it is on a sheet: a dead battery, Escape or a tap beside it lose nothing, and the form
goes on when it is opened again (`unfinished.py`). Cancel gives it up. Quasar keeps the focus inside and gives it back
afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from nicegui import ui

from mobility_app.domain.change import Row
from mobility_app.errors import MobilityError
from mobility_app.ui import forms, lists, unfinished
from mobility_app.ui.markup import h
from mobility_app.ui.sheet.editing import EditSession
from mobility_app.ui.unfinished import Form

if TYPE_CHECKING:
    from mobility_app.ui.context import App
    from mobility_app.ui.words import Words


SAVED, GIVEN_UP, ANEW, YES = "saved", "given up", "anew", "yes"  # what a dialog answers
OPENINGS_MAX = 2  # a form, and once more where what was left of it is not wanted


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
    form = Form.of(entity, record_id, values or {})
    made: str | None = None
    for _ in range(OPENINGS_MAX):
        answer, made = await _opened(sheet, form, fields, title, values, choices or {}, labels or {}, draw)
        if answer != ANEW:
            break
    if made and saved:
        sheet.toast(saved)
    return made


async def _opened(
    sheet: Desk, form: Form, fields: Sequence[str], title: str, values: Row | None,
    choices: Mapping[str, Mapping[str, str]], labels: Mapping[str, str], draw: Callable[[EditSession, str], None] | None,
) -> tuple[object, str | None]:  # fmt: skip
    """One opening of the form: (answer, id of the saved record). What was left of it earlier goes on here."""
    app, customer_id = sheet.app, sheet.customer_id
    rest = await app.read(unfinished.left_of, customer_id, form, app.open_forms())
    position = await app.read(lambda store: store.position(customer_id))
    editor = form.editor(app.store.new_id())
    session = EditSession(app, customer_id, sheet.currency, editor, position, bars_files=False)
    if form.record_id != unfinished.NEW:
        row = await app.read(lambda store: store.read(form.entity, form.record_id))
        session.load(form.entity, [row] if row else [])
    if rest is not None:
        await session.resume(rest.drafts)
    record_id = form.record_id
    if record_id == unfinished.NEW:
        begun = [str(row["id"]) for row in session.records(form.entity)]
        record_id = begun[0] if begun else session.create(form.entity, values or {})
    with framed(title) as dialog:
        if rest is not None:
            goes_on(sheet, dialog, rest)
        with ui.element("div").classes("fb-form"):
            if draw is not None:
                draw(session, record_id)
            else:
                for name in fields:
                    forms.field_input(
                        session, form.entity, record_id, name, choices=choices.get(name), label=labels.get(name, "")
                    )
        foot(sheet, dialog, session)
    with app.form_open(editor, dialog):
        answer = await answered(dialog)
    await left(session, answer, typed=session.typed)
    return answer, record_id if answer == SAVED else None


async def left(session: EditSession, answer: object, *, typed: bool) -> None:
    """The form was closed: what was `typed` waits to be opened again, unless it was saved or given up."""
    if answer is None and typed:
        await session.pause()  # Escape, or a tap beside it: perhaps by mistake
    elif answer != SAVED:
        await session.drop()
    session.app.editor_gone.emit(session.customer_id)


def goes_on(sheet: Desk, dialog: ui.dialog, rest: unfinished.Left) -> None:
    """Says when it was begun, with a way to begin anew."""
    words = sheet.words
    said = words("You began this {when}. It goes on here.", when=words.when(rest.at, sheet.app.now()))
    with ui.element("div").classes("fb-offer"):
        ui.html(lists.notice("accent", said), sanitize=False)
        press(words("Begin anew"), lambda: dialog.submit(ANEW), "fb-btn-ghost")


def foot(sheet: Desk, dialog: ui.dialog, session: EditSession) -> None:
    """Cancel and Save below the inputs of a session; what is refused stands above them."""
    words = sheet.words
    problem = ui.html("", sanitize=False).classes("fb-err").props("role=alert")

    async def save() -> None:
        try:
            done = await session.save()
        except MobilityError as error:
            problem.set_content(h("span", words.error(error)))
            return
        if done:
            dialog.submit(SAVED)
            return
        shown = {slot for slot in session.errors if slot[2]}
        rest = [text for slot, text in session.errors.items() if slot not in shown]
        problem.set_content(h("span", rest[0] if rest else words("Correct the marked fields and save again.")))

    with ui.element("div").classes("fb-dialog-acts"):
        press(words("Cancel"), lambda: dialog.submit(GIVEN_UP))
        press(words("Save"), save, "fb-btn-primary", "data-save")


async def confirm(sheet: Desk, title: str, text: str, yes: str, *, danger: bool = False) -> bool:
    """Asks before something is lost. `yes` names the act: "Delete Contract 2026.pdf"."""
    with framed(title) as dialog:
        ui.html(h("p", text), sanitize=False)
        with ui.element("div").classes("fb-dialog-acts"):
            press(sheet.words("Cancel"), lambda: dialog.submit(GIVEN_UP))
            press(yes, lambda: dialog.submit(YES), "fb-btn-danger" if danger else "fb-btn-primary")
    return await answered(dialog) == YES


async def choose(title: str, options: Mapping[str, str], current: str) -> str | None:
    """Asks for one of the options (value -> text). None when it was given up."""
    with framed(title) as dialog, ui.element("div").classes("fb-choices"):
        for value, text in options.items():
            on = value == current
            press(
                text,
                lambda value=value: dialog.submit([value]),
                "fb-btn-on" if on else "",
                f'aria-pressed="{str(on).lower()}"',
            )
    answer = await answered(dialog)
    return str(answer[0]) if isinstance(answer, list) else None


def press(text: str, heard: Callable[..., object], look: str = "", props: str = "") -> ui.element:
    """A button of the dialog's own (not markup), for handlers that need no `Live`."""
    button = ui.element("button").classes(f"fb-btn {look}".strip()).props(f"type=button {props}")
    with button:
        ui.html(h("span", text), sanitize=False, tag="span")
    return button.on("click", heard)


class framed:  # noqa: N801 - reads as a block of the page
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


async def answered(dialog: ui.dialog) -> object:
    """What was pressed; None where it was closed without an answer."""
    found = await dialog
    dialog.clear()
    dialog.delete()
    return found
