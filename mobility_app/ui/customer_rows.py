"""The list of customers as markup: filters, the table, the pager. Pure; `customers.py` draws it and hears its buttons.

A line is six elements, so that fifty of them and everything around stay within a view's 400: the number is text beside
the name's link, and the initials are drawn by the stylesheet.
"""

from __future__ import annotations

from urllib.parse import urlencode

from mobility_app.store.queries.customers import PAGE_ROWS, STATUSES, CustomerPage, CustomerRow, Filters
from mobility_app.ui import lists
from mobility_app.ui.markup import Child, Html, classes, h, hidden, icon
from mobility_app.ui.names import N_
from mobility_app.ui.words import Words

TOGGLES = {
    "mine": N_("My customers"),
    "tickets": N_("Open requests"),
    "overdue": N_("Overdue invoices"),
    "unvisited": N_("Not visited for 90 days"),
}
SORTS = {"name": N_("Name"), "number": N_("Number"), "town": N_("Town"), "active": N_("Last activity")}
OWNER_MARKS_MAX = 30  # a page with more marks leaves the owners out: a view holds 400 elements
EXPORT = "/customers/export.csv"


def toggled(filters: Filters, name: str) -> bool:
    """Whether one of TOGGLES is on."""
    return bool(filters.owner_id) if name == "mine" else bool(getattr(filters, name))


def counted(words: Words, page: CustomerPage) -> str:
    """How many there are, as a sentence."""
    if page.more:
        return words("More than {total} customers", total=words.number(page.total))
    return words.n("{n} customer", "{n} customers", page.total)


def render(words: Words, page: CustomerPage, text: str, filters: Filters, first: int, may_create: bool) -> Html:
    """The whole list below the search."""
    count = h("p", counted(words, page), class_="fb-meta fb-num")
    href = f"{EXPORT}?{urlencode(exported(text, filters))}"
    export = h(
        "a", icon("download"), h("span", words("Export CSV")), class_="fb-btn fb-btn-ghost", href=href, download=""
    )
    foot = h("div", count, export if page.rows else None, class_="fb-listhead")
    if not page.rows:
        return h("div", _filters(words, text, filters), _nothing(words, text, filters, may_create), class_="fb-stack")
    pager = lists.pager(words, first, len(page.rows), page.total, size=PAGE_ROWS, more=page.more and not text.strip())
    body = h(
        "section", table(words, page, text, filters), pager, class_="fb-card", aria_label=words("Customers"),
        data_arrows=True,
    )  # fmt: skip
    return h("div", h("div", _filters(words, text, filters), foot, class_="fb-listtop"), body, class_="fb-stack")


def exported(text: str, filters: Filters) -> dict[str, str]:
    """The list as the address of its export says it."""
    asked: dict[str, str] = {"status": filters.status, "sort": filters.sort, "text": text.strip()}
    asked |= {"territory": filters.territory_id, "owner": filters.owner_id}
    flags = {"tickets": filters.tickets, "overdue": filters.overdue, "unvisited": filters.unvisited}
    asked |= {name: "1" for name, on in {**flags, "descending": filters.descending}.items() if on}
    return {name: value for name, value in asked.items() if value}


def _filters(words: Words, text: str, filters: Filters) -> Html:
    names = (words("Active"), words("Inactive"), words("All"))
    options = [(value, name, None) for value, name in zip(STATUSES, names, strict=True)]
    states = None if text.strip() else lists.segments(words("Status"), options, filters.status, act="status")
    toggles = [
        h("button", words(name), type="button", class_="fb-toggle", data_act="toggle", data_arg=one,
          aria_pressed=str(toggled(filters, one)).lower())
        for one, name in TOGGLES.items()
    ]  # fmt: skip
    return h(
        "div",
        states,
        h("div", toggles, class_="fb-toggles", role="group", aria_label=words("Filters")),
        class_="fb-tools",
    )


def table(words: Words, page: CustomerPage, text: str, filters: Filters) -> Html:
    """The customers of a page. Headings sort, unless a text decides the order."""
    chips = [marks(words, one, filters) for one in page.rows]
    owners = not filters.owner_id and sum(map(len, chips)) <= OWNER_MARKS_MAX
    heads = (
        _heading(words, ("name", "number"), text, filters),
        _heading(words, ("town",), text, filters),
        h("th", words("Account owner"), scope="col", class_="fb-hide-mid") if owners else None,
        _heading(words, ("active",), text, filters),
    )
    several = page.companies > 1
    body = [_line(words, one, marked, several, owners) for one, marked in zip(page.rows, chips, strict=True)]
    caption = h("caption", hidden(words("Customers")))
    return h("table", caption, h("thead", h("tr", heads)), h("tbody", body), class_="fb-table fb-people")


def _heading(words: Words, sorts: tuple[str, ...], text: str, filters: Filters) -> Html:
    """A heading whose names sort, unless a text decides the order."""
    if text.strip():
        return h("th", words(SORTS[sorts[0]]), scope="col")
    buttons = [
        h("button", words(SORTS[sort]), icon(_arrow(filters)) if filters.sort == sort else None, type="button",
          data_act="sort", data_arg=sort)
        for sort in sorts
    ]  # fmt: skip
    order = ("descending" if filters.descending else "ascending") if filters.sort in sorts else None
    return h("th", buttons, scope="col", aria_sort=order)


def _arrow(filters: Filters) -> str:
    return "arrow-down" if filters.descending else "arrow-up"


def _line(words: Words, one: CustomerRow, marked: list[Child], several: bool, owners: bool) -> Html:
    active = one.status == "active"
    tone = sum(map(ord, one.name)) % lists.AVATAR_TONES + 1
    link = h(
        "a", one.name, class_=classes("fb-cell-link", f"fb-face-{tone}" if active else "fb-face-off"),
        href=f"/customers/{one.id}", data_face=lists.initials(one.name),
    )  # fmt: skip
    number = " · ".join(part for part in (one.number, one.company if several else "") if part)
    return h(
        "tr",
        h("td", link, f"{number} ", marked),
        h("td", one.town),
        h("td", one.owner, class_="fb-hide-mid") if owners else None,
        h("td", activity(words, one), class_="fb-hide-narrow"),
    )


def activity(words: Words, one: CustomerRow) -> str:
    """What comes next and what was last, a line each."""
    lines = []
    if one.next_at:
        lines.append(words("Next {day}", day=words.day(one.next_at)))
    if one.active_at:
        lines.append(words("Last {day}", day=words.date(one.active_at)))
    return "\n".join(lines)


def marks(words: Words, one: CustomerRow, filters: Filters) -> list[Child]:
    """Small chips for what is not as usual, one element each."""
    chips: list[tuple[str, str]] = []
    if one.status != "active" and filters.status != "inactive":
        chips.append(("neutral", words.choice("customer", "status", one.status)))
    if one.due_on and one.due_on < filters.today and not filters.overdue:
        chips.append(("bad", words("Overdue invoice")))
    if one.conflicts:
        chips.append(("bad", words("Conflict")))
    elif one.refused:
        chips.append(("bad", words("Refused")))
    elif one.waiting:
        chips.append(("warn", words("Not synced")))
    return [h("span", text, class_=f"fb-chip fb-chip-s fb-chip-{tone}") for tone, text in chips]


def _nothing(words: Words, text: str, filters: Filters, may_create: bool) -> Html:
    wanted = text.strip()
    if filters.narrowed:
        clear = lists.button(words("Remove filters"), act="clear", symbol="x")
        if wanted:
            return lists.nothing(words("No customer with these filters matches “{text}”.", text=wanted), clear)
        return lists.nothing(words("No customer with these filters."), clear)
    new = lists.button(words("New customer"), href="/customers/new", symbol="plus") if may_create else None
    if wanted:
        said = words("No customer matches “{text}”. Check the spelling or search by number.", text=wanted)
        return lists.nothing(said, new)
    if filters.status == "active":
        return lists.empty("users", words("No customers yet"), words("They come with the first sync."), new)
    return lists.nothing(words("No customer here."))
