"""A clash, in edit mode: the office, or another browser tab, changed a field that was touched here. As markup, and the ways
to have both: a second record where a customer may have several, or one text made of two, which stays in the input to be
edited. The two plain choices are the session's own (`EditSession.keep_mine`, `take_theirs`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mobility_app.domain import merge, registry
from mobility_app.store.actions.settle import SEVERAL
from mobility_app.ui import lists
from mobility_app.ui.markup import Html, h, icon
from mobility_app.ui.sheet.editing import Clash, EditSession
from mobility_app.ui.sheet.saving import Slot
from mobility_app.ui.words import NOT_SET

MINE, THEIRS, BOTH, COMBINE = "mine", "theirs", "both", "combine"  # acts of the block's buttons


def block(session: EditSession, slot: Slot, clash: Clash, label: str, choices: Mapping[str, str]) -> Html:
    """Both values with who and when, each a button that settles it, and a third where both can stand."""
    words, (entity, _, field) = session.words, slot
    author = session.author(slot)
    who = (author.name if author else "") or words("The office")
    theirs = words.value(entity, field, clash.theirs, currency=session.currency, names=choices)
    mine = session.text(slot) if session.problem(slot) else session.value(*slot)
    yours = words.value(entity, field, mine, currency=session.currency, names=choices)
    when = words.when(author.at, session.app.now()) if author else None
    sides = [
        _side([words("Yours"), words("not saved yet")], yours or words(NOT_SET), words("Keep mine"), MINE),
        _side([who, when, words("applies now")], theirs or words(NOT_SET), words("Take theirs"), THEIRS),
    ]
    title, third = words("{field} was changed meanwhile", field=label), None
    if keeps_both(session, slot):
        third = lists.button(words("Keep both"), act=BOTH, symbol="plus", kind="ghost")
    elif combined(session, slot) is not None:
        third = lists.button(words("Combine both"), act=COMBINE, symbol="pencil", kind="ghost")
    return h(
        "div",
        h("p", icon("git-compare-arrows"), h("span", title), class_="fb-conflict-t"),
        h("div", sides, class_="fb-two"),
        third,
        class_="fb-conflict",
    )  # fmt: skip


def _side(head: Sequence[str | None], shown: str, text: str, act: str) -> Html:
    body = [h("small", " · ".join(filter(None, head))), h("b", shown), h("br"), h("i", text)]
    return h("button", body, type="button", class_="fb-side-btn", data_act=act)


def keeps_both(session: EditSession, slot: Slot) -> bool:
    """Whether what was typed can be a record of its own beside the one that stands."""
    clash = session.clash(slot)
    there = clash is not None and clash.theirs is not None and session.value(*slot) is not None
    return there and slot[0] in SEVERAL and slot[2] == "value" and not session.problem(slot)


def keep_both(session: EditSession, slot: Slot) -> None:
    """What stands stays, and what was typed becomes a new record, which the save makes."""
    mine, row, one = session.value(*slot), session.row(*slot[:2]), registry.entity(slot[0])
    session.take_theirs(slot)
    session.create(
        slot[0], {one.parent: row.get(one.parent), "label": row.get("label"), "is_main": False, "value": mine}
    )


def combined(session: EditSession, slot: Slot) -> str | None:
    """One text made of both, or None where they can't be one: as on a conflict, the fields of a group never are."""
    clash, one = session.clash(slot), registry.entity(slot[0])
    field = one.field(slot[2])
    if clash is None or session.problem(slot) or len(one.group(field)) > 1:
        return None
    return merge.combined(field, session.seen(slot), session.value(*slot), clash.theirs)


def combine(session: EditSession, slot: Slot) -> None:
    """Puts one text made of both into the field; saving it writes over what stands, knowingly."""
    text = combined(session, slot)
    if text is not None:
        session.put(slot, text)
        session.keep_mine(slot)
