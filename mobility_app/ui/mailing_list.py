"""One mailing list at `/lists/<id>`: its members page by page, writing to all of them, renaming, deleting with a way back.

Members come from the contacts tab of their customers. A rep sees and writes to those whose customers this device holds.
"""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from mobility_app.errors import MobilityError
from mobility_app.store.actions import mailing
from mobility_app.store.queries import mailing_lists as queries
from mobility_app.store.queries.mailing_lists import PAGE_ROWS, Member, MemberPage
from mobility_app.store.store import Touched
from mobility_app.store.writing import Writing
from mobility_app.ui import cards_out, compose, lists, naming
from mobility_app.ui.live import Live
from mobility_app.ui.mailing_lists import may
from mobility_app.ui.markup import Html, h
from mobility_app.ui.window import Window
from mobility_app.ui.words import Words


async def build(window: Window, list_id: str) -> None:
    """Draws the list and follows it."""
    with ui.element("div").classes("fb-page"):
        await _View(window, list_id).show()


class _View:
    """The list in one browser tab, with its place. `deleted`: here, a moment ago."""

    def __init__(self, window: Window, list_id: str) -> None:
        self._window, self._id, self._first, self._deleted = window, list_id, 0, False
        self._live = Live(self._load, self._render, self._act)
        window.follow(self._heard)

    async def show(self) -> None:
        await self._live.show(self._first)
        model: MemberPage | None = self._live.model
        if model is None:
            self._window.client.status_code = 404
        with self._live.element:
            self._window.title(model.row.name if model else self._window.words("Not found"))

    async def _load(self, first: int) -> MemberPage | None:
        return await self._window.app.read(queries.one, self._id, first)

    def _render(self, model: MemberPage | None) -> Html:
        words, app = self._window.words, self._window.app
        if model is None:
            return gone(words, deleted=self._deleted)
        return render(words, model, writes=may(app, "create"), changes=may(app, "update"), deletes=may(app, "delete"))

    async def _act(self, act: str, arg: str) -> None:
        model: MemberPage | None = self._live.model
        if act == "bring-back":
            await self._write(lambda tx: tx.restore("mailing_list", self._id))
            self._deleted = False
        elif model is not None:
            await self._on(model, act, arg)

    async def _on(self, model: MemberPage, act: str, arg: str) -> None:
        window, words = self._window, self._window.words
        match act:
            case "page" if arg.isdecimal():
                self._first = int(arg)
                await self.show()
            case "write":
                await compose.compose(window, model.ids, self._id)
            case "cards":
                await cards_out.hand_out(window, model.ids, model.row.name)
            case "rename":

                async def save(name: str) -> None:
                    await window.app.write(lambda tx: mailing.rename(tx, self._id, model.row.company_id, name))

                if await naming.ask(window, words("Rename list"), save, model.row.name):
                    await self.show()
            case "remove":
                done = words("Removed from the list")
                await self._write(
                    lambda tx: tx.delete("mailing_list_member", arg),
                    done,
                    lambda tx: tx.restore("mailing_list_member", arg),
                )
            case "delete":
                self._deleted = True
                await self._write(lambda tx: tx.delete("mailing_list", self._id))

    async def _write(
        self, verb: Callable[[Writing], object], done: str = "", undo: Callable[[Writing], object] | None = None
    ) -> None:
        window = self._window
        try:
            await window.app.write(verb)
        except MobilityError as error:
            window.fail(error)
            return

        async def take_back() -> None:
            assert undo is not None
            await self._write(undo)

        if done:
            window.toast(done, take_back if undo else None)

    async def _heard(self, touched: Touched) -> None:
        if not self._window.app.locked:
            await self._live.refresh("sync")


def gone(words: Words, *, deleted: bool) -> Html:
    """In place of a list that is not there, or that was deleted here a moment ago."""
    back = lists.button(words("Mailing lists"), href="/lists")
    if deleted:
        undo = lists.button(words("Undo"), act="bring-back", symbol="undo-2")
        both = h("div", undo, back, class_="fb-tools")
        return lists.empty("send", words("This list was deleted"), words("It can be brought back."), both, level="h1")
    text = words("It was deleted, or belongs to another company.")
    return lists.empty("send", words("This list is not on this device"), text, back, level="h1")


def render(words: Words, model: MemberPage, *, writes: bool, changes: bool, deletes: bool) -> Html:
    """The list with a page of its members."""
    count = words.n("{n} contact", "{n} contacts", len(model.ids))
    some = bool(model.ids)
    way = h("a", words("Mailing lists"), href="/lists", class_="fb-link")
    who = h(
        "div", h("h1", model.row.name, class_="fb-title"), h("p", way, " · ", count, class_="fb-facts"), class_="fb-who"
    )
    head = h(
        "div", lists.tile("send"), who,
        lists.icon_button("download", words("Export vCards"), act="cards") if some else None,
        lists.button(words("Rename"), act="rename", symbol="pencil", kind="ghost") if changes else None,
        lists.button(words("Delete list"), act="delete", symbol="trash-2", kind="ghost") if deletes else None,
        lists.button(words("Write to the list"), act="write", symbol="mail", kind="primary") if writes and some else None,
        class_="fb-page-head",
    )  # fmt: skip
    if not some:
        text = words("Choose contacts at a customer and add them to this list.")
        return h("div", head, lists.empty("users", words("Nobody is on this list"), text), class_="fb-stack")
    rows = h("ul", [_row(words, one, deletes) for one in model.members], class_="fb-rows")
    pager = lists.pager(words, model.first, len(model.members), len(model.ids), size=PAGE_ROWS)
    card = h("section", rows, pager, class_="fb-card", aria_label=words("Members"))
    return h("div", head, card, class_="fb-stack")


def _row(words: Words, one: Member, deletes: bool) -> Html:
    """A member: lean, for fifty of them stand on a page."""
    name = one.name or words("Without name")
    meta = " · ".join(filter(None, (one.job_title, one.customer)))
    away = h(
        "button", words.p("member", "Remove"), type="button", class_="fb-btn fb-btn-ghost", data_act="remove",
        data_arg=one.link_id, aria_label=words("Remove {name}", name=name),
    )  # fmt: skip
    main = h(
        "div", h("a", name, class_="fb-row-link", href=f"/contacts/{one.contact_id}", target="_blank"),
        h("span", meta, class_="fb-row-m"), class_="fb-row-main",
    )  # fmt: skip
    return h("li", lists.avatar(name), main, away if deletes else None, class_="fb-row fb-row-wrap fb-person")
