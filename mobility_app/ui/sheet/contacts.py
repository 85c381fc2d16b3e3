"""Tab "Contacts": the people at the customer, by name, filtered by their labels, page by page, and what is done with several.

A contact is edited on its own page (`ui/contact.py`), which opens in a new browser tab; "+" adds one with a short form.
Check boxes choose several, across pages and filters; a floating bar writes to them, puts them on a mailing list, hands
them out as vCards, deletes them with a way back. `people.py` draws; cards come in through `cards_in.py`.
"""

from __future__ import annotations

import json

from mobility_app.domain.change import Row
from mobility_app.store.queries import contacts as queries
from mobility_app.store.queries.contacts import People
from mobility_app.store.writing import Writing
from mobility_app.ui import cards_out, choose_list, compose, dialogs
from mobility_app.ui.live import Live
from mobility_app.ui.markup import Html
from mobility_app.ui.names import N_
from mobility_app.ui.sheet import cards_in, mailings
from mobility_app.ui.sheet.facts import Facts
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.people import render
from mobility_app.ui.sheet.tab import Tab

FIELDS = ("first_name", "last_name", "job_title", "employer", "opted_out", "notes")
CHOSEN_MOST = 1_000  # contacts that are chosen at once


async def build(sheet: Sheet) -> None:
    """Draws the list, and the last messages below it."""
    await _View(sheet).show()
    await mailings.show(sheet)


async def open_one(sheet: Sheet, record_id: str) -> None:
    """`/customers/<id>/contacts/import`: cards come in. Any other address below the tab is the list."""
    if record_id == cards_in.SLUG and sheet.may("contact", "create"):
        await cards_in.build(sheet)
    else:
        await build(sheet)


class _View:
    """The tab with its label filter, its place in the list and what is chosen."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._wanted: tuple[str, ...] = ()
        self._chosen: tuple[str, ...] = ()  # in the order in which they were chosen
        self._live: Live | None = None

    async def show(self) -> None:
        self._live = await self._sheet.live(queries.of_customer, self._render, self._wanted, on_act=self._act)

    @property
    def _model(self) -> People:
        assert self._live is not None
        model: People = self._live.model
        return model

    def _render(self, model: People) -> Html:
        self._chosen = tuple(one for one in self._chosen if one in model.everyone)
        return render(Facts.of(self._sheet.app, self._sheet.header), model, self._wanted, frozenset(self._chosen))

    async def _act(self, act: str, arg: str) -> None:
        match act:
            case "label":
                self._wanted = tuple(sorted(set(self._wanted) ^ {arg})) if arg else ()
                await self._page(0)
                self._sheet.announce(self._sheet.words.n("{n} contact", "{n} contacts", self._model.found))
            case "page":
                await self._page(int(arg))
            case "add":
                await self._add()
            case "pick":
                self._choose(set(self._chosen) ^ {arg})
            case "all":
                self._choose({*self._chosen, *self._model.ids})
            case "none":
                self._choose(set())
            case _:
                await self._with_chosen(act)

    async def _page(self, first: int) -> None:
        assert self._live is not None
        await self._live.show(self._wanted, first)

    def _choose(self, ids: set[str]) -> None:
        """Chooses those; beyond the bound the first ones, by name where they are shown."""
        assert self._live is not None
        words = self._sheet.words
        kept = [one for one in self._chosen if one in ids]
        self._chosen = tuple(dict.fromkeys((*kept, *(one for one in self._model.ids if one in ids))))[:CHOSEN_MOST]
        self._live.draw()
        if len(ids) > CHOSEN_MOST:
            self._sheet.fail(words("At most {most} contacts are chosen at once.", most=words.number(CHOSEN_MOST)))
        self._sheet.announce(words.n("{n} chosen", "{n} chosen", len(self._chosen)))

    async def _with_chosen(self, act: str) -> None:
        sheet, chosen = self._sheet, self._chosen
        match act:
            case "write" if chosen:
                if await compose.compose(sheet.window, chosen, sheet.customer_id):
                    self._choose(set())
            case "list" if chosen:
                if await choose_list.choose(sheet.window, str(sheet.header.customer["company_id"]), chosen):
                    self._choose(set())
            case "cards":
                await cards_out.hand_out(sheet.window, chosen or self._model.ids, sheet.header.name)
            case "delete" if chosen:
                await self._delete(chosen)

    async def _delete(self, chosen: tuple[str, ...]) -> None:
        words = self._sheet.words

        def delete(tx: Writing) -> None:
            for one in chosen:
                tx.delete("contact", one)

        def bring_back(tx: Writing) -> None:
            for one in chosen:
                tx.restore("contact", one)

        done = words.n("{n} contact deleted", "{n} contacts deleted", len(chosen))
        await self._sheet.write(delete, done=done, undo=bring_back)

    async def _add(self) -> None:
        sheet, words = self._sheet, self._sheet.words
        values: Row = {"customer_id": sheet.customer_id, "employer": sheet.header.name}
        made = await dialogs.record_dialog(
            sheet, "contact", FIELDS, title=words("New contact"), values=values, saved=words("Contact added")
        )
        if made:
            sheet.window.run(f"window.open({json.dumps(f'/contacts/{made}')}, '_blank', 'noopener')")


TAB = Tab("contacts", N_("Contacts"), build, count=lambda header: header.counts["contacts"], open=open_one)
