"""The command palette: Ctrl+K, then type what to find or to do. One for each browser tab, drawn empty with the shell.

A combobox over a listbox: the focus stays in the field, arrows move the marked option, Enter takes it, Escape closes and
gives the focus back (`static/mobility.js`). Options that lead somewhere are links, so that unsaved edits are asked about
as everywhere. What is found comes at every key from the search index, with nothing sent anywhere.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass

from nicegui import events, ui

from mobility_app.domain import access, registry
from mobility_app.domain.rules.folding import fold
from mobility_app.store.queries import palette as queries
from mobility_app.store.queries.palette import Found
from mobility_app.store.queries.sheet import SheetHeader
from mobility_app.ui.live import markup
from mobility_app.ui.markup import NOTHING, Html, h, icon
from mobility_app.ui.names import LANGUAGE_NAMES, N_
from mobility_app.ui.window import Window
from mobility_app.ui.words import Words

TEXT_MAX, OPTIONS_MAX = 100, 50
FIELD_ID, LIST_ID = "fb-palette-field", "fb-palette-list"
_CUSTOMER = re.compile(r"^/customers/([0-9a-f]{32})(?=/|$)")
# Debounced in the page: what is typed within 60 ms goes as one.
_TYPED = """(event) => {
  clearTimeout(window.fbTyped);
  const text = event.target.value;
  window.fbTyped = setTimeout(() => emit(text), 60);
}"""


@dataclass(frozen=True, slots=True)
class Option:
    """One line: it leads to `href`, or does `act` with `arg`."""

    symbol: str
    text: str
    more: str = ""
    href: str = ""
    act: str = ""
    arg: str = ""


Group = tuple[str, tuple[Option, ...]]

VIEWS = (
    ("users", N_("Customers"), "/customers"), ("calendar-days", N_("Today"), "/"),
    ("send", N_("Mailing lists"), "/lists"), ("refresh-cw", N_("Sync"), "/sync"),
    ("settings", N_("Settings"), "/settings"), ("plus", N_("New customer"), "/customers/new"),
)  # fmt: skip
# What can be done on the open customer: symbol, text, address below the sheet, and the kind of record that it makes.
ON_SHEET = (
    ("phone", N_("New call"), "/activities?new=call", "activity"),
    ("calendar-plus", N_("New appointment"), "/activities?new=appointment", "activity"),
    ("list-checks", N_("New task"), "/activities?new=task", "activity"),
    ("life-buoy", N_("New request"), "/support?new=1", "ticket"),
    ("upload", N_("Add a file"), "/files", "file"),
    ("clipboard-list", N_("Visit brief"), "/brief", ""),
)  # fmt: skip
THEMES = (
    ("sun-moon", N_("Look: as the system"), "auto"),
    ("sun", N_("Look: light"), "light"),
    ("moon", N_("Look: dark"), "dark"),
)


class Palette:
    """The palette of one browser tab."""

    def __init__(self, window: Window, path: str) -> None:
        self._window, self._asked = window, 0
        words = window.words
        dialog = ui.element("dialog").classes("fb-ask fb-palette").props("id=fb-palette")
        dialog.props["aria-label"] = words("Find a customer or do something")
        with dialog:
            with ui.element("div").classes("fb-palette-field"):
                ui.html(icon("search"), sanitize=False, tag="span")
                field = ui.element("input").props(
                    f"id={FIELD_ID} type=text role=combobox aria-expanded=true aria-controls={LIST_ID} aria-autocomplete=list"
                    f" autocomplete=off spellcheck=false maxlength={TEXT_MAX}"
                )
                field.props["aria-label"] = words("Find a customer or do something")
                field.props["placeholder"] = words("Customer, contact or what to do")
                field.on("input", self._typed, js_handler=_TYPED)
            self._list = markup(NOTHING, self._act, "fb-palette-list").props(f"id={LIST_ID} role=listbox")
            self._list.props["aria-label"] = words("Matches")
            self._said = ui.html("", sanitize=False).classes("fb-sr").props("role=status")  # what lies outside is inert
        dialog.on("close", self._closed)
        ui.on("fb_palette", self._opened)
        self._customer = ""
        self.moved(path)

    def moved(self, path: str) -> None:
        """Another address: a customer that was opened stands first from now on."""
        match = _CUSTOMER.match(path.split("?")[0])
        customer = match[1] if match else ""
        if customer and customer != self._customer:
            asyncio.ensure_future(self._remember(customer))  # noqa: RUF006 - its own end is all it is for
        self._customer = customer

    async def _remember(self, customer_id: str) -> None:
        if not self._window.app.locked:
            await self._window.app.read(queries.opened, customer_id)

    async def _opened(self) -> None:
        await self._show("")

    def _closed(self) -> None:
        self._asked += 1
        self._list.set_content(NOTHING)

    async def _typed(self, event: events.GenericEventArguments) -> None:
        await self._show(event.args[:TEXT_MAX] if isinstance(event.args, str) else "")

    async def _show(self, text: str) -> None:
        """Shows what is found, unless more was typed meanwhile."""
        window = self._window
        self._asked += 1
        mine = self._asked
        if window.app.locked:
            return
        found = await window.app.read(queries.found, text)
        if mine == self._asked and not self._list.is_deleted:
            self._list.props["data-for"] = text.strip()
            shown = groups(window.words, text, found, self._commands())
            self._list.set_content(render(window.words, shown))
            count = sum(len(options) for _, options in shown)
            self._said.set_content(h("span", window.words.n("{n} match", "{n} matches", count)) if text.strip() else "")

    def _commands(self) -> list[Group]:
        window, words = self._window, self._window.words
        sheet = window.sheet
        here: list[Group] = []
        if sheet is not None and sheet.found:
            options = on_sheet(words, sheet.header, window.app.actor, editing=sheet.session is not None)
            here.append((sheet.header.name, tuple(options)))
        return [*here, *everywhere(words)]

    async def _act(self, name: str, arg: str) -> None:
        window = self._window
        app, sheet = window.app, window.sheet
        match name:
            case "edit" if sheet is not None:
                await sheet.edit()
            case "sync":
                app.backend.sync_now()
                window.announce(window.words("Syncing"))
            case "lock":
                await app.lock()
            case "theme":
                await app.set_theme(arg)
            case "language":
                await app.set_language(arg)


# -- what there is to choose from, pure


def on_sheet(words: Words, header: SheetHeader, actor: access.Actor | None, *, editing: bool = False) -> list[Option]:
    """What the person may do on the open customer."""
    if actor is None:
        return []
    held = actor.holds(str(header.customer["company_id"]), str(header.customer["territory_id"]))

    def may(entity: str, verb: str) -> bool:
        return held and access.may(actor.role, registry.entity(entity).right, verb, own=True)

    edit = may("customer", "update") and not editing
    options = [Option("pencil", words("Edit"), act="edit")] if edit else []
    return options + [
        Option(symbol, words(text), href=f"/customers/{header.id}{address}")
        for symbol, text, address, entity in ON_SHEET
        if not entity or may(entity, "create")
    ]


def everywhere(words: Words) -> list[Group]:
    """Views and what concerns the device."""
    views = tuple(Option(symbol, words(text), href=href) for symbol, text, href in VIEWS)
    device = (
        Option("refresh-cw", words("Sync now"), act="sync"), Option("lock", words("Lock now"), act="lock"),
        *(Option(symbol, words(text), act="theme", arg=theme) for symbol, text, theme in THEMES),
        *(Option("languages", name, words("Language"), act="language", arg=code) for code, name in LANGUAGE_NAMES.items()),
    )  # fmt: skip
    return [(words("Go to"), views), (words("This device"), device)]


def groups(words: Words, text: str, found: Found, commands: list[Group]) -> list[Group]:
    """What is shown for what was typed: customers and contacts, then commands with a word that begins so."""
    title = words("Customers") if text.strip() else words("Opened last")
    customers = tuple(
        Option("building-2", one.name, _about(words, one), href=f"/customers/{one.id}") for one in found.customers
    )
    contacts = tuple(Option("user", one.name, one.customer_name, href=f"/contacts/{one.id}") for one in found.contacts)
    wanted = fold(text).split()
    matching = [(name, tuple(one for one in options if _matches(one, wanted))) for name, options in commands]
    shown = [(title, customers), (words("Contacts"), contacts), *matching]
    return list(_bounded([group for group in shown if group[1]]))


def _about(words: Words, one: queries.Customer) -> str:
    status = "" if one.status == "active" else words.choice("customer", "status", one.status)
    return " · ".join(part for part in (one.number, one.town, status) if part)


def _matches(option: Option, wanted: list[str]) -> bool:
    parts = fold(f"{option.text} {option.more}").split()
    return all(any(part.startswith(word) for part in parts) for word in wanted)


def _bounded(shown: list[Group]) -> Iterator[Group]:
    left = OPTIONS_MAX
    for name, options in shown:
        if options[:left]:
            yield name, options[:left]
        left = max(0, left - len(options))


def render(words: Words, shown: list[Group]) -> Html:
    """The options in their groups."""
    if not shown:
        said = words("Nothing matches. Try a name, a number or a town.")
        return h("div", said, class_="fb-palette-none", role="option", aria_disabled="true", aria_selected="false")
    parts, place = [], 0
    for at, (name, options) in enumerate(shown):
        lines = []
        for option in options:
            lines.append(_option(option, place))
            place += 1
        label = h("div", name, class_="fb-palette-group", id=f"fb-pg-{at}", role="presentation")
        parts.append(h("div", label, lines, role="group", aria_labelledby=f"fb-pg-{at}"))
    return h("div", parts, role="presentation")


def _option(option: Option, place: int) -> Html:
    more = h("span", option.more, class_="fb-palette-more") if option.more else None
    return h(
        "a" if option.href else "div", icon(option.symbol), h("span", option.text, class_="fb-palette-text"), more,
        class_="fb-palette-option", role="option", id=f"fb-po-{place}", href=option.href or None, tabindex="-1",
        data_act=option.act or None, data_arg=option.arg or None, aria_selected="false",
    )  # fmt: skip
