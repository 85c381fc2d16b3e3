"""Customers that look like the one somebody is making, as markup: each with why, and a link in a tab of its own."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from mobility_app.domain.rules import likeness
from mobility_app.store.queries.alike import Alike
from mobility_app.ui import lists
from mobility_app.ui.markup import NOTHING, Html, h
from mobility_app.ui.names import N_
from mobility_app.ui.words import Words

REASONS = MappingProxyType(
    {
        likeness.IDENTIFIER: N_("same identifier"),
        likeness.PHONE: N_("same telephone"),
        likeness.EMAIL: N_("same e-mail"),
        likeness.SITE: N_("same site"),
        likeness.SAME_NAME: N_("same name"),
        likeness.NAME: N_("similar name"),
    }
)


def why(words: Words, one: Alike) -> str:
    """The reasons, as a list in words."""
    return words.list([words(REASONS[reason]) for reason in one.likeness.reasons])


def render(words: Words, found: Sequence[Alike]) -> Html:
    """The card, or nothing."""
    if not found:
        return NOTHING
    return lists.card(words("These customers look alike"), lists.rows(*(_row(words, one) for one in found)), flush=True)


def _row(words: Words, one: Alike) -> Html:
    active = one.status == "active"
    parts = [one.number, one.town, "" if active else words.choice("customer", "status", one.status)]
    tone = "fb-alike-sure" if one.likeness.strong else None
    meta = [" · ".join(filter(None, parts)), " · ", h("b", why(words, one), class_=tone)]
    face = lists.avatar(one.name, active=active)
    return lists.row(one.name, meta, href=f"/customers/{one.id}", lead=face, new_tab=True, wrap=True)
