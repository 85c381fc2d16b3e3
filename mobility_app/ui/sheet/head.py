"""The sheet's header as markup: who this is, what is not settled, credit, quick actions, tab bar. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from mobility_app.domain.rules import addresses
from mobility_app.store.queries.sheet import CONFLICT, REFUSED, SheetHeader
from mobility_app.ui import lists, unfinished
from mobility_app.ui.markup import Html, h, hidden, icon, join
from mobility_app.ui.sheet.tab import Tab
from mobility_app.ui.unfinished import Form, Left
from mobility_app.ui.words import Words

WAITING_FIELDS = 8  # of the skeleton


def who(words: Words, header: SheetHeader, here: str, *, credit: bool = True) -> Html:
    """Monogram or way back, name, number, chips, company and, where the person sees it, `credit`."""
    back = h("a", icon("chevron-left"), href="/customers", class_="fb-back", aria_label=words("Back to customers"))
    name = h("h1", header.name, class_="fb-name", tabindex="-1", title=header.name)
    facts = h(
        "div",
        h("span", header.number),
        chips(words, header, here),
        _more(words, header, credit=credit),
        class_="fb-facts",
    )
    return join(back, lists.monogram(header.name, active=header.active), h("div", name, facts, class_="fb-who"))


def chips(words: Words, header: SheetHeader, here: str) -> list[Html]:
    """Status and what is not settled; nothing where all is well and active on a phone."""
    active = words.choice("customer", "status", str(header.customer["status"]))
    if header.active:
        found = [lists.chip(active, "ok", dot=True, extra="fb-hide-s")]
    else:
        found = [lists.chip(active, "neutral", dot=True)]
    if header.customer["to_confirm"]:
        found.append(lists.chip(words("To be confirmed"), "warn", "circle-alert"))
    if header.waiting:
        text = words.n("{n} not synced", "{n} not synced", header.waiting)
        found.append(lists.count_chip(header.waiting, text, "warn", "cloud-upload"))
    if header.refused:
        text = words.n("{n} refused", "{n} refused", header.refused)
        found.append(lists.count_chip(header.refused, text, "bad", "circle-x", href=_first(header, REFUSED, here)))
    if header.conflicts:
        text = words.n("{n} conflict", "{n} conflicts", header.conflicts)
        found.append(
            lists.count_chip(header.conflicts, text, "bad", "git-compare-arrows", href=_first(header, CONFLICT, here))
        )
    if not (header.waiting or header.refused or header.conflicts):
        found.append(hidden(words("Synced")))
    return found


TAB_OF = {
    "customer": "details", "customer_email": "details", "customer_phone": "details", "address": "addresses",
    "contact": "contacts", "contact_email": "contacts", "contact_phone": "contacts", "contact_label": "contacts",
    "activity": "activities", "activity_participant": "activities", "ticket": "support", "ticket_entry": "support",
    "product": "products", "customer_price": "products", "file": "files",
}  # fmt: skip


def _first(header: SheetHeader, state: str, here: str) -> str:
    """The address of the tab with the first mark of that state."""
    entity = next((place[0] for place, mark in header.marks.items() if mark.state == state), "customer")
    return f"{here}/{TAB_OF.get(entity, 'details')}"


def _more(words: Words, header: SheetHeader, *, credit: bool) -> Html:
    if not credit:
        return h("span", header.company_name, class_="fb-facts-more fb-hide-s")
    used = words.money(header.credit_used_minor, header.currency)
    limit = header.customer["credit_limit_minor"]
    if isinstance(limit, int):
        used_text = words("Credit {used} of {limit}", used=used, limit=words.money(limit, header.currency))
    else:
        used_text = words("Credit used {used}", used=used)
    company = h("span", f"{header.company_name} · ", class_="fb-hide-s") if header.company_name else None
    return h("span", company, used_text, class_="fb-facts-more fb-num")


def actions(words: Words, header: SheetHeader, here: str, *, editing: bool, may_edit: bool) -> Html:
    """Call, e-mail, map, new activity, edit. What can't be done is left out."""
    found: list[Html] = []
    if header.phone:
        number = header.phone if header.phone.startswith("+") else quote(header.phone)
        found.append(_action(words.p("action", "Call"), "phone", f"tel:{number}"))
    if header.email:
        found.append(_action(words("E-mail"), "mail", f"mailto:{quote(header.email, safe='@')}", hide=True))
    if header.address:
        found.append(_action(words("Map"), "map-pin", addresses.google_maps(header.address), hide=True, new_tab=True))
    if not editing:
        brief = lists.icon_button("clipboard-list", words("Visit brief"), href=f"{here}/brief", kind="secondary")
        found.append(h("span", brief, class_="fb-hide-s"))
        new = lists.icon_button(
            "calendar-plus", words("New activity"), href=f"{here}/activities?new=1", kind="secondary"
        )
        found.append(h("span", new, class_="fb-hide-s"))
    if may_edit and not editing:
        found.append(lists.button(words("Edit"), act="edit", symbol="pencil", kind="primary", id="fb-edit"))
    return join(*found)


def _action(text: str, symbol: str, href: str, *, hide: bool = False, new_tab: bool = False) -> Html:
    look = "fb-btn fb-hide-s" if hide else "fb-btn"
    target = {"target": "_blank", "rel": "noopener noreferrer"} if new_tab else {}
    return h("a", icon(symbol), h("span", text), class_=look, href=href, title=text, **target)


def tab_bar(words: Words, tabs: Sequence[Tab], header: SheetHeader, here: str, current: str) -> Html:
    """Real links, the current one marked, counts beside the labels."""
    links = []
    for tab in tabs:
        count = tab.count(header)
        number = h("span", words.number(count), class_="fb-tab-n") if count else None
        links.append(
            h("a", words(tab.label), number, class_="fb-tab", href=f"{here}/{tab.slug}",
              aria_current="page" if tab.slug == current else None)
        )  # fmt: skip
    return h("div", links, class_="fb-tabs-in")


def draft_offer(words: Words, when: str) -> Html:
    """Unsaved edits were found: go on with them or not."""
    text = words("There are unsaved edits on this sheet, from {when}.", when=when)
    buttons = join(
        lists.button(words("Continue editing"), act="continue"),
        lists.button(words("Discard edits"), act="discard", kind="ghost"),
    )
    return h("div", lists.notice("accent", text, h("div", buttons, class_="fb-bar")), class_="fb-offer")


def form_offer(words: Words, left: Left, here: str, now: int) -> Html:
    """A short form was begun and not finished: go back to it or not."""
    what = words.choice("activity", "kind", left.form.kind) if left.form.entity == "activity" and left.form.kind else ""
    name = what or words.entity(left.form.entity)
    text = words("{what}: you began this {when} and did not save it.", what=name, when=words.when(left.at, now))
    buttons = join(
        lists.button(words("Go on"), act="combine", arg=left.form.combines)
        if left.form.combines
        else lists.button(words("Go on"), href=form_href(left.form, here)),
        lists.button(words("Discard"), act="forget", arg=left.drafts[0].editor, kind="ghost"),
    )
    return h("div", lists.notice("accent", text, h("div", buttons, class_="fb-bar")), class_="fb-offer")


def form_href(form: Form, here: str) -> str:
    """Where that form is opened again: at once where the address can say so, else with its button."""
    tab, new = TAB_OF.get(form.entity, "details"), form.record_id == unfinished.NEW
    match form.entity:
        case "activity" if new:
            return f"{here}/{tab}?new={form.kind}"
        case "ticket" if new:
            return f"{here}/{tab}?new=1"
        case "ticket_entry":
            return f"{here}/{tab}/{form.under}?new=1"
        case "activity_participant":
            return f"{here}/{tab}/{form.under}"
        case "activity" | "ticket":
            return f"{here}/{tab}/{form.record_id}"
    return f"{here}/{tab}"


def waiting(words: Words) -> Html:
    """In place of the header until it was read: its shape, and a heading for those who don't see."""
    back = h("a", icon("chevron-left"), href="/customers", class_="fb-back", aria_label=words("Back to customers"))
    bars = h("div", h("span", class_="fb-wait-name"), h("span", class_="fb-wait-facts"), class_="fb-who fb-waitrows",
             aria_hidden="true")  # fmt: skip
    square = h("span", class_="fb-mono fb-mono-off", aria_hidden="true")
    return join(back, square, h("h1", words("Opening the customer"), class_="fb-sr", tabindex="-1"), bars)


def waiting_tabs(tabs: int) -> Html:
    """In place of the tab bar: as many bars as tabs."""
    bars = [h("span", class_="fb-wait-tab") for _ in range(tabs)]
    return h("div", bars, class_="fb-tabs-in fb-waitrows", aria_hidden="true")


def waiting_body() -> Html:
    """In place of a tab's first card until its query was answered: a title and the fields of a grid."""
    fields = h(
        "div", [h("div", class_="fb-wait-field") for _ in range(WAITING_FIELDS)], class_="fb-card-body fb-fields"
    )
    card = h("div", h("div", h("span", class_="fb-wait-facts"), class_="fb-card-head"), fields, class_="fb-card")
    return h("div", card, class_="fb-waitrows", aria_hidden="true")


def missing(words: Words) -> Html:
    """In place of a customer that this device does not hold."""
    action = lists.button(words("Back to customers"), href="/customers")
    text = words("It was deleted, or belongs to another territory.")
    return lists.empty("user", words("This customer is not on this device"), text, action, level="h1")
