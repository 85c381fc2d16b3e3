"""How mail stands, on the sheet: the customer's last composed messages at the foot of the contacts tab, and the chip of an
activity whose mails HQ sends. Pure but for `show`. Nothing is composed or sent here.
"""

from __future__ import annotations

from functools import partial

from mobility_app.store.queries import messages as queries
from mobility_app.store.queries.messages import Composed
from mobility_app.ui import lists, marks
from mobility_app.ui.markup import Html, h, join
from mobility_app.ui.names import N_
from mobility_app.ui.sheet import unsettled
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.words import Words

BODY_LETTERS = 160
STATE = {
    "waiting": (N_("Mail waiting"), "warn", "clock"),
    "sent": (N_("Mail sent"), "ok", "mail"),
    "failed": (N_("Mail not delivered"), "bad", "circle-alert"),
}


async def show(sheet: Sheet) -> None:
    """Draws the last messages and follows them; nothing where there are none."""
    await sheet.live(queries.newest, partial(render, sheet), look="fb-foot")


def chip(words: Words, state: object, *, small: bool = True) -> Html | None:
    """How the mails about something stand; None where nobody was to be told."""
    if state not in STATE:
        return None
    text, tone, symbol = STATE[str(state)]
    return lists.chip(words(text), tone, symbol, small=small)


def render(sheet: Sheet, model: tuple[Composed, ...]) -> Html:
    """A card with the last messages."""
    words = sheet.words
    refused = unsettled.not_taken(sheet, "message", [one.id for one in model])
    if not model:
        return join(refused)
    rows = lists.rows([_row(sheet, one) for one in model])
    return h("div", refused, lists.card(words("Last messages"), rows, flush=True), class_="fb-stack")


def _row(sheet: Sheet, one: Composed) -> Html:
    words = sheet.words
    to = words.n("{n} recipient", "{n} recipients", one.recipients)
    meta = " · ".join(filter(None, (one.sender, words.when(one.at, sheet.app.now()), to)))
    first = " ".join(one.body.split())
    text = first if len(first) <= BODY_LETTERS else first[: BODY_LETTERS - 1] + "…"
    below = [
        h("div", meta),
        h("div", text),
        h("div", _missed(words, one), class_="fb-why") if one.state == "failed" else None,
    ]
    waits = marks.chip_for(words, sheet.header.record_mark("message", one.id))
    return lists.row(
        one.subject, below, lead=lists.tile("send"), end=waits or chip(words, one.state), wrap=True
    )  # fmt: skip


def _missed(words: Words, one: Composed) -> str:
    """Whom it did not reach, and why."""
    names = [*one.missed, *([words.n("{n} more", "{n} more", one.missed_more)] if one.missed_more > 0 else [])]
    why = words.choice("message", "reason", one.reason) if one.reason else ""
    return words("Not delivered to {names}. {why}", names=words.list(names), why=why).strip()
