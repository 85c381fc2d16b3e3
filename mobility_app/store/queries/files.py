"""Files of a customer: who attached them when, and whether their bytes lie on this device."""

from __future__ import annotations

from dataclasses import dataclass

from mobility_app.store import drafts
from mobility_app.store.store import Store


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file. `at` in UTC milliseconds; `here`: its bytes can be opened on this device."""

    id: str
    name: str
    media_type: str
    size_bytes: int
    label: str
    by: str
    at: int | None
    here: bool


@dataclass(frozen=True, slots=True)
class FileList:
    """The files, newest first, and whether somebody edits the sheet on this device (then none can be added)."""

    rows: tuple[FileRow, ...]
    in_edit: bool


def of_customer(store: Store, customer_id: str) -> FileList:
    """All files of a customer."""
    with store.reading() as session:
        found = session.find("file", customer_id=customer_id)
        people = dict(session.rows('SELECT id, name FROM "user"'))
        made = {
            row[0]: (row[1], row[2])
            for row in session.rows(
                "SELECT record_id, user_id, at FROM entry WHERE entity='file' AND root_id=? AND kind IN ('create', 'restore')"
                " UNION ALL SELECT record_id, user_id, at FROM change WHERE entity='file' AND root_id=? AND kind='create'",
                customer_id, customer_id,
            )
        }  # fmt: skip
        here = {
            row[0]
            for row in session.rows(
                "SELECT b.file_id FROM blob b JOIN file f ON f.id=b.file_id WHERE f.customer_id=?", customer_id
            )
        }
        in_edit = drafts.in_edit(session, customer_id)
    rows = []
    for row in found:
        who, at = made.get(str(row["id"]), (None, None))
        rows.append(FileRow(
            str(row["id"]), str(row["name"]), str(row["media_type"]), int(str(row["size_bytes"] or 0)),
            str(row["label"] or ""), people.get(str(who), ""), at, row["id"] in here,
        ))  # fmt: skip
    return FileList(tuple(sorted(rows, key=lambda row: (-(row.at or 0), row.id))), in_edit)
