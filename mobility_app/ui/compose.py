"""The composing dialog: a message to chosen contacts, queued here and sent once by HQ, or handed to the mail program.

Called by the contacts tab, a contact's own page and a mailing list. It names who is left out and why before anything is
written. What is typed is kept on disk from the first key on, for each customer or list; closing the dialog keeps it,
sending and discarding take it away. Two browser tabs write two messages: a tab goes on with what none has open.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from functools import partial

from nicegui import ui

from mobility_app.domain.rules import links
from mobility_app.errors import InvalidValue, MobilityError
from mobility_app.store import drafts
from mobility_app.store.actions import messages
from mobility_app.store.drafts import Draft
from mobility_app.store.queries import receivers as queries
from mobility_app.store.queries.receivers import LeftOut, Receivers
from mobility_app.store.store import Store
from mobility_app.store.writing import Writing
from mobility_app.ui import dialogs, lists
from mobility_app.ui.live import markup
from mobility_app.ui.markup import Html, h, icon
from mobility_app.ui.names import N_
from mobility_app.ui.sheet import kept
from mobility_app.ui.text_input import TextInput
from mobility_app.ui.window import Window
from mobility_app.ui.words import Words

SUBJECT, BODY = "subject", "body"
NAMED_MOST = 10  # names that are written out; the rest is counted
WHY = {
    queries.NO_ADDRESS: N_("no e-mail address"),
    queries.OPTED_OUT: N_("wants no mailings"),
    queries.OUT_OF_REACH: N_("outside your territory"),
}


async def compose(window: Window, contact_ids: Sequence[str], root_id: str) -> bool:
    """Opens the dialog; True when the message was queued. `root_id`: the customer or list that the draft is kept for."""
    found = await window.app.read(queries.receivers, contact_ids)
    left = await window.app.read(_left, root_id, window.app.open_forms())
    if not left or (editor := next(iter(left.values())).editor) in window.app.open_forms():  # by another tab, meanwhile
        left, editor = {}, f"{drafts.MESSAGE} {window.app.store.new_id()}"
    with dialogs.framed(window.words("New message")) as dialog:
        composer = Composer(window, found, root_id, editor, left, dialog.submit)
        composer.draw()
    with window.app.form_open(editor, dialog):
        answer = await dialogs.answered(dialog)
        await composer.settled(keep=answer is None)
    return answer == dialogs.SAVED


class Composer:
    """The open dialog. `editor`: under which its drafts are kept; `done(answer)` closes it."""

    def __init__(
        self, window: Window, found: Receivers, root_id: str, editor: str, left: dict[str, Draft],
        done: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._window, self._found, self._root_id, self._left, self._done = window, found, root_id, left, done
        self._editor = editor
        self._texts = {name: str(json.loads(draft.value or '""')) for name, draft in left.items()}
        self._writing = asyncio.Lock()
        self._busy = False

    def draw(self) -> None:
        """Draws the dialog in the current container."""
        words = self._window.words
        ui.html(receivers_view(words, self._found), sanitize=False)
        if self._left:
            when = words.when(max(draft.at for draft in self._left.values()), self._window.app.now())
            ui.html(lists.notice("accent", words("You began this {when}. It goes on here.", when=when)), sanitize=False)
        with ui.element("div").classes("fb-stack"):
            self._fields = {
                SUBJECT: self._input(SUBJECT, words.field("message", SUBJECT), messages.SUBJECT_MAX, lines=0),
                BODY: self._input(BODY, words.field("message", BODY), messages.BODY_MAX, lines=8),
            }
        self._problem = ui.html("", sanitize=False).classes("fb-err").props("role=alert")
        self._program = markup(self._way_out())
        with ui.element("div").classes("fb-dialog-acts"):
            dialogs.press(words("Discard"), lambda: self._done(dialogs.GIVEN_UP), "fb-btn-ghost")
            send = dialogs.press(words("Send"), self.send, "fb-btn-primary", "data-save")
            if too_many(self._found) or not self._found.ready:
                send.props("disabled")

    def _input(self, name: str, label: str, most: int, *, lines: int) -> TextInput:
        return TextInput(f"fb-message-{name}", label, self._texts.get(name, ""), most=most, lines=lines,
                         on_change=partial(self._typed, name))  # fmt: skip

    async def _typed(self, name: str, text: str) -> None:
        self._texts[name] = text
        if self._program.content != (shown := self._way_out()):
            self._program.set_content(shown)
        value = json.dumps(text, ensure_ascii=False) if text else None
        try:
            async with self._writing:
                await self._window.app.act(kept.keep, self._root_id, self._editor, {name: value}, 0)
        except MobilityError as error:
            self._problem.set_content(h("span", self._window.words.error(error)))

    def _way_out(self) -> Html:
        addresses = [one.address for one in self._found.ready]
        return mail_program(self._window.words, addresses, self._texts.get(SUBJECT, ""), self._texts.get(BODY, ""))

    async def send(self) -> None:
        """Queues the message and closes, or says what is missing."""
        if self._busy:
            return
        self._busy = True
        try:
            await self._window.app.write(self._queue)
        except MobilityError as error:
            self._refused(error)
        else:
            count = len(self._found.ready)
            self._window.toast(self._window.words.n(
                "The message to {n} contact is sent with the next sync",
                "The message to {n} contacts is sent with the next sync", count,
            ))  # fmt: skip
            self._done(dialogs.SAVED)
        finally:
            self._busy = False

    def _queue(self, tx: Writing) -> None:
        messages.queue(tx, self._found.ready, self._texts.get(SUBJECT, ""), self._texts.get(BODY, ""))
        drafts.drop(tx, self._root_id, self._editor)

    def _refused(self, error: MobilityError) -> None:
        text = self._window.words.error(error)
        field = self._fields.get(error.field) if isinstance(error, InvalidValue) else None
        if field is None:
            self._problem.set_content(h("span", text))
        else:
            field.wrong(text)
            self._window.run(f"fb.focus({json.dumps(field.own)})")

    async def settled(self, *, keep: bool) -> None:
        """After the dialog: what was typed stays on disk, or goes."""
        async with self._writing:
            if not keep and not self._window.app.locked:
                await self._window.app.act(kept.forget, self._root_id, self._editor)


def _left(store: Store, root_id: str, alive: frozenset[str]) -> dict[str, Draft]:
    with store.reading() as session:
        return drafts.message(session, root_id, alive)


def too_many(found: Receivers) -> bool:
    """Whether they belong to more customers than one message may go to."""
    return found.customers > messages.CUSTOMERS_MAX


def receivers_view(words: Words, found: Receivers) -> Html:
    """Who gets it, who does not and why."""
    count = words.n("To {n} contact", "To {n} contacts", len(found.ready))
    names = _named(words, [one.name or one.address for one in found.ready])
    to = h("p", h("b", count), " · " if names else None, names or None) if found.ready else None
    out = [_left_out(words, found.left_out, reason) for reason in WHY]
    problem = None
    if not found.ready:
        problem = lists.notice("bad", words("Nobody of them can be written to."), symbol="circle-alert")
    elif too_many(found):
        most = words.number(messages.CUSTOMERS_MAX)
        text = words("These contacts belong to more than {most} customers. Choose fewer of them.", most=most)
        problem = lists.notice("bad", text, symbol="circle-alert")
    return h("div", to, [one for one in out if one is not None], problem, class_="fb-stack fb-to")


def _left_out(words: Words, left_out: Sequence[LeftOut], reason: str) -> Html | None:
    names = [one.name or words("Without name") for one in left_out if one.reason == reason]
    if not names:
        return None
    text = words("Gets nothing, {why}: {names}", why=words(WHY[reason]), names=_named(words, names))
    return lists.notice("warn", text, symbol="triangle-alert")


def _named(words: Words, names: Sequence[str]) -> str:
    rest = len(names) - NAMED_MOST
    return words.list([*names[:NAMED_MOST], *([words.n("{n} more", "{n} more", rest)] if rest > 0 else [])])


def mail_program(words: Words, addresses: Sequence[str], subject: str, body: str) -> Html:
    """The other way out: a link for the mail program with all as blind copies; too much for a link: their addresses to
    be pasted there."""
    if not addresses:
        return h("div")
    href = links.mailto(addresses, subject, body)
    if len(href) <= links.MAILTO_MOST:
        way = lists.button(words("Open in mail program"), href=href, symbol="external-link", kind="ghost")
        return h("div", way, class_="fb-way")
    copy = h("button", icon("copy"), h("span", words("Copy addresses")), type="button",
             class_="fb-btn fb-btn-ghost", data_copy=", ".join(addresses))  # fmt: skip
    note = words(
        "This is too much to hand over to the mail program. Copy the addresses and paste them there as blind copies."
    )
    return h("div", copy, h("p", note, class_="fb-meta"), class_="fb-way")
