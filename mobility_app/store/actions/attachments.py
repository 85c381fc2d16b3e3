"""Attaching a file: its bytes first, encrypted while they are read, then its record. One without the other never stays.

`blob` says which bytes lie on this device: token in the vault, hash and size. A file that only lies at HQ has a record
and no row there.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass

from mobility_app.domain import access
from mobility_app.domain.change import Row
from mobility_app.domain.entities.file import SIZE_MAX_BYTES
from mobility_app.errors import DiskFull, FileRefused, NotAllowed, NotFound, SheetInEdit, StoreDamaged
from mobility_app.store import drafts, identity, transfers
from mobility_app.store.file_names import safe_name
from mobility_app.store.files import FileVault
from mobility_app.store.records import Records
from mobility_app.store.store import Store

UNKNOWN_TYPE = "application/octet-stream"
USED_MS = 3_600_000  # when bytes were last looked at is kept to the hour

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,58}/[a-z0-9][a-z0-9!#$&^_.+-]{0,58}")


@dataclass(frozen=True, slots=True)
class Content:
    """A file that lies on this device. `pieces` are its plain bytes; they raise StoreDamaged where they are not."""

    name: str
    media_type: str
    size_bytes: int
    pieces: Generator[bytes, None, None]


def attach(
    store: Store, vault: FileVault, customer_id: str, name: str, chunks: Iterable[bytes], media_type: str = "",
    *, label: str = "", twice: bool = True,
) -> str:  # fmt: skip
    """Attaches bytes to a customer and returns the file's id. `name` and `media_type` may be anything: they are cleaned.

    `label` is written on the record. Where `twice` is False, bytes that this customer already has are refused.

    Raises SheetInEdit while the sheet is edited on this device, FileRefused (too_large, unreadable, already_there),
    DiskFull, InvalidValue (the label), NotFound, NotAllowed, NotEnrolled, and what `chunks` raises; then neither bytes
    nor record stay. What can be refused before the bytes are read is.
    """
    with store.reading() as session:
        _permit(session, customer_id)
    shown = safe_name(name)
    stored = vault.add(chunks, most_bytes=SIZE_MAX_BYTES)
    record: Row = {
        "customer_id": customer_id,
        "name": shown,
        "media_type": _media_type(media_type, shown),
        "size_bytes": stored.size_bytes,
        "sha256": stored.sha256,
        **({"label": label} if label else {}),
    }
    try:
        with store.writing() as tx:
            if not twice and tx.find("file", customer_id=customer_id, sha256=stored.sha256):
                raise FileRefused("already_there")
            file_id = tx.create("file", record)
            tx.run(
                "INSERT INTO blob (file_id, token, sha256, size_bytes, used_at) VALUES (?, ?, ?, ?, ?)",
                file_id, stored.token, stored.sha256, stored.size_bytes, store.now(),
            )  # fmt: skip
            if not vault.holds(stored.token):  # swept away after a lock and unlock in the meantime
                raise StoreDamaged("the bytes of a new attachment are gone")
    except BaseException:
        _drop_unrecorded(store, vault, stored.token)
        raise
    return file_id


def content(store: Store, vault: FileVault, file_id: str) -> Content:
    """A file that lies on this device. Raises NotFound, FileRefused not_here."""
    with store.reading() as session:
        row = session.get("file", file_id)
        if row is None:
            raise NotFound("file", file_id)
        found = session.one("SELECT token, sha256, size_bytes, used_at FROM blob WHERE file_id=?", file_id)
    if found is None:
        raise FileRefused("not_here")
    token, sha256, size_bytes, used_at = found
    now = store.now()
    if now - used_at > USED_MS:
        with suppress(DiskFull), store.transaction() as session:  # a full disk hinders nobody who only looks
            session.run("UPDATE blob SET used_at=? WHERE file_id=?", now, file_id)
    return Content(str(row["name"]), str(row["media_type"]), size_bytes, vault.read(token, sha256))


def sweep(store: Store, vault: FileVault) -> int:
    """Forgets bytes whose record has gone (with its customer, by a deletion that HQ confirmed, or because HQ refused it).
    Returns how many.

    A deletion that HQ has not answered may come back, so its bytes stay, and so do those that HQ does not have yet. The
    vault is swept inside the transaction: a file that is being attached is either known by then, or finds its bytes gone
    and is refused.
    """
    with store.transaction() as session:
        transfers.forget_gone(session, store.now())
        return vault.sweep(transfers.tokens(session))


def _drop_unrecorded(store: Store, vault: FileVault, token: str) -> None:
    """Drops the bytes unless the record was written all the same: a listener may have failed after the commit."""
    with store.reading() as session:
        recorded = session.one("SELECT 1 FROM blob WHERE token=?", token)
    if recorded is None:
        vault.drop(token)


def _permit(session: Records, customer_id: str) -> None:
    actor = identity.actor(session)
    if session.get("customer", customer_id) is None:
        raise NotFound("customer", customer_id)
    if not access.may(actor.role, "file", "create"):
        raise NotAllowed("file", "create")
    if drafts.in_edit(session, customer_id):
        raise SheetInEdit("the sheet is being edited")


def _media_type(given: str, name: str) -> str:
    """What the sender said if it is well formed and says something, else what the name's suffix says. Never believed."""
    told = given.split(";")[0].strip().lower()
    if _MEDIA_TYPE.fullmatch(told) and told != UNKNOWN_TYPE:
        return told
    return mimetypes.guess_type(name)[0] or UNKNOWN_TYPE
