"""A new customer, usable in one go: name, identifier, how to reach it, address, territory. Customers that look alike are
shown while one types, each with why; saving although one surely is the same asks once.

What is typed is kept as it is on a sheet, under a place of its own (`PLACE`), because the customer has no sheet yet: the
form goes on after a crash, and the list of customers offers it. Parts that stay empty are not saved. Company, owner,
currency, language and the provisional number come from the store's own defaults.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack

from nicegui import ui

from mobility_app.domain.change import Row
from mobility_app.errors import MobilityError
from mobility_app.store.queries import starting
from mobility_app.store.queries.alike import Alike, Typed, alike
from mobility_app.store.queries.starting import Ground
from mobility_app.ui import alike_rows, dialogs, forms, lists, unfinished
from mobility_app.ui.context import App
from mobility_app.ui.live import Live
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import N_
from mobility_app.ui.sheet.editing import EditSession
from mobility_app.ui.unfinished import Form, Left
from mobility_app.ui.window import Window
from mobility_app.ui.words import Words

PLACE = "new"  # stands for the customer that drafts belong to
FORM = Form("customer")
OFFERED = ("customer", "address", "customer_phone", "customer_email")  # parents first: so they are written
PARTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "customer": (N_("Customer"), ("name", "identifier_kind", "identifier", "identifier_override", "website", "territory_id")),
    "customer_phone": ("", ("value",)),
    "customer_email": ("", ("value",)),
    "address": (N_("Address"), ("kind", "line1", "line2", "postcode", "city", "country")),
}  # fmt: skip
LABELS = {"customer_phone": N_("Telephone"), "customer_email": N_("E-mail")}


async def build(window: Window) -> None:
    """Draws the form, with what was left of it."""
    ground = await window.app.read(starting.ground)
    rest = await window.app.read(left, window.app)
    await NewCustomer(window, ground).show(rest)


def left(store: object, app: App) -> Left | None:
    """What was typed for a new customer and not saved, by a form that no living browser tab holds."""
    return unfinished.left_of(app.store, PLACE, FORM, app.open_forms())


class NewCustomer:
    """The form in one browser tab. To a dialog it is the place where it belongs (`dialogs.Desk`)."""

    customer_id = PLACE

    def __init__(self, window: Window, ground: Ground) -> None:
        self._window, self._ground = window, ground
        self.app, self.words, self.currency = window.app, window.words, ground.currency
        self._editor = FORM.editor(window.app.store.new_id())
        self._session = EditSession(window.app, PLACE, ground.currency, self._editor, 0, bars_files=False)
        self._ids: dict[str, str] = {}
        self._override: ui.element | None = None
        self._asked: set[str] = set()
        self._over = False

    def toast(self, text: str) -> None:
        """A short note about something that went well."""
        self._window.toast(text)

    # -- drawing

    async def show(self, rest: Left | None) -> None:
        """Draws it and goes on with what was left."""
        words, window = self.words, self._window
        window.title(words("New customer"))
        if rest is not None:
            order = {f"+ {entity}": at for at, entity in enumerate(OFFERED)}
            drafts = sorted(rest.drafts, key=lambda draft: order.get(draft.slot.rsplit(" ", 2)[0], len(order)))
            await self._session.resume(drafts)
        for entity in OFFERED:
            self._begin(entity)
        with ui.element("div").classes("fb-page"), ui.element("div").classes("fb-stack fb-new") as page:
            ui.html(lists.page_head(words("New customer")), sanitize=False)
            if rest is not None:
                self._goes_on(rest)
            self._card("customer")
            self._alike = Live(lambda typed: self.app.read(alike, typed), lambda found: alike_rows.render(words, found))
            self._card("customer_phone", "customer_email")
            self._card("address")
            self._foot()
        stack = ExitStack()
        stack.enter_context(self.app.form_open(self._editor, page))
        window.on_leave(lambda: self._left(stack))
        with self._alike.element:
            self._session.listen(self._follow)
        self._follow()

    def _begin(self, entity: str) -> None:
        """The record of this part: the one that was left, or a new one."""
        known = self._session.records(entity)
        values: Row = {} if entity == "customer" else {"customer_id": self._ids["customer"], "is_main": True}
        if entity == "customer" and self._ground.territories:
            values = {"territory_id": self._ground.territories[0][0]}
        if entity == "address":
            values = {"customer_id": self._ids["customer"], "kind": "billing", "country": self._ground.country or None}
        self._ids[entity] = (
            str(known[0]["id"]) if known else self._session.create(entity, values, self._ids.get(entity, ""))
        )

    def _goes_on(self, rest: Left) -> None:
        words = self.words
        said = words("You began this {when}. It goes on here.", when=words.when(rest.at, self.app.now()))
        with ui.element("div").classes("fb-offer"):
            ui.html(lists.notice("accent", said), sanitize=False)
            dialogs.press(words("Begin anew"), self._anew, "fb-btn-ghost")

    def _card(self, *entities: str) -> None:
        words = self.words
        title = words(PARTS[entities[0]][0]) if PARTS[entities[0]][0] else words("How to reach it")
        with ui.element("section").classes("fb-card"):
            head = h("div", h("h2", title), class_="fb-card-head")
            ui.html(head, sanitize=False)
            with ui.element("div").classes("fb-card-body"), ui.element("div").classes("fb-form"):
                for entity in entities:
                    for name in PARTS[entity][1]:
                        self._field(entity, name)

    def _field(self, entity: str, name: str) -> None:
        words, record_id = self.words, self._ids[entity]
        if name == "territory_id" and len(self._ground.territories) < 2:
            return
        hints = {
            "identifier_override": words("Only where the number is right although the check refuses it."),
            "country": words("Two letters, as in PT, ES or FR."),
        }
        drawn = forms.field_input(
            self._session, entity, record_id, name, wide=name in ("name", "line1"), hint=hints.get(name, ""),
            label=words(LABELS[entity]) if entity in LABELS else "",
            choices=dict(self._ground.territories) if name == "territory_id" else None,
            optional=entity in LABELS,
        )  # fmt: skip
        if name == "identifier_override" and drawn is not None:
            self._override = drawn.box

    def _foot(self) -> None:
        self._alert = ui.html("", sanitize=False).props("role=alert").classes("fb-err")
        with ui.element("div").classes("fb-dialog-acts"):
            dialogs.press(self.words("Cancel"), self._give_up, "fb-btn-ghost")
            dialogs.press(self.words("Save"), self._save, "fb-btn-primary", "data-save")

    # -- what happens

    def _value(self, entity: str, name: str) -> str:
        """The value, or what is half typed."""
        slot = (entity, self._ids[entity], name)
        return str(self._session.value(*slot) or self._session.text(slot) or "")

    def _typed(self) -> Typed:
        return Typed(
            self._value("customer", "name"), self._value("customer", "identifier_kind"),
            self._value("customer", "identifier"), self._value("customer_phone", "value"),
            self._value("customer_email", "value"), self._value("customer", "website"), self._value("address", "country"),
        )  # fmt: skip

    def _follow(self) -> None:
        if self._over or self._alike.gone:
            return
        slot = ("customer", self._ids["customer"], "identifier")
        if self._override is not None:
            needed = self._session.error(slot) or self._value("customer", "identifier_override")
            self._override.set_visibility(bool(needed))
        self._window.run(f"fb.dirty({int(self._session.typed)})")
        typed = self._typed()
        ui.timer(0, lambda: self._alike.show(typed), once=True)

    async def _save(self) -> None:
        found = await self.app.read(alike, self._typed())
        sure = [one for one in found if one.likeness.strong and one.id not in self._asked]
        if sure and not await self._meant(sure):
            return
        self._asked |= {one.id for one in sure}
        for entity in OFFERED[1:]:
            if not any(self._session.touched((entity, self._ids[entity], name)) for name in PARTS[entity][1]):
                self._session.remove(entity, self._ids[entity])
        try:
            done = await self._session.save()
        except MobilityError as error:
            self._refused(self.words.error(error))
            return
        if done:
            self._over = True
            self._window.run("fb.clean()")
            self._window.go(f"/customers/{self._ids['customer']}")
            return
        shown = {(entity, self._ids[entity], name) for entity in OFFERED for name in PARTS[entity][1]}
        unplaced = [text for slot, text in self._session.errors.items() if slot not in shown]
        self._refused(unplaced[0] if unplaced else self.words("Correct the marked fields and save again."))

    async def _meant(self, sure: list[Alike]) -> bool:
        words, first = self.words, sure[0]
        said = words(
            "{name} ({number}) looks like the same customer: {reasons}.", name=first.name, number=first.number,
            reasons=alike_rows.why(words, first),
        )  # fmt: skip
        return await dialogs.confirm(
            self, words("This customer may be there already"), said, words("Save as a new customer")
        )

    def _refused(self, text: str) -> None:
        for entity in OFFERED[1:]:
            self._begin(entity)  # parts that were left out come back
        self._alert.set_content(h("span", text))

    async def _give_up(self) -> None:
        await self._drop()
        self._window.go("/customers")

    async def _anew(self) -> None:
        await self._drop()
        self._window.run("location.reload()")

    async def _drop(self) -> None:
        self._over = True
        self._window.run("fb.clean()")
        await self._session.drop()

    def _left(self, stack: ExitStack) -> None:
        stack.close()
        self._window.run("fb.clean()")
        if not self._over and not self.app.locked:
            self._over = True
            end = self._session.pause if self._session.typed else self._session.drop
            asyncio.ensure_future(end())  # noqa: RUF006 - short, and nobody waits for it


def offer(words: Words, rest: Left, now: int) -> Html:
    """The way back to it, for the list of customers."""
    text = words("You began a new customer {when} and did not save it.", when=words.when(rest.at, now))
    go_on = lists.button(words("Continue"), href="/customers/new")
    return h("div", lists.notice("accent", text, go_on), class_="fb-offer")
