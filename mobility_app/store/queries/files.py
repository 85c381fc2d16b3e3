"""Files of a customer: who attached them when, and whether their bytes lie on this device."""

from __future__ import annotations

from dataclasses import dataclass

from mobility_app.store import drafts
from mobility_app.store.records import Records
from mobility_app.store.store import Store

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file. `at` in UTC milliseconds; `here`: its bytes can be opened on this device; `label`: the reference of
    the support request that it belongs to, or what somebody calls it."""

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
    """A page of the files, newest first, and whether somebody edits the sheet on this device (then none can be added).
    `known` are the ids of all."""

    rows: tuple[FileRow, ...]
    total: int
    known: frozenset[str]
    in_edit: bool


def of_customer(store: Store, customer_id: str, first: int = 0) -> FileList:
    """A page of the customer's files."""
    with store.reading() as session:
        rows = listed(session, customer_id)
        in_edit = drafts.in_edit(session, customer_id)
    known = frozenset(row.id for row in rows)
    return FileList(rows[first : first + PAGE_ROWS], len(rows), known, in_edit)


def listed(session: Records, customer_id: str, label: str = "") -> tuple[FileRow, ...]:
    """All files of a customer, newest first; with `label` those that carry it alone."""
    found = session.find("file", customer_id=customer_id, **({"label": label} if label else {}))
    people = dict(session.rows('SELECT id, name FROM "user"'))
    made = {
        record_id: (user_id, at)
        for record_id, user_id, at in session.rows(
            "SELECT record_id, user_id, at FROM entry WHERE entity='file' AND root_id=? AND kind='create'"
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
    rows = []
    for row in found:
        who, at = made.get(str(row["id"]), (None, None))
        rows.append(FileRow(
            str(row["id"]), str(row["name"]), str(row["media_type"]), int(str(row["size_bytes"] or 0)),
            str(row["label"] or ""), people.get(str(who), ""), at, row["id"] in here,
        ))  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (-(row.at or 0), row.id)))
