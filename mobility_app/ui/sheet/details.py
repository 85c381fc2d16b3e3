"""Tab "Details": the account, how to reach it, quick notes."""

from __future__ import annotations

from functools import partial

from nicegui import ui

from mobility_app.domain.change import Row
from mobility_app.domain.rules import tax_ids
from mobility_app.store.queries import sheet as queries
from mobility_app.ui import forms, lists
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import N_
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.tab import Tab

ACCOUNT = (
    "name",
    "credit_limit_minor",
    "currency",
    "payment_method",
    "payment_term_days",
    "ledger_account",
    "language",
)


async def build(sheet: Sheet) -> None:
    """Draws the tab in the mode of the sheet."""
    if sheet.session is None:
        await sheet.live(queries.records, partial(_render, sheet), "customer", "customer_email", "customer_phone")
        return
    session, record_id = sheet.session, sheet.customer_id
    rows = await sheet.read(queries.records, sheet.customer_id, "customer")
    session.load("customer", rows["customer"])
    with ui.element("section").classes("fb-card"):
        ui.html(h("div", h("h2", sheet.words("Account")), class_="fb-card-head"), sanitize=False)
        with ui.element("div").classes("fb-card-body fb-form"):
            forms.field_input(session, "customer", record_id, "number")
            for name in (*ACCOUNT, "identifier_kind", "identifier", "website"):
                forms.field_input(session, "customer", record_id, name)
            forms.weekday_input(session, "customer", record_id, "preferred_weekday")
            forms.field_input(session, "customer", record_id, "notes", wide=True)


def _render(sheet: Sheet, rows: dict[str, list[Row]]) -> Html:
    words, record_id = sheet.words, sheet.customer_id
    customer = rows["customer"][0] if rows["customer"] else {}
    identifier = tax_ids.formatted(str(customer["identifier_kind"]), str(customer["identifier"] or ""))
    views = [
        forms.field_view(sheet, "customer", record_id, "number", customer["number"]),
        forms.field_view(sheet, "customer", record_id, "name", customer["name"]),
        forms.field_view(sheet, "customer", record_id, "identifier", customer["identifier"], text=identifier),
        *(forms.field_view(sheet, "customer", record_id, name, customer[name]) for name in ACCOUNT[1:]),
        forms.weekday_view(sheet, "customer", record_id, "preferred_weekday", customer["preferred_weekday"]),
    ]
    reach = [
        *(_reach(sheet, "customer_email", row, "mail", f"mailto:{row['value']}") for row in rows["customer_email"]),
        *(
            _reach(sheet, "customer_phone", row, "phone", f"tel:{row['e164'] or row['value']}")
            for row in rows["customer_phone"]
        ),
    ]
    website = str(customer["website"] or "")
    site = forms.field_view(sheet, "customer", record_id, "website", website, href=website)
    notes = forms.field_view(
        sheet, "customer", record_id, "notes", customer["notes"], wide=True,
        text=h("span", str(customer["notes"] or ""), class_="fb-pre") if customer["notes"] else None,
    )  # fmt: skip
    return h(
        "div",
        lists.card(words("Account"), lists.fields(*views)),
        lists.card(words("Contact and communication"), lists.rows(*reach) if reach else None,
                   h("div", lists.fields(site), class_="fb-card-body"), flush=True),
        lists.card(words("Quick notes"), lists.fields(notes)),
        class_="fb-stack",
    )  # fmt: skip


def _reach(sheet: Sheet, entity: str, row: Row, symbol: str, href: str) -> Html:
    value = str(row["value"])
    copy = lists.icon_button("copy", sheet.words("Copy {value}", value=value), copy=value)
    meta = str(row["label"] or (sheet.words.field(entity, "is_main") if row["is_main"] else ""))
    return lists.row(value, meta, href=href, lead=lists.tile(symbol), end=copy)


TAB = Tab("details", N_("Details"), build)
