"""A contact's own page, opened from the list in a new browser tab: who it is, how to reach it, its labels.

Every form here saves at once. Deleting is done in the customer's list, where it can be undone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nicegui import ui

from mobility_app.domain import access, registry
from mobility_app.domain.change import Row
from mobility_app.errors import MobilityError
from mobility_app.store.queries import contacts as queries
from mobility_app.store.queries.contacts import Person, Reach
from mobility_app.store.store import Touched
from mobility_app.store.writing import Writing
from mobility_app.ui import dialogs, lists
from mobility_app.ui.context import App
from mobility_app.ui.live import Live
from mobility_app.ui.markup import Html, h
from mobility_app.ui.window import Window
from mobility_app.ui.words import Words

FIELDS = ("first_name", "last_name", "job_title", "employer", "opted_out", "notes")
REACH = ("value", "label", "is_main")


@dataclass(slots=True)
class _Desk:
    """What dialogs need of this page."""

    window: Window
    customer_id: str
    currency: str = "EUR"

    @property
    def app(self) -> App:
        return self.window.app

    @property
    def words(self) -> Words:
        return self.window.words

    def toast(self, text: str) -> None:
        self.window.toast(text)


async def build(window: Window, contact_id: str) -> None:
    """Draws the contact and follows it."""
    with ui.element("div").classes("fb-page"):
        person = await window.app.read(queries.one, contact_id)
        if person is None:
            _missing(window)
            return
        view = _View(window, contact_id, str(person.row["customer_id"]))
        await view.show()


def _missing(window: Window) -> None:
    words = window.words
    window.client.status_code = 404
    back = lists.button(words("Back to customers"), href="/customers")
    text = words("It was deleted, or belongs to another territory.")
    ui.html(lists.empty("user", words("This contact is not on this device"), text, back, level="h1"), sanitize=False)


class _View:
    """The page of one contact."""

    def __init__(self, window: Window, contact_id: str, customer_id: str) -> None:
        self._window, self._contact_id = window, contact_id
        self._desk = _Desk(window, customer_id)
        self._labels: dict[str, str] = {}
        self._alert = ui.html("", sanitize=False).props("role=alert").classes("fb-alert")
        self._live = Live(self._load, self._render, self._act)
        window.app.changed.subscribe(self._heard)
        window.on_leave(lambda: window.app.changed.unsubscribe(self._heard))

    async def show(self) -> None:
        self._labels = await self._window.app.read(queries.all_labels, self._desk.customer_id)
        await self._live.show()
        person: Person = self._live.model
        self._window.title(person.name or self._window.words("Without name"))

    async def _load(self) -> Person | None:
        return await self._window.app.read(queries.one, self._contact_id)

    async def _heard(self, touched: Touched) -> None:
        if self._desk.customer_id in touched.roots and not self._window.app.locked:
            await self._live.refresh(touched.source)

    async def _write(self, verb: Callable[[Writing], object]) -> None:
        try:
            await self._window.app.write(verb)
            self._alert.set_content("")
        except MobilityError as error:
            text = self._window.words.error(error)
            self._alert.set_content(lists.notice("bad", text, symbol="circle-alert"))

    async def _act(self, act: str, arg: str) -> None:
        words, desk = self._window.words, self._desk
        match act:
            case "change":
                await dialogs.record_dialog(
                    desk, "contact", FIELDS, title=words("Edit contact"), record_id=self._contact_id,
                    saved=words("Contact saved"),
                )  # fmt: skip
            case "mail" | "phone":
                entity = "contact_email" if act == "mail" else "contact_phone"
                title = words("E-mail") if act == "mail" else words("Telephone")
                values: Row = {"contact_id": self._contact_id}
                await dialogs.record_dialog(
                    desk, entity, REACH, title=title, values=values, record_id=arg, saved=words("Contact saved")
                )
            case "drop":
                entity, _, record_id = arg.partition(":")
                await self._write(lambda tx: tx.delete(entity, record_id))
            case "label":
                await self._label(arg)

    async def _label(self, label_id: str) -> None:
        person: Person = self._live.model
        held = {label: link for link, label, _ in person.labels}
        if label_id in held:
            await self._write(lambda tx: tx.delete("contact_label", held[label_id]))
        else:
            await self._write(
                lambda tx: tx.create("contact_label", {"contact_id": self._contact_id, "label_id": label_id})
            )

    def _may(self, entity: str, verb: str) -> bool:
        actor = self._window.app.actor
        return actor is not None and access.may(actor.role, registry.entity(entity).right, verb, own=True)

    def _render(self, person: Person | None) -> Html:
        words = self._window.words
        if person is None:
            return lists.nothing(words("It was deleted, or belongs to another territory."))
        may = self._may("contact", "update")
        back = lists.button(words("Open the customer"), href=f"/customers/{self._desk.customer_id}/contacts")
        edit = lists.button(words("Edit contact"), act="change", symbol="pencil", kind="primary") if may else None
        fields = [
            h("div", h("dt", words.field("contact", name)),
              h("dd", words.value("contact", name, person.row[name]) or words("Not set"), class_="fb-pre"), class_="fb-field")
            for name in FIELDS
        ]  # fmt: skip
        return h(
            "div",
            lists.page_head(person.name or words("Without name"), back, edit),
            lists.card(words("Contact"), lists.fields(*fields)),
            self._reach(words("E-mails"), "contact_email", "mail", person.emails, may),
            self._reach(words("Telephones"), "contact_phone", "phone", person.phones, may),
            self._label_card(person, may),
            class_="fb-stack",
        )

    def _reach(self, title: str, entity: str, act: str, found: tuple[Reach, ...], may: bool) -> Html:
        words = self._window.words
        add = lists.button(words("Add"), act=act, symbol="plus", kind="ghost") if may else None
        scheme = "mailto" if act == "mail" else "tel"
        rows = [
            lists.row(
                one.shown, one.label or (words("Main") if one.main else ""), href=f"{scheme}:{one.dial}", lead=lists.tile(act),
                end=[
                    lists.icon_button("copy", words("Copy {value}", value=one.shown), copy=one.shown),
                    lists.icon_button("pencil", words("Edit {name}", name=one.shown), act=act, arg=one.id) if may else None,
                    lists.icon_button("trash-2", words("Delete {name}", name=one.shown), act="drop", arg=f"{entity}:{one.id}")
                    if may
                    else None,
                ],
            )
            for one in found
        ]  # fmt: skip
        body = lists.rows(rows) if rows else h("p", words("None yet."), class_="fb-card-body fb-meta")
        return lists.card(title, body, actions=add, flush=True)

    def _label_card(self, person: Person, may: bool) -> Html | None:
        words, held = self._window.words, {label for _, label, _ in person.labels}
        if not self._labels:
            return None
        if not may:
            return lists.card(
                words("Labels"), h("p", ", ".join(name for _, _, name in person.labels) or words("None yet."))
            )
        pressed = [
            h("button", name, type="button", class_="fb-seg", data_act="label", data_arg=label_id,
              aria_pressed=str(label_id in held).lower())
            for label_id, name in self._labels.items()
        ]  # fmt: skip
        return lists.card(
            words("Labels"), h("div", pressed, class_="fb-segs", role="group", aria_label=words("Labels"))
        )
