"""Files of a customer: who attached them when, and whether their bytes lie on this device."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from mobility_app.domain.rules.file_kinds import KINDS, kind_of
from mobility_app.domain.rules.folding import fold
from mobility_app.store import drafts, pins, watched
from mobility_app.store.queries import travels
from mobility_app.store.queries.travels import STILL, Travel
from mobility_app.store.records import Records
from mobility_app.store.store import Store

PAGE_ROWS = 50
LAST_DAY = "9999-12-31"
NEWEST = "at"


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file. `at` in UTC milliseconds; `here`: its bytes can be opened on this device; `label`: the reference of
    the support request that it belongs to, or what somebody calls it; `expires_on`: ISO day; `kind`: of file_kinds;
    `travel`: what its bytes do."""

    id: str
    name: str
    media_type: str
    size_bytes: int
    label: str
    by: str
    at: int | None
    here: bool
    expires_on: str = ""
    travel: Travel = STILL

    @property
    def kind(self) -> str:
        """One of `file_kinds.KINDS`."""
        return kind_of(self.media_type)


@dataclass(frozen=True, slots=True)
class FileList:
    """A page of the files and what stands around it. `total` counts what the filter leaves; `kinds` all files by kind, in
    the order of KINDS; `known` are the ids of all; `here_bytes` what lies on this device; `in_edit`: somebody edits the
    sheet on this device (then none can be added); `folder`: the watched folder, "" for none."""

    rows: tuple[FileRow, ...]
    total: int
    known: frozenset[str]
    in_edit: bool
    kinds: Mapping[str, int]
    size_bytes: int
    here_bytes: int
    pinned: bool
    folder: str


_ORDERS: Mapping[str, Callable[[FileRow], tuple[object, ...]]] = {
    NEWEST: lambda row: (-(row.at or 0),),
    "name": lambda row: (fold(row.name),),
    "size": lambda row: (-row.size_bytes,),
    "expires": lambda row: (row.expires_on or LAST_DAY, -(row.at or 0)),
}
ORDERS = tuple(_ORDERS)


def of_customer(store: Store, customer_id: str, first: int = 0, kind: str = "", order: str = NEWEST) -> FileList:
    """A page of the customer's files, of one kind or ("") of all: newest, largest, next to expire, or A first."""
    with store.reading() as session:
        found = listed(session, customer_id)
        in_edit = drafts.in_edit(session, customer_id)
        pinned = pins.pinned(session, customer_id)
        folder = watched.folder_of(session, customer_id)
    counted = Counter(row.kind for row in found)
    rows = sorted((row for row in found if not kind or row.kind == kind), key=_ORDERS[order])
    return FileList(
        tuple(rows[first : first + PAGE_ROWS]), len(rows), frozenset(row.id for row in found), in_edit,
        {one: counted[one] for one in KINDS if counted[one]}, sum(row.size_bytes for row in found),
        sum(row.size_bytes for row in found if row.here), pinned, folder,
    )  # fmt: skip


def pictures(store: Store, customer_id: str, media_types: Collection[str]) -> tuple[FileRow, ...]:
    """The files of those types that lie on this device, newest first."""
    with store.reading() as session:
        return tuple(row for row in listed(session, customer_id) if row.here and row.media_type in media_types)


def listed(session: Records, customer_id: str, label: str = "") -> tuple[FileRow, ...]:
    """All files of a customer, newest first; with `label` those that carry it alone."""
    found = session.find("file", customer_id=customer_id, **({"label": label} if label else {}))
    people = dict(session.rows('SELECT id, name FROM "user"'))
    made = {
        record_id: (user_id, at)
        for record_id, user_id, at in session.rows(
            "SELECT record_id, user_id, at FROM made WHERE root_id=?"
            " UNION ALL SELECT record_id, user_id, at FROM entry WHERE entity='file' AND root_id=? AND kind='create'"
            " UNION ALL SELECT record_id, user_id, at FROM change WHERE entity='file' AND root_id=? AND kind='create'",
            customer_id, customer_id, customer_id,
        )
    }  # fmt: skip
    bytes_of = travels.of_customer(session, customer_id)
    rows = []
    for row in found:
        who, at = made.get(str(row["id"]), (None, None))
        here, travel = bytes_of.get(str(row["id"]), (False, STILL))
        rows.append(FileRow(
            str(row["id"]), str(row["name"]), str(row["media_type"]), int(str(row["size_bytes"] or 0)),
            str(row["label"] or ""), people.get(str(who), ""), at, here, str(row["expires_on"] or ""),
            travel,
        ))  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (-(row.at or 0), row.id)))
