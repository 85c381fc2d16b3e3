"""Tab "Contacts": the people at the customer, by name, filtered by their labels, page by page.

A contact is edited on its own page (`ui/contact.py`), which opens in a new browser tab; "+" adds one with a short form.
The list shows what can be done at once: write, dial, delete with a way back.
"""

from __future__ import annotations

import json

from mobility_app.domain.change import Row
from mobility_app.store.queries import contacts as queries
from mobility_app.store.queries.contacts import PAGE_ROWS, People, Person
from mobility_app.ui import dialogs, lists
from mobility_app.ui.live import Live
from mobility_app.ui.markup import Html, h, join
from mobility_app.ui.names import N_
from mobility_app.ui.sheet import mailings, reach
from mobility_app.ui.sheet.facts import Facts
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.tab import Tab

FIELDS = ("first_name", "last_name", "job_title", "employer", "opted_out", "notes")
REACH_SHOWN = 2  # e-mails and telephones each, in a row; the contact's own page has them all
LABELS_SHOWN = 3


async def build(sheet: Sheet) -> None:
    """Draws the list, and the last messages below it."""
    await _View(sheet).show()
    await mailings.show(sheet)


class _View:
    """The tab with its label filter and its place in the list."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._wanted: tuple[str, ...] = ()
        self._live: Live | None = None

    async def show(self) -> None:
        self._live = await self._sheet.live(queries.of_customer, self._render, self._wanted, on_act=self._act)

    def _render(self, model: People) -> Html:
        return render(Facts.of(self._sheet.app, self._sheet.header), model, self._wanted)

    async def _act(self, act: str, arg: str) -> None:
        sheet, words = self._sheet, self._sheet.words
        match act:
            case "label":
                self._wanted = tuple(sorted(set(self._wanted) ^ {arg})) if arg else ()
                await self._page(0)
                self._say_count()
            case "page":
                await self._page(int(arg))
            case "add":
                await self._add()
            case "delete":
                await sheet.write(
                    lambda tx: tx.delete("contact", arg), done=words("Contact deleted"),
                    undo=lambda tx: tx.restore("contact", arg),
                )  # fmt: skip

    async def _page(self, first: int) -> None:
        assert self._live is not None
        await self._live.show(self._wanted, first)

    def _say_count(self) -> None:
        assert self._live is not None
        model: People = self._live.model
        self._sheet.announce(self._sheet.words.n("{n} contact", "{n} contacts", model.found))

    async def _add(self) -> None:
        sheet, words = self._sheet, self._sheet.words
        values: Row = {"customer_id": sheet.customer_id, "employer": sheet.header.name}
        made = await dialogs.record_dialog(
            sheet, "contact", FIELDS, title=words("New contact"), values=values, saved=words("Contact added")
        )
        if made:
            sheet.window.run(f"window.open({json.dumps(f'/contacts/{made}')}, '_blank', 'noopener')")


def render(facts: Facts, model: People, wanted: tuple[str, ...] = ()) -> Html:
    """The list with its filter. `wanted`: ids of the labels that are chosen."""
    words = facts.words
    add = (
        lists.button(words("Add contact"), act="add", symbol="plus", kind="ghost" if model.total else "secondary")
        if facts.may("contact", "create") else None
    )  # fmt: skip
    refused = facts.refused_records(("contact",), [person.id for person in model.persons])
    if not model.total:
        text = words("The people you deal with at this customer stand here.")
        return h("div", refused, lists.empty("users", words("No contacts"), text, add), class_="fb-stack")
    body = (
        lists.rows([_row(facts, person, model.region) for person in model.persons]) if model.persons
        else h("p", words("Nobody carries these labels."), class_="fb-card-body fb-meta")
    )  # fmt: skip
    pager = lists.pager(words, model.first, len(model.persons), model.found, size=PAGE_ROWS)
    card = lists.card(words("Contacts"), body, pager, actions=add, count=words.number(model.found), flush=True)
    return h("div", refused, _filter(facts, model, wanted), card, class_="fb-stack")


def _filter(facts: Facts, model: People, wanted: tuple[str, ...]) -> Html | None:
    """One button for each label that is carried here; several may be pressed."""
    if not model.labels:
        return None
    options = [("", facts.words("All contacts"), model.total), *((one, *pair) for one, pair in model.labels.items())]
    pressed = [
        h("button", name, h("span", facts.words.number(count), class_="fb-seg-n"), type="button", class_="fb-seg",
          data_act="label", data_arg=one, aria_pressed=str(one in wanted if one else not wanted).lower())
        for one, name, count in options
    ]  # fmt: skip
    return h("div", pressed, class_="fb-segs", role="group", aria_label=facts.words("Labels"))


def _row(facts: Facts, person: Person, region: str | None) -> Html:
    words, name = facts.words, person.name or facts.words("Without name")
    own = f"/contacts/{person.id}"
    work = " · ".join(str(person.row[part]) for part in ("job_title", "employer") if person.row[part])
    labels = [lists.chip(label.name, small=True) for label in person.labels[:LABELS_SHOWN]]
    end = [
        h("span", labels, class_="fb-wide-only fb-tools") if labels else None,
        facts.chip("contact", person.id),
        lists.icon_button("pencil", words.p("contact", "Edit {name}", name=name), href=own, new_tab=True)
        if facts.may("contact", "update") else None,
        h("span", lists.icon_button("trash-2", words("Delete {name}", name=name), act="delete", arg=person.id),
          class_="fb-wide-only")
        if facts.may("contact", "delete") else None,
    ]  # fmt: skip
    meta = join(work or None, _reach(facts, person, name, region))
    return lists.row(
        h("span", name, data_f=f"{person.id}.name"), meta or None, href=own, lead=lists.avatar(name), end=join(*end) or None,
        new_tab=True, wrap=True,
    )  # fmt: skip


def _reach(facts: Facts, person: Person, name: str, region: str | None) -> Html | None:
    """How to reach somebody, as links. Who wants no mailings can still be written to by hand."""
    words = facts.words
    links = [
        *((words("Write to {name}: {value}", name=name, value=text), text, href)
          for text, href in _texts("contact_email", person.emails, region)),
        *((words("Call {name}: {value}", name=name, value=text), text, href)
          for text, href in _texts("contact_phone", person.phones, region)),
    ]  # fmt: skip
    if not links:
        return None
    return h(
        "div", [h("a", text, href=href, class_="fb-link", aria_label=label) for label, text, href in links],
        class_="fb-row-reach",
    )  # fmt: skip


def _texts(entity: str, rows: tuple[Row, ...], region: str | None) -> list[tuple[str, str]]:
    return [(reach.shown(entity, row, region), reach.href(entity, row)) for row in rows[:REACH_SHOWN]]


TAB = Tab("contacts", N_("Contacts"), build, count=lambda header: header.counts["contacts"])
