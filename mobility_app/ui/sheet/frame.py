"""Sheet: an open customer in one browser tab: header, tab bar, body, read and edit mode, save bar.

It reads the header once, and again after every change of the customer; tabs draw into its body and follow through
`live`. The edit session belongs to it, not to a tab, so edits span the tabs. It lives until another view is opened.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from nicegui import ui

from mobility_app.domain import registry
from mobility_app.errors import MobilityError
from mobility_app.store.drafts import Draft
from mobility_app.store.queries import sheet as queries
from mobility_app.store.queries.sheet import SheetHeader
from mobility_app.store.store import LOCAL, Touched
from mobility_app.store.writing import Writing
from mobility_app.ui import decisions, forms
from mobility_app.ui.context import App
from mobility_app.ui.live import Act, Live
from mobility_app.ui.markup import NOTHING, Html
from mobility_app.ui.sheet import awaited, kept, savebar
from mobility_app.ui.sheet.editing import EditSession
from mobility_app.ui.sheet.facts import Facts
from mobility_app.ui.sheet.front import Front
from mobility_app.ui.sheet.offers import Offers
from mobility_app.ui.sheet.presence import Presence
from mobility_app.ui.sheet.rooms import Rooms
from mobility_app.ui.sheet.saving import Slot
from mobility_app.ui.sheet.tab import Tab
from mobility_app.ui.window import Window
from mobility_app.ui.words import Words

T = TypeVar("T")

EDITED = ("customer", "address")  # whoever may write a field of these has something to edit

# Records without a customer that sheets show all the same.
ELSEWHERE = frozenset({"user", "company", "territory", "product", "label", "mailing_list"})


class Sheet:
    """An open customer. `header` is there from the first `build` of a tab on."""

    header: SheetHeader

    def __init__(self, window: Window, customer_id: str, tabs: Sequence[Tab]) -> None:
        self.window, self.customer_id, self.tabs = window, customer_id, tabs
        self.session: EditSession | None = None
        self.query: Mapping[str, str] = {}
        self.editor = window.app.store.new_id()
        self._tab, self._record_id = tabs[0], ""
        self._lives: list[Live] = []
        self._callbacks: list[Callable[[], Awaitable[None]]] = []
        self._offers = Offers(window.app, customer_id)
        self._found = self._awaited = False
        self._refreshing = self._again = self._saving = False
        self._unheard = self._news = 0  # commits of this device that came while saving; what was followed
        self._drawing = asyncio.Lock()
        self._body: Rooms | None = None
        self.presence, self._front = Presence(self), Front(window.app, tabs, self._own_act)
        self.inside = self._front.inside
        self._opening = asyncio.ensure_future(self._open())
        window.sheet = self
        window.follow(self._heard)
        window.app.editor_gone.subscribe(self._editor_gone)
        window.on_leave(self.close)

    # -- what tabs use

    @property
    def app(self) -> App:
        """The running app."""
        return self.window.app

    @property
    def words(self) -> Words:
        """Texts and formats."""
        return self.app.words

    @property
    def found(self) -> bool:
        """Whether the customer is on this device; then `header` is there."""
        return self._found

    @property
    def currency(self) -> str:
        """ISO 4217, of the customer."""
        return self.header.currency

    def href(self, slug: str = "", record_id: str = "") -> str:
        """The address of this sheet, of a tab, or of one record in a tab."""
        return "/".join(part for part in (f"/customers/{self.customer_id}", slug, record_id) if part)

    def may(self, entity: str, verb: str, field: str | None = None) -> bool:
        """Whether the person may do this on this customer; their own activities count as theirs."""
        return Facts.of(self.app, self.header).may(entity, verb, field or "")

    async def read(self, query: Callable[..., T], *args: object) -> T:
        """`query(store, *args)` on a worker thread."""
        return await self.app.read(query, *args)

    async def write(
        self, verb: Callable[[Writing], object], *, done: str = "", undo: Callable[[Writing], object] | None = None
    ) -> bool:
        """One transaction of the write door. True when written: then `done` is said, with a way back if `undo` is
        given. An error is shown in the sheet's alert line."""
        try:
            await self.app.write(verb)
        except MobilityError as error:
            self.fail(error)
            return False
        self.fail("")
        if done:
            self.toast(done, partial(self._take_back, undo) if undo else None)
        return True

    async def _take_back(self, undo: Callable[[Writing], object]) -> None:
        await self.write(undo)

    async def live(
        self, query: Callable[..., Any], render: Callable[[Any], Html], *args: object, on_act: Act | None = None,
        look: str = "",
    ) -> Live:  # fmt: skip
        """Shows `render(query(store, customer_id, *args))` and follows every change of this customer."""

        async def load(*given: object) -> Any:
            return await self.read(query, self.customer_id, *given)

        async def act(name: str, arg: str) -> None:
            if not await self._own_act(name, arg) and on_act is not None:
                await on_act(name, arg)

        news = self._news
        live = await Live.of(load, render, *args, on_act=act, look=look)
        self._lives.append(live)
        if news != self._news:  # something came between the load and now
            await live.refresh()
        return live

    def on_change(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Awaits `callback` after every change of this customer, until the tab or the mode changes."""
        self._callbacks.append(callback)

    def begin(self, entity: str, add: Callable[[], Awaitable[None]]) -> None:
        """Where the address asks for a new one (`?new=`) and the person may make it: awaits `add` once the view stands."""
        if self.query.get("new") and self.may(entity, "create"):
            self.query = {}  # once: not again when the mode changes
            ui.timer(0, add, once=True)

    def toast(self, text: str, undo: Callable[[], Awaitable[None]] | None = None) -> None:
        """A short note about something that went well."""
        self.window.toast(text, undo)

    def announce(self, text: str) -> None:
        """Tells a screen reader, politely."""
        self.window.announce(text)

    def go(self, href: str) -> None:
        """Opens another view."""
        self.window.go(href)

    def fail(self, error: MobilityError | str) -> None:
        """Says in the alert line what did not work; "" takes it away."""
        self._front.alert(error if isinstance(error, str) else self.words.error(error))

    # -- what stands there

    async def _open(self) -> None:
        header = await self.read(queries.header, self.customer_id)
        await self._offers.look()
        if header is not None:
            self.header, self._found = header, True

    async def show(self, tab: Tab, record_id: str, query: Mapping[str, str]) -> None:
        """Opens a tab, or one record in it, in the current container."""
        body = Rooms(self._drawing)
        try:
            await asyncio.shield(self._opening)
        except BaseException:
            body.close()
            raise
        self._tab, self._record_id, self.query, self._body = tab, record_id, query, body
        await self._stand(body)

    async def _stand(self, body: Rooms) -> None:
        if not self._found:
            await self._missing(body)
            return
        self._awaited = False
        self._draw_head()
        await self.rebuild()
        self.window.title(f"{self.header.name} · {self.header.number}")
        self.window.run("fb.tab()")

    async def _missing(self, body: Rooms) -> None:
        content, self._awaited = await awaited.instead(self)
        if content is not None:
            self._front.bare()
            body.close(content)

    async def _arrived(self, body: Rooms) -> None:
        """Something came while this customer is awaited."""
        await self._open()
        if self._found and self._awaited:
            body.reopen()
        await self._stand(body)

    def _draw_head(self) -> None:
        may_edit = any(self.may(one, "update", name) for one in EDITED for name in registry.entity(one).names)
        editing, here = self.session is not None, self.href()
        self._front.show(
            self.header, here, self._tab.slug, editing=editing, may_edit=may_edit,
            offers=NOTHING if editing else self._offers.render(here),
        )  # fmt: skip

    async def rebuild(self) -> None:
        """Draws the body of the current tab anew: another mode, another tab."""
        if self._body is not None and self._found:
            await self._body.draw(self._build)

    async def _build(self) -> None:
        self._lives, self._callbacks = [], []
        if self._record_id and self._tab.open is not None:
            await self._tab.open(self, self._record_id)
        else:
            await self._tab.build(self)

    # -- acts that no tab has to answer

    async def _own_act(self, name: str, arg: str) -> bool:
        try:
            match name:
                case "edit":
                    await self.edit()
                case "continue":
                    await self.edit(left=self._offers.take())
                case "again" if arg.lstrip("-").isdecimal():
                    await decisions.take_up(self, int(arg))
                case "discard":
                    await self._offers.discard()
                    self._draw_head()
                case "forget":
                    await self._offers.forget(arg)
                    self._draw_head()
                case _:
                    return await decisions.act(self, name, arg)
        except MobilityError as error:
            self.fail(error)
        return True

    # -- edit mode

    async def edit(self, slot: Slot | None = None, left: Sequence[Draft] = ()) -> None:
        """Turns to edit mode. `slot` gets the focus; `left` are drafts to go on with."""
        if self.session is not None:
            return
        position = await self.read(lambda store: store.position(self.customer_id))
        session = EditSession(self.app, self.customer_id, self.currency, self.editor, position)
        rows = await self.read(queries.records, self.customer_id, *dict.fromkeys(["customer", *kept.entities(left)]))
        for entity, found in rows.items():
            session.load(entity, found)
        await session.begin()
        session.marks = self.header.marks
        self.session = session
        self.fail("")
        if left:
            await session.resume(left)
        self._draw_head()
        with self._front.floating:
            savebar.draw(self.window, session, self.href(), self.save, self.cancel)
        await self.rebuild()
        self.announce(self.words("Editing"))
        if slot is not None:
            self.window.run(f"fb.begin({json.dumps(forms.input_id(slot))})")

    async def save(self) -> None:
        """Keeps all edits of the sheet in one transaction and turns to read mode; or shows what was refused."""
        session = self.session
        if session is None or self._saving:
            return
        self._saving, self._unheard = True, 0
        try:
            own = await self._save(session)
        finally:
            self._saving = False
        if self._unheard > own:  # another browser tab wrote in the meantime
            await self._follow(LOCAL)

    async def _save(self, session: EditSession) -> int:
        """How many commits it made."""
        try:
            changed, done = session.changed, await session.save()
        except MobilityError as error:
            self.fail(error)
            return 0
        if not done:
            self._front.warn(savebar.refusals(session))
            self.window.run(f"fb.focus({json.dumps(savebar.first_wrong(session))})")
            return 0
        await self._read_mode()
        if changed:
            self.toast(self.words("Saved on this device"))
        return 1

    async def cancel(self) -> None:
        """Drops all edits of the sheet."""
        if self.session is None:
            return
        changed = self.session.changed
        await self.session.drop()
        await self._read_mode()
        if changed:
            self.toast(self.words("Edits discarded"))

    async def _read_mode(self) -> None:
        self.session = None
        if not await self._look():
            return
        await self.rebuild()
        self._front.floating.clear()
        self.fail("")
        self._draw_head()
        self.window.run("fb.clean()")
        self.window.run("fb.focus('fb-edit')")

    # -- news

    async def _heard(self, touched: Touched) -> None:
        ours = self.customer_id in touched.roots or any(entity in ELSEWHERE for entity, _ in touched.records)
        if self._awaited and self._body is not None and not self._body.gone:
            with suppress(MobilityError):  # locked meanwhile
                await self._arrived(self._body)
        if not ours or not self._found:
            return
        if self._saving and touched.source == LOCAL:  # a save draws all anew itself
            self._unheard += 1
            return
        if self._refreshing:
            self._again = True
            return
        self._refreshing = True
        try:
            with suppress(MobilityError):  # locked meanwhile: the page is on its way to the lock screen
                await self._follow(touched.source)
        finally:
            self._refreshing = False
        if self._again:
            self._again = False
            await self._heard(touched)

    async def _follow(self, source: str) -> None:
        self._news += 1
        if not await self._look():
            return
        self._draw_head()
        for live in [live for live in self._lives if not live.gone]:
            await live.refresh(source)
        for callback in tuple(self._callbacks):
            await callback()
        if self.session is not None:
            await self.session.refresh()
        if source == "sync":
            self.announce(self.words("Updated from the office just now"))

    async def _look(self) -> bool:
        """Reads the header again. False where the customer is gone from this device: then that is shown."""
        header = await self.read(queries.header, self.customer_id)
        if header is None:
            self._found = False
            if self._body is not None and not self._body.gone:
                await self._missing(self._body)
            return False
        self.header = header
        return True

    # -- the end

    def close(self) -> None:
        """Another view was opened, or the tab is gone: drafts stay, the sheet is not being edited any more."""
        self.app.editor_gone.unsubscribe(self._editor_gone)
        if self.window.sheet is self:
            self.window.sheet = None
        session, self.session = self.session, None
        if session is not None:
            self.window.run("fb.clean()")
            asyncio.ensure_future(self.presence.pause(session))  # noqa: RUF006 - its own end is all it is for

    async def _editor_gone(self, customer_id: str) -> None:
        """Somebody's edits of this customer were left: offer to go on with them."""
        if customer_id == self.customer_id and self._found and self.session is None and not self.app.locked:
            await self._offers.look()
            self._draw_head()
