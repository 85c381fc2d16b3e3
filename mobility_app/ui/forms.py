"""Fields as people see and fill them: `field_view` in read mode, `field_input` in edit mode.

Both are driven by the field's description, through one `match` over its kind. An input belongs to an EditSession: it
hands over what is typed and follows what the office changes, but never while it has the focus or was touched. Fields
that need a look of their own are written in their tab; these are the default, not a framework.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, assert_never

from nicegui import events, ui

from mobility_app.domain import access, registry
from mobility_app.domain.fields import Kind, Merge, Plain
from mobility_app.ui import marks
from mobility_app.ui.inputs import Raw
from mobility_app.ui.live import markup
from mobility_app.ui.markup import NOTHING, Html, classes, h
from mobility_app.ui.sheet import clashes
from mobility_app.ui.sheet.editing import EditSession
from mobility_app.ui.sheet.saving import Slot
from mobility_app.ui.words import NOT_SET, Words

if TYPE_CHECKING:
    from mobility_app.ui.sheet.frame import Sheet

DEBOUNCE_MS = 150
LONG_CHOICE = 12  # more choices than this can be typed into

E = TypeVar("E", ui.input, ui.textarea, ui.select)


def input_id(slot: Slot) -> str:
    """The id of a field's input, for labels and for the way to a field with an error."""
    return "f-" + "-".join(slot)


def may_write(session: EditSession, slot: Slot) -> bool:
    """Whether the person may change this field: by right, and by the field's own merge rule."""
    entity, actor = registry.entity(slot[0]), session.app.actor
    field = entity.field(slot[2])
    new = session.is_new(slot[0], slot[1])
    if actor is None or field.merge is Merge.HQ or (field.merge in (Merge.IMMUTABLE, Merge.APPEND) and not new):
        return False
    return access.may(actor.role, field.right or entity.right, "create" if new else "update", own=True)


# -- read mode


def field_view(
    sheet: Sheet, entity: str, record_id: str, name: str, value: Plain, *, text: Html | str | None = None,
    label: str = "", href: str = "", action: Html | None = None, wide: bool = False,
    names: Mapping[str, str] | None = None,
) -> Html:  # fmt: skip
    """A field of the sheet in read mode, with its mark: waits, refused, conflict. `text` replaces the value's own look,
    `href` makes it a link, `action` stands beside it, `names` resolves references."""
    return marks.field(
        sheet.words, entity, record_id, name, value, sheet.header.mark(entity, record_id, name),
        now=sheet.app.now(), currency=sheet.currency, text=text, label=label, href=href, action=action, wide=wide,
        may=sheet.may("conflict", "update"), names=names,
    )  # fmt: skip


# -- edit mode


def field_input(
    session: EditSession, entity: str, record_id: str, name: str, *, label: str = "",
    choices: Mapping[str, str] | None = None, hint: str = "", wide: bool = False, lines: int = 4,
    on_change: Callable[[], None] | None = None, optional: bool = False,
) -> FieldInput | None:  # fmt: skip
    """Draws the input of a field and returns it; a field that the person may not change is drawn as text (None).
    `choices` (value -> text) makes any field a choice. `on_change` is called after each change by the person.
    `optional`: the record is only made where something is typed, so its required field may stay empty."""
    slot = (entity, record_id, name)
    if not may_write(session, slot):
        value = session.words.value(
            entity, name, session.value(*slot), currency=session.currency, names=dict(choices or {})
        )
        if choices and isinstance(session.value(*slot), str):
            value = choices.get(str(session.value(*slot)), value)
        shown = h("dd", value or session.words(NOT_SET), class_=None if value else "fb-unset")
        view = h("div", h("dt", label or session.words.field(entity, name)), shown, class_="fb-field")
        ui.html(view, sanitize=False, tag="dl").classes("fb-input" + (" fb-input-wide" if wide else ""))
        return None
    return FieldInput(
        session, slot, label=label, choices=choices, hint=hint, wide=wide, lines=lines, on_change=on_change,
        optional=optional,
    )  # fmt: skip


@contextmanager
def group(title: str, *, level: str = "h3") -> Iterator[None]:
    """A named group of inputs in a grid of its own."""
    with ui.element("div").classes("fb-group fb-input-wide").props("role=group") as box:
        box.props["aria-label"] = title
        if level:
            ui.html(h(level, title, class_="fb-strong"), sanitize=False)
        with ui.element("div").classes("fb-form"):
            yield


class FieldInput:
    """One input with label, hint, error and clash."""

    def __init__(
        self, session: EditSession, slot: Slot, *, label: str = "", choices: Mapping[str, str] | None = None,
        hint: str = "", wide: bool = False, lines: int = 4, on_change: Callable[[], None] | None = None,
        optional: bool = False,
    ) -> None:  # fmt: skip
        self.session, self.slot, self.hint, self.choices = session, slot, hint, choices
        self.field = registry.entity(slot[0]).field(slot[2])
        self.label = label or session.words.field(slot[0], slot[2])
        self._lines, self._on_change = lines, on_change
        self._required = self.field.required and not optional
        self._focused = self._following = False
        self._sight = session.sight(slot)
        look = classes("fb-input", (wide or self.field.kind is Kind.NOTE) and "fb-input-wide") or ""
        with ui.element("div").classes(look) as self.box:
            if self.field.kind is not Kind.FLAG:
                ui.html(self._label(), sanitize=False)
            self.element = self._make()
            self._below = markup(self._notes(), self._act)
        self._show_error()
        self.element.on("focus", self._focus).on("blur", self._blur)
        session.listen(self.refresh)

    # -- drawing

    def _label(self) -> Html:
        star = h("span", "*", aria_hidden="true", class_="fb-label") if self._required else None
        chip = marks.chip_for(self.session.words, self.session.mark(self.slot))
        return h("div", h("label", self.label, for_=input_id(self.slot)), star, chip, class_="fb-input-l")

    def _notes(self) -> Html:
        error, clash = self.session.error(self.slot), self._clash()
        shown = h("p", error, class_="fb-err") if error else h("p", self.hint, class_="fb-hint") if self.hint else None
        if shown is None and clash is None:
            return NOTHING
        return h("div", shown, clash, id=f"{input_id(self.slot)}-note")

    def _clash(self) -> Html | None:
        clash = self.session.clash(self.slot)
        return clashes.block(self.session, self.slot, clash, self.label, self.choices or {}) if clash else None

    def _make(self) -> ui.input | ui.textarea | ui.select | ui.checkbox:
        value = self.session.text(self.slot)
        if self.choices is not None and self.field.kind is not Kind.REFS:
            return self._select(self.choices, value)
        match self.field.kind:
            case Kind.CHOICE:
                return self._select(self.session.words.choices(self.slot[0], self.slot[2]), value)
            case Kind.FLAG:
                box = ui.checkbox(self.label, value=bool(value), on_change=self._changed)
                return box.props(f'id="{input_id(self.slot)}"')
            case Kind.NOTE:
                area = ui.textarea(value=str(value or ""), on_change=self._changed)
                return self._dressed(area, f"autogrow rows={self._lines}")
            case Kind.DAY:
                return self._dressed(self._plain(value), "type=date")
            case Kind.INSTANT:
                return self._dressed(self._plain(value), "type=datetime-local")
            case Kind.MONEY | Kind.RATE | Kind.DECIMAL | Kind.INTEGER:
                return self._number(value)
            case Kind.REFS:
                chosen = list(value) if isinstance(value, list) else []
                several = ui.select(dict(self.choices or {}), multiple=True, value=chosen, on_change=self._changed)
                return self._dressed(several, "use-chips")
            case Kind.TEXT | Kind.VALUE | Kind.REF:
                return self._dressed(self._plain(value), "")
        assert_never(self.field.kind)

    def _plain(self, value: Raw) -> ui.input:
        return ui.input(value=str(value or ""), on_change=self._changed)

    def _number(self, value: Raw) -> ui.input:
        element = self._dressed(self._plain(value), "inputmode=decimal")
        if suffix := self._suffix():
            element.props["suffix"] = suffix
        return element

    def _suffix(self) -> str:
        return {Kind.MONEY: self.session.currency, Kind.RATE: "%"}.get(self.field.kind, "")

    def _select(self, choices: Mapping[str, str], value: Raw) -> ui.select:
        options = dict(choices)
        if isinstance(value, str) and value and value not in options:
            options[value] = value  # kept from before the list was as it is
        element = ui.select(
            options, value=value or None, with_input=len(options) > LONG_CHOICE, on_change=self._changed
        )
        return self._dressed(element, "" if self.field.required else "clearable")

    def _dressed(self, element: E, props: str) -> E:
        own = input_id(self.slot)
        element.props(f"outlined dense debounce={DEBOUNCE_MS} for={own} hide-bottom-space {props}")
        element.props["aria-describedby"] = f"{own}-note"
        if self._required:
            element.props["aria-required"] = "true"
        return element

    # -- what happens

    def _changed(self, event: events.ValueChangeEventArguments[Any]) -> None:
        if self._following:
            return
        value = event.value
        raw = value if isinstance(value, (bool, list)) or value is None else str(value)
        self.session.set(self.slot, raw, self._sight)
        if self._on_change is not None:
            self._on_change()

    async def _act(self, act: str, arg: str) -> None:
        if act == clashes.MINE:
            self.session.keep_mine(self.slot)
        elif act == clashes.THEIRS:
            self.session.take_theirs(self.slot)
        elif act == clashes.BOTH:
            clashes.keep_both(self.session, self.slot)
        elif act == clashes.COMBINE:
            clashes.combine(self.session, self.slot)
            self._follow(self.session.text(self.slot))

    def _focus(self) -> None:
        self._focused = True

    def _blur(self) -> None:
        self._focused = False
        self.refresh()

    def refresh(self) -> None:
        """Follows the session: errors and clashes at once, the value only while it is neither touched nor in use."""
        if self.box.is_deleted:
            self.session.unlisten(self.refresh)
            return
        notes = self._notes()
        if notes != self._below.content:
            self._below.set_content(notes)
            self._show_error()
        if self.field.kind is Kind.MONEY and self.element.props.get("suffix") != self._suffix():
            self.element.props["suffix"] = self._suffix()
        if not self._focused and not self.session.touched(self.slot):
            self._follow(self.session.text(self.slot))
            self._sight = self.session.sight(self.slot)

    def _show_error(self) -> None:
        bad = bool(self.session.error(self.slot))
        self.box.classes(add="fb-input-bad" if bad else "", remove="" if bad else "fb-input-bad")
        self.element.props["aria-invalid"] = "true" if bad else "false"

    def _follow(self, raw: Raw) -> None:
        wanted: object = raw
        if isinstance(self.element, ui.select):
            wanted = raw if isinstance(raw, list) else raw or None
            if (
                isinstance(wanted, str)
                and isinstance(self.element.options, dict)
                and wanted not in self.element.options
            ):
                self.element.options[wanted] = wanted
        elif not isinstance(self.element, ui.checkbox):
            wanted = str(raw or "")
        if self.element.value != wanted:
            self._following = True
            try:
                self.element.value = wanted
            finally:
                self._following = False


def weekday_input(session: EditSession, entity: str, record_id: str, name: str, days: int = 5) -> None:
    """The weekday squares: one may be pressed, pressing it again takes it back. Monday is 0."""
    slot, words = (entity, record_id, name), session.words

    def drawn() -> Html:
        chosen = session.value(*slot)
        buttons = [
            h("button", words.weekday(day, "narrow"), type="button", data_act="day", data_arg=str(day),
              aria_label=words.weekday(day), aria_pressed=str(chosen == day).lower())
            for day in range(days)
        ]  # fmt: skip
        title = words.field(entity, name)
        heading = h("p", h("span", title, class_="fb-input-n"), class_="fb-input-l")
        return h("div", heading, h("div", buttons, class_="fb-daypick"), role="group", aria_label=title)

    async def pressed(act: str, arg: str) -> None:
        session.put(slot, None if session.value(*slot) == int(arg) else int(arg))

    if not may_write(session, slot):
        field_input(session, entity, record_id, name)
        return
    element = markup(drawn(), pressed, "fb-input")

    def follow() -> None:
        if element.is_deleted:
            session.unlisten(follow)
        elif element.content != drawn():
            element.set_content(drawn())

    session.listen(follow)


def weekday_squares(words: Words, value: int, days: int = 5) -> Html:
    """The weekday squares in read mode, named for screen readers. A day at the weekend adds its squares."""
    squares = [
        h("span", words.weekday(day, "narrow"), class_=classes("fb-day", day == value and "fb-day-on"))
        for day in range(max(days, value + 1))
    ]
    return h(
        "span",
        h("span", squares, class_="fb-days", aria_hidden="true"),
        h("span", words.weekday(value), class_="fb-sr"),
    )
