"""The shapes that read views are made of: cards, rows, chips, buttons, segments, tables, empty states. All pure: plain
values in, escaped markup out. Buttons name an act (`data-act`, `data-arg`) that `live.Live` reports to its view.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mobility_app.ui.markup import NOTHING, Child, Html, classes, h, hidden, icon, join
from mobility_app.ui.words import Words

AVATAR_TONES = 4
SEGMENT_COUNT_MAX = 999
PAGE_ROWS = 50


def initials(name: str) -> str:
    """Two letters of a name: first and last word that begin with a letter or digit."""
    words = [word for word in name.replace("&", " ").split() if unicodedata.category(word[0])[0] in "LN"]
    if not words:
        return "?"
    picked = words[0][:2] if len(words) == 1 else words[0][0] + words[-1][0]
    return picked.upper()


def monogram(name: str, *, active: bool = True) -> Html:
    """The customer's square: first letters of the first two words."""
    words = [word for word in name.split() if word[:1].isalnum()][:2]
    letters = "".join(word[0] for word in words).upper() or "?"
    return h("span", letters, class_=classes("fb-mono", not active and "fb-mono-off"), aria_hidden="true")


def avatar(name: str, *, active: bool = True) -> Html:
    """A person's round initials; the tone follows from the name."""
    tone = sum(map(ord, name)) % AVATAR_TONES + 1
    look = f"fb-avatar-{tone}" if active else "fb-avatar-off"
    return h("span", initials(name), class_=classes("fb-avatar", look), aria_hidden="true")


def tile(name: str) -> Html:
    """A thing's square with an icon."""
    return h("span", icon(name), class_="fb-tile", aria_hidden="true")


def chip(
    text: Child, tone: str = "neutral", symbol: str = "", *, dot: bool = False, small: bool = False,
    href: str = "", act: str = "", arg: str = "", extra: str = "",
) -> Html:  # fmt: skip
    """A chip. Tones: neutral, ok, warn, bad, accent. With `href` or `act` it is a link or a button."""
    look = classes("fb-chip", f"fb-chip-{tone}", small and "fb-chip-s", extra)
    body = join(icon(symbol) if symbol else None, h("span", class_="fb-dot") if dot else None, h("span", text))
    if href:
        return h("a", body, class_=look, href=href)
    if act:
        return h("button", body, class_=look, type="button", data_act=act, data_arg=arg)
    return h("span", body, class_=look)


def count_chip(n: int, text: str, tone: str, symbol: str, *, href: str = "") -> Html:
    """A chip with a count: on phones only the number stays in sight. `text` holds the number at its place."""
    shown = text.partition(str(n))
    body = [
        h("span", shown[0]) if shown[0] else None,
        h("span", str(n), class_="fb-chip-num fb-num"),
        h("span", shown[2]) if shown[2] else None,
    ]
    look = classes("fb-chip", f"fb-chip-{tone}", "fb-chip-n")
    return h("a" if href else "span", icon(symbol), body, class_=look, href=href or None)


def button(
    text: str, *, act: str = "", arg: str = "", symbol: str = "", kind: str = "secondary", href: str = "",
    disabled: bool = False, new_tab: bool = False, described_by: str = "", id: str = "",  # noqa: A002 - the attribute
) -> Html:  # fmt: skip
    """A button, or a link that looks like one. Kinds: secondary, primary, ghost, danger."""
    look = classes("fb-btn", kind != "secondary" and f"fb-btn-{kind}")
    body = join(icon(symbol) if symbol else None, h("span", text))
    return _pressable(body, look, act, arg, href, new_tab, disabled=disabled, described_by=described_by, id=id)


def download(text: str, href: str, name: str, *, kind: str = "secondary") -> Html:
    """A link that saves a file. `name`, which holds the text, says what is in it."""
    look = classes("fb-btn", kind != "secondary" and f"fb-btn-{kind}")
    return h("a", text, class_=look, href=href, download=True, aria_label=name, title=name)


def icon_button(
    symbol: str, name: str, *, act: str = "", arg: str = "", href: str = "", new_tab: bool = False,
    kind: str = "ghost", copy: str = "", disabled: bool = False,
) -> Html:  # fmt: skip
    """A button with an icon alone; `name` says the object: "Call Ana Silva". `copy` puts that text on the clipboard."""
    look = classes("fb-btn", "fb-btn-icon", kind != "secondary" and f"fb-btn-{kind}")
    return _pressable(icon(symbol), look, act, arg, href, new_tab, name=name, copy=copy, disabled=disabled)


def _pressable(
    body: Html, look: str | None, act: str, arg: str, href: str, new_tab: bool, *, name: str = "", copy: str = "",
    disabled: bool = False, described_by: str = "", id: str = "",  # noqa: A002
) -> Html:  # fmt: skip
    if href:
        target, rel = ("_blank", "noopener noreferrer") if new_tab else (None, None)
        return h("a", body, class_=look, href=href, target=target, rel=rel, aria_label=name or None, title=name or None)
    return h(
        "button", body, type="button", class_=look, data_act=act or None, data_arg=arg or None,
        data_copy=copy or None, disabled=disabled, aria_label=name or None, title=name or None,
        aria_describedby=described_by or None, id=id or None,
    )  # fmt: skip


def card(
    title: Child, *body: Child, actions: Child = None, count: int | str | None = None, id: str = "",  # noqa: A002
    level: str = "h2", flush: bool = False,
) -> Html:  # fmt: skip
    """A card with its heading. `flush` body goes edge to edge (rows, tables)."""
    number = h("span", str(count), class_="fb-card-n") if count is not None else None
    heading = h(level, title, id=f"{id}-t" if id else None)
    head = h(
        "div", heading, number, h("div", actions, class_="fb-card-acts") if actions else None, class_="fb-card-head"
    )
    inner = join(*body) if flush else h("div", *body, class_="fb-card-body")
    return h("section", head, inner, class_="fb-card", id=id or None)


def rows(*entries: Child) -> Html:
    """Rows, as a list with hairlines between them."""
    flat = [one for entry in entries for one in ([entry] if isinstance(entry, str) or entry is None else list(entry))]  # type: ignore[arg-type]
    return h("ul", [h("li", one) for one in flat if one is not None], class_="fb-rows")


def row(
    title: Child, meta: Child = None, *, href: str = "", lead: Html | None = None, end: Child = None,
    act: str = "", arg: str = "", new_tab: bool = False, wrap: bool = False, on: bool = False,
) -> Html:  # fmt: skip
    """One row. With `href` or `act` and nothing at its end the whole row is the link; with buttons at its end the
    title's link covers the row and the buttons stay their own targets."""
    look = classes("fb-row", wrap and "fb-row-wrap", on and "fb-row-on")
    target = "_blank" if new_tab else None
    tail = h("div", end, class_="fb-row-end") if end else None
    if (href or act) and tail:
        link = _row_link(title, href, act, arg, target)
        return h("div", lead, _row_text(link, meta), tail, class_=look)
    if href:
        return h("a", lead, _row_text(title, meta), class_=look, href=href, target=target)
    if act:
        return h("button", lead, _row_text(title, meta), class_=look, type="button", data_act=act, data_arg=arg)
    return h("div", lead, _row_text(title, meta), tail, class_=look)


def _row_link(title: Child, href: str, act: str, arg: str, target: str | None) -> Html:
    if href:
        return h("a", title, class_="fb-row-link", href=href, target=target)
    return h("button", title, class_="fb-row-link", type="button", data_act=act, data_arg=arg)


def _row_text(title: Child, meta: Child) -> Html:
    second = h("div", meta, class_="fb-row-m") if meta else None
    return h("div", h("div", title, class_="fb-row-t"), second, class_="fb-row-main")


def segments(label: str, options: Iterable[tuple[str, str, int | None]], current: str, *, act: str = "filter") -> Html:
    """A filter with up to five values; `aria-pressed` says which one holds."""
    pressed = [
        h(
            "button",
            text,
            h("span", str(count), class_="fb-seg-n") if count is not None else None,
            type="button",
            class_="fb-seg",
            data_act=act,
            data_arg=value,
            aria_pressed=str(value == current).lower(),
        )
        for value, text, count in options
    ]
    return h("div", pressed, class_="fb-segs", role="group", aria_label=label)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, whether it holds amounts, and whether it gives way on a phone."""

    text: str
    right: bool = False
    hide_narrow: bool = False
    sort: str = ""  # value of the act "sort"; "" = not sortable


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table. With `href` the first cell is a link that covers the line."""

    cells: Sequence[Child]
    href: str = ""


def table(
    caption: str, columns: Sequence[Column], lines: Iterable[Line], *, total: Line | None = None,
    sorted_by: str = "", descending: bool = False,
) -> Html:  # fmt: skip
    """A real table on wide screens; on phones each line takes two."""
    heads = [_heading(column, sorted_by, descending) for column in columns]
    body = [h("tr", _cells(columns, line)) for line in lines]
    foot = h("tfoot", h("tr", _cells(columns, total))) if total else None
    return h(
        "table",
        h("caption", hidden(caption)),
        h("thead", h("tr", heads)),
        h("tbody", body),
        foot,
        class_="fb-table",
    )


def _heading(column: Column, sorted_by: str, descending: bool) -> Html:
    look = classes(column.right and "fb-right", column.hide_narrow and "fb-hide-narrow")
    if not column.sort:
        return h("th", column.text, scope="col", class_=look)
    current = column.sort == sorted_by
    arrow = icon("arrow-down" if descending else "arrow-up") if current else None
    pressed = h("button", column.text, arrow, type="button", data_act="sort", data_arg=column.sort)
    order = ("descending" if descending else "ascending") if current else None
    return h("th", pressed, scope="col", class_=look, aria_sort=order)


def _cells(columns: Sequence[Column], line: Line) -> list[Html]:
    found = []
    for at, (column, cell) in enumerate(zip(columns, line.cells, strict=True)):
        inner = h("a", cell, href=line.href, class_="fb-cell-link") if line.href and at == 0 else cell
        look = classes(column.right and "fb-right", column.hide_narrow and "fb-hide-narrow")
        found.append(h("td", inner, class_=look))
    return found


def fields(*views: Child) -> Html:
    """A grid of field views (`forms.field_view`)."""
    return h("dl", *views, class_="fb-fields")


def figure(label: str, value: Child, note: Child = None) -> Html:
    """A headline amount on a card of its own."""
    body = [
        h("p", label, class_="fb-label"),
        h("p", value, class_="fb-figure"),
        h("p", note, class_="fb-meta") if note else None,
    ]
    return h("section", h("div", body, class_="fb-card-body"), class_="fb-card")


def progress(percent: int, name: str, *, text: Child = None, over: bool = False) -> Html:
    """A bar with its text below. `name` is the accessible name."""
    done = max(0, min(100, percent))
    look = classes("fb-progress", over and "fb-progress-over", percent >= 100 and not over and "fb-progress-done")
    bar = h(
        "div", h("span", style=f"width:{done}%"), class_=look, role="progressbar", aria_label=name,
        aria_valuenow=done, aria_valuemin=0, aria_valuemax=100,
    )  # fmt: skip
    return join(bar, h("p", text, class_="fb-meta") if text else None)


def empty(symbol: str, title: str, sentence: str, action: Child = None, *, level: str = "h2") -> Html:
    """Nothing there yet: what it is for, and the one thing to do."""
    picture = h("span", icon(symbol), class_="fb-empty-tile", aria_hidden="true")
    return h("div", picture, h(level, title), h("p", sentence), action, class_="fb-empty")


def nothing(sentence: str, action: Child = None) -> Html:
    """A search or filter that found nothing."""
    return h("div", h("p", sentence), action, class_="fb-empty")


def notice(tone: str, text: Child, action: Child = None, *, symbol: str = "") -> Html:
    """One line that says something about what follows. Tones: warn, bad, accent."""
    return h("div", icon(symbol) if symbol else None, h("span", text), action, class_=f"fb-notice fb-notice-{tone}")


def skeleton(count: int, title: str = "") -> Html:
    """Rows that are on their way, hidden from screen readers, below the heading that the view will have."""
    rows = h("div", [h("div", class_="fb-skeleton") for _ in range(count)], class_="fb-card")
    waiting = h("div", rows, class_="fb-waitrows", aria_hidden="true")
    return h("div", page_head(title) if title else None, waiting, class_="fb-stack", aria_busy="true")


def pager(words: Words, first: int, shown: int, total: int, *, size: int = PAGE_ROWS, more: bool = False) -> Html:
    """Which part of a list is shown, and the way to the others (act "page" with the offset). `more`: there are more
    than the total that was counted."""
    if total <= size and first == 0 and not more:
        return NOTHING
    places = {"first": words.number(first + 1), "last": words.number(first + shown), "total": words.number(total)}
    if more and first + shown < total:
        text = words("{first} to {last} of more than {total}", **places)
    elif more:
        text = words("{first} to {last}", **places)
    else:
        text = words("{first} to {last} of {total}", **places)
    at_end = shown < size if more else first + shown >= total
    back = icon_button(
        "chevron-left", words("Previous page"), act="page", arg=str(max(0, first - size)), disabled=first == 0
    )
    on = icon_button("chevron-right", words("Next page"), act="page", arg=str(first + size), disabled=at_end)
    return h("div", h("span", text), back, on, class_="fb-pager")


def page_head(title: str, *actions: Child) -> Html:
    """The heading of a view with its actions."""
    return h("div", h("h1", title, class_="fb-title"), *actions, class_="fb-page-head")
