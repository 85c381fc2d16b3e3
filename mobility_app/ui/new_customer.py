"""A new customer: its name, its identifier, and those that look like it shown before it is made.

The company, territory, owner, currency, language and provisional number come from the store's own defaults.
"""

from __future__ import annotations

from nicegui import ui

from mobility_app.errors import MobilityError
from mobility_app.store.queries import customers as queries
from mobility_app.store.queries.customers import CustomerPage
from mobility_app.ui import dialogs, forms, lists
from mobility_app.ui.live import Live
from mobility_app.ui.markup import NOTHING, Html, h
from mobility_app.ui.sheet.editing import EditSession
from mobility_app.ui.window import Window

ALIKE_MAX = 5
ALIKE_FROM = 3  # letters of a name from which on one looks for customers that are alike


async def build(window: Window) -> None:
    """Draws the form."""
    words, app = window.words, window.app
    window.title(words("New customer"))
    record_id = app.store.new_id()
    session = EditSession(app, record_id, "EUR", "", 0, kept=False)
    session.create("customer", {"name": ""}, record_id)
    with ui.element("div").classes("fb-page"), ui.element("div").classes("fb-stack"):
        ui.html(lists.page_head(words("New customer")), sanitize=False)
        with ui.element("section").classes("fb-card"), ui.element("div").classes("fb-card-body"):
            with ui.element("div").classes("fb-form"):
                for name in ("name", "identifier_kind", "identifier", "website"):
                    forms.field_input(session, "customer", record_id, name, wide=name == "name")
            alert = ui.html("", sanitize=False).props("role=alert").classes("fb-err")
            with ui.element("div").classes("fb-dialog-acts"):
                ui.html(lists.button(words("Cancel"), href="/customers", kind="ghost"), sanitize=False)
                dialogs.press(words("Save"), lambda: _save(window, session, alert), "fb-btn-primary", "data-save")
        alike = Live(lambda text: app.read(queries.page, text), lambda page: _alike(window, page))

    def follow() -> None:
        name = str(session.value("customer", record_id, "name") or "")
        known = str(session.value("customer", record_id, "identifier") or "")
        text = known or name
        if len(text.strip()) >= ALIKE_FROM and not alike.gone:
            ui.timer(0, lambda: alike.show(text), once=True)

    with alike.element:
        session.listen(follow)


def _alike(window: Window, page: CustomerPage) -> Html:
    words = window.words
    if not page.rows:
        return NOTHING
    rows = h(
        "div",
        [
            lists.row(one.name, " · ".join(filter(None, (one.number, one.town))), href=f"/customers/{one.id}")
            for one in page.rows[:ALIKE_MAX]
        ],
    )
    return lists.card(words("These customers look alike"), rows, count=len(page.rows), flush=True)


async def _save(window: Window, session: EditSession, alert: ui.html) -> None:
    try:
        done = await session.save()
    except MobilityError as error:
        alert.set_content(h("span", window.words.error(error)))
        return
    if done:
        window.go(f"/customers/{session.customer_id}")
        return
    unplaced = [text for slot, text in session.errors.items() if not slot[2]]
    alert.set_content(h("span", unplaced[0] if unplaced else window.words("Correct the marked fields and save again.")))
