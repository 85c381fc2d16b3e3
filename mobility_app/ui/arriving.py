"""A first sync on the screen: how many customers are here, and that one can work meanwhile. On Today, in the list of
customers and in the sync centre, as long as some are on their way."""

from __future__ import annotations

from mobility_app.store.queries.arriving import Coming
from mobility_app.sync.status import OFFLINE, STOPPED, Status
from mobility_app.ui import lists
from mobility_app.ui.markup import Html, h
from mobility_app.ui.words import Words


def card(words: Words, coming: Coming | None, status: Status) -> Html | None:
    """A bar with its words; None where nothing is on its way."""
    if coming is None:
        return None
    title, cut = words("Your customers are arriving"), status.state in (OFFLINE, STOPPED)
    text = words("{done} of {total} are here", done=words.number(coming.here), total=words.number(coming.total))
    rest = (
        words("What is here can be opened and edited. The rest follows when this device is online again.")
        if cut
        else words("What is here can be opened and edited already. The rest follows by itself.")
    )
    bar = lists.progress(coming.here * 100 // coming.total, title, text=text)
    return lists.card(title, bar, h("p", rest, class_="fb-meta"))


def not_yet(words: Words, coming: Coming, title: str = "") -> Html:
    """In place of a customer, or of somebody there (`title`), that may be among those on their way."""
    text = words(
        "{done} of {total} customers have arrived. If it is one of yours, it opens here as soon as it is here.",
        done=words.number(coming.here), total=words.number(coming.total),
    )  # fmt: skip
    action = lists.button(words("Back to customers"), href="/customers")
    return lists.empty("refresh-cw", title or words("This customer is not here yet"), text, action, level="h1")
