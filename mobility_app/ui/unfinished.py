"""Short forms that somebody began and did not finish: a note half typed when the battery died.

A dialog keeps what is typed in it as the sheet does, under an editor of its own: the form's name (what it makes or
changes, of what) and a token for each opening, so that two browser tabs never share one. Opening the same form again goes
on with what was left; the sheet says that there is something. Called by `dialogs.record_dialog` and `sheet/frame.py`.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable
from dataclasses import dataclass

from mobility_app.domain import registry
from mobility_app.domain.change import Row
from mobility_app.store import drafts
from mobility_app.store.drafts import Draft
from mobility_app.store.store import Store

SLOT_FIELD = "f "  # a slot of a draft that holds typed text, as EditSession writes it
NEW = "new"


@dataclass(frozen=True, slots=True)
class Form:
    """Which form: of a record that stands, or of a new one with what it hangs on and its kind; or the editor that combines
    both values of a conflict over a record that stands, which is then what it is `under`."""

    entity: str
    record_id: str = NEW
    under: str = ""
    kind: str = ""

    @classmethod
    def of(cls, entity: str, record_id: str, values: Row) -> Form:
        """The form for `record_id`, or for a new record that begins with `values`."""
        if record_id:
            return cls(entity, record_id)
        parent = registry.entity(entity).parent
        return cls(entity, NEW, str(values.get(parent) or ""), str(values.get("kind") or ""))

    @property
    def combines(self) -> str:
        """The conflict whose values it combines, or ""."""
        return self.under if self.record_id != NEW else ""

    @classmethod
    def read(cls, editor: str) -> Form:
        """The form that an editor of a draft names."""
        return cls(*json.loads(editor.removeprefix(drafts.FORM).rpartition(" ")[0]))

    def editor(self, token: str) -> str:
        """The editor under which one opening of this form keeps its drafts."""
        parts = [self.entity, self.record_id, self.under, self.kind]
        return f"{drafts.FORM}{json.dumps(parts, separators=(',', ':'))} {token}"


@dataclass(frozen=True, slots=True)
class Left:
    """A form that was left with something typed: its drafts, and when the last key was pressed (UTC ms)."""

    form: Form
    drafts: tuple[Draft, ...]

    @property
    def at(self) -> int:
        """When the last of it was typed."""
        return max(draft.at for draft in self.drafts)

    @property
    def slot(self) -> tuple[str, str, str]:
        """(entity, record id, field) of what was typed, where the form has one field."""
        typed = next(draft for draft in self.drafts if draft.slot.startswith(SLOT_FIELD))
        _, entity, record_id, field = typed.slot.split(" ", 3)
        return entity, record_id, field


def left(store: Store, customer_id: str, alive: Container[str] = ()) -> list[Left]:
    """The forms of a customer that were left, newest last. `alive`: editors of forms that are open now."""
    with store.reading() as session:
        kept = drafts.kept(session, customer_id)
    found: dict[str, list[Draft]] = {}
    for draft in kept:
        if draft.editor.startswith(drafts.FORM) and draft.editor not in alive:
            found.setdefault(draft.editor, []).append(draft)
    forms = [Left(Form.read(editor), tuple(group)) for editor, group in found.items()]
    return sorted((one for one in forms if _typed(one.drafts)), key=lambda one: one.at)


def left_of(store: Store, customer_id: str, form: Form, alive: Container[str]) -> Left | None:
    """The newest that was left of one form."""
    found = [one for one in left(store, customer_id, alive) if one.form == form]
    return found[-1] if found else None


def left_combining(store: Store, customer_id: str, conflict_id: str, alive: Container[str]) -> Left | None:
    """The newest that was left of combining the values of one conflict, which may be settled by now."""
    found = [one for one in left(store, customer_id, alive) if one.form.combines == conflict_id]
    return found[-1] if found else None


def _typed(kept: Iterable[Draft]) -> bool:
    return any(draft.slot.startswith(SLOT_FIELD) for draft in kept)
