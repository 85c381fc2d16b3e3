"""Tab "Addresses": a card for delivery, one for billing, and the secondary ones; read and edit mode.

A click on an address offers to copy it, as its country writes addresses, and to change it. "Map" opens Google Maps in a
new tab; offline the button says that it needs a network, and copying and the device's own map application stay. Where a
place is changed by hand its coordinates go, so that the map never opens where the customer was before.
"""

from __future__ import annotations

from functools import partial

from nicegui import ui

from mobility_app.domain.change import Row
from mobility_app.domain.rules import addresses
from mobility_app.domain.rules import phones as telephone
from mobility_app.store.queries import addresses as queries
from mobility_app.store.queries import sheet as records
from mobility_app.store.queries.addresses import AddressBook
from mobility_app.ui import dialogs, forms, lists
from mobility_app.ui.live import Live
from mobility_app.ui.markup import Html, classes, h, icon
from mobility_app.ui.names import N_
from mobility_app.ui.sheet.editing import EditSession
from mobility_app.ui.sheet.facts import Facts
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.groups import Groups
from mobility_app.ui.sheet.tab import Tab
from mobility_app.ui.words import Words

TITLES = {"delivery": N_("Delivery address"), "billing": N_("Billing address")}
ADDING = {"delivery": N_("Add delivery address"), "billing": N_("Add billing address")}
FIELDS = ("kind", "line1", "line2", "line3", "postcode", "city", "region", "country", "fax")
PLACE = ("line1", "postcode", "city", "country")  # what coordinates belong to
WHERE = (*FIELDS[1:-1], "latitude_e7", "longitude_e7")  # what the lines and the map show
COORDINATES = ("latitude_e7", "longitude_e7")
SHOWN_MAX = 15


async def build(sheet: Sheet) -> None:
    """Draws the tab in the mode of the sheet."""
    if sheet.session is not None:
        await _form(sheet, sheet.session)
        return

    def draw(book: AddressBook) -> Html:
        return render(Facts.of(sheet.app, sheet.header), book)

    _follow_network(sheet, await sheet.live(queries.addresses, draw, on_act=partial(_act, sheet)))


async def _act(sheet: Sheet, name: str, arg: str) -> None:
    words = sheet.words
    match name:
        case "add":
            await _dialog(sheet, words("New address"), words("Address added"), kind=arg or "other")
        case "change":
            await _dialog(sheet, words("Edit address"), words("Address saved"), record_id=arg)
        case "delete":
            await sheet.write(
                lambda tx: tx.delete("address", arg), done=words("Address deleted"),
                undo=lambda tx: tx.restore("address", arg),
            )  # fmt: skip


async def _dialog(sheet: Sheet, title: str, saved: str, *, kind: str = "", record_id: str = "") -> None:
    values: Row | None = None if record_id else _new(sheet, kind)
    await dialogs.record_dialog(
        sheet, "address", FIELDS, title=title, values=values, record_id=record_id, saved=saved, draw=_inputs
    )


def _new(sheet: Sheet, kind: str = "other") -> Row:
    return {"customer_id": sheet.customer_id, "kind": kind, "country": sheet.header.region or None}


def _follow_network(sheet: Sheet, live: Live) -> None:
    """What is said of the map depends on the network, which comes and goes while the tab is open."""
    changed = sheet.app.status_changed

    def follow() -> None:
        if live.gone:
            changed.unsubscribe(follow)
        else:
            live.draw()

    changed.subscribe(follow)


# -- edit mode


async def _form(sheet: Sheet, session: EditSession) -> None:
    words, may_remove = sheet.words, sheet.may("address", "delete")

    async def found() -> list[Row]:
        rows = (await sheet.read(records.records, sheet.customer_id, "address"))["address"]
        return sorted(rows, key=queries.order)

    def remove(row: Row) -> str:
        what = str(row["line1"] or title_of(words, str(row["kind"])))
        return words("Remove {name}", name=what) if may_remove else ""

    rows = await found()
    with ui.element("section").classes("fb-card"):
        ui.html(h("div", h("h2", words("Addresses")), class_="fb-card-head"), sanitize=False)
        with ui.element("div").classes("fb-card-body fb-stack"):
            groups = Groups(
                sheet.window, session, "address", rows, partial(_inputs, session), first="line1",
                title=lambda row: title_of(words, str(row["kind"])), remove=remove,
            )  # fmt: skip
            if sheet.may("address", "create"):
                dialogs.press(words("Add address"), lambda: groups.add(_new(sheet)))

    async def follow() -> None:
        groups.follow(await found())

    sheet.on_change(follow)


def _inputs(session: EditSession, record_id: str) -> None:
    hint = session.words("Two letters, as in PT, ES or FR.")
    for name in FIELDS:
        heard = partial(place_changed, session, record_id) if name in PLACE else None
        forms.field_input(session, "address", record_id, name, on_change=heard, hint=hint if name == "country" else "")


def place_changed(session: EditSession, record_id: str) -> None:
    """Coordinates go with a place that was changed by hand, and come back when the change is taken back."""
    moved = any(session.touched(("address", record_id, name)) for name in PLACE)
    for name in COORDINATES:
        session.put(("address", record_id, name), None if moved else session.row("address", record_id).get(name))


# -- read mode


def title_of(words: Words, kind: str, number: int = 0) -> str:
    """What an address is called. The secondary ones are numbered from 2, the first after the two main ones."""
    if kind in TITLES:
        return words(TITLES[kind])
    return words("Address {n}", n=number) if number else words("Other address")


def render(facts: Facts, book: AddressBook) -> Html:
    """The whole tab."""
    words = facts.words
    may_add = facts.may("address", "create")
    add = lists.button(words("Add address"), act="add", symbol="plus") if may_add else None
    refused = facts.refused_records(("address",), [str(row["id"]) for row in book.rows])
    if not book.rows:
        text = words("Delivery and billing addresses stand here.")
        return h("div", refused, lists.empty("map-pin", words("No addresses"), text, add), class_="fb-stack")
    cards, number = [], 1
    for row in book.rows[:SHOWN_MAX]:
        number += row["kind"] not in TITLES
        cards.append(_card(facts, row, title_of(words, str(row["kind"]), number)))
    if book.missing:
        cards.insert(1 if book.missing == "billing" else 0, _same(facts, book.missing, may_add))
    more = len(book.rows) - SHOWN_MAX
    rest = h("p", words.n("{n} address more", "{n} addresses more", more), class_="fb-meta") if more > 0 else None
    return h(
        "div", refused, h("div", add, class_="fb-tools") if add else None, h("div", cards, class_="fb-places"), rest,
        class_="fb-stack",
    )  # fmt: skip


def _same(facts: Facts, kind: str, may_add: bool) -> Html:
    """The card of the one of the two main addresses that nobody gave: it is the other."""
    words = facts.words
    text = (
        words("The same as the delivery address.") if kind == "billing" else words("The same as the billing address.")
    )
    add = lists.button(words(ADDING[kind]), act="add", arg=kind, symbol="plus", kind="ghost") if may_add else None
    return lists.card(
        words(TITLES[kind]), h("p", text, class_="fb-meta"), h("div", add, class_="fb-tools") if add else None
    )


def _card(facts: Facts, row: Row, title: str) -> Html:
    words, record_id = facts.words, str(row["id"])
    lines = addresses.formatted(row, words.language, facts.header.company_country or None)
    gone = None
    if facts.may("address", "delete"):
        delete = lists.icon_button("trash-2", words("Delete {name}", name=title), act="delete", arg=record_id)
        gone = h("div", delete, class_="fb-card-acts")
    body = [
        _place(facts, row, lines),
        _fax(facts, row),
        facts.open_fields("address", row),
        *_map(facts, row, lines),
    ]
    sketch = h("div", icon("map-pin"), class_="fb-place", aria_hidden="true")
    head = h("div", h("h2", title), facts.chip("address", record_id), gone, class_="fb-card-head")
    return h("section", sketch, head, h("div", body, class_="fb-card-body fb-place-body"), class_="fb-card fb-address")


def _place(facts: Facts, row: Row, lines: list[str]) -> Html:
    """The lines; a click on them offers what can be done."""
    words, record_id, text = facts.words, str(row["id"]), "\n".join(lines)
    waits = any(facts.waits("address", record_id, name) for name in WHERE)
    shown = h("span", text or words("Not set"), class_="fb-place-lines fb-strong", data_f=f"{record_id}.place")
    copy = h("button", icon("copy"), h("span", words("Copy address")), type="button", class_="fb-btn", data_copy=text)
    change = (
        lists.button(words.p("address", "Change"), act="change", arg=record_id, symbol="pencil")
        if facts.may("address", "update") else None
    )  # fmt: skip
    look = classes("fb-more fb-field", waits and "fb-field-waiting")
    return h(
        "details", h("summary", shown, icon("chevron-down")), h("div", copy if text else None, change, class_="fb-tools"),
        class_=look, name="fb-place",
    )  # fmt: skip


def _fax(facts: Facts, row: Row) -> Html | None:
    words, record_id = facts.words, str(row["id"])
    waits = facts.waits("address", record_id, "fax")
    if not row["fax"] and facts.header.mark("address", record_id, "fax") is None:
        return None
    number = telephone.shown(str(row["fax"] or ""), str(row["country"] or "") or None) or words("Not set")
    look = classes("fb-field fb-meta", waits and "fb-field-waiting")
    return h(
        "p",
        words.field("address", "fax"),
        ": ",
        h("span", number, class_="fb-num"),
        class_=look,
        data_f=f"{record_id}.fax",
    )


def _map(facts: Facts, row: Row, lines: list[str]) -> list[Html]:
    """The way to the map. Offline it says so, and the ways that need no network stand beside it."""
    words, record_id = facts.words, str(row["id"])
    if not lines:
        return []
    note_id = f"fb-map-{record_id}"
    link = h(
        "a", icon("cloud-off" if facts.offline else "map-pin"), h("span", words("Map")), class_="fb-btn",
        href=addresses.google_maps(row), target="_blank", rel="noopener noreferrer",
        aria_describedby=note_id if facts.offline else None,
    )  # fmt: skip
    if not facts.offline:
        return [h("div", link, class_="fb-tools")]
    tools = [
        link,
        lists.icon_button("copy", words("Copy {value}", value=lines[0]), copy="\n".join(lines), kind="secondary"),
        lists.button(words("Map application"), href=addresses.geo(row), symbol="navigation"),
    ]
    note = words("The map needs a network. The address can be copied.")
    return [h("p", note, id=note_id, class_="fb-meta"), h("div", tools, class_="fb-tools")]


TAB = Tab("addresses", N_("Addresses"), build, count=lambda header: header.counts["addresses"])
