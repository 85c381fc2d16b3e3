"""Who may read and bring the bytes of a file: decided by its record as it stands now, at every request.

A file out of reach answers exactly as one that never was. Reading needs the record in a scope that the user holds and a
role that may see files. Bringing needs the same, or that this very device made the record: a customer that went to
another territory before its picture was sent takes the picture along all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from mobility_app.domain import registry
from mobility_app.domain.access import Actor
from mobility_app.hq import scopes
from mobility_app.store.records import Records

_FILE = registry.entity("file")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file as its record says. `sha256` (hex) and `size_bytes` are of the plain bytes."""

    id: str
    company_id: str
    sha256: str
    size_bytes: int


def readable(session: Records, actor: Actor, file_id: str) -> Wanted | None:
    """The file, where this user may see its record now."""
    held = _scopes(session, actor)
    if not held:
        return None
    row = session.one(
        "SELECT f.id, c.company_id, f.sha256, f.size_bytes FROM file f JOIN customer c ON c.id=f.customer_id"
        f" WHERE f.id=? AND EXISTS (SELECT 1 FROM member m WHERE m.root_id=f.customer_id AND m.scope IN ({_marks(held)}))",
        file_id, *held,
    )  # fmt: skip
    return Wanted(*row) if row else None


def bringable(session: Records, actor: Actor, device_id: str, file_id: str) -> Wanted | None:
    """The file, where this device may bring its bytes."""
    found = readable(session, actor, file_id)
    if found is not None:
        return found
    row = session.one(
        "SELECT f.id, c.company_id, f.sha256, f.size_bytes FROM file f JOIN customer c ON c.id=f.customer_id"
        " WHERE f.id=? AND EXISTS (SELECT 1 FROM log WHERE record_id=f.id AND kind='create' AND device_id=?)",
        file_id, device_id,
    )  # fmt: skip
    return Wanted(*row) if row else None


def readable_twin(session: Records, actor: Actor, file: Wanted) -> str | None:
    """A blob of the same content in the same company that another record leads to which this user may see now."""
    held = _scopes(session, actor)
    if not held:
        return None
    found: str | None = session.value(
        "SELECT b.id FROM blob b JOIN file_blob l ON l.blob_id=b.id JOIN file f ON f.id=l.file_id"
        f" JOIN member m ON m.root_id=f.customer_id AND m.scope IN ({_marks(held)})"
        " WHERE b.company_id=? AND b.sha256=? AND b.size_bytes=? LIMIT 1",
        *held, file.company_id, file.sha256, file.size_bytes,
    )  # fmt: skip
    return found


def _scopes(session: Records, actor: Actor) -> list[str]:
    """The scopes in which the user receives files."""
    if not scopes.readable(actor.role, _FILE.right):
        return []
    return sorted(scope for scope in scopes.held(session, actor) if scopes.carries(scope, _FILE))


def _marks(held: list[str]) -> str:
    return ",".join("?" * len(held))
