"""What an edit session keeps in the store beside its one save: the mark that a sheet is being edited, and drafts.

Functions `(store, ...)`, called off the event loop by `editing.EditSession` and `frame.Sheet`.
"""

from __future__ import annotations

from collections.abc import Iterable

from mobility_app.domain.change import Row
from mobility_app.store import drafts
from mobility_app.store.database import Session
from mobility_app.store.drafts import Draft
from mobility_app.store.store import Store


def current(
    store: Store, customer_id: str, pairs: tuple[tuple[str, str], ...]
) -> tuple[int, dict[tuple[str, str], Row]]:
    """The position before the rows: a row that came in between is then judged as not seen, never the other way."""
    position = store.position(customer_id)
    with store.reading() as session:
        rows = {pair: row for pair in pairs if (row := session.get(*pair)) is not None}
    return position, rows


def begin(store: Store, customer_id: str, editor: str) -> None:
    """Marks the sheet as being edited: files are refused meanwhile."""
    with store.transaction() as session:
        drafts.begin_edit(session, customer_id, editor, store.now())


def end(store: Store, customer_id: str, editor: str) -> None:
    """The sheet is not edited any more; drafts stay."""
    with store.transaction() as session:
        drafts.end_edit(session, customer_id, editor)


def forget(store: Store, customer_id: str, editor: str) -> None:
    """The sheet is not edited any more, and nothing is left of what was typed."""
    with store.transaction() as session:
        forgotten(session, customer_id, editor)


def forgotten(session: Session, customer_id: str, editor: str) -> None:
    """The same inside the transaction of a save."""
    drafts.drop(session, customer_id, editor)
    drafts.end_edit(session, customer_id, editor)


def keep(store: Store, customer_id: str, editor: str, batch: dict[str, str | None], base: int) -> None:
    """Keeps what was typed: slot -> JSON text, None forgets the slot."""
    with store.transaction() as session:
        for slot, value in batch.items():
            if value is None:
                drafts.drop(session, customer_id, editor, slot)
            else:
                drafts.keep(session, Draft(customer_id, editor, slot, value, base, store.now()))


def abandoned(store: Store, customer_id: str) -> list[Draft]:
    """Drafts that no living editor holds: of the newest editor that left any."""
    with store.reading() as session:
        alive = {editor for (editor,) in session.rows("SELECT editor FROM editing WHERE customer_id=?", customer_id)}
        found = [
            draft
            for draft in drafts.kept(session, customer_id)
            if draft.editor not in alive and not draft.editor.startswith((drafts.FORM, drafts.MESSAGE))
        ]
    return [draft for draft in found if draft.editor == found[-1].editor] if found else []


def discard(store: Store, customer_id: str, left: Iterable[Draft]) -> None:
    """Forgets those drafts."""
    with store.transaction() as session:
        for draft in left:
            drafts.drop(session, customer_id, draft.editor, draft.slot)


def entities(left: Iterable[Draft]) -> list[str]:
    """The kinds of records that drafts are about."""
    return [draft.slot.split(" ")[1] for draft in left]
