"""Edits: everything that one save of an edit session writes, in one transaction of the write door or not at all.

Made by `editing.EditSession.save`. It tries every record, so that a person sees at once all that was refused and not one
thing after the other. A field that somebody else changed since it was touched (the office, or another browser tab) is
never written over unseen: it is refused until the person has chosen. Notes are merged instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from mobility_app.domain import registry
from mobility_app.domain.change import Row
from mobility_app.domain.fields import Merge, Plain
from mobility_app.errors import InvalidValue, MobilityError, NotAllowed, NotFound
from mobility_app.store.actions import settle
from mobility_app.store.writing import Writing
from mobility_app.ui.inputs import Raw

Slot: TypeAlias = tuple[str, str, str]  # entity, record id, field
Record: TypeAlias = tuple[str, str]


@dataclass(slots=True)
class Cell:
    """One touched field. `seen` is what the record held when it was first touched, `base` the position of then."""

    raw: Raw
    value: Plain
    problem: str
    seen: Plain
    base: int


class Refusal(Exception):
    """Takes the transaction back with all that was refused."""

    def __init__(self, errors: dict[Slot, MobilityError]) -> None:
        self.errors = errors


def merges(slot: Slot) -> bool:
    """Whether two people's edits of the field are merged line by line."""
    return registry.entity(slot[0]).field(slot[2]).merge is Merge.TEXT3


@dataclass(frozen=True, slots=True)
class Edits:
    """New records as they are to be, touched fields of standing ones, records to remove. `answers`: conflicts over
    touched fields that the person saw; the new value settles them."""

    new: Mapping[Record, Row]
    cells: Mapping[Slot, Cell]
    removed: tuple[Record, ...]
    answers: tuple[str, ...] = ()

    def write(self, tx: Writing) -> None:
        """Writes all of it. Raises Refusal with every reason where anything is refused."""
        errors: dict[Slot, MobilityError] = {}
        failed: set[str] = set()
        for pair, row in self.new.items():
            values = {name: value for name, value in row.items() if name != "id" and value is not None}
            if not failed.isdisjoint(str(value) for value in values.values()):
                continue  # what it hangs on was refused, and says so
            if not _try(tx, errors, pair, lambda t, p=pair, v=values: t.create(p[0], v, p[1])):  # type: ignore[misc]
                failed.add(pair[1])
        for pair in dict.fromkeys(slot[:2] for slot in self.cells):
            if pair not in self.removed:
                self._update(tx, errors, pair)
        for pair in self.removed:
            _try(tx, errors, pair, lambda t, p=pair: t.delete(*p), gone_is_fine=True)  # type: ignore[misc]
        if errors:
            raise Refusal(errors)
        settle.answered(tx, self.answers)

    def _update(self, tx: Writing, errors: dict[Slot, MobilityError], pair: Record) -> None:
        """One statement for each position at which its fields were touched; fields of one group go together."""
        one, now = registry.entity(pair[0]), tx.get(*pair)
        cells = {slot[2]: cell for slot, cell in self.cells.items() if slot[:2] == pair}
        for name, cell in cells.items():
            if now is not None and now.get(name) not in (cell.seen, cell.value) and not merges((*pair, name)):
                errors[(*pair, name)] = InvalidValue(pair[0], name, "changed_meanwhile")
        by_base: dict[int, dict[str, Cell]] = {}
        for name, cell in cells.items():
            together = [cells[other].base for other in one.group(one.field(name)) if other in cells]
            by_base.setdefault(min(together), {})[name] = cell
        for base, part in sorted(by_base.items()):
            values = {name: cell.value for name, cell in part.items()}
            seen = {name: cell.seen for name, cell in part.items()}
            _try(tx, errors, pair, lambda t, v=values, b=base, s=seen: t.update(*pair, v, base=b, seen=s))  # type: ignore[misc]


def _try(
    tx: Writing, errors: dict[Slot, MobilityError], pair: Record, verb: Callable[[Writing], object],
    *, gone_is_fine: bool = False,
) -> bool:  # fmt: skip
    try:
        with tx.savepoint():
            verb(tx)
    except InvalidValue as bad:
        errors.setdefault((*pair, bad.field), bad)
    except NotAllowed as barred:
        errors.setdefault((*pair, barred.field or ""), barred)
    except NotFound as gone:
        if not gone_is_fine:
            errors[(*pair, "")] = gone
    else:
        return True
    return False
