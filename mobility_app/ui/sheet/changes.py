"""One change of the history as markup: a line with what, who, when and where, that opens to its fields before and after."""

from __future__ import annotations

from collections.abc import Mapping

from mobility_app.domain import labels, registry
from mobility_app.domain.change import DELETE, LOST, UPDATE
from mobility_app.domain.fields import Merge, Plain
from mobility_app.errors import InvalidValue
from mobility_app.store.queries.history import Line
from mobility_app.store.queries.history_page import HQ_NAME, Shown
from mobility_app.ui import lists
from mobility_app.ui.markup import Html, h
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.words import NOT_SET

SYMBOLS = {
    "create": "plus",
    "update": "pencil",
    "delete": "trash-2",
    "restore": "rotate-ccw",
    LOST: "git-compare-arrows",
}
TEXT_MAX = 300
BUTTON_TEXT_MAX = 40
DEVICE_LETTERS = 8
TECHNICAL = frozenset({"record_id", "fingerprint", "sha256"})  # says nothing to people
SIDES = frozenset({"base", "winner", "loser"})  # of a conflict: values of another field


def one(sheet: Sheet, change: Shown, names: Mapping[str, str], opened: bool) -> Html:
    """The change; its fields are drawn once it is opened, and stay in sight over a refresh."""
    words = sheet.words
    head = lists.row(
        _said(sheet, change), _meta(sheet, change), lead=lists.tile(SYMBOLS.get(change.kind, "history")),
        end=_chip(sheet, change), wrap=True,
    )  # fmt: skip
    fields = [_field(sheet, change, line, names) for line in change.lines if line.field and line.field not in TECHNICAL]
    if change.kind == DELETE and change.standing is None and sheet.may(change.entity, "create"):
        fields.append(lists.button(words("Bring back {name}", name=change.title or words.entity(change.entity)),
                                   act="restore", arg=change.key, symbol="rotate-ccw"))  # fmt: skip
    if not fields:
        return head
    summary = h("summary", head, data_act="open", data_arg=change.key)
    inside = h("div", fields, class_="fb-change-fields") if opened else None  # fifty changes hold a thousand elements
    return h("details", summary, inside, class_="fb-change", open=opened)


def _said(sheet: Sheet, change: Shown) -> str:
    words = sheet.words
    field = change.lines[0].field if len(change.lines) == 1 and change.kind != DELETE else None
    try:
        text, places = labels.sentence(change.kind, change.entity, field or None)
    except InvalidValue:  # a newer version's kind of change
        return words.entity(change.entity)
    said = words(text, **{name: words(value) for name, value in places.items()})
    return f"{said} · {change.title}" if change.title and change.entity != "customer" else said


def _meta(sheet: Sheet, change: Shown) -> str:
    words = sheet.words
    device = ""
    if change.here:
        device = words("this device")
    elif change.device:
        device = words("device {name}", name=change.device[:DEVICE_LETTERS])
    who = words("The office") if change.user == HQ_NAME else change.user
    return " · ".join(filter(None, (who, words.when(change.at, sheet.app.now()), device)))


def _chip(sheet: Sheet, change: Shown) -> Html | None:
    words = sheet.words
    if change.state == "waiting":
        return lists.chip(words("Not synced"), "warn", "cloud-upload", small=True)
    if change.state == "rejected":
        return lists.chip(words("Refused"), "bad", "circle-x", small=True)
    return None


def _field(sheet: Sheet, change: Shown, line: Line, names: Mapping[str, str]) -> Html:
    words = sheet.words
    before, after = (_text(sheet, change, line.field, value, names) for value in (line.before, line.after))
    back = None
    if may_put_back(sheet, change, line):
        value = after if change.kind == LOST else before
        back = lists.button(
            words("Put back {value}", value=value[:BUTTON_TEXT_MAX]), act="back", arg=f"{change.key}|{line.field}"
        )
    name = h("span", words.field(line.entity, line.field), class_="fb-label")
    sides = [h("del", before) if line.before is not None else None, h("ins", after) if change.kind != DELETE else None]
    return h("div", name, sides, back, class_="fb-change-field")


def may_put_back(sheet: Sheet, change: Shown, line: Line) -> bool:
    """Whether the earlier value can be written again: the record stands, differs, and the person may change it."""
    field = registry.entity(line.entity).field(line.field)
    earlier = line.after if change.kind == LOST else line.before
    return (
        change.kind in (UPDATE, LOST)
        and change.standing is not None
        and change.standing.get(line.field) != earlier
        and field.merge not in (Merge.HQ, Merge.IMMUTABLE, Merge.APPEND)
        and not (earlier is None and field.required)
        and line.entity != "conflict"
        and sheet.may(line.entity, "update", line.field)
    )


def _text(sheet: Sheet, change: Shown, name: str, value: Plain, names: Mapping[str, str]) -> str:
    """A side as people read it. A conflict's sides are values of the field that it is about."""
    words, entity = sheet.words, change.entity
    if entity == "conflict" and isinstance(value, str) and name in ("entity", "field"):
        about = _about(change)
        return words.entity(value) if name == "entity" else words.field(about[0], value) if about else value
    about = _about(change) if entity == "conflict" and name in SIDES else None
    where, what = about or (entity, name)
    text = words.value(where, what, value, currency=sheet.currency, names=names)
    return (text or words(NOT_SET))[:TEXT_MAX]


def _about(change: Shown) -> tuple[str, str] | None:
    """The entity and field that a conflict is about, where this version knows them."""
    told = change.standing or {line.field: line.after for line in change.lines}
    entity, field = str(told.get("entity") or ""), str(told.get("field") or "")
    known = {one.name: one.names for one in registry.ENTITIES}
    return (entity, field) if field in known.get(entity, ()) else None
