"""Attaching a file: its bytes first, encrypted while they are read, then its record. One without the other never stays."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Iterator

from mobility_app.errors import FileRefused, NotFound, SheetInEdit
from mobility_app.store import drafts
from mobility_app.store.files import FileVault, safe_name
from mobility_app.store.store import Store


def attach(
    store: Store, vault: FileVault, customer_id: str, name: str, chunks: Iterable[bytes], media_type: str = ""
) -> str:
    """Attaches bytes to a customer and returns the file's id.

    Raises SheetInEdit while the sheet is edited on this device, FileRefused, DiskFull, NotFound, NotAllowed.
    """
    with store.reading() as session:
        if session.get("customer", customer_id) is None:
            raise NotFound("customer", customer_id)
        if drafts.in_edit(session, customer_id):
            raise SheetInEdit("the sheet is being edited")
    shown = safe_name(name)
    kind = media_type or mimetypes.guess_type(shown)[0] or "application/octet-stream"
    stored = vault.add(chunks)
    try:
        with store.writing() as tx:
            file_id = tx.create("file", {
                "customer_id": customer_id, "name": shown, "media_type": kind, "size_bytes": stored.size_bytes,
                "sha256": stored.sha256,
            })  # fmt: skip
            tx.run(
                "INSERT INTO blob (file_id, token, sha256, size_bytes) VALUES (?, ?, ?, ?)",
                file_id, stored.token, stored.sha256, stored.size_bytes,
            )  # fmt: skip
    except BaseException:
        vault.drop(stored.token)
        raise
    return file_id


def content(store: Store, vault: FileVault, file_id: str) -> tuple[str, str, int, Iterator[bytes]]:
    """(name, media type, size, pieces) of a file that lies on this device. Raises NotFound, FileRefused not_here."""
    with store.reading() as session:
        row = session.get("file", file_id)
        if row is None:
            raise NotFound("file", file_id)
        found = session.one("SELECT token, sha256, size_bytes FROM blob WHERE file_id=?", file_id)
    if found is None:
        raise FileRefused("not_here")
    token, sha256, size = found
    return str(row["name"]), str(row["media_type"]), size, vault.read(token, sha256)


def sweep(store: Store, vault: FileVault) -> int:
    """Forgets bytes whose record has gone (with its customer, or by a deletion that HQ confirmed)."""
    with store.transaction() as session:
        session.run(
            "DELETE FROM blob WHERE file_id NOT IN (SELECT id FROM file)"
            " AND file_id NOT IN (SELECT record_id FROM change WHERE entity='file')"
        )
        known = {row[0] for row in session.rows("SELECT token FROM blob")}
    return vault.sweep(known)
