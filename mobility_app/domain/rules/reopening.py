"""A closed request is opened again only with a reason: a note that is written in the same transaction.

The device's write door and HQ ask the same. Programs before SINCE did not, and what they wrote is taken as it is.
"""

from __future__ import annotations

from collections.abc import Iterable

from mobility_app.domain.change import CREATE, Change, Row

SINCE = 3  # the version of the program (`domain/versions.py`) that brought the rule
NOTE = "ticket_entry"


def opens_again(entity: str, before: Row, after: Row) -> bool:
    """Whether the record is a request that was closed and is open after the change."""
    return entity == "ticket" and before.get("status") == "closed" and after.get("status") == "open"


def explained(change: Change, together: Iterable[Change]) -> bool:
    """Whether one of the changes saved `together` with this one says why, or an older program wrote it."""
    return change.version < SINCE or any(one.kind == CREATE and tells(one, change.record_id) for one in together)


def tells(note: Change, ticket_id: str) -> bool:
    """Whether the change is a note of that request with words in it."""
    values = {name: sides[1] for name, sides in note.patch.items()}
    return note.entity == NOTE and values.get("ticket_id") == ticket_id and bool(str(values.get("text") or "").strip())
