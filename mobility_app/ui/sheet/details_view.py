"""The tab "Details" in read mode, as markup. Pure: `render(facts, details)`; `details.py` shows it and answers its acts.

A field that the installation, the country or the person's role does not have is absent, not empty.
"""

from __future__ import annotations

from mobility_app.domain.rules import tax_ids
from mobility_app.store.queries.details import Coming, Details, Year
from mobility_app.store.queries.sheet import WAITING, SheetHeader
from mobility_app.ui import forms, lists, marks
from mobility_app.ui.markup import Html, classes, h, join
from mobility_app.ui.sheet import billing, reach
from mobility_app.ui.sheet.facts import Facts
from mobility_app.ui.words import NOT_SET

LISTS = ("customer_email", "customer_phone")
SYMBOLS = {"task": "list-checks", "call": "phone", "appointment": "calendar-days"}


def field_names(header: SheetHeader) -> tuple[str, ...]:
    """The account's fields that this customer has, beside number, name and identifier, in the order of the sheet."""
    return (
        "credit_limit_minor", "status", *(("shared",) if header.companies > 1 else ()), "currency",
        "payment_method", "payment_term_days", *(("irpf_rate_bp",) if header.irpf else ()), "ledger_account",
        "language",
    )  # fmt: skip


def render(facts: Facts, model: Details) -> Html:
    """The whole tab."""
    if not model.customer:
        return Html("")
    standing = [str(row["id"]) for row in (*model.emails, *model.phones)]
    main = h(
        "div", facts.refused_records(LISTS, standing), _account(facts, model), _communication(facts, model),
        class_="fb-stack",
    )  # fmt: skip
    side = h(
        "div", _next_up(facts, model.coming), _year(facts, model.year), _credit(facts), _notes(facts, model),
        class_="fb-stack fb-side",
    )  # fmt: skip
    return h("div", main, side, class_="fb-columns")


# -- the account


def _account(facts: Facts, model: Details) -> Html:
    customer, record_id, words = model.customer, facts.header.id, facts.words
    views = [_number(facts), facts.field("customer", record_id, "name", customer["name"]), *_identifier(facts, model)]
    views += [
        facts.field("customer", record_id, name, customer[name])
        for name in field_names(facts.header)
        if facts.reads("customer", name)
    ]
    views.append(_weekday(facts, model))
    return lists.card(words("Account"), lists.fields(*views))


def _number(facts: Facts) -> Html:
    number = facts.header.customer["number"]
    text: Html | None = None
    if facts.header.provisional:
        chip = lists.chip(facts.words("Provisional"), "warn", small=True)
        text = h("span", facts.header.number, " ", chip, class_="fb-field-more")
    return facts.field("customer", facts.header.id, "number", number, text=text)


def _identifier(facts: Facts, model: Details) -> list[Html]:
    """Value and kind as one field; the kind and the reason for an overridden one by themselves where there is something
    to say about them."""
    customer, record_id, words = model.customer, facts.header.id, facts.words
    kind, value = str(customer["identifier_kind"] or "other"), str(customer["identifier"] or "")
    text = f"{tax_ids.formatted(kind, value)} · {words.choice('customer', 'identifier_kind', kind)}" if value else None
    views = [facts.field("customer", record_id, "identifier", value, text=text)]
    for name in ("identifier_kind", "identifier_override"):
        mark = facts.header.mark("customer", record_id, name)
        if (mark and mark.state != WAITING) or (name == "identifier_override" and customer[name]):
            views.append(facts.field("customer", record_id, name, customer[name]))
    return views


def _weekday(facts: Facts, model: Details) -> Html:
    day = model.customer["preferred_weekday"]
    look = forms.weekday_squares(facts.words, day) if isinstance(day, int) else None
    return facts.field("customer", facts.header.id, "preferred_weekday", day, text=look)


def _communication(facts: Facts, model: Details) -> Html:
    words = facts.words
    lines = [
        *reach.rows(facts, "customer_email", model.emails, model.region),
        *reach.rows(facts, "customer_phone", model.phones, model.region),
    ]
    empty = [
        h("div", h("dt", words(reach.TITLES[entity])), h("dd", words(NOT_SET), class_="fb-unset"), class_="fb-field")
        for entity, found in (("customer_email", model.emails), ("customer_phone", model.phones))
        if not found
    ]
    website = str(model.customer["website"] or "")
    site = facts.field("customer", facts.header.id, "website", website, href=website)
    return lists.card(
        words("Contact and communication"), h("ul", lines, class_="fb-rows") if lines else None,
        h("div", lists.fields(*empty, site), class_=classes("fb-card-body", bool(lines) and "fb-ruled")), flush=True,
    )  # fmt: skip


# -- the side


def _next_up(facts: Facts, coming: tuple[Coming, ...]) -> Html | None:
    words = facts.words
    if not coming:
        return None
    rows = [
        lists.row(
            one.title, " · ".join(part for part in (words.date_time(one.at), one.place) if part),
            lead=lists.tile(SYMBOLS.get(one.kind, "calendar-days")), wrap=True,
            end=lists.icon_button("check", words("Close {title}", title=one.title), act="done", arg=one.id)
            if facts.may("activity", "update") else None,
        )
        for one in coming
    ]  # fmt: skip
    more = h(
        "div", lists.button(words("All activities"), href=facts.href("activities"), kind="ghost"), class_="fb-card-foot"
    )
    return lists.card(words("Next up"), lists.rows(rows), more, flush=True)


def _year(facts: Facts, year: Year | None) -> Html | None:
    words = facts.words
    if year is None:
        return None
    top = max((amount for _, amount in year.months), default=0)
    bars = [
        h("span", style=f"height:{max(0, amount) * 100 // top if top > 0 else 0}%") for _, amount in year.months
    ]  # fmt: skip
    figure = h("a", words.money(year.total_minor, year.currency), class_="fb-link", href=facts.href("revenue"))
    return lists.card(
        words("Last 12 months"), h("p", figure, class_="fb-figure"), h("p", _compared(facts, year), class_="fb-meta"),
        h("div", bars, class_="fb-bars", aria_hidden="true"),
    )  # fmt: skip


def _compared(facts: Facts, year: Year) -> str:
    words, percent = facts.words, year.change_percent
    if percent is None:
        return words("Nothing in the year before to compare with")
    return words("{change} on the year before", change=f"{'+' if percent > 0 else ''}{words.percent(percent)}")


def _credit(facts: Facts) -> Html | None:
    """Used and free. An empty limit is none set; 0 is no credit."""
    if not facts.reads("customer", "credit_limit_minor") or not billing.sees(facts.actor, facts.header):
        return None
    words, header = facts.words, facts.header
    limit, used = header.customer["credit_limit_minor"], header.credit_used_minor
    figure = h("p", words.money(used, header.currency), class_="fb-figure")
    if not isinstance(limit, int):
        return lists.card(words("Credit used"), figure, h("p", words("No credit limit is set"), class_="fb-meta"))
    percent = min(100, max(0, used * 100 // limit)) if limit > 0 else 100 if used > 0 else 0
    whole = words.money(limit, header.currency)
    if used > limit:
        note = words("{over} over the limit of {limit}", over=words.money(used - limit, header.currency), limit=whole)
    else:
        note = words("{free} free of {limit}", free=words.money(limit - used, header.currency), limit=whole)
    return lists.card(
        words("Credit used"), figure, lists.progress(percent, words("Credit used"), text=note, over=used > limit)
    )


def _notes(facts: Facts, model: Details) -> Html:
    words, header, notes = facts.words, facts.header, str(model.customer["notes"] or "")
    mark = header.mark("customer", header.id, "notes")
    edit = (
        lists.icon_button("pencil", words("Edit quick notes"), act="notes")
        if facts.may("customer", "update", "notes")
        else None
    )
    if mark is not None and mark.state != WAITING:
        text = h("span", notes, class_="fb-pre") if notes else None
        body = lists.fields(facts.field("customer", header.id, "notes", notes, wide=True, text=text))
    else:
        look = classes("fb-field", mark is not None and "fb-field-waiting")
        shown = h("p", notes or words(NOT_SET), class_=classes("fb-pre", "fb-note", not notes and "fb-unset"))
        body = h("div", shown, class_=look, data_f=f"{header.id}.notes")
    return lists.card(words("Quick notes"), body, actions=join(marks.chip_for(words, mark), edit))
