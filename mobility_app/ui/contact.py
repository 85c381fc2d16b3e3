"""A contact's own page, opened from the list in a new browser tab."""

from __future__ import annotations

from nicegui import ui

from mobility_app.store.store import Store
from mobility_app.ui import lists
from mobility_app.ui.markup import h
from mobility_app.ui.window import Window

SHOWN = ("first_name", "last_name", "employer", "job_title", "notes")


def _contact(store: Store, contact_id: str) -> dict[str, object] | None:
    with store.reading() as session:
        found = session.get("contact", contact_id)
        return dict(found) if found else None


async def build(window: Window, contact_id: str) -> None:
    """Draws the contact."""
    words = window.words
    row = await window.app.read(_contact, contact_id)
    with ui.element("div").classes("fb-page"):
        if row is None:
            window.client.status_code = 404
            back = lists.button(words("Back to customers"), href="/customers")
            text = words("It was deleted, or belongs to another territory.")
            ui.html(
                lists.empty("user", words("This contact is not on this device"), text, back, level="h1"), sanitize=False
            )
            return
        name = " ".join(str(row[part]) for part in ("first_name", "last_name") if row[part]) or words("Without name")
        window.title(name)
        fields = [
            h(
                "div",
                h("dt", words.field("contact", field)),
                h("dd", str(row[field] or words("Not set"))),
                class_="fb-field",
            )
            for field in SHOWN
        ]
        back = lists.button(words("Open the customer"), href=f"/customers/{row['customer_id']}/contacts")
        ui.html(
            h(
                "div",
                lists.page_head(name, back),
                lists.card(words("Contact"), lists.fields(*fields)),
                class_="fb-stack",
            ),
            sanitize=False,
        )
