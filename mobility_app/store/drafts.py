"""What somebody typed and has not saved: kept on disk within a second, found again after a crash.

A draft is one slot (entity, record, field) of one editor (a browser tab) on one customer. An editor that edits also
holds a row in `editing`, which is what the rule "files only in read mode" looks at.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from mobility_app.store.database import Session

FORM = "form "  # begins the editor of a short form, which bars nobody from anything
MESSAGE = "message"  # begins the editor of a message to contacts of a customer or a list, which stands as customer_id


@dataclass(frozen=True, slots=True)
class Draft:
    """One kept slot. `value` is what the input held, as JSON text; `base` the position the form had seen."""

    customer_id: str
    editor: str
    slot: str
    value: str | None
    base: int
    at: int


def keep(session: Session, draft: Draft) -> None:
    """Keeps or replaces one slot."""
    session.run(
        "INSERT INTO draft (customer_id, editor, slot, value, base, at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (customer_id, editor, slot) DO UPDATE SET value=excluded.value, at=excluded.at",
        draft.customer_id, draft.editor, draft.slot, draft.value, draft.base, draft.at,
    )  # fmt: skip


def kept(session: Session, customer_id: str) -> list[Draft]:
    """All drafts of a customer, newest editor last."""
    rows = session.rows(
        "SELECT customer_id, editor, slot, value, base, at FROM draft WHERE customer_id=? ORDER BY at, slot",
        customer_id,
    )
    return [Draft(*row) for row in rows]


def drop(session: Session, customer_id: str, editor: str, slot: str | None = None) -> None:
    """Forgets one slot, or all of an editor."""
    if slot is None:
        session.run("DELETE FROM draft WHERE customer_id=? AND editor=?", customer_id, editor)
    else:
        session.run("DELETE FROM draft WHERE customer_id=? AND editor=? AND slot=?", customer_id, editor, slot)


def message(session: Session, root_id: str, alive: Container[str]) -> dict[str, Draft]:
    """What was typed last of a message and not sent, by an editor that is not `alive`: slot (subject, body) -> draft."""
    found = [one for one in kept(session, root_id) if one.editor.startswith(MESSAGE) and one.editor not in alive]
    return {draft.slot: draft for draft in found if draft.editor == found[-1].editor}


def begin_edit(session: Session, customer_id: str, editor: str, now: int) -> None:
    """Notes that this editor has the sheet open for editing."""
    session.run(
        "INSERT INTO editing (customer_id, editor, since) VALUES (?, ?, ?) ON CONFLICT (customer_id, editor) DO NOTHING",
        customer_id, editor, now,
    )  # fmt: skip


def end_edit(session: Session, customer_id: str, editor: str) -> None:
    """Notes that this editor saved, cancelled or died."""
    session.run("DELETE FROM editing WHERE customer_id=? AND editor=?", customer_id, editor)


def in_edit(session: Session, customer_id: str) -> bool:
    """Whether anybody on this device edits the sheet of that customer."""
    return session.one("SELECT 1 FROM editing WHERE customer_id=? LIMIT 1", customer_id) is not None


def nobody_edits(session: Session) -> None:
    """At start: no browser tab is alive yet, so nobody edits. Drafts stay."""
    session.run("DELETE FROM editing")
