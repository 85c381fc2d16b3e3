"""The dialog that puts contacts on a mailing list: one of the company's lists, or a new one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from mobility_app.errors import MobilityError
from mobility_app.store.actions import mailing
from mobility_app.store.actions.mailing import Added
from mobility_app.store.queries import mailing_lists as queries
from mobility_app.store.queries.mailing_lists import ListRow
from mobility_app.store.writing import Writing
from mobility_app.ui import dialogs, lists
from mobility_app.ui.live import markup
from mobility_app.ui.markup import Html, h
from mobility_app.ui.naming import LIST_MOST
from mobility_app.ui.text_input import TextInput
from mobility_app.ui.window import Window
from mobility_app.ui.words import Words

SHOWN_MOST = 50


async def choose(window: Window, company_id: str, contact_ids: Sequence[str]) -> bool:
    """Asks for the list and puts the contacts on it; True when it was done. Lists are those of the customer's company."""
    words, ids = window.words, tuple(contact_ids)
    known = await window.app.read(queries.of_company, company_id)
    with dialogs.framed(words("Add to mailing list")) as dialog:
        problem = ui.html("", sanitize=False).classes("fb-err").props("role=alert")

        async def add(verb: Callable[[Writing], Added], made: bool) -> None:
            try:
                added = await window.app.write(verb)
            except MobilityError as error:
                if made:
                    field.wrong(words.error(error))
                else:
                    problem.set_content(h("span", words.error(error)))
                return
            dialog.submit(dialogs.SAVED)
            window.toast(said(words, added), _undoing(window, added, made) if added.links else None)

        async def picked(act: str, arg: str) -> None:
            await add(lambda tx: mailing.add_members(tx, arg, ids), False)

        async def create() -> None:
            name = field.text.strip()
            if not name:
                field.wrong(words.reason("required"))
                return
            await add(lambda tx: mailing.add_members(tx, mailing.new_list(tx, company_id, name), ids), True)

        if known:
            markup(options(words, known), picked, "fb-options")
        field = TextInput("fb-new-list", words("New list"), most=LIST_MOST)
        field.on_enter(create)
        with ui.element("div").classes("fb-dialog-acts"):
            dialogs.press(words("Cancel"), lambda: dialog.submit(dialogs.GIVEN_UP))
            dialogs.press(words("Create and add"), create, "fb-btn-primary", "data-save")
    return await dialogs.answered(dialog) == dialogs.SAVED


def _undoing(window: Window, added: Added, made: bool) -> Callable[[], Awaitable[None]]:
    def verb(tx: Writing) -> None:
        for link in added.links:
            tx.delete("mailing_list_member", link)
        if made:
            tx.delete("mailing_list", added.list_id)

    async def take_back() -> None:
        try:
            await window.app.write(verb)
        except MobilityError as error:
            window.fail(error)

    return take_back


def options(words: Words, known: Sequence[ListRow]) -> Html:
    """The lists as rows to tap."""
    rows = [
        lists.row(
            row.name,
            words.n("{n} contact", "{n} contacts", row.members),
            act="list",
            arg=row.id,
            lead=lists.tile("send"),
        )
        for row in known[:SHOWN_MOST]
    ]
    more = len(known) - SHOWN_MOST
    rest = h("p", words.n("{n} more", "{n} more", more), class_="fb-meta") if more > 0 else None
    return h("div", lists.rows(rows), rest)


def said(words: Words, added: Added) -> str:
    """What was done, and who was on the list before."""
    count = len(added.links)
    parts = []
    if count:
        parts.append(words.n("{n} contact added to {name}", "{n} contacts added to {name}", count, name=added.name))
    if added.already:
        parts.append(words.n("{n} was on the list already", "{n} were on the list already", added.already))
    return " · ".join(parts)
