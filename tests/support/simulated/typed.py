"""What was typed on which device, and upon what: by it conflicts are judged (11, 12, 15), in every life of HQ.

A change is known at HQ by its device and number. Its `base` is a number of the log that its device followed; where HQ was
put back since, no more of it was seen than what that life and the present one share. A disk that was put back from a copy
may give a number a second time: of such a number nobody can say which change it is, and neither is anything judged that
turns on what its author had seen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from mobility_app.domain.change import Row
from mobility_app.store.cursor import Cursor
from mobility_app.store.records import Records, patch_plain
from tests.support.invariants import Seen

Key = tuple[str, int]  # device, number
What = tuple[object, ...]  # all of a change but its number and its base
_ROWS = "SELECT dseq, entity, record_id, kind, patch, base, stamp FROM"


@dataclass(frozen=True, slots=True)
class _Upon:
    """What a change was typed upon: a number of the log of one life, and a record with these values."""

    base: int
    life: int
    record_id: str
    before: Row


@dataclass(slots=True)
class Typed:
    """`heads`: for each time that HQ was put back, how far each stream then stood. `epochs`: the lives, in their order."""

    epochs: list[str] = field(default_factory=list)
    heads: list[dict[str, int]] = field(default_factory=list)
    twice: set[Key] = field(default_factory=set)  # numbers that two changes had
    _known: dict[Key, tuple[What, _Upon]] = field(default_factory=dict)
    _first: dict[tuple[str, What], _Upon] = field(default_factory=dict)

    def life(self, epoch: str) -> int:
        """Which life of HQ that is, from 0; one that has not begun with anybody is the present one."""
        return self.epochs.index(epoch) if epoch in self.epochs else len(self.epochs) - 1

    def learn(self, name: str, device_id: str, session: Records, *, copied: bool) -> None:
        """Notes what the disk holds. Where disks are `copied`, also what HQ has had, and all of it each time: a device
        that became another one numbers anew what it had not sent, and keeps what it was typed upon."""
        life = self.life(Cursor.read(session).epoch) if self.heads else 0
        for table in ("change", "kept") if copied else ("change",):
            for dseq, entity, record_id, kind, patch, base, stamp in session.rows(
                f"{_ROWS} {table} WHERE dseq>0 AND kind!='void'"
            ):
                if (device_id, dseq) in self._known and not copied:
                    continue
                sides = patch_plain(entity, json.loads(patch))
                what = (entity, record_id, kind, stamp, str(sorted((one, after) for one, (_, after) in sides.items())))
                known = self._known.get((device_id, dseq))
                if known is None:
                    upon = _Upon(base, life, record_id, {one: before for one, (before, _) in sides.items()})
                    self._known[device_id, dseq] = (what, self._first.setdefault((name, what), upon))
                elif known[0] != what:
                    self.twice.add((device_id, dseq))

    def shared(self, since: int, until: int, stream: str) -> int:
        """Up to which number of the stream two lives tell the same."""
        return min((heads.get(stream, 0) for heads in self.heads[since:until]), default=2**62)

    def on(self, device_id: str, dseq: int) -> str:
        """The record that a device of the fleet typed that change on; "" where nobody can say."""
        upon = self._known.get((device_id, dseq), ((), None))[1]
        return upon.record_id if upon is not None and (device_id, dseq) not in self.twice else ""

    def seen(self, device_id: str, dseq: int, stream: str) -> Seen | None:
        """What the author of that change had seen: everything where no device of the fleet typed it (a thief claims so),
        None where nobody can say."""
        if (device_id, dseq) in self.twice:
            return None
        _, upon = self._known.get((device_id, dseq), ((), None))
        if upon is None:
            return Seen()
        upto = min(upon.base, self.shared(upon.life, len(self.heads), stream))
        return Seen(upto, upon.record_id, upon.before)
