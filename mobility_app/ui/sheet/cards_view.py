"""The preview of vCards that are to come in, as markup: what would be made, who is there already, what is broken. Pure."""

from __future__ import annotations

from collections.abc import Sequence, Set

from mobility_app.domain.rules import vcards
from mobility_app.domain.rules.vcards import Broken, Card, Cards
from mobility_app.store.queries import card_twins
from mobility_app.store.queries.card_twins import Proposal, Twin
from mobility_app.ui import lists
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import N_
from mobility_app.ui.words import Words

SHOWN = 20  # cards of a page
BROKEN_NAMED = 20
WHY = {
    vcards.UNREADABLE: N_("can't be read"), vcards.ENDLESS: N_("has no end"), vcards.EMPTY: N_("names nobody"),
    vcards.TOO_LONG: N_("holds a text that is too long"),
}  # fmt: skip
BY = {
    card_twins.EMAIL: N_("Same e-mail as {name}"), card_twins.PHONE: N_("Same telephone as {name}"),
    card_twins.NAME: N_("Same name as {name}"), card_twins.LIKE: N_("Looks like {name}"),
    card_twins.CARD: N_("Twice in this file: {name}"),
}  # fmt: skip


def head(words: Words, back: str) -> Html:
    """The heading and the way back."""
    way = lists.button(words("Back to the contacts"), href=back, symbol="chevron-left", kind="ghost")
    return h("div", h("h2", words("Import vCards")), way, class_="fb-over")


def preview(words: Words, found: Cards, proposals: Sequence[Proposal], chosen: Set[int], first: int) -> Html:
    """A page of the cards with check boxes, and what was skipped."""
    skipped = _skipped(words, found)
    if not proposals:
        text = words("There is no card in it. A vCard begins with BEGIN:VCARD and ends with END:VCARD.")
        return h("div", skipped, None if found.broken else lists.nothing(text), class_="fb-stack")
    shown = list(enumerate(proposals))[first : first + SHOWN]
    rows = h("ul", [_row(words, n, one, n in chosen) for n, one in shown], class_="fb-rows")
    twins = sum(one.twin is not None for one in proposals)
    note = h("p", words.n("{n} card looks like somebody who is here. It comes first and is not chosen.",
                          "{n} cards look like somebody who is here. They come first and are not chosen.", twins),
             class_="fb-card-body fb-meta") if twins else None  # fmt: skip
    whole = len(chosen) == len(proposals)
    box = h("input", type="checkbox", class_="fb-box", id="fb-all", data_act="none" if whole else "all", checked=whole)
    name = words.n("Choose {n} card", "Choose all {n} cards", len(proposals))
    every = h("span", box, h("label", name, for_="fb-all"), class_="fb-every")
    add = lists.button(
        words.n("Add {n} contact", "Add {n} contacts", len(chosen)), act="bring", kind="primary", disabled=not chosen
    )
    pager = lists.pager(words, first, len(shown), len(proposals), size=SHOWN)
    card = lists.card(words("Cards"), note, rows, pager, count=words.number(len(proposals)), flush=True)
    return h("div", skipped, h("div", every, add, class_="fb-over"), card, class_="fb-stack")


def _skipped(words: Words, found: Cards) -> Html | None:
    lines = [_broken(words, one) for one in found.broken[:BROKEN_NAMED]]
    rest = len(found.broken) - BROKEN_NAMED
    if rest > 0:
        lines.append(words.n("{n} more", "{n} more", rest))
    if found.more:
        most = words.number(vcards.CARDS_MAX)
        lines.append(words("Only the first {most} cards are read. Split the file for the others.", most=most))
    if not lines:
        return None
    body = h("div", words("Skipped:"), h("ul", [h("li", line) for line in lines]))
    return h("div", lists.notice("warn", body, symbol="triangle-alert"), class_="fb-alert")


def _broken(words: Words, one: Broken) -> str:
    n = words.number(one.position)
    who = words("Card {n}, {name}", n=n, name=one.name) if one.name else words("Card {n}", n=n)
    return f"{who}: {words(WHY[one.reason])}"


def _row(words: Words, n: int, one: Proposal, chosen: bool) -> Html:
    card, name = one.card, called(one.card)
    box = h("input", type="checkbox", class_="fb-box", data_act="pick", data_arg=str(n), checked=chosen,
            aria_label=words("Choose {name}", name=name))  # fmt: skip
    reach = [*(mail.value for mail in card.emails), *(phone.value for phone in card.phones)]
    meta = " · ".join(filter(None, (card.job_title, card.employer if card.name else "", *reach, *card.labels)))
    left = words("Left out: {values}", values=words.list(one.left_out)) if one.left_out else ""
    main = h(
        "div", h("span", name, class_="fb-row-t"), h("span", meta, class_="fb-row-m") if meta else None,
        h("span", left, class_="fb-row-m fb-why") if left else None, class_="fb-row-main",
    )  # fmt: skip
    twin = h("span", _twin(words, one.twin), class_="fb-chip fb-chip-s fb-chip-warn fb-tags") if one.twin else None
    return h("li", box, lists.avatar(name), main, twin, class_="fb-row fb-row-wrap fb-person")


def _twin(words: Words, twin: Twin) -> str:
    return words(BY[twin.by], name=twin.name or words("Without name"))


def called(card: Card) -> str:
    """What a card is called: the person, else the company, else how to reach it."""
    reach = [one.value for one in (*card.emails, *card.phones)]
    return card.name or card.employer or "".join(reach[:1])
