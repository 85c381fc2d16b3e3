"""What HQ refused or two people changed, for lists whose rows do not show each field: blocks below the row.

Views that show every field use `forms.field_view`, which carries its own mark; these blocks are for files and notes, for
a deletion that was refused, and for a new record that HQ did not take, which has no row at all.
"""

from __future__ import annotations

from collections.abc import Collection

from mobility_app.domain import registry
from mobility_app.store import told
from mobility_app.store.queries.sheet import CONFLICT, REFUSED, Mark
from mobility_app.ui import lists, marks
from mobility_app.ui.markup import Html, h
from mobility_app.ui.sheet.frame import Sheet

TITLES = ("title", "name", "reference", "description", "text")
TITLE_LETTERS = 80


def deletion(sheet: Sheet, entity: str, record_id: str) -> Html | None:
    """A refused deletion of a record that stands: said once, not at each of its fields."""
    required = [field.name for field in registry.entity(entity).fields if field.required]
    for name in required:
        mark = sheet.header.mark(entity, record_id, name)
        if mark is not None and mark.state == REFUSED and mark.wanted is None:
            text = sheet.words("The office refused to delete this.")
            return _refused(sheet, text, mark)
    return None


def blocks(sheet: Sheet, entity: str, record_id: str) -> list[Html]:
    """A block for each field of the record that was refused or is in conflict; none where all is settled."""
    whole = deletion(sheet, entity, record_id)
    if whole is not None:
        return [whole]
    found = []
    for (one, other, name), mark in sheet.header.marks.items():
        if (one, other) != (entity, record_id) or not name:
            continue
        if mark.state == REFUSED:
            found.append(marks.refusal(sheet.words, entity, name, mark, sheet.currency))
        elif mark.state in (told.JOINED, told.PASSED_BY, told.SUSPECT):
            found.append(marks.outcome(sheet.words, entity, name, mark, sheet.currency))
        elif mark.state == CONFLICT and mark.conflict is not None:
            found.append(marks.conflict(
                sheet.words, entity, name, mark.conflict, sheet.app.now(), sheet.currency,
                may=sheet.may("conflict", "update"),
            ))  # fmt: skip
    return found


def not_taken(sheet: Sheet, entity: str, known: Collection[str]) -> list[Html]:
    """A notice for each new record that HQ refused: it is in no list any more. `known` are the ids that are."""
    found = []
    for (one, record_id, name), mark in sheet.header.marks.items():
        if one == entity and not name and mark.state == REFUSED and record_id not in known:
            text = sheet.words("The office refused “{value}”.", value=_title(sheet, entity, record_id))
            found.append(_refused(sheet, text, mark))
    return found


def _refused(sheet: Sheet, text: str, mark: Mark) -> Html:
    away = lists.button(sheet.words("Dismiss"), act="dismiss", arg=str(mark.dseq), kind="ghost")
    reason = sheet.words.reason(mark.reason) if mark.reason else ""
    return lists.notice("bad", h("span", text, " ", reason), away, symbol="circle-x")


def _title(sheet: Sheet, entity: str, record_id: str) -> str:
    for name in TITLES:
        mark = sheet.header.mark(entity, record_id, name)
        if mark is not None and mark.wanted:
            first = str(mark.wanted).split("\n")[0]
            return first if len(first) <= TITLE_LETTERS else first[: TITLE_LETTERS - 1] + "…"
    return sheet.words.entity(entity)
