"""A contact's own page in edit mode: inputs for the contact, its e-mails and telephones, in one session.

Drawn by `contact.py`, which saves. What another editor of this contact left unsaved is found here, too.
"""

from __future__ import annotations

import json

from nicegui import ui

from mobility_app.domain.change import Row
from mobility_app.store.drafts import Draft
from mobility_app.store.queries.contacts import ContactPage
from mobility_app.store.store import Store
from mobility_app.ui import contact_view, dialogs, forms
from mobility_app.ui.markup import h
from mobility_app.ui.sheet import kept, reach
from mobility_app.ui.sheet.editing import EditSession
from mobility_app.ui.sheet.facts import Facts
from mobility_app.ui.sheet.groups import Groups
from mobility_app.ui.window import Window


class Form:
    """The drawn form; `follow` takes what the store holds now."""

    def __init__(self, groups: dict[str, Groups]) -> None:
        self._groups = groups

    def follow(self, page: ContactPage) -> None:
        """E-mails and telephones that came or went meanwhile."""
        for entity, group in self._groups.items():
            group.follow(_rows(page, entity))


def load(session: EditSession, page: ContactPage) -> None:
    """Hands the session the records that the form shows."""
    session.load("contact", [page.person.row])
    for entity in contact_view.REACHES:
        session.load(entity, _rows(page, entity))


def draw(window: Window, session: EditSession, page: ContactPage, facts: Facts) -> Form:
    """Draws the form in the current container."""
    words, contact_id, groups = window.words, page.person.id, {}
    with ui.element("div").classes("fb-stack"):
        ui.html(contact_view.head(facts, page.person, editing=True), sanitize=False)
        with _section(words("Contact")), ui.element("div").classes("fb-card-body fb-form"):
            for name in contact_view.FIELDS:
                forms.field_input(session, "contact", contact_id, name)
        for entity in contact_view.REACHES:
            groups[entity] = _reach(window, session, page, facts, entity)
    return Form(groups)


def _section(title: str) -> ui.element:
    section = ui.element("section").classes("fb-card")
    with section:
        ui.html(h("div", h("h2", title), class_="fb-card-head"), sanitize=False)
    return section


def _reach(window: Window, session: EditSession, page: ContactPage, facts: Facts, entity: str) -> Groups:
    words, contact_id = window.words, page.person.id

    def inputs(record_id: str) -> None:
        for name in reach.FIELDS:
            forms.field_input(session, entity, record_id, name)

    def remove(row: Row) -> str:
        return words("Remove {name}", name=str(row["value"] or "")).strip() if facts.may(entity, "delete") else ""

    with _section(words(reach.TITLES[entity])), ui.element("div").classes("fb-card-body fb-stack"):
        groups = Groups(
            window, session, entity, _rows(page, entity), inputs, first="value",
            title=lambda row: str(row["value"] or words(reach.MORE[entity])), remove=remove,
        )  # fmt: skip
        if facts.may(entity, "create"):
            dialogs.press(words(reach.MORE[entity]), lambda: groups.add(new(contact_id, not session.records(entity))))
    return groups


def new(contact_id: str, first: bool) -> Row:
    """Values of a new e-mail or telephone; the first one is the main one."""
    return {"contact_id": contact_id, "is_main": first}


def _rows(page: ContactPage, entity: str) -> list[Row]:
    return list(page.person.emails if reach.is_mail(entity) else page.person.phones)


def left_behind(store: Store, page: ContactPage) -> list[Draft]:
    """Drafts of this contact alone that no living editor holds. Those of a whole sheet are offered there."""
    contact_id = page.person.id
    found = kept.abandoned(store, page.header.id)
    ours = {contact_id, *page.person.reach_ids}
    ours |= {_record(draft) for draft in found if _begun_for(draft, contact_id)}
    return found if found and all(_record(draft) in ours for draft in found) else []


def _record(draft: Draft) -> str:
    return draft.slot.split(" ")[2]


def _begun_for(draft: Draft, contact_id: str) -> bool:
    value = json.loads(draft.value or "null")
    return draft.slot.startswith("+ ") and isinstance(value, dict) and value.get("contact_id") == contact_id
