"""How much room attachments take on this device: in all, by customer, and what is left. For the settings page."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from mobility_app.store.store import Store
from mobility_app.store.transfers import QUOTA, QUOTA_BYTES

CUSTOMERS_MOST = 10


@dataclass(frozen=True, slots=True)
class CustomerUse:
    """Bytes of one customer's files. `here_bytes` lie on this device; `size_bytes` are those of all its files."""

    id: str
    name: str
    here_bytes: int
    size_bytes: int
    files: int
    pinned: bool


@dataclass(frozen=True, slots=True)
class DiskUse:
    """Bytes of all attachments here, how many files that is, and the free room of their disk. `customers`: those that
    take most, largest first; `others_bytes` lie here for the rest (files whose deletion was not sent yet included);
    `quota_bytes`: how much they may take."""

    here_bytes: int
    files: int
    free_bytes: int
    pinned: int
    customers: tuple[CustomerUse, ...]
    others_bytes: int
    quota_bytes: int


def disk_use(store: Store) -> DiskUse:
    """What the files take. Two statements, however many customers there are."""
    with store.reading() as session:
        here, files, pinned, quota = session.one(
            "SELECT coalesce(sum(size_bytes), 0), count(*), (SELECT count(*) FROM pin),"
            " coalesce((SELECT v FROM meta WHERE k=?), ?) FROM blob",
            QUOTA, QUOTA_BYTES,
        ) or (0, 0, 0, QUOTA_BYTES)  # fmt: skip
        rows = session.rows(
            "SELECT c.id, c.name, coalesce(sum(b.size_bytes), 0) AS here, sum(f.size_bytes), count(*),"
            " p.customer_id IS NOT NULL FROM file f JOIN customer c ON c.id=f.customer_id"
            " LEFT JOIN blob b ON b.file_id=f.id LEFT JOIN pin p ON p.customer_id=c.id"
            " GROUP BY c.id ORDER BY here DESC, c.name LIMIT ?",
            CUSTOMERS_MOST,
        )
    customers = tuple(
        CustomerUse(one, name, here_bytes, size, count, bool(pin)) for one, name, here_bytes, size, count, pin in rows
    )
    free = shutil.disk_usage(store.path.parent).free
    return DiskUse(here, files, free, pinned, customers, here - sum(one.here_bytes for one in customers), int(quota))
