"""What stays of a customer that leaves this device: the words that its rep typed and HQ never took. Nothing else.

Called by `apply.py` inside its transaction. HQ's values go from everything, also from beside the rep's own words. What a
form held unsaved becomes a notice of the sync centre, texts alone: a rep who typed half an hour into a note finds it
there, and can put it away. Numbers and choices of such forms are dropped (docs/decisions).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from mobility_app.domain import registry
from mobility_app.domain.change import ACCEPTED, DISMISSED, REJECTED, UPDATE
from mobility_app.domain.fields import Kind
from mobility_app.errors import InvalidValue
from mobility_app.store import drafts, identity, told
from mobility_app.store.records import Records

REASON = "left_unsaved"
NOTICES_BELOW = -(2**40)  # numbers of notices about drafts; those of refused fields are minus their change's number


def own_words(session: Records, entity: str, record_id: str) -> None:
    """Of the device's changes of one record: what HQ took or the rep put away goes, refused words lose HQ's beside them."""
    session.run(
        "DELETE FROM change WHERE entity=? AND record_id=? AND state IN (?, ?)", entity, record_id, ACCEPTED, DISMISSED
    )
    for (dseq,) in session.rows(
        "SELECT dseq FROM change WHERE entity=? AND record_id=? AND state=?", entity, record_id, REJECTED
    ):
        alone(session, dseq)


def alone(session: Records, dseq: int) -> None:
    """Takes what HQ had out of a refused change."""
    patch = json.loads(session.value("SELECT patch FROM change WHERE dseq=?", dseq))
    mine = {name: [None, sides[1]] for name, sides in patch.items()}
    session.run("UPDATE change SET patch=? WHERE dseq=?", json.dumps(mine, ensure_ascii=False), dseq)


def forget(session: Records, customer_id: str) -> None:
    """What this device alone kept of a customer goes, texts of drafts become notices."""
    known = identity.read(session)
    forms: dict[tuple[str, str, str], dict[str, list[str | None]]] = {}
    last: dict[tuple[str, str, str], int] = {}
    for draft in drafts.kept(session, customer_id):
        for form, name, text in _texts(draft):
            forms.setdefault(form, {})[name] = [None, text]
            last[form] = draft.at
    number = min(int(session.value("SELECT MIN(dseq) FROM change") or 0), NOTICES_BELOW)
    said = json.dumps({"state": REJECTED, "reason": REASON, "fields": {}})
    for (_, entity, record_id), patch in forms.items():
        number -= 1
        session.run(
            "INSERT INTO change (dseq, tx, entity, record_id, root_id, kind, patch, base, stamp, user_id, at, atomic, state,"
            " verdict) VALUES (?, 0, ?, ?, ?, ?, ?, 0, 0, ?, ?, 0, ?, ?)",
            number, entity, record_id, customer_id, UPDATE, json.dumps(patch, ensure_ascii=False),
            known.user_id if known else "", last[(_, entity, record_id)], REJECTED, said,
        )  # fmt: skip
    told.forget(session, customer_id)
    for table in ("draft", "editing", "pin", "watched", "search_due"):
        session.run(f"DELETE FROM {table} WHERE customer_id=?", customer_id)
    session.run("UPDATE fault SET was='{}', stands='{}' WHERE root_id=?", customer_id)


def _texts(draft: drafts.Draft) -> Iterator[tuple[tuple[str, str, str], str, str]]:
    """((editor, entity, record), field, text) of what was typed into one slot; nothing of what the form had shown."""
    if draft.editor.startswith(drafts.MESSAGE):
        entity, record_id, name = "message", "", draft.slot
    else:
        parts = draft.slot.split(" ", 3)
        if len(parts) < 4:
            return
        _, entity, record_id, name = parts
    value = json.loads(draft.value or "null")
    typed = {name: value} if not isinstance(value, dict) else {name: value["raw"]} if "raw" in value else value
    for field, text in typed.items():
        try:
            kind = registry.entity(entity).field(field).kind
        except InvalidValue:  # of a form that no record has
            continue
        if kind in (Kind.TEXT, Kind.NOTE) and isinstance(text, str) and text.strip():
            yield (draft.editor, entity, record_id), field, text
