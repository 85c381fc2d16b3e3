"""Tab "Exclusive products": what only this customer may be billed, and its own prices on what everybody may buy.

A click opens the product's page. Both views are pure markup over `store/queries/products.py`. The rule binds the product
to the customer and not the customer to the product, and the tab says so.
"""

from __future__ import annotations

from functools import partial

from nicegui import ui

from mobility_app.domain.change import Row
from mobility_app.store.queries import products as queries
from mobility_app.store.queries.products import Price, ProductList, ProductSheet
from mobility_app.ui import forms, lists, marks
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import N_
from mobility_app.ui.sheet import billing
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.revenue_markup import category_name
from mobility_app.ui.sheet.tab import Tab
from mobility_app.ui.words import Words


async def build(sheet: Sheet) -> None:
    """Draws the list; the office owns products, so both modes look the same."""
    if not billing.sees(sheet.app.actor, sheet.header, "price"):
        ui.html(billing.unseen(sheet.words, sheet.app.actor, sheet.header), sanitize=False)
        return
    await sheet.live(queries.products, partial(_render, sheet))


async def show_one(sheet: Sheet, record_id: str) -> None:
    """Draws one product and follows it."""
    if not billing.sees(sheet.app.actor, sheet.header, "price"):
        ui.html(billing.unseen(sheet.words, sheet.app.actor, sheet.header), sanitize=False)
        return
    await sheet.live(queries.product, partial(_render_one, sheet), record_id)


def _render(sheet: Sheet, model: ProductList) -> Html:
    words, today = sheet.words, sheet.app.today().isoformat()
    if not model.exclusive and not model.prices:
        text = words("Products that only this customer may be billed stand here.")
        return lists.empty("package", words("No exclusive products"), text)
    own = [_product_row(sheet, row, today) for row in model.exclusive]
    prices = [_price_row(sheet, one, today) for one in model.prices]
    return h("div", _exclusive_card(words, own, model), _price_card(words, prices, model), class_="fb-stack")


def _exclusive_card(words: Words, rows: list[Html], model: ProductList) -> Html:
    title = words("Products exclusive to this account")
    hint = h(
        "p",
        words("Only this customer may be billed these. It still buys everything else."),
        class_="fb-card-body fb-meta",
    )
    if not rows:
        return lists.card(title, h("p", words("No product is bound to this customer."), class_="fb-meta"))
    return lists.card(title, hint, lists.rows(*rows), count=words.number(model.exclusive_count), flush=True)


def _price_card(words: Words, rows: list[Html], model: ProductList) -> Html | None:
    if not rows:
        return None
    hint = h("p", words("General products at a price for this customer alone."), class_="fb-card-body fb-meta")
    title = words("Prices for this account")
    return lists.card(title, hint, lists.rows(*rows), count=words.number(model.price_count), flush=True)


def _product_row(sheet: Sheet, row: Row, today: str) -> Html:
    words = sheet.words
    mark = marks.chip_for(words, sheet.header.record_mark("product", str(row["id"])))
    description = " ".join(str(row["description"] or "").split())
    parts = [str(row["code"]), category_name(words, str(row["category"] or "")), description]
    meta = " · ".join(part for part in parts if part)
    amount = price_text(words, row["price_minor"], str(row["currency"] or sheet.currency), str(row["unit"] or ""))
    chip = validity_chip(words, _day(row["valid_from"]), _day(row["valid_to"]), today)
    href = sheet.href("products", str(row["id"]))
    return lists.row(
        str(row["name"]), meta, href=href, lead=lists.tile("package"), wrap=True,
        end=[mark, chip, h("span", amount, class_="fb-row-amount") if amount else None],
    )  # fmt: skip


def _price_row(sheet: Sheet, one: Price, today: str) -> Html:
    words = sheet.words
    mark = marks.chip_for(words, sheet.header.record_mark("customer_price", one.id))
    general = price_text(words, one.general_minor, one.general_currency or one.currency, one.unit)
    parts = [one.code, words("in general {price}", price=general) if general else ""]
    chip = validity_chip(words, one.valid_from, one.valid_to, today)
    own = price_text(words, one.price_minor, one.currency, one.unit)
    return lists.row(
        one.name or words("Product that is not on this device"), " · ".join(part for part in parts if part),
        href=sheet.href("products", one.product_id) if one.name else "", lead=lists.tile("tag"), wrap=True,
        end=[mark, chip, h("span", own, class_="fb-row-amount")],
    )  # fmt: skip


def price_text(words: Words, minor: object, currency: str, unit: str) -> str:
    """A price for a unit; empty where there is none."""
    if not isinstance(minor, int):
        return ""
    amount = words.money(minor, currency)
    return f"{amount} / {unit}" if unit else amount


def validity_text(words: Words, start: str | None, end: str | None) -> str:
    """From when to when, as a sentence part; empty where nothing is said."""
    if start and end:
        return f"{words.date(start)} – {words.date(end)}"
    if start:
        return words("from {day}", day=words.date(start))
    return words("until {day}", day=words.date(end)) if end else ""


def validity_chip(words: Words, start: str | None, end: str | None, today: str) -> Html | None:
    """What stands out about a validity: over, or still to come. Both days belong to it."""
    if end and end < today:
        return lists.chip(words("Expired"), "neutral", small=True)
    if start and start > today:
        return lists.chip(words("from {day}", day=words.date(start)), "accent", small=True)
    return None


def _render_one(sheet: Sheet, model: ProductSheet | None) -> Html:
    words = sheet.words
    back = h("div", lists.button(words("All exclusive products"), href=sheet.href("products"), symbol="chevron-left",
                                 kind="ghost"), class_="fb-bar")  # fmt: skip
    if model is None:
        text = words("It is gone, or belongs to another customer.")
        return h("div", back, lists.empty("package", words("This product is not here"), text), class_="fb-stack")
    main = h("div", _about(sheet, model), _billed(sheet, model), class_="fb-stack")
    side = h("div", _price(sheet, model), _own_prices(sheet, model), class_="fb-side")
    return h("div", back, h("div", main, side, class_="fb-cols"), class_="fb-stack")


def _about(sheet: Sheet, model: ProductSheet) -> Html:
    words, row, record_id = sheet.words, model.product, str(model.product["id"])
    today = sheet.app.today().isoformat()
    price = price_text(words, row["price_minor"], str(row["currency"] or sheet.currency), "")
    valid = validity_text(words, _day(row["valid_from"]), _day(row["valid_to"])) or words("without limit")

    def view(name: str, text: Html | str | None = None, label: str = "", *, wide: bool = False) -> Html:
        return forms.field_view(sheet, "product", record_id, name, row[name], text=text, label=label, wide=wide)

    description = h("span", str(row["description"]), class_="fb-pre") if row["description"] else None
    views = [
        view("code"), view("category", category_name(words, str(row["category"] or ""))),
        view("price_minor", price, "" if model.exclusive else words("General price")),
        view("unit"), view("valid_from", valid, words("Validity")), view("description", description, wide=True),
    ]  # fmt: skip
    text = words("Exclusive to this account") if model.exclusive else words("General product")
    chips = [
        lists.chip(text, "accent" if model.exclusive else "neutral"),
        validity_chip(words, _day(row["valid_from"]), _day(row["valid_to"]), today),
    ]
    return lists.card(str(row["name"]), lists.fields(*views), actions=chips)


def _price(sheet: Sheet, model: ProductSheet) -> Html:
    """What this customer pays today, and beside it what everybody pays."""
    words, row = sheet.words, model.product
    unit, cash = str(row["unit"] or ""), str(row["currency"] or sheet.currency)
    general = price_text(words, row["price_minor"], cash, unit)
    own = model.price_on(sheet.app.today().isoformat())
    if own is None:
        title = words("Price for this account") if model.exclusive else words("General price")
        note = (
            words("Only this customer buys it.") if model.exclusive else words("This account has no price of its own.")
        )
        return lists.figure(title, general or "–", note)
    parts = [words("in general {price}", price=general)] if general else []
    if own.off_percent is not None:
        parts.append(f"{'+' if own.off_percent > 0 else ''}{words.percent(own.off_percent)}")
    return lists.figure(
        words("Price for this account"), price_text(words, own.price_minor, own.currency, unit), " · ".join(parts)
    )


def _billed(sheet: Sheet, model: ProductSheet) -> Html:
    """How often this customer was billed it, and the newest documents that say so."""
    words, title = sheet.words, sheet.words("Billed to this customer")
    if not model.billed:
        return lists.card(title, h("p", words("Not billed yet."), class_="fb-meta"))
    rows = [
        lists.row(
            one.number, f"{words.choice('document', 'kind', one.kind)} · {words.date(one.issued_on)}",
            href=sheet.href("documents", one.id), lead=lists.tile("receipt"),
            end=h("span", words.money(one.net_minor, one.currency), class_="fb-row-amount"),
        )
        for one in model.billed
    ]  # fmt: skip
    hint = None
    if model.billed_last:
        text = words.n("{n} invoice, last on {day}", "{n} invoices, last on {day}", model.billed_times,
                       day=words.date(model.billed_last))  # fmt: skip
        hint = h("p", text, class_="fb-card-body fb-meta")
    return lists.card(title, hint, lists.rows(*rows), flush=True)


def _own_prices(sheet: Sheet, model: ProductSheet) -> Html | None:
    if not model.prices:
        return None
    words, today = sheet.words, sheet.app.today().isoformat()
    rows = [
        lists.row(
            price_text(words, one.price_minor, one.currency, one.unit),
            validity_text(words, one.valid_from, one.valid_to) or words("without limit"), lead=lists.tile("tag"),
            end=[
                marks.chip_for(words, sheet.header.record_mark("customer_price", one.id)),
                validity_chip(words, one.valid_from, one.valid_to, today),
            ],
        )
        for one in model.prices
    ]  # fmt: skip
    return lists.card(words("Prices for this account"), lists.rows(*rows), count=len(rows), flush=True)


def _day(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


TAB = Tab(
    "products", N_("Products exclusive to this account"), build, count=lambda header: header.counts["products"],
    open=show_one,
)  # fmt: skip
