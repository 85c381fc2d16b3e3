"""The list of a customer's contacts as markup: filter by label, rows with check boxes, the bar for those that are chosen.

Pure; `contacts.py` shows it and answers its acts. A row is lean, so that a page holds as many as a view may: main e-mail
and telephone are links, further ones are counted, and the contact's own page has them all.
"""

from __future__ import annotations

from mobility_app.store.queries.contacts import PAGE_ROWS, People, Person
from mobility_app.store.queries.sheet import CONFLICT, REFUSED
from mobility_app.ui import lists
from mobility_app.ui.markup import Html, classes, h
from mobility_app.ui.sheet import reach
from mobility_app.ui.sheet.facts import Facts

LABELS_SHOWN = 3
NOBODY: frozenset[str] = frozenset()


def render(
    facts: Facts, model: People, wanted: tuple[str, ...] = (), chosen: frozenset[str] = NOBODY
) -> Html:  # fmt: skip
    """The list with its filter. `wanted`: ids of the labels that are chosen; `chosen`: ids of contacts."""
    words = facts.words
    refused = facts.refused_records(("contact",), [person.id for person in model.persons])
    if not model.total:
        text = words("The people you deal with at this customer stand here.")
        acts = h("div", _add(facts, "secondary"), _import(facts), class_="fb-tools") if _creates(facts) else None
        return h("div", refused, lists.empty("users", words("No contacts"), text, acts), class_="fb-stack")
    body = (
        h("ul", [_row(facts, person, model.region, person.id in chosen) for person in model.persons], class_="fb-rows")
        if model.persons else h("p", words("Nobody carries these labels."), class_="fb-card-body fb-meta")
    )  # fmt: skip
    pager = lists.pager(words, model.first, len(model.persons), model.found, size=PAGE_ROWS)
    card = lists.card(
        words("Contacts"), body, pager, actions=_add(facts, "ghost"), count=words.number(model.found), flush=True
    )
    bar = bar_of(facts, len(chosen)) if chosen else None
    return h("div", refused, _filter(facts, model, wanted), _tools(facts, model, chosen), card, bar, class_="fb-stack")


def _creates(facts: Facts) -> bool:
    return facts.may("contact", "create")


def _add(facts: Facts, kind: str) -> Html | None:
    words = facts.words
    return lists.button(words("Add contact"), act="add", symbol="plus", kind=kind) if _creates(facts) else None


def _import(facts: Facts) -> Html | None:
    words = facts.words
    href = facts.href("contacts/import")
    return lists.button(words("Import vCards"), href=href, symbol="upload", kind="ghost") if _creates(facts) else None


def _tools(facts: Facts, model: People, chosen: frozenset[str]) -> Html:
    """Choosing all of those filtered, cards out and in, the mailing lists."""
    words = facts.words
    whole = bool(model.ids) and chosen.issuperset(model.ids)
    name = words.n("Choose {n} contact", "Choose all {n} contacts", model.found)
    box = h("input", type="checkbox", class_="fb-box", id="fb-all", data_act="none" if whole else "all", checked=whole)
    every = h("span", box, h("label", name, for_="fb-all"), class_="fb-every") if model.ids else None
    out = lists.button(words("Export vCards"), act="cards", symbol="download", kind="ghost") if model.ids else None
    all_lists = lists.button(words("Mailing lists"), href="/lists", symbol="send", kind="ghost")
    return h("div", every, h("div", out, _import(facts), all_lists, class_="fb-tools"), class_="fb-over")


def bar_of(facts: Facts, count: int) -> Html:
    """The floating bar: how many are chosen and what can be done with them."""
    words, chosen = facts.words, facts.words.n("{n} chosen", "{n} chosen", count)
    writes = facts.may("message", "create")
    fills = facts.may("mailing_list_member", "create")
    deletes = facts.may("contact", "delete")
    more = h(
        "div",
        lists.icon_button("download", words("Export the chosen as vCards"), act="cards"),
        lists.icon_button("trash-2", words("Delete the chosen"), act="delete") if deletes else None,
        lists.icon_button("x", words("Choose none"), act="none"), class_="fb-float-more",
    )  # fmt: skip
    return h(
        "div", h("span", chosen, class_="fb-float-t"),
        lists.button(words("Send e-mail"), act="write", symbol="mail", kind="ghost") if writes else None,
        lists.button(words("Add to mailing list"), act="list", symbol="send", kind="ghost") if fills else None,
        more, class_="fb-float fb-chosen", role="group", aria_label=words("Chosen contacts"),
    )  # fmt: skip


def _filter(facts: Facts, model: People, wanted: tuple[str, ...]) -> Html | None:
    """One button for each label that is carried here; several may be pressed."""
    if not model.labels:
        return None
    options = [("", facts.words("All contacts"), model.total), *((one, *pair) for one, pair in model.labels.items())]
    pressed = [
        h("button", name, h("span", facts.words.number(count), class_="fb-seg-n"), type="button", class_="fb-seg",
          data_act="label", data_arg=one, aria_pressed=str(one in wanted if one else not wanted).lower())
        for one, name, count in options
    ]  # fmt: skip
    return h("div", pressed, class_="fb-segs", role="group", aria_label=facts.words("Labels"))


def _row(facts: Facts, person: Person, region: str | None, chosen: bool) -> Html:
    words, name = facts.words, person.name or facts.words("Without name")
    own = f"/contacts/{person.id}"
    work = " · ".join(str(person.row[part]) for part in ("job_title", "employer") if person.row[part])
    more = len(person.labels) - LABELS_SHOWN
    labels = [
        *(label.name for label in person.labels[:LABELS_SHOWN]),
        *([f"+{words.number(more)}"] if more > 0 else []),
    ]
    box = h("input", type="checkbox", class_="fb-box", data_act="pick", data_arg=person.id, checked=chosen,
            aria_label=words("Choose {name}", name=name))  # fmt: skip
    main = h(
        "div", h("a", name, class_="fb-row-link", href=own, target="_blank", data_f=f"{person.id}.name"),
        h("span", work, class_="fb-work") if work else None, _reach(facts, person, name, region), class_="fb-row-main",
    )  # fmt: skip
    edit = h(
        "a", words("Edit"), class_="fb-btn fb-btn-ghost fb-wide-only", href=own, target="_blank", rel="noopener noreferrer",
        aria_label=words.p("contact", "Edit {name}", name=name),
    )  # fmt: skip
    end = [
        h("span", " · ".join(labels), class_="fb-chip fb-chip-s fb-tags") if labels else None,
        _mark(facts, person),
        edit if facts.may("contact", "update") else None,
    ]
    look = classes("fb-row", "fb-row-wrap", "fb-person", chosen and "fb-row-on")
    return h("li", box, lists.avatar(name), main, end, class_=look)


def _mark(facts: Facts, person: Person) -> Html | None:
    """What is not settled about a contact, as a word: its page shows where."""
    mark, words = facts.header.record_mark("contact", person.id), facts.words
    if mark is None:
        return None
    text, tone = words("Not synced"), "warn"
    if mark.state == REFUSED:
        text, tone = words("Refused"), "bad"
    elif mark.state == CONFLICT:
        text, tone = words("Conflict"), "bad"
    return h("span", text, class_=f"fb-chip fb-chip-s fb-chip-{tone}")


def _reach(facts: Facts, person: Person, name: str, region: str | None) -> list[Html | str]:
    """How to reach somebody, as links. Who wants no mailings can still be written to by hand."""
    words, shown = facts.words, list[Html | str]()
    for entity, rows in (("contact_email", person.emails), ("contact_phone", person.phones)):
        if not rows:
            continue
        text = reach.shown(entity, rows[0], region)
        label = (
            words("Write to {name}: {value}", name=name, value=text) if reach.is_mail(entity)
            else words("Call {name}: {value}", name=name, value=text)
        )  # fmt: skip
        shown.append(h("a", text, href=reach.href(entity, rows[0]), class_="fb-link", aria_label=label))
        if len(rows) > 1:
            shown.append(f"+{words.number(len(rows) - 1)}")
    return shown
