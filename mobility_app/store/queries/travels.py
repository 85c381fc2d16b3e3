"""What bytes of files do: which wait, which move and how far, and what hinders them. For rows of files and the sync centre."""

from __future__ import annotations

from dataclasses import dataclass

from mobility_app.domain.entities.file import spans
from mobility_app.store.records import Records
from mobility_app.store.store import Store
from mobility_app.store.transfers import DOWN, UP

ROWS_MAX = 20


@dataclass(frozen=True, slots=True)
class Travel:
    """`way`: up, down, or "" where nothing is to travel. `percent` of the pieces went already; `moving`: now;
    `problem`: why not (`ui/reasons.py`, TRAVEL), "" also while the network is simply away."""

    way: str = ""
    percent: int = 0
    moving: bool = False
    problem: str = ""


STILL = Travel()


@dataclass(frozen=True, slots=True)
class Travelling:
    """A file of the sync centre."""

    file_id: str
    name: str
    customer_id: str
    customer_name: str
    size_bytes: int
    travel: Travel


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """The first ROWS_MAX of all that is to travel, what moves first; counts of all by way."""

    rows: tuple[Travelling, ...]
    up: int
    down: int


NO_FILES = OnTheWay((), 0, 0)


def of_customer(session: Records, customer_id: str) -> dict[str, tuple[bool, Travel]]:
    """For each file of a customer: whether its bytes lie here, and what they do."""
    rows = session.rows(
        "SELECT f.id, b.file_id IS NOT NULL, CASE WHEN b.file_id IS NULL THEN t.way WHEN b.at_hq IS"
        " (SELECT json_extract(v, '$.epoch') FROM meta WHERE k='cursor') AND b.at_hq IS NOT NULL THEN NULL"
        " ELSE ? END, f.size_bytes, t.done,"
        " t.moving, t.problem FROM file f LEFT JOIN transfer t ON t.file_id=f.id LEFT JOIN blob b ON b.file_id=f.id"
        " WHERE f.customer_id=?",
        UP, customer_id,
    )  # fmt: skip
    return {file_id: (bool(here), _travel(way, *rest) if way else STILL) for file_id, here, way, *rest in rows}


def on_the_way(store: Store) -> OnTheWay:
    """All that is to travel."""
    with store.reading() as session:
        rows = session.rows(
            "SELECT t.file_id, coalesce(f.name, ''), coalesce(f.customer_id, ''), coalesce(c.name, ''), t.size_bytes,"
            " t.way, t.size_bytes, t.done, t.moving, t.problem FROM transfer t LEFT JOIN file f ON f.id=t.file_id"
            " LEFT JOIN customer c ON c.id=f.customer_id"
            " ORDER BY t.moving DESC, t.problem='', t.asked_at IS NULL, t.size_bytes, t.file_id LIMIT ?",
            ROWS_MAX,
        )
        counts = dict(session.rows("SELECT way, COUNT(*) FROM transfer GROUP BY way"))
    found = tuple(Travelling(*row[:5], _travel(*row[5:])) for row in rows)  # type: ignore[call-arg]
    return OnTheWay(found, counts.get(UP, 0), counts.get(DOWN, 0))


def _travel(way: str, size_bytes: int, done: int | None, moving: int | None, problem: str | None) -> Travel:
    return Travel(way, min(99, 100 * (done or 0) // spans(size_bytes)), bool(moving), problem or "")
