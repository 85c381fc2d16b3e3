"""Tab "Details": the account, how to reach it, quick notes; beside them what is next and how the credit stands.

A field that the installation or the country does not have (IRPF outside Spain, sharing with one company) is absent, from
the form too. E-mails and telephones are lists: in edit mode lines are added and taken away within the sheet's session.
"""

from __future__ import annotations

from functools import partial

from nicegui import ui

from mobility_app.domain.change import Row
from mobility_app.domain.rules import activities, phones, tax_ids
from mobility_app.store.queries import sheet as queries
from mobility_app.ui import dialogs, forms, lists, marks
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import N_
from mobility_app.ui.sheet.editing import EditSession
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.tab import Tab

READ = ("customer", "customer_email", "customer_phone", "activity")
REACH = {
    "customer_email": (N_("E-mails"), N_("Add e-mail"), "mail"),
    "customer_phone": (N_("Telephones"), N_("Add telephone"), "phone"),
}
SOON_MAX = 3


async def build(sheet: Sheet) -> None:
    """Draws the tab in the mode of the sheet."""
    if sheet.session is None:
        await sheet.live(queries.records, partial(_render, sheet), *READ)
    else:
        await _form(sheet, sheet.session)


def _names(sheet: Sheet) -> tuple[str, ...]:
    """The account's fields that this customer has, in the order of the sheet."""
    return (
        "name", "credit_limit_minor", "status", *(("shared",) if sheet.header.companies > 1 else ()), "currency",
        "payment_method", "payment_term_days", *(("irpf_rate_bp",) if sheet.header.irpf else ()), "ledger_account",
        "language",
    )  # fmt: skip


# -- edit mode


async def _form(sheet: Sheet, session: EditSession) -> None:
    words, record_id = sheet.words, sheet.customer_id
    rows = await sheet.read(queries.records, record_id, *REACH, "customer")
    for entity, found in rows.items():
        session.load(entity, found)
    with ui.element("div").classes("fb-stack"):
        with _section(words("Account")), ui.element("div").classes("fb-card-body fb-form"):
            forms.field_input(session, "customer", record_id, "number")
            for name in (*_names(sheet), "identifier_kind", "identifier", "identifier_override", "website"):
                forms.field_input(session, "customer", record_id, name)
            forms.weekday_input(session, "customer", record_id, "preferred_weekday")
        for entity in REACH:
            _reach_form(sheet, session, entity)
        with _section(words("Quick notes")), ui.element("div").classes("fb-card-body fb-form"):
            forms.field_input(session, "customer", record_id, "notes", wide=True)


def _section(title: str) -> ui.element:
    section = ui.element("section").classes("fb-card")
    with section:
        ui.html(h("div", h("h2", title), class_="fb-card-head"), sanitize=False)
    return section


def _reach_form(sheet: Sheet, session: EditSession, entity: str) -> None:
    words = sheet.words
    title, more, _ = REACH[entity]

    async def add() -> None:
        session.create(entity, {"customer_id": sheet.customer_id, "is_main": not session.records(entity)})
        await sheet.rebuild()

    with _section(words(title)), ui.element("div").classes("fb-card-body fb-stack"):
        for row in session.records(entity):
            record_id = str(row["id"])
            with forms.group(str(row["value"] or words(more)), level=""):
                for name in ("value", "label", "is_main"):
                    forms.field_input(session, entity, record_id, name)

                async def remove(gone: str = record_id) -> None:
                    session.remove(entity, gone)
                    await sheet.rebuild()

                if sheet.may(entity, "delete"):
                    dialogs.press(words("Remove {name}", name=str(row["value"] or "")), remove)
        if sheet.may(entity, "create"):
            dialogs.press(words(more), add)


# -- read mode


def _render(sheet: Sheet, rows: dict[str, list[Row]]) -> Html:
    customer = rows["customer"][0] if rows["customer"] else {}
    main = h("div", _account(sheet, customer), _communication(sheet, customer, rows), class_="fb-stack")
    side = h(
        "div", _next_up(sheet, rows["activity"]), _credit(sheet), _notes(sheet, customer), class_="fb-stack fb-side"
    )
    return h("div", main, side, class_="fb-columns")


def _account(sheet: Sheet, customer: Row) -> Html:
    record_id, words = sheet.customer_id, sheet.words

    def view(name: str, **more: object) -> Html:
        return forms.field_view(sheet, "customer", record_id, name, customer[name], **more)  # type: ignore[arg-type]

    kind = str(customer["identifier_kind"] or "other")
    identifier = tax_ids.formatted(kind, str(customer["identifier"] or ""))
    views = [view("number")]
    for name in _names(sheet):
        views.append(view(name))
        if name == "name":
            label = words.choice("customer", "identifier_kind", kind) if customer["identifier"] else ""
            views.append(view("identifier", text=f"{identifier} · {label}" if label else ""))
    views.append(forms.weekday_view(sheet, "customer", record_id, "preferred_weekday", customer["preferred_weekday"]))
    return lists.card(words("Account"), lists.fields(*views))


def _communication(sheet: Sheet, customer: Row, rows: dict[str, list[Row]]) -> Html:
    words = sheet.words
    lines = [
        *(_reach(sheet, "customer_email", row) for row in _main_first(rows["customer_email"])),
        *(_reach(sheet, "customer_phone", row) for row in _main_first(rows["customer_phone"])),
    ]
    website = str(customer["website"] or "")
    site = forms.field_view(sheet, "customer", sheet.customer_id, "website", website, href=website)
    return lists.card(
        words("Contact and communication"), h("ul", lines, class_="fb-rows") if lines else None,
        h("div", lists.fields(site), class_="fb-card-body"), flush=True,
    )  # fmt: skip


def _main_first(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (not row["is_main"], str(row["id"])))


def _reach(sheet: Sheet, entity: str, row: Row) -> Html:
    words, record_id = sheet.words, str(row["id"])
    mail = entity == "customer_email"
    shown = str(row["value"]) if mail else phones.shown(str(row["e164"] or row["value"]), sheet.header.region or None)
    href = f"mailto:{row['value']}" if mail else f"tel:{row['e164'] or row['value']}"
    meta = str(row["label"] or (words.field(entity, "is_main") if row["is_main"] else ""))
    mark = sheet.header.mark(entity, record_id, "value")
    end = [
        marks.chip_for(words, sheet.header.record_mark(entity, record_id)),
        lists.icon_button("copy", words("Copy {value}", value=shown), copy=shown),
    ]
    line = lists.row(shown, meta, href=href, lead=lists.tile(REACH[entity][2]), end=end)
    if mark is None or mark.state == "waiting":
        return h("li", line)
    # what is not settled stands right under its line
    block = lists.fields(forms.field_view(sheet, entity, record_id, "value", row["value"], wide=True))
    return h("li", line, h("div", block, class_="fb-card-body"))


def _notes(sheet: Sheet, customer: Row) -> Html:
    text = h("span", str(customer["notes"]), class_="fb-pre") if customer["notes"] else None
    view = forms.field_view(sheet, "customer", sheet.customer_id, "notes", customer["notes"], wide=True, text=text)
    return lists.card(sheet.words("Quick notes"), lists.fields(view))


def _next_up(sheet: Sheet, found: list[Row]) -> Html | None:
    words, now = sheet.words, sheet.app.now()
    soon = sorted(
        (activities.when(row) or 0, str(row["title"]), str(row["id"]))
        for row in found
        if activities.group_of(row, now) == activities.PLANNED
    )[:SOON_MAX]
    if not soon:
        return None
    rows = [lists.row(title, words.date_time(moment), lead=lists.tile("calendar-days")) for moment, title, _ in soon]
    link = lists.button(words("All activities"), href=sheet.href("activities"), kind="ghost")
    return lists.card(words("Next up"), lists.rows(rows), actions=link, flush=True)


def _credit(sheet: Sheet) -> Html | None:
    words, limit = sheet.words, sheet.header.customer["credit_limit_minor"]
    if not isinstance(limit, int):
        return None
    used = sheet.header.credit_used_minor
    percent = min(100, max(0, used * 100 // limit)) if limit > 0 else 100 if used > 0 else 0
    free = words.money(max(0, limit - used), sheet.currency)
    note = words("{free} free of {limit}", free=free, limit=words.money(limit, sheet.currency))
    return lists.card(
        words("Credit used"),
        h("p", words.money(used, sheet.currency), class_="fb-figure"),
        lists.progress(percent, words("Credit used"), text=note, over=used > limit),
    )


TAB = Tab("details", N_("Details"), build)
