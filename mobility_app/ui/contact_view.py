"""A contact's own page in read mode, as markup. Pure: `render(facts, page)`; `contact.py` shows it and answers its acts."""

from __future__ import annotations

from mobility_app.domain.change import Row
from mobility_app.store.queries.contacts import ContactPage, Person
from mobility_app.store.queries.sheet import WAITING
from mobility_app.ui import lists
from mobility_app.ui.markup import Html, h, join
from mobility_app.ui.sheet import mailings, reach
from mobility_app.ui.sheet.activity import SYMBOLS
from mobility_app.ui.sheet.facts import Facts
from mobility_app.ui.words import Words

FIELDS = ("first_name", "last_name", "job_title", "employer", "opted_out", "notes")
REACHES = ("contact_email", "contact_phone")


def render(facts: Facts, page: ContactPage) -> Html:
    """The whole page."""
    person, refused = page.person, facts.refused_records(REACHES, page.person.reach_ids)
    return h(
        "div",
        head(facts, person, editing=False), refused, _fields(facts, person),
        _reach(facts, page, "contact_email", person.emails), _reach(facts, page, "contact_phone", person.phones),
        _labels(facts, page), _lists(facts, page), _activities(facts, page), _messages(facts, page), class_="fb-stack",
    )  # fmt: skip


def title(words: Words, person: Person) -> str:
    """The contact's name, or that it has none."""
    return person.name or words("Without name")


def head(facts: Facts, person: Person, *, editing: bool) -> Html:
    """Who it is, where, what is not settled, and what can be done."""
    words, name = facts.words, title(facts.words, person)
    customer = h("a", facts.header.name, href=facts.href("contacts"), class_="fb-link")
    who = h(
        "div", h("h1", name, class_="fb-title"),
        h("p", customer, " ", facts.chip("contact", person.id), class_="fb-facts"), class_="fb-who",
    )  # fmt: skip
    acts: list[Html] = []
    if not editing:
        acts.append(lists.icon_button("download", words("Export {name} as a vCard", name=name), act="card"))
    if not editing and facts.may("message", "create") and person.emails:
        acts.append(lists.button(words("Send e-mail"), act="write", symbol="mail", kind="ghost"))
    if not editing and facts.may("contact", "delete"):
        acts.append(lists.icon_button("trash-2", words("Delete contact"), act="delete"))
    if not editing and (facts.may("contact", "update") or facts.may("contact_email", "update", "value")):
        acts.append(lists.button(words("Edit"), act="edit", symbol="pencil", kind="primary", id="fb-edit"))
    return h("div", lists.avatar(name), who, *acts, class_="fb-page-head")


def gone(words: Words, *, can_bring_back: bool = False) -> Html:
    """In place of a contact that this device does not hold, or that was deleted here a moment ago."""
    back = lists.button(words("Back to customers"), href="/customers")
    if can_bring_back:
        undo = lists.button(words("Undo"), act="bring-back", symbol="undo-2")
        return lists.empty(
            "user", words("This contact was deleted"), words("It can be brought back."), undo, level="h1"
        )
    text = words("It was deleted, or belongs to another territory.")
    return lists.empty("user", words("This contact is not on this device"), text, back, level="h1")


def draft_offer(words: Words, when: str) -> Html:
    """Unsaved edits of this contact were found: go on with them or not."""
    text = words("There are unsaved edits of this contact, from {when}.", when=when)
    buttons = join(
        lists.button(words("Continue editing"), act="continue"),
        lists.button(words("Discard edits"), act="discard", kind="ghost"),
    )
    return h("div", lists.notice("accent", text, h("div", buttons, class_="fb-bar")), class_="fb-offer")


def _fields(facts: Facts, person: Person) -> Html:
    deletion = facts.refused_deletion("contact", person.id)
    views = [
        facts.field("contact", person.id, name, person.row[name], wide=name == "notes",
                    text=h("span", person.row[name], class_="fb-pre") if name == "notes" and person.row[name] else None)
        for name in FIELDS
    ]  # fmt: skip
    return lists.card(facts.words("Contact"), deletion, lists.fields(*views) if deletion is None else None)


def _reach(facts: Facts, page: ContactPage, entity: str, found: tuple[Row, ...]) -> Html:
    words = facts.words
    add = (
        lists.button(words("Add"), act="add", arg=entity, symbol="plus", kind="ghost")
        if facts.may(entity, "create")
        else None
    )

    def acts(row: Row, text: str) -> list[Html | None]:
        if not facts.may(entity, "delete"):
            return []
        return [
            lists.icon_button("trash-2", words("Delete {name}", name=text), act="drop", arg=f"{entity}:{row['id']}")
        ]

    lines = reach.rows(facts, entity, found, page.region, acts)
    body = h("ul", lines, class_="fb-rows") if lines else h("p", words("None yet."), class_="fb-card-body fb-meta")
    return lists.card(words(reach.TITLES[entity]), body, actions=add, flush=True)


def _labels(facts: Facts, page: ContactPage) -> Html | None:
    """The labels of the company, those that the contact carries pressed; as text for who may not change them."""
    words, held = facts.words, {label.label_id for label in page.person.labels}
    waits = any(
        entity == "contact_label" and mark.state == WAITING and record_id in {one.link_id for one in page.person.labels}
        for (entity, record_id, _), mark in facts.header.marks.items()
    )
    note = lists.chip(words("Not synced"), "warn", "cloud-upload", small=True) if waits else None
    if not facts.may("contact_label", "create"):
        names = words.list(label.name for label in page.person.labels) if held else words("None yet.")
        return lists.card(words("Labels"), h("p", names), actions=note)
    new = (
        lists.button(words("New label"), act="new-label", symbol="plus", kind="ghost")
        if facts.may("label", "create")
        else None
    )
    pressed = [
        h("button", name, type="button", class_="fb-seg", data_act="label", data_arg=label_id,
          aria_pressed=str(label_id in held).lower())
        for label_id, name in page.labels.items()
    ]  # fmt: skip
    bar = (
        h("div", pressed, class_="fb-segs fb-segs-wrap", role="group", aria_label=words("Labels")) if pressed
        else h("p", words("None yet."), class_="fb-meta")
    )  # fmt: skip
    return lists.card(words("Labels"), bar, actions=join(note, new))


def _lists(facts: Facts, page: ContactPage) -> Html:
    """The mailing lists that the contact is on."""
    words, fills = facts.words, facts.may("mailing_list_member", "create")
    add = lists.button(words("Add to mailing list"), act="list", symbol="plus", kind="ghost") if fills else None
    rows = []
    for link_id, list_id, name in page.beside.lists:
        away = lists.icon_button(
            "x", words("Remove from {name}", name=name), act="drop", arg=f"mailing_list_member:{link_id}"
        )
        end = [facts.chip("mailing_list_member", link_id), away if facts.may("mailing_list_member", "delete") else None]
        rows.append(lists.row(name, href=f"/lists/{list_id}", lead=lists.tile("send"), end=join(*end) or None))
    body = lists.rows(rows) if rows else h("p", words("On no list."), class_="fb-card-body fb-meta")
    return lists.card(words("Mailing lists"), body, actions=add, flush=True)


def _activities(facts: Facts, page: ContactPage) -> Html | None:
    """The newest activities that the contact takes part in."""
    words, rows = facts.words, []
    for row in page.beside.activities:
        kind, at = str(row["kind"]), row["starts_at"] or row["due_at"]
        when = words.date_time(at) if isinstance(at, int) else ""
        meta = " · ".join(
            filter(
                None,
                (words.choice("activity", "kind", kind), when, words.choice("activity", "status", str(row["status"]))),
            )
        )
        rows.append(lists.row(str(row["title"] or words.choice("activity", "kind", kind)), meta,
                              href=facts.href(f"activities/{row['id']}"), lead=lists.tile(SYMBOLS[kind])))  # fmt: skip
    return lists.card(words("Takes part in"), lists.rows(rows), flush=True) if rows else None


def _messages(facts: Facts, page: ContactPage) -> Html | None:
    """The newest messages that were written to the contact."""
    words, rows = facts.words, []
    for row in page.beside.messages:
        message_id = str(row["id"])
        when = words.when(int(message_id[:12], 16), facts.now)  # an id begins with the moment in which it was made
        rows.append(
            lists.row(str(row["subject"]), when, lead=lists.tile("mail"), end=mailings.chip(words, row["state"]))
        )
    return lists.card(words("Last messages"), lists.rows(rows), flush=True) if rows else None
