"""A contact's own page, opened from the list in a new browser tab: who it is, how to reach it, its labels.

Read mode is `contact_view`; labels, a further e-mail or telephone and deletions are saved at once, with a way back.
"Edit" turns to a form over the contact and its e-mails and telephones: one session, saved in one transaction, kept as a
draft on the way. Like the customer's sheet it follows each sync and never touches a field in use.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from nicegui import ui

from mobility_app.domain.change import Row
from mobility_app.errors import MobilityError
from mobility_app.store.actions import mailing
from mobility_app.store.drafts import Draft
from mobility_app.store.queries import arriving as arriving_queries
from mobility_app.store.queries import contacts as queries
from mobility_app.store.queries.arriving import Coming
from mobility_app.store.queries.contacts import ContactPage
from mobility_app.store.store import Touched
from mobility_app.store.writing import Writing
from mobility_app.ui import (
    arriving,
    cards_out,
    choose_list,
    compose,
    contact_form,
    contact_view,
    decisions,
    dialogs,
    forms,
    lists,
    naming,
)
from mobility_app.ui.context import App
from mobility_app.ui.live import Live, markup
from mobility_app.ui.markup import Html
from mobility_app.ui.sheet import kept, reach, savebar
from mobility_app.ui.sheet.editing import EditSession
from mobility_app.ui.sheet.facts import Facts
from mobility_app.ui.window import Window
from mobility_app.ui.words import Words

ELSEWHERE = frozenset({"label", "mailing_list", "user", "company"})  # records without a customer that this page shows


async def build(window: Window, contact_id: str) -> None:
    """Draws the contact and follows it."""
    with ui.element("div").classes("fb-page") as place:
        page = await window.app.read(queries.one, contact_id)
        if page is not None:
            await ContactView(window, page).show()
            return
        coming = await window.app.read(arriving_queries.coming)
        shown = ui.html(_instead(window, coming), sanitize=False)
    if coming is not None:
        _await(window, contact_id, place, shown)


def _instead(window: Window, coming: Coming | None) -> Html:
    """In place of a contact that is not on this device."""
    if coming is not None:
        window.title(window.words("Customers"))
        return arriving.not_yet(window.words, coming, window.words("This contact is not here yet"))
    window.title(window.words("Not found"))
    window.client.status_code = 404
    return contact_view.gone(window.words)


def _await(window: Window, contact_id: str, place: ui.element, shown: ui.html) -> None:
    """Looks after each commit whether the contact has come."""
    over = asyncio.Event()

    async def heard(_: Touched) -> None:
        if over.is_set() or window.app.locked:
            return
        with suppress(MobilityError):  # locked meanwhile: the page is on its way to the lock screen
            page = await window.app.read(queries.one, contact_id)
            coming = await window.app.read(arriving_queries.coming)
            if over.is_set() or place.is_deleted:
                return
            if page is None:
                shown.set_content(_instead(window, coming))
                return
            over.set()
            place.clear()
            with place:
                await ContactView(window, page).show()

    window.follow(heard)


class ContactView:
    """The page of one contact in one browser tab. Dialogs use it as their desk."""

    def __init__(self, window: Window, page: ContactPage) -> None:
        self.window, self.page = window, page
        self.contact_id, self.customer_id = page.person.id, str(page.person.row["customer_id"])
        self.session: EditSession | None = None
        self._editor = window.app.store.new_id()
        self._gone = self._left_view = False
        self._live: Live | None = None
        self._form: contact_form.Form | None = None
        self._left: list[Draft] = []
        self._alert = ui.html("", sanitize=False).props("role=alert").classes("fb-alert")
        self._offer = markup(Html(""), self._act)
        self._body = ui.element("div")
        self._floating = ui.element("div")
        window.follow(self._heard)
        window.on_leave(self._leave)
        window.client.on_disconnect(self._silent)
        window.client.on_connect(self._heard_again)

    # -- what dialogs use

    @property
    def app(self) -> App:
        """The running app."""
        return self.window.app

    @property
    def words(self) -> Words:
        """Texts and formats."""
        return self.window.words

    @property
    def currency(self) -> str:
        """ISO 4217, of the customer."""
        return self.page.header.currency

    def toast(self, text: str) -> None:
        """A short note about something that went well."""
        self.window.toast(text)

    # -- drawing

    async def show(self) -> None:
        """Draws what the mode asks for."""
        self._left = await self.app.read(contact_form.left_behind, self.page)
        await self._rebuild()

    async def _rebuild(self) -> None:
        self._body.clear()
        self._live = self._form = None
        self._draw_offer()
        with self._body:  # also for the title: the button that was pressed may be gone
            self.window.title(f"{contact_view.title(self.words, self.page.person)} · {self.page.header.name}")
            if self.session is not None:
                self._form = contact_form.draw(self.window, self.session, self.page, self._facts())
            else:
                self._live = Live(self._load, self._render, self._act)
                await self._live.show()

    def _draw_offer(self) -> None:
        text = Html("")
        if self._left and self.session is None:
            when = self.words.when(max(draft.at for draft in self._left), self.app.now())
            text = contact_view.draft_offer(self.words, when)
        if self._offer.content != text:
            self._offer.set_content(text)

    def _facts(self) -> Facts:
        return Facts.of(self.app, self.page.header)

    async def _load(self) -> ContactPage | None:
        return await self.app.read(queries.one, self.contact_id)

    def _render(self, page: ContactPage | None) -> Html:
        if page is None:
            return contact_view.gone(self.words, can_bring_back=self._gone)
        self.page = page
        return contact_view.render(self._facts(), page)

    # -- read mode

    async def _act(self, act: str, arg: str) -> None:
        try:
            match act:
                case "edit":
                    await self._edit()
                case "continue":
                    await self._edit(self._left)
                case "discard":
                    left, self._left = self._left, []
                    await self.app.act(kept.discard, self.customer_id, left)
                    self._draw_offer()
                case "add":
                    await self._add(arg)
                case "new-label":
                    await naming.ask(self.window, self.words("New label"), self._new_label, most=naming.LABEL_MOST)
                case "list":
                    await choose_list.choose(self.window, self._company_id, [self.contact_id])
                case "write":
                    await compose.compose(self.window, [self.contact_id], self.customer_id)
                case "card":
                    await cards_out.hand_out(
                        self.window, [self.contact_id], contact_view.title(self.words, self.page.person)
                    )
                case _ if not await decisions.act(self, act, arg):
                    await self._change(act, arg)
        except MobilityError as error:
            self._fail(self.words.error(error))

    async def _change(self, act: str, arg: str) -> None:
        words = self.words
        match act:
            case "label":
                await self._label(arg)
            case "drop":
                entity, _, record_id = arg.partition(":")
                await self._write(
                    lambda tx: tx.delete(entity, record_id), words("Deleted"), lambda tx: tx.restore(entity, record_id)
                )
            case "delete":
                self._gone = True
                await self._write(lambda tx: tx.delete("contact", self.contact_id))
            case "bring-back":
                await self._write(lambda tx: tx.restore("contact", self.contact_id))
                self._gone = False

    async def _add(self, entity: str) -> None:
        words, person = self.words, self.page.person
        first = not (person.emails if reach.is_mail(entity) else person.phones)
        values = contact_form.new(self.contact_id, first)
        title = words("E-mail") if reach.is_mail(entity) else words("Telephone")
        await dialogs.record_dialog(
            self, entity, reach.FIELDS, title=title, values=values, saved=words("Contact saved")
        )

    @property
    def _company_id(self) -> str:
        return str(self.page.header.customer["company_id"])

    async def _new_label(self, name: str) -> None:
        await self.app.write(lambda tx: mailing.carry(tx, self.contact_id, self._company_id, name))

    async def _label(self, label_id: str) -> None:
        held = {label.label_id: label.link_id for label in self.page.person.labels}
        if label_id in held:
            await self._write(lambda tx: tx.delete("contact_label", held[label_id]))
        else:
            values: Row = {"contact_id": self.contact_id, "label_id": label_id}
            await self._write(lambda tx: tx.create("contact_label", values))

    async def _write(
        self, verb: Callable[[Writing], object], done: str = "", undo: Callable[[Writing], object] | None = None
    ) -> None:
        """One transaction; raises MobilityError."""
        await self.app.write(verb)
        self._fail("")
        if done:
            self.window.toast(done, self._undoing(undo) if undo else None)

    def _undoing(self, undo: Callable[[Writing], object]) -> Callable[[], Awaitable[None]]:
        async def take_back() -> None:
            try:
                await self.app.write(undo)
            except MobilityError as error:
                self._fail(self.words.error(error))

        return take_back

    def _fail(self, text: str) -> None:
        if not self._alert.is_deleted:
            self._alert.set_content(lists.notice("bad", text, symbol="circle-alert") if text else "")

    # -- edit mode

    async def _edit(self, left: Sequence[Draft] = ()) -> None:
        if self.session is not None:
            return
        position = await self.app.read(lambda store: store.position(self.customer_id))
        page = await self._load()
        if page is None:
            return
        self.page = page
        session = EditSession(self.app, self.customer_id, self.currency, self._editor, position)
        contact_form.load(session, page)
        await session.begin()
        session.marks = page.header.marks
        if left:
            await session.resume(left)
            self._left = []
        self.session = session
        self._fail("")
        with self._floating:
            savebar.draw(self.window, session, f"/contacts/{self.contact_id}", self._save, self._cancel)
        await self._rebuild()
        self.window.announce(self.words("Editing"))
        slot = ("contact", self.contact_id, "first_name")
        self.window.run(f"fb.begin({json.dumps(forms.input_id(slot))})")

    async def _save(self) -> None:
        session = self.session
        if session is None:
            return
        try:
            changed, done = session.changed, await session.save()
        except MobilityError as error:
            self._fail(self.words.error(error))
            return
        if not done:
            self._alert.set_content(savebar.refusals(session))
            self.window.run(f"fb.focus({json.dumps(savebar.first_wrong(session))})")
            return
        await self._read_mode(self.words("Saved on this device") if changed else "")

    async def _cancel(self) -> None:
        if self.session is not None:
            changed = self.session.changed
            await self.session.drop()
            await self._read_mode(self.words("Edits discarded") if changed else "")

    async def _read_mode(self, said: str) -> None:
        self.session = None
        self.window.run("fb.clean()")
        self._floating.clear()
        self._fail("")
        self.page = await self._load() or self.page
        await self._rebuild()
        if said:
            self.toast(said)
        self.window.run("fb.focus('fb-edit')")

    # -- news and the end

    async def _heard(self, touched: Touched) -> None:
        ours = self.customer_id in touched.roots or any(entity in ELSEWHERE for entity, _ in touched.records)
        if not ours or self.app.locked:
            return
        if self._live is not None:
            await self._live.refresh(touched.source)
        elif self.session is not None and self._form is not None:
            page = await self._load()
            if page is not None:
                self.page = page
                self._form.follow(page)
            await self.session.refresh()
        if touched.source == "sync":
            self.window.announce(self.words("Updated from the office just now"))

    def _leave(self) -> None:
        self._left_view = True
        session, self.session = self.session, None
        if session is not None:
            self.window.run("fb.clean()")
            asyncio.ensure_future(self._pause(session))  # noqa: RUF006 - its own end is all it is for

    async def _pause(self, session: EditSession) -> None:
        await session.pause()
        self.app.editor_gone.emit(self.customer_id)

    async def _silent(self) -> None:
        """The browser tab has gone silent: a dead tab must not bar files from the customer."""
        if self.session is not None and not self._left_view and not self.app.locked:
            await self.app.act(kept.end, self.customer_id, self._editor)

    async def _heard_again(self) -> None:
        if self.session is not None and not self._left_view and not self.app.locked:
            await self.session.begin()
