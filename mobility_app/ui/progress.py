"""How far a sync is, in words and as a bar: for the sync box of the frame and for the sync centre."""

from __future__ import annotations

from mobility_app.sync.status import SENDING, TAKING, Progress
from mobility_app.ui import lists
from mobility_app.ui.markup import Html
from mobility_app.ui.words import Words


def said(words: Words, progress: Progress) -> str:
    """ "Sent 120 of 400" """
    done, total = words.number(progress.done), words.number(progress.total)
    if progress.doing == SENDING:
        return words("Sent {done} of {total}", done=done, total=total)
    if progress.doing == TAKING:
        return words("{done} of {total} customers are here", done=done, total=total)
    return words("Received {done} of about {total}", done=done, total=total)


def bar(words: Words, progress: Progress | None) -> Html | None:
    """A card with the bar, while there is something to tell."""
    if progress is None or progress.total <= 0:
        return None
    percent = progress.done * 100 // progress.total
    return lists.card(words("Syncing"), lists.progress(percent, words("Syncing"), text=said(words, progress)))
