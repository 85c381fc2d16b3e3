"""The sums of what HQ confirmed, as this device keeps them: added to by every page that is applied, one row a part.

`Tally` gathers what a transaction changes and writes it once, with the data. `pieces` reads the real tables again, a
few thousand records at a time, so that no long read holds the write-ahead log: what the scrub and the comparison
with HQ go by. Open changes count nothing: a record that they lie over counts as HQ has it (`overlay.bases`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from mobility_app.domain import digests, registry, versions
from mobility_app.domain.change import Row
from mobility_app.domain.digests import Sums
from mobility_app.domain.fields import Column, encode
from mobility_app.store import identity, overlay
from mobility_app.store.cursor import Cursor
from mobility_app.store.records import Records

PIECE_ROWS = 2_000
GENERATION = "generation"  # the note that says of which version's parts the last comparison with HQ was
MARK = "digests"  # the note that says of which descriptions the kept sums are


class Tally:
    """What one transaction changes of the sums."""

    def __init__(self) -> None:
        self._sums: Sums = {}

    def moved(self, entity: str, record_id: str, before: Row | None, after: Row | None) -> None:
        """A record as HQ confirmed it became another, came or went."""
        self._sums = _into(self._sums, digests.moved(entity, record_id, before, after))

    def edited(self, entity: str, record_id: str, cells: Iterable[tuple[str, Column, Column]]) -> None:
        """Fields of a record as HQ confirmed it became others: (name, column before, column now). Of no conflict."""
        self._sums = _into(self._sums, digests.of_cells(entity, record_id, cells))

    def keep(self, session: Records) -> None:
        """Adds to the kept sums."""
        changed = {part: number for part, number in self._sums.items() if number % digests.MODULUS}
        if changed:
            write(
                session, digests.plus({part: kept for part, kept in read(session).items() if part in changed}, changed)
            )
        self._sums = {}


def _into(sums: Sums, more: Sums) -> Sums:
    for part, number in more.items():
        sums[part] = sums.get(part, 0) + number
    return sums


def read(session: Records) -> Sums:
    """The kept sums."""
    return {part: int(number, 16) for part, number in session.rows("SELECT part, sum FROM digest")}


def write(session: Records, sums: Sums) -> None:
    """Keeps these sums in place of those of the same parts."""
    session.many(
        "INSERT INTO digest (part, sum) VALUES (?, ?) ON CONFLICT (part) DO UPDATE SET sum=excluded.sum",
        [(part, digests.text(number)) for part, number in sums.items()],
    )


def forget(session: Records) -> None:
    """Nothing of HQ's is left here."""
    session.run("DELETE FROM digest")


def replace(session: Records, entity: str, sums: Sums) -> None:
    """Keeps these sums as all that there are of the entity."""
    gone = [(part,) for part in read(session) if digests.entity_of(part) == entity]
    session.many("DELETE FROM digest WHERE part=?", gone)
    write(session, sums)


def complete(session: Records) -> None:
    """Makes the sums anew where an earlier program kept them otherwise, or none. Inside a transaction."""
    if identity.meta(session, MARK) == digests.fingerprint():
        return
    if identity.meta(session, MARK) is None and not Cursor.read(session).epoch:
        identity.set_meta(session, GENERATION, str(versions.VERSION))  # nothing was spared a new device
    forget(session)
    for one in registry.ENTITIES:
        after, last = "", False
        while not last:
            rows, after = _piece(session, one.name, after)
            write(session, digests.plus(read(session), digests.of_many(one.name, rows)))
            last = not after
    identity.set_meta(session, MARK, digests.fingerprint())


def pieces(reading: Callable[[], AbstractContextManager[Records]], entity: str) -> Iterator[list[tuple[str, Sums]]]:
    """All records of an entity as HQ confirmed them, read from the tables: (id, sums), in pieces in the order of ids."""
    for rows in _pieces(reading, entity):
        yield [(row[0], digests.of_columns(entity, row[0], row[1:])) for row in rows]


def of_entity(reading: Callable[[], AbstractContextManager[Records]], entity: str) -> Sums:
    """The sums of an entity as the tables have them, parts that sum to nothing left out."""
    found: Sums = {}
    for rows in _pieces(reading, entity):
        found = digests.plus(found, digests.of_many(entity, rows))
    return {part: number for part, number in found.items() if number}


def _pieces(reading: Callable[[], AbstractContextManager[Records]], entity: str) -> Iterator[list[tuple[Any, ...]]]:
    after, last = "", False
    while not last:
        with reading() as session, session.engine.atomic("DEFERRED"):
            rows, after = _piece(session, entity, after)
        last = not after
        yield rows


def _piece(session: Records, entity: str, after: str) -> tuple[list[tuple[Any, ...]], str]:
    """(id, columns ...) of the records that follow an id, and the id after which the next piece begins; "" at the end."""
    names = registry.entity(entity).names
    rows = session.rows(
        f'SELECT id, {",".join(names)} FROM "{entity}" WHERE id > ? ORDER BY id LIMIT ?', after, PIECE_ROWS
    )
    last = rows[-1][0] if len(rows) == PIECE_ROWS else ""
    lain_over = overlay.bases(session, entity, overlay.between(session, entity, after, last))
    if not lain_over:
        return rows, last
    found = [row for row in rows if row[0] not in lain_over]
    fields = registry.entity(entity).fields
    found += [
        (record_id, *(encode(field, row[field.name]) for field in fields))
        for record_id, row in lain_over.items()
        if row is not None
    ]
    return found, last
