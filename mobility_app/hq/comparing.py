"""HQ's side of the comparison: which entities and buckets differ, which rows; and the faults that devices tell.

Every answer holds for one cursor: where anything came after it, the device is told to pull first. Rows are read from the
tables; one whose table was changed around the ledger is noted as HQ's own fault and never sent as a repair.
"""

from __future__ import annotations

from collections.abc import Mapping

from mobility_app.domain import digests, registry
from mobility_app.domain.access import Actor
from mobility_app.domain.change import Row
from mobility_app.domain.fields import decode
from mobility_app.errors import InvalidValue, Refused
from mobility_app.hq import digests as sums
from mobility_app.hq import scopes
from mobility_app.store.cursor import Cursor
from mobility_app.store.records import Records
from mobility_app.sync.protocol import CompareAnswer, CompareRequest, RowsAnswer, RowsRequest, WireRow

ANSWER_ROWS, ANSWER_LETTERS = 2_000, 2_000_000


class Comparison:
    """The comparison of one device at one cursor, inside one read transaction. `rotten`: records (entity, id, root)
    whose table differs from the log, met on the way."""

    def __init__(self, session: Records, actor: Actor, epoch: str, cursor: Cursor) -> None:
        self._session, self._actor = session, actor
        self._held = scopes.held(session, actor)
        self.moved = (cursor.epoch, cursor.role) != (epoch, actor.role) or self._came(cursor)
        self.rotten: list[tuple[str, str, str | None]] = []

    def _came(self, cursor: Cursor) -> bool:
        """Whether the device's scopes have changed or were told anything after the cursor."""
        if set(cursor.scopes) != set(self._held):
            return True
        newer = "SELECT 1 FROM scope_log WHERE scope=? AND seq>? LIMIT 1"
        return any(at[1] or self._session.value(newer, scope, at[0]) for scope, at in cursor.scopes.items())

    def sums(self, asked: CompareRequest) -> CompareAnswer:
        """The buckets of the entities that differ."""
        if self.moved:
            return CompareAnswer(moved=True)
        kept = sums.held_sums(self._session, self._held)
        mine = digests.by_entity(kept, self._actor.role, asked.generation)
        found = {}
        for one in registry.ENTITIES:
            if int(asked.sums.get(one.name, "0"), 16) != mine.get(one.name, 0):
                rows = sums.visible(self._session, one, self._held, self._actor.role)
                own = digests.buckets((row[0], self._total(row[3], asked.generation)) for row in rows)
                found[one.name] = "".join(map(digests.text, own))
        return CompareAnswer(found)

    def rows(self, asked: RowsRequest) -> RowsAnswer:
        """The rows of some buckets that differ, and ids that are not there."""
        if self.moved:
            return RowsAnswer(moved=True)
        try:
            one = registry.entity(asked.entity)
        except InvalidValue as unknown:
            raise Refused("invalid_message", 422) from unknown
        wanted, left = set(asked.buckets), dict(asked.have)
        rows, letters, more = list[WireRow](), 0, False
        for record_id, root, columns, found, kept in sums.visible(self._session, one, self._held, self._actor.role):
            if digests.bucket(record_id) not in wanted:
                continue
            theirs = left.pop(record_id, None)
            if theirs == digests.text(self._total(found, asked.generation)):
                continue
            if digests.text(sum(found.values())) != kept:
                self.rotten.append((one.name, record_id, root))
                continue
            if len(rows) >= ANSWER_ROWS or letters > ANSWER_LETTERS:
                more = True
                continue
            values = self._values(one.name, columns, found, asked.generation)
            letters += sum(len(str(value)) for value in values.values())
            rows.append(WireRow(record_id, values, root))
        return RowsAnswer(rows, sorted(left), more)

    def _total(self, found: Mapping[str, int], generation: int) -> int:
        return digests.total(found, self._actor.role, generation)

    def _values(self, entity: str, columns: tuple[object, ...], found: Mapping[str, int], generation: int) -> Row:
        one = registry.entity(entity)
        row = {field.name: decode(field, value) for field, value in zip(one.fields, columns, strict=True)}
        veil = digests.veil_of(entity, row)
        return {
            name: value
            for name, value in row.items()
            if value is not None and digests.seen(digests.part_of(entity, name, veil), self._actor.role, generation)
        }
