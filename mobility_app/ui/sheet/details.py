"""Tab "Details": the account, how to reach it, quick notes; beside them what is next and how the credit stands.

Read mode is `details_view.render`; edit mode is drawn here. E-mails and telephones are lists whose lines are added and
taken away within the sheet's session, so they are saved with everything else.
"""

from __future__ import annotations

from collections.abc import Mapping

from nicegui import ui

from mobility_app.domain.change import Row
from mobility_app.domain.rules import places
from mobility_app.store.queries import details as queries
from mobility_app.store.queries import sheet as records
from mobility_app.store.queries.details import Details
from mobility_app.ui import dialogs, forms
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import N_
from mobility_app.ui.sheet import details_view, reach
from mobility_app.ui.sheet.details_view import LISTS
from mobility_app.ui.sheet.editing import EditSession
from mobility_app.ui.sheet.facts import Facts
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.groups import Groups
from mobility_app.ui.sheet.tab import Tab
from mobility_app.ui.words import Words

IDENTIFIER = ("identifier_kind", "identifier", "identifier_override")
# What customers are written to in; one that speaks another keeps it.
LANGUAGES = (
    "pt", "pt-BR", "es", "ca", "eu", "gl", "fr", "en", "de", "it", "nl", "pl", "ro", "sv", "da", "nb", "fi", "cs", "sk",
    "hu", "el", "bg", "hr", "sl", "et", "lv", "lt", "uk", "ru", "tr", "ar", "he", "zh", "ja", "ko",
)  # fmt: skip


async def build(sheet: Sheet) -> None:
    """Draws the tab in the mode of the sheet."""
    if sheet.session is not None:
        await _form(sheet, sheet.session)
        return

    def render(model: Details) -> Html:
        return details_view.render(Facts.of(sheet.app, sheet.header), model)

    async def act(name: str, arg: str) -> None:
        match name:
            case "notes":
                await sheet.edit(("customer", sheet.customer_id, "notes"))
            case "done":
                await sheet.write(
                    lambda tx: tx.update("activity", arg, {"status": "closed"}), done=sheet.words("Activity closed"),
                    undo=lambda tx: tx.update("activity", arg, {"status": "open"}),
                )  # fmt: skip

    await sheet.live(queries.details, render, sheet.app.now, sheet.app.today, on_act=act)


# -- edit mode


async def _form(sheet: Sheet, session: EditSession) -> None:
    words, record_id = sheet.words, sheet.customer_id
    rows = await sheet.read(records.records, record_id, *LISTS, "customer")
    session.load("customer", rows["customer"])
    groups: dict[str, Groups] = {}
    with ui.element("div").classes("fb-stack"):
        with _section(words("Account")), ui.element("div").classes("fb-card-body fb-form"):
            _account(sheet, session)
        for entity in LISTS:
            groups[entity] = _reach(sheet, session, entity, rows[entity])
        with _section(words("Quick notes")), ui.element("div").classes("fb-card-body fb-form"):
            forms.field_input(session, "customer", record_id, "notes", wide=True)

    async def follow() -> None:
        now = await sheet.read(records.records, record_id, *LISTS)
        for entity, group in groups.items():
            group.follow(now[entity])

    sheet.on_change(follow)


def _account(sheet: Sheet, session: EditSession) -> None:
    facts, words = Facts.of(sheet.app, sheet.header), sheet.words
    number = "number" if sheet.header.customer["number"] else "provisional_number"
    names = (number, "name", *IDENTIFIER, *details_view.field_names(sheet.header), "website")
    choices = {"currency": currencies(words), "language": languages(words)}
    hints = {
        "identifier_override": words("Only where the number is right although the check refuses it."),
        "payment_term_days": words("In days."),
    }
    for name in names:
        if _has(session, facts, name):
            forms.field_input(
                session, "customer", sheet.customer_id, name, choices=choices.get(name), hint=hints.get(name, "")
            )
    forms.weekday_input(session, "customer", sheet.customer_id, "preferred_weekday")


def _has(session: EditSession, facts: Facts, name: str) -> bool:
    """Whether the form has this field: nobody is told of an override that is not there and that he may not make."""
    slot = ("customer", session.customer_id, name)
    if name == "identifier_override" and not session.value(*slot) and not forms.may_write(session, slot):
        return False
    return facts.reads("customer", name)


def currencies(words: Words) -> Mapping[str, str]:
    """ISO 4217 code -> its name, by code."""
    return {code: words.currency_name(code) for code in sorted(places.currencies())}


def languages(words: Words) -> Mapping[str, str]:
    """BCP 47 tag -> name of the language, by name."""
    named = {tag: words.language_name(tag) for tag in LANGUAGES}
    return dict(sorted(named.items(), key=lambda pair: pair[1].casefold()))


def _section(title: str) -> ui.element:
    section = ui.element("section").classes("fb-card")
    with section:
        ui.html(h("div", h("h2", title), class_="fb-card-head"), sanitize=False)
    return section


def _reach(sheet: Sheet, session: EditSession, entity: str, rows: list[Row]) -> Groups:
    words, may_remove = sheet.words, sheet.may(entity, "delete")

    def draw(record_id: str) -> None:
        for name in reach.FIELDS:
            forms.field_input(session, entity, record_id, name)

    def title(row: Row) -> str:
        return str(row["value"] or words(reach.MORE[entity]))

    def remove(row: Row) -> str:
        return words("Remove {name}", name=str(row["value"] or "")).strip() if may_remove else ""

    with _section(words(reach.TITLES[entity])), ui.element("div").classes("fb-card-body fb-stack"):
        groups = Groups(sheet.window, session, entity, rows, draw, first="value", title=title, remove=remove)
        if sheet.may(entity, "create"):
            dialogs.press(words(reach.MORE[entity]), lambda: groups.add(_new(sheet, session, entity)))
    return groups


def _new(sheet: Sheet, session: EditSession, entity: str) -> Row:
    return {"customer_id": sheet.customer_id, "is_main": not session.records(entity)}


TAB = Tab("details", N_("Details"), build)
