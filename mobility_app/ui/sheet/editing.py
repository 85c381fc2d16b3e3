"""EditSession: everything typed on a sheet and not yet saved, over all its tabs.

It knows, for each touched field, what the record held when the field was first touched and which state of HQ the person
had then seen; that is what conflict detection and the merge of notes need. Every change is kept as a draft on disk.
What comes by sync meanwhile updates untouched fields; a touched one becomes a clash that the person decides. Saving is
one transaction of the write door, or nothing (`saving.py`). No NiceGUI here: `forms.py` draws it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from mobility_app.domain import registry
from mobility_app.domain.change import Row
from mobility_app.domain.fields import Kind, Plain
from mobility_app.errors import InvalidValue, MobilityError
from mobility_app.store.drafts import Draft
from mobility_app.store.queries.authors import Author
from mobility_app.store.queries.sheet import Mark
from mobility_app.store.writing import Writing
from mobility_app.ui import inputs
from mobility_app.ui.context import App
from mobility_app.ui.inputs import Raw
from mobility_app.ui.sheet import kept
from mobility_app.ui.sheet.saving import Cell, Edits, Record, Refusal, Slot, merges
from mobility_app.ui.sheet.writers import Writers
from mobility_app.ui.words import Words

FIELD, NEW, REMOVED = "f", "+", "-"
Sight: TypeAlias = tuple[Plain, int]  # what a field held when somebody saw it, and the position of then


@dataclass(frozen=True, slots=True)
class Clash:
    """The office changed a field that was touched here: what it holds there now."""

    theirs: Plain


class EditSession:
    """The unsaved edits of one customer in one browser tab. `kept` False leaves drafts away; `bars_files` False the
    mark that the sheet is being edited: short forms of their own."""

    def __init__(
        self, app: App, customer_id: str, currency: str, editor: str, position: int, *, kept: bool = True,
        bars_files: bool = True,
    ) -> None:  # fmt: skip
        self.app, self.customer_id, self.editor, self._currency = app, customer_id, editor, currency
        self.position, self.kept, self._bars_files = position, kept, kept and bars_files
        self.errors: dict[Slot, str] = {}
        self.marks: Mapping[Slot, Mark] = {}
        self.trouble = ""  # why what was typed is not kept as a draft, as a sentence
        self._rows: dict[Record, Row] = {}
        self._cells: dict[Slot, Cell] = {}
        self._new: dict[Record, Row] = {}
        self._removed: dict[Record, None] = {}
        self._listeners: list[Callable[[], None]] = []
        self._pending: dict[str, str | None] = {}
        self._writer: asyncio.Task[None] | None = None
        self._over = False
        self._writers = Writers(app, self.tell)

    @property
    def words(self) -> Words:
        """Texts and formats."""
        return self.app.words

    @property
    def currency(self) -> str:
        """ISO 4217: what amounts are typed in, which is the customer's currency as it would be after saving."""
        return str(self.value(*self._currency_slot) or self._currency)

    @property
    def _currency_slot(self) -> Slot:
        return ("customer", self.customer_id, "currency")

    # -- what forms show

    def load(self, entity: str, rows: Iterable[Row]) -> None:
        """Takes records as the store holds them now. Untouched fields follow; touched ones keep what was typed."""
        for row in rows:
            self._rows[(entity, str(row["id"]))] = dict(row)
        self._ask_who()

    def row(self, entity: str, record_id: str) -> Row:
        """The record as the store holds it, or as it was begun here."""
        return self._rows.get((entity, record_id)) or self._new.get((entity, record_id)) or {}

    def value(self, entity: str, record_id: str, field: str) -> Plain:
        """What the field would hold after saving."""
        cell = self._cells.get((entity, record_id, field))
        return cell.value if cell and not cell.problem else self.row(entity, record_id).get(field)

    def text(self, slot: Slot) -> Raw:
        """What the input shows, half-typed text included."""
        cell = self._cells.get(slot)
        if cell is not None:
            return cell.raw
        return inputs.shown(self.words, slot[0], slot[2], self.row(*slot[:2]).get(slot[2]), self.currency)

    def error(self, slot: Slot) -> str:
        """What is wrong with the field, as a sentence, or "". Half-typed text is only complained about after saving."""
        return self.errors.get(slot, "")

    def clash(self, slot: Slot) -> Clash | None:
        """What the office wrote meanwhile into a touched field; None for notes, which are merged."""
        cell = self._cells.get(slot)
        if cell is None or slot[:2] in self._new or merges(slot):
            return None
        now = self.row(*slot[:2]).get(slot[2])
        return Clash(now) if now not in (cell.seen, cell.value) else None

    def author(self, slot: Slot) -> Author | None:
        """Who wrote what clashes with the field, once that is known."""
        clash = self.clash(slot)
        return self._writers.of((slot, clash.theirs)) if clash is not None else None

    def problem(self, slot: Slot) -> str:
        """Why what the input holds is no value, or ""."""
        cell = self._cells.get(slot)
        return cell.problem if cell else ""

    def seen(self, slot: Slot) -> Plain:
        """What a touched field held before it was touched."""
        return self._cells[slot].seen

    def mark(self, slot: Slot) -> Mark | None:
        """What is not settled about the field, as the sheet last knew it."""
        return self.marks.get(slot)

    def touched(self, slot: Slot) -> bool:
        """Whether something was typed into the field."""
        return slot in self._cells

    def records(self, entity: str, **equals: Plain) -> list[Row]:
        """The records as they would be after saving, new ones last, removed ones left out."""
        known = [pair for pair in (*self._rows, *self._new) if pair[0] == entity and pair not in self._removed]
        found = [self._as_saved(pair) for pair in dict.fromkeys(known)]
        return [row for row in found if all(row.get(name) == value for name, value in equals.items())]

    def _as_saved(self, pair: Record) -> Row:
        row: Row = {**self.row(*pair), "id": pair[1]}
        row.update({slot[2]: cell.value for slot, cell in self._cells.items() if slot[:2] == pair and not cell.problem})
        return row

    @property
    def typed(self) -> bool:
        """Whether anything was typed that is not saved."""
        return bool(self._cells)

    def is_new(self, entity: str, record_id: str) -> bool:
        """Whether the record was begun in this session."""
        return (entity, record_id) in self._new

    @property
    def changed(self) -> int:
        """How many fields differ from what is saved; a new or removed record counts one."""
        alive = [slot for slot in self._cells if slot[:2] not in self._new and slot[:2] not in self._removed]
        return len(alive) + len(self._new) + len(self._removed)

    # -- what people do

    def sight(self, slot: Slot) -> Sight:
        """What the record holds in that field now, and the position: an input keeps it from when it showed the value."""
        return self.row(*slot[:2]).get(slot[2]), self.position

    def set(self, slot: Slot, raw: Raw, sight: Sight | None = None) -> None:
        """What an input now holds. `sight`: what it had shown before the person typed, where a sync may have come
        between the keys and here."""
        try:
            value, problem = inputs.parsed(self.words, slot[0], slot[2], raw, self.currency), ""
        except InvalidValue as bad:
            value, problem = None, bad.reason
        self._touch(slot, raw, value, problem, sight)

    def put(self, slot: Slot, value: Plain) -> None:
        """Sets a plain value from code."""
        self._touch(slot, inputs.shown(self.words, slot[0], slot[2], value, self.currency), value, "")

    def _touch(self, slot: Slot, raw: Raw, value: Plain, problem: str, sight: Sight | None = None) -> None:
        amounts = self._amounts() if slot == self._currency_slot else {}
        self._put(slot, raw, value, problem, sight)
        for other, text in amounts.items():  # as they read, now in the other currency
            self.set(other, text)
        self.tell()

    def _amounts(self) -> dict[Slot, Raw]:
        """What the inputs of the customer's amounts show."""
        fields = registry.entity("customer").fields
        slots = [("customer", self.customer_id, field.name) for field in fields if field.kind is Kind.MONEY]
        return {slot: text for slot in slots if (text := self.text(slot))}

    def _put(self, slot: Slot, raw: Raw, value: Plain, problem: str, sight: Sight | None) -> None:
        self.errors.pop(slot, None)
        stored = self.row(*slot[:2]).get(slot[2])
        before = self._cells.get(slot)
        seen, base = (before.seen, before.base) if before else sight or (stored, self.position)
        if not problem and (value == seen == stored or (value is None and stored == "")):
            self._cells.pop(slot, None)
            self._draft(FIELD, slot, None)
        else:
            self._cells[slot] = Cell(raw, value, problem, seen, base)
            self._draft(FIELD, slot, {"raw": raw, "seen": seen, "base": base})

    def take_theirs(self, slot: Slot) -> None:
        """Settles a clash: what the office wrote stays."""
        self._cells.pop(slot, None)
        self._draft(FIELD, slot, None)
        self.tell()

    def keep_mine(self, slot: Slot) -> None:
        """Settles a clash: what was typed here is saved over it, knowingly."""
        cell = self._cells[slot]
        cell.seen, cell.base = self.row(*slot[:2]).get(slot[2]), self.position
        self._draft(FIELD, slot, {"raw": cell.raw, "seen": cell.seen, "base": cell.base})
        self.tell()

    def create(self, entity: str, values: Row, record_id: str = "") -> str:
        """Begins a record; returns its id."""
        record_id = record_id or self.app.store.new_id()
        one = registry.entity(entity)
        self._new[(entity, record_id)] = {**{f.name: f.default for f in one.fields}, **values, "id": record_id}
        self._draft(NEW, (entity, record_id, ""), dict(values))
        self.tell()
        return record_id

    def remove(self, entity: str, record_id: str) -> None:
        """Removes a record when saved; one that was begun here just goes, with what hangs on it."""
        if (entity, record_id) not in self._new:
            self._removed[(entity, record_id)] = None
            self._draft(REMOVED, (entity, record_id, ""), True)
        else:
            for child in self._hanging(entity, record_id):
                self.remove(*child)
            self._forget(entity, record_id)
        self.tell()

    def bring_back(self, entity: str, record_id: str) -> None:
        """Takes a removal back."""
        self._removed.pop((entity, record_id), None)
        self._draft(REMOVED, (entity, record_id, ""), None)
        self.tell()

    def _hanging(self, entity: str, record_id: str) -> list[Record]:
        children = {child.name: child.parent for child in registry.children(entity)}
        return [pair for pair, row in self._new.items() if row.get(children.get(pair[0], "")) == record_id]

    def _forget(self, entity: str, record_id: str) -> None:
        self._new.pop((entity, record_id), None)
        for slot in [slot for slot in self._cells if slot[:2] == (entity, record_id)]:
            self._cells.pop(slot)
            self._draft(FIELD, slot, None)
        self._draft(NEW, (entity, record_id, ""), None)

    # -- listeners: forms and the save bar

    def listen(self, listener: Callable[[], None]) -> None:
        """Calls `listener` after every change of the session. It stops by raising nothing and being dropped with it."""
        self._listeners.append(listener)

    def unlisten(self, listener: Callable[[], None]) -> None:
        """Stops calling it."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def tell(self) -> None:
        """Something changed."""
        self._ask_who()
        for listener in tuple(self._listeners):
            listener()

    def _ask_who(self) -> None:
        if not self._over:
            clashing = [(slot, clash.theirs) for slot in self._cells if (clash := self.clash(slot))]
            self._writers.ask(clashing)

    async def refresh(self) -> None:
        """Reads the loaded records again: a sync or another tab changed the customer."""
        position, rows = await self.app.read(kept.current, self.customer_id, tuple(self._rows))
        if not self._over:
            self.position = position
            self._rows.update(rows)
            self.tell()

    # -- saving

    async def save(self) -> bool:
        """Saves everything in one transaction. False when something was refused: `errors` says what, nothing was saved.
        Raises MobilityError for what has no field (disk full, locked)."""
        self.errors = {
            slot: self.words.error(InvalidValue(slot[0], slot[2], cell.problem))
            for slot, cell in self._cells.items()
            if cell.problem and slot[:2] not in self._removed
        }
        if self.errors:
            self.tell()
            return False
        edits = Edits(
            {pair: self._as_saved(pair) for pair in self._new},
            {slot: cell for slot, cell in self._cells.items() if slot[:2] not in self._new},
            tuple(self._removed),
            tuple(mark.conflict.id for slot in self._cells if (mark := self.marks.get(slot)) and mark.conflict),
        )
        await self._written()
        try:
            await self.app.write(partial(self._keep, edits))
        except Refusal as refused:
            await self.refresh()  # what was changed meanwhile stands beside what was typed
            self.errors = {slot: self.words.error(error) for slot, error in refused.errors.items()}
            self.tell()
            return False
        self._over, self._cells, self._new, self._removed = True, {}, {}, {}
        return True

    def _keep(self, edits: Edits, tx: Writing) -> None:
        """Edits, drafts and the mark in one transaction: what is saved is never offered again."""
        edits.write(tx)
        if self.kept:
            kept.forgotten(tx, self.customer_id, self.editor)

    async def drop(self) -> None:
        """Ends the session: edits, drafts and the mark that the sheet is being edited go."""
        self._over = True
        self._pending.clear()
        await self._written()
        self._cells, self._new, self._removed = {}, {}, {}
        if self.kept:
            await self.app.act(kept.forget, self.customer_id, self.editor)

    # -- drafts

    async def begin(self) -> None:
        """Marks the sheet as being edited on this device."""
        if self._bars_files:
            await self.app.act(kept.begin, self.customer_id, self.editor)

    async def pause(self) -> None:
        """The sheet was left: drafts stay, the mark goes."""
        self._over = True
        await self._written()
        if self._bars_files and not self.app.locked:
            await self.app.act(kept.end, self.customer_id, self.editor)

    async def _written(self) -> None:
        if self._writer is not None:
            await asyncio.gather(self._writer, return_exceptions=True)

    def _draft(self, kind: str, slot: Slot, value: object) -> None:
        if not self.kept or self._over:
            return
        self._pending[" ".join((kind, *slot))] = None if value is None else json.dumps(value, ensure_ascii=False)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.ensure_future(self._write_drafts())

    async def _write_drafts(self) -> None:
        while self._pending:  # ends: each turn takes all there is, and people type slower than disks write
            batch, self._pending = self._pending, {}
            try:
                await self.app.act(kept.keep, self.customer_id, self.editor, batch, self.position)
            except MobilityError as error:
                self._say_trouble(self.words.error(error))
                return
        self._say_trouble("")

    def _say_trouble(self, text: str) -> None:
        if self.trouble != text:
            self.trouble = text
            self.tell()

    async def resume(self, left: Sequence[Draft]) -> None:
        """Takes up drafts of an earlier editor. They are kept under this one from now on, and only then forgotten."""
        for draft in left:
            kind, entity, record_id, name = draft.slot.split(" ", 3)
            value = json.loads(draft.value or "null")
            if kind == NEW:
                self.create(entity, value, record_id)
            elif kind == REMOVED:
                self._removed[(entity, record_id)] = None
                self._draft(REMOVED, (entity, record_id, ""), True)
            else:
                self._take_up((entity, record_id, name), value)
        self.tell()
        await self._written()
        if not self.trouble:
            await self.app.act(kept.discard, self.customer_id, left)

    def _take_up(self, slot: Slot, was: dict[str, object]) -> None:
        raw: Raw = was["raw"]  # type: ignore[assignment]
        self.set(slot, raw)
        cell = self._cells.get(slot)
        if cell is not None and slot[:2] not in self._new:
            cell.seen, cell.base = was["seen"], int(str(was["base"]))  # type: ignore[assignment]
            self._draft(FIELD, slot, was)
