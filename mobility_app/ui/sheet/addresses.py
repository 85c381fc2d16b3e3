"""Tab "Addresses": a card for each place where the customer is delivered to and billed.

"Map" opens Google Maps in a new tab; offline it says so, and copying and the device's own map application stay. In edit
mode every address is a group of inputs; the place is one group of fields, so two edits never mix.
"""

from __future__ import annotations

from functools import partial

from nicegui import ui

from mobility_app.domain.change import Row
from mobility_app.domain.rules import addresses
from mobility_app.store.queries import sheet as queries
from mobility_app.sync.status import OFFLINE
from mobility_app.ui import dialogs, forms, lists, marks
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import N_
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.tab import Tab

TITLES = {"delivery": N_("Delivery address"), "billing": N_("Billing address"), "other": N_("Other address")}
ORDER = {"delivery": 0, "billing": 1, "other": 2}
FIELDS = ("kind", "line1", "line2", "line3", "postcode", "city", "region", "country", "fax")


async def build(sheet: Sheet) -> None:
    """Draws the tab in the mode of the sheet."""
    if sheet.session is not None:
        await _form(sheet)
        return

    async def act(name: str, arg: str) -> None:
        match name:
            case "add":
                await _add(sheet)
            case "change":
                await dialogs.record_dialog(
                    sheet, "address", FIELDS, title=sheet.words("Edit address"), record_id=arg,
                    saved=sheet.words("Address saved"),
                )  # fmt: skip
            case "delete":
                await sheet.write(
                    lambda tx: tx.delete("address", arg), done=sheet.words("Address deleted"),
                    undo=lambda tx: tx.restore("address", arg),
                )  # fmt: skip

    live = await sheet.live(queries.records, partial(_render, sheet), "address", on_act=act)
    changed = sheet.app.status_changed

    def follow() -> None:
        """What is said of the map depends on the network, which comes and goes while the tab is open."""
        if live.gone:
            changed.unsubscribe(follow)
        else:
            live.draw()

    changed.subscribe(follow)


async def _add(sheet: Sheet) -> None:
    values: Row = {"customer_id": sheet.customer_id, "kind": "other", "country": sheet.header.region or None}
    await dialogs.record_dialog(
        sheet, "address", FIELDS, title=sheet.words("New address"), values=values, saved=sheet.words("Address added")
    )


async def _form(sheet: Sheet) -> None:
    session = sheet.session
    assert session is not None
    rows = await sheet.read(queries.records, sheet.customer_id, "address")
    session.load("address", rows["address"])

    async def add() -> None:
        session.create("address", {"customer_id": sheet.customer_id, "kind": "other"})
        await sheet.rebuild()

    with ui.element("div").classes("fb-stack"):
        for row in sorted(session.records("address"), key=_order):
            record_id = str(row["id"])
            with ui.element("section").classes("fb-card"), ui.element("div").classes("fb-card-body"):
                with forms.group(sheet.words(TITLES[str(row["kind"])]), level="h2"):
                    for name in FIELDS:
                        forms.field_input(session, "address", record_id, name)

                async def remove(gone: str = record_id) -> None:
                    session.remove("address", gone)
                    await sheet.rebuild()

                if sheet.may("address", "delete"):
                    dialogs.press(sheet.words("Remove this address"), remove)
        if sheet.may("address", "create"):
            dialogs.press(sheet.words("Add address"), add)


def _order(row: Row) -> tuple[int, str]:
    return ORDER.get(str(row["kind"]), 3), str(row["id"])


def _render(sheet: Sheet, rows: dict[str, list[Row]]) -> Html:
    words = sheet.words
    add = lists.button(words("Add address"), act="add", symbol="plus") if sheet.may("address", "create") else None
    found = sorted(rows["address"], key=_order)
    if not found:
        return lists.empty("map-pin", words("No addresses"), words("Delivery and billing addresses stand here."), add)
    cards = [_card(sheet, row, len(found)) for row in found[: lists.PAGE_ROWS]]
    return h("div", h("div", add, class_="fb-tools"), h("div", cards, class_="fb-places"), class_="fb-stack")


def _card(sheet: Sheet, row: Row, count: int) -> Html:
    words, record_id = sheet.words, str(row["id"])
    title = (
        words(TITLES[str(row["kind"])])
        if count > 1 or row["kind"] != "billing"
        else words("Billing and delivery address")
    )
    lines = addresses.formatted(row)
    text = "\n".join(lines)
    offline = sheet.app.status.state == OFFLINE
    note = h("p", words("The map needs a network. The address can be copied."), class_="fb-meta") if offline else None
    fields = [
        forms.field_view(sheet, "address", record_id, name, row[name])
        for name in FIELDS[1:]
        if sheet.header.mark("address", record_id, name) is not None
    ]
    fax = h("p", words.field("address", "fax"), ": ", str(row["fax"]), class_="fb-meta") if row["fax"] else None
    acts = [
        lists.button(words("Map"), href=addresses.google_maps(row), new_tab=True, symbol="map-pin"),
        lists.icon_button("copy", words("Copy address"), copy=text),
        lists.icon_button("pencil", words("Edit {name}", name=title), act="change", arg=record_id)
        if sheet.may("address", "update")
        else None,
        lists.icon_button("trash-2", words("Delete {name}", name=title), act="delete", arg=record_id)
        if sheet.may("address", "delete")
        else None,
        lists.button(words("Map application"), href=addresses.geo(row), symbol="navigation") if offline else None,
    ]
    chip = marks.chip_for(words, sheet.header.record_mark("address", record_id))
    return lists.card(
        title, h("address", text, class_="fb-place-lines fb-strong"), fax, chip, lists.fields(*fields) if fields else None,
        note, h("div", acts, class_="fb-tools"),
    )  # fmt: skip


TAB = Tab("addresses", N_("Addresses"), build, count=lambda header: header.counts["addresses"])
