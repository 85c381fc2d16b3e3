"""Marks of what is not settled: waits for HQ, was refused, was changed by two people. Pure; used by fields, rows, header.

The conflict block offers both values as buttons (act "settle") and, where both can stand, a third (acts "both" and
"combine"). A refused value shows why it was refused and can be sent or edited again or put away (acts "resend", "again",
"dismiss"); what was joined or passed by can be accepted or insisted on (acts "accept", "insist"), a suspect twin asked about
("ask-merge"). `decisions.py` answers.
"""

from __future__ import annotations

from collections.abc import Mapping

from mobility_app.domain import merge, registry
from mobility_app.domain.fields import Plain
from mobility_app.store import told
from mobility_app.store.actions.settle import SEVERAL
from mobility_app.store.queries.conflicts import Conflict
from mobility_app.store.queries.sheet import REFUSED, WAITING, Mark
from mobility_app.ui import lists
from mobility_app.ui.markup import Html, classes, h, icon
from mobility_app.ui.words import NOT_SET, Words

MARK_CLASS = {WAITING: "fb-field-waiting", REFUSED: "fb-field-refused"}
# Records whose tab has an edit mode: a refused value of theirs can be taken up as a draft.
IN_SHEET = frozenset({"customer", "customer_email", "customer_phone", "address"})


def chip_for(words: Words, mark: Mark | None) -> Html | None:
    """The small chip of a field or row."""
    if mark is None:
        return None
    match mark.state:
        case "waiting":
            return lists.chip(words("Not synced"), "warn", "cloud-upload", small=True)
        case "refused":
            return lists.chip(words("Refused"), "bad", "circle-x", small=True)
        case told.JOINED:
            return lists.chip(words("Joined"), "accent", "git-compare-arrows", small=True)
        case told.SUSPECT:
            return lists.chip(words("Perhaps twice"), "accent", "users", small=True)
        case told.PASSED_BY:
            return lists.chip(words("Decided otherwise"), "accent", "git-compare-arrows", small=True)
        case _:
            return lists.chip(words("Conflict"), "bad", "git-compare-arrows", small=True)


def refusal(words: Words, entity: str, field: str, mark: Mark, currency: str) -> Html:
    """Why HQ refused a value, the value itself, and the way to put the note away."""
    wanted = words.value(entity, field, mark.wanted, currency=currency) if field else ""
    said = words("The office refused “{value}”.", value=wanted) if wanted else words("The office refused this.")
    acts = [
        lists.button(words("Edit again"), act="again", arg=str(mark.dseq))
        if mark.wanted and entity in IN_SHEET
        else None,
        lists.button(words("Send again"), act="resend", arg=str(mark.dseq), kind="ghost") if mark.wanted else None,
        lists.button(words("Dismiss"), act="dismiss", arg=str(mark.dseq), kind="ghost"),
    ]
    return h("div", h("p", said, " ", words.reason(mark.reason), class_="fb-why"), h("div", acts, class_="fb-bar"))


def outcome(
    words: Words, entity: str, field: str, mark: Mark, currency: str, *, names: Mapping[str, str] | None = None
) -> Html:  # fmt: skip
    """What HQ made of a value that it neither took as it was nor refused, beside what stands; the author can insist."""
    wanted = words.value(entity, field, mark.wanted, currency=currency, names=names) or words(NOT_SET)
    arg = f"{mark.dseq}:{field}"
    if mark.state == told.SUSPECT:
        said = words("Another customer of the company has the identification “{value}”.", value=wanted)
        acts = [
            lists.button(words("Ask to make them one"), act="ask-merge", arg=arg),
            lists.button(words("They are two"), act="accept", arg=arg, kind="ghost"),
        ]
        return _outcome(said, acts)
    if mark.state == told.JOINED:
        said = words(
            "Somebody else wrote here meanwhile, and both were joined. You had written “{value}”.", value=wanted
        )
    else:
        said = words(
            "Somebody else had gone further meanwhile, so that stands. You had chosen “{value}”.", value=wanted
        )
    acts = [
        lists.button(words("Accept"), act="accept", arg=arg),
        lists.button(words("Keep mine after all"), act="insist", arg=arg, kind="ghost"),
    ]
    return _outcome(said, acts)


def _outcome(said: str, acts: list[Html]) -> Html:
    return h("div", h("p", said, class_="fb-told-t"), h("div", acts, class_="fb-bar"), class_="fb-told")


def conflict(
    words: Words, entity: str, field: str, found: Conflict, now: int, currency: str, *, may: bool = True,
    names: Mapping[str, str] | None = None,
) -> Html:  # fmt: skip
    """Both values of a conflict, each a button that settles it, and, where both can stand, a third that joins them."""
    label = words.field(entity, field)
    if found.gone:
        title = words("{what} was deleted while {field} was changed", what=words.entity(entity), field=label)
        text = words("Leave it deleted, or bring it back with this value.")
    elif found.mine:
        title = words("{field} was changed here and at the office", field=label)
        text = words("Choose the value to keep. The other stays in the history.")
    else:
        title = words("{field} was changed by two people", field=label)
        text = words("Choose the value to keep. The other stays in the history.")
    order = ("winner", "loser") if found.mine != "loser" else ("loser", "winner")
    sides = [_side(words, entity, field, found, side, now, currency, may, names or {}) for side in order]
    third = _third(words, entity, field, found) if may else None
    return h(
        "div",
        h("p", icon("git-compare-arrows"), h("span", title), class_="fb-conflict-t"),
        h("p", text, class_="fb-conflict-s"),
        h("div", sides, class_="fb-two"),
        third,
        class_="fb-conflict", role="group", aria_label=title, id=f"conflict-{found.id}", tabindex="-1",
    )  # fmt: skip


def _side(
    words: Words, entity: str, field: str, found: Conflict, side: str, now: int, currency: str, may: bool,
    names: Mapping[str, str],
) -> Html:  # fmt: skip
    at = found.winner_at if side == "winner" else found.loser_at
    name = found.winner_name if side == "winner" else found.loser_name
    who = words("Yours") if found.mine == side else name or words("The office")
    values = [(field, found.winner if side == "winner" else found.loser)]
    values += [(one.field, one.winner if side == "winner" else one.loser) for one in found.further]
    said = [words.value(entity, one, value, currency=currency, names=names) for one, value in values]
    shown = ", ".join(one for one in said if one) or words(NOT_SET)
    head = [f"{who} · {words.when(at, now)}"]
    if found.gone and side == "winner":
        shown = words.p("change", "Deleted")
    elif side == "winner":
        head.append(words("applies now"))
    act = _act(words, found, side)
    body = [h("small", " · ".join(head)), h("b", shown), h("br"), h("i", act) if may else None]
    return h(
        "button", body, type="button", class_="fb-side-btn", data_act="settle", data_arg=f"{found.id}:{side}",
        disabled=not may,
    )  # fmt: skip


def _act(words: Words, found: Conflict, side: str) -> str:
    """What pressing a side does, as the person who reads it would say it."""
    if found.gone:
        return words("Leave deleted") if side == "winner" else words("Bring back")
    if found.mine:
        return words("Keep mine") if found.mine == side else words("Take theirs")
    return words("Keep this value") if side == "winner" else words("Take this value")


def _third(words: Words, entity: str, field: str, found: Conflict) -> Html | None:
    """The way to have both: two records of a list, or an editor over a text."""
    if found.gone:
        return None
    if entity in SEVERAL and field == "value":
        return lists.button(words("Keep both"), act="both", arg=found.id, symbol="plus", kind="ghost")
    start = merge.combined(registry.entity(entity).field(field), found.base, found.loser, found.winner)
    if start is None or found.further:
        return None
    return lists.button(words("Combine both…"), act="combine", arg=found.id, symbol="pencil", kind="ghost")


def field(
    words: Words, entity: str, record_id: str, name: str, value: Plain, mark: Mark | None, *, now: int, currency: str = "",
    text: Html | str | None = None, label: str = "", href: str = "", action: Html | None = None, wide: bool = False,
    may: bool = True, names: Mapping[str, str] | None = None,
) -> Html:  # fmt: skip
    """A field in read mode: label above value, with its mark. `text` replaces the value's own look."""
    shown: Html | str = text if text is not None else words.value(entity, name, value, currency=currency, names=names)
    if shown and href:
        shown = h("a", shown, class_="fb-link", href=href, **_new_tab(href))
    head = h("dt", label or words.field(entity, name), chip_for(words, mark))
    body = h("dd", shown or words(NOT_SET), class_=None if shown else "fb-unset")
    if action is not None:
        body = h("dd", h("div", h("span", shown or words(NOT_SET)), action, class_="fb-field-more"))
    more = None
    if mark is not None:
        match mark.state:
            case "refused":
                more = h("dd", refusal(words, entity, name, mark, currency))
                wide = True
            case told.JOINED | told.PASSED_BY | told.SUSPECT:
                more = h("dd", outcome(words, entity, name, mark, currency, names=names))
                wide = True
            case "conflict":
                if mark.conflict is not None:  # else it stands at another field of the group
                    more = h("dd", conflict(words, entity, name, mark.conflict, now, currency, may=may, names=names))
                    wide = True
            case _:
                more = None
    look = classes("fb-field", wide and "fb-field-wide", MARK_CLASS.get(mark.state) if mark else None)
    return h("div", head, body, more, class_=look, data_f=f"{record_id}.{name}")


def _new_tab(href: str) -> dict[str, str]:
    return {"target": "_blank", "rel": "noopener noreferrer"} if href.startswith(("http:", "https:")) else {}
