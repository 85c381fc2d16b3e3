"""Ledger: HQ's one write door. Rows, record states, log, chain and scopes change in one transaction, or none of them.

A transaction collects entries and publishes them at its end: then, and only then, the head of each stream is taken,
so numbers are gap-free and in commit order, and nothing slow happens after. Judging is `judge.py`'s business; this
door believes its callers (judge, imports, the command line). What must be written along with the entries, such as the
mails about them (`outbox.py`), hangs on `along`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy

import msgspec
import orjson

from mobility_app.domain import clock, digests, registry
from mobility_app.domain.change import CREATE, DELETE, LOST, RESTORE, UPDATE, Entry, Patch, Row, link
from mobility_app.domain.fields import Entity, Merge, Plain, Scope, check
from mobility_app.domain.rules import checks
from mobility_app.errors import NotFound
from mobility_app.hq import digests as sums
from mobility_app.hq import scopes, states
from mobility_app.hq.exclusive import Exclusive
from mobility_app.hq.schema import HqDatabase
from mobility_app.hq.states import PENDING, State
from mobility_app.store.ids import uuid7
from mobility_app.store.records import Records, patch_columns

SALT_BYTES = 8


class Author(msgspec.Struct, frozen=True):
    """Who causes entries. Everything empty: HQ itself."""

    user_id: str | None = None
    device_id: str | None = None
    dseq: int | None = None
    stamp: int | None = None
    at: int | None = None


class Ledger:
    """HQ's records and their log."""

    def __init__(
        self, database: HqDatabase, *, now: Callable[[], int], random: Callable[[int], bytes], epoch: str = "",
        along: Callable[[Transaction], None] = lambda tx: None,
    ) -> None:  # fmt: skip
        self.database, self.now, self.random, self.along = database, now, random, along
        self.published: Callable[[], None] = lambda: None  # called after each commit that entered something
        with database.transaction() as session:
            session.run("INSERT INTO stream (id, head) VALUES (?, 0) ON CONFLICT (id) DO NOTHING", scopes.GLOBAL)
            session.run(
                "INSERT INTO hq_meta (k, v) VALUES ('epoch', ?) ON CONFLICT (k) DO NOTHING", epoch or self.new_id()
            )
            sums.complete(Records(database.engine, session.watch))

    def new_id(self) -> str:
        """A new record id."""
        return uuid7(self.now(), self.random)

    @contextmanager
    def reading(self) -> Iterator[Records]:
        """A consistent picture: one read transaction."""
        with self.database.reading() as session:
            yield Records(self.database.engine, session.watch)

    @contextmanager
    def transaction(self, author: Author | None = None, *, silent: bool = False) -> Iterator[Transaction]:
        """One HQ transaction, published at its end. `silent`: nobody is told about it (made data, what mail itself notes)."""
        with self.database.transaction() as session, self.database.applying(session):
            tx = Transaction(Records(self.database.engine, session.watch), self, author or Author())
            yield tx
            if not silent:
                self.along(tx)
            tx.publish()
        if tx.entries:
            self.published()


class Transaction(Records):
    """The verbs of the ledger, inside `Ledger.transaction`."""

    def __init__(self, session: Records, ledger: Ledger, author: Author) -> None:
        super().__init__(session.engine, session.watch)
        self.author, self.now = author, ledger.now()
        self._ledger = ledger
        self._exclusive = Exclusive(self)
        self._states: dict[str, State | None] = {}
        self._dirty: dict[str, None] = {}
        self._entries: list[Entry] = []
        self._inserts: list[tuple[str, str, Row]] = []
        self._puts: dict[tuple[str, str], Row] = {}  # (entity, id) -> what waits to be set
        self._rows: dict[tuple[str, str], Row] = {}  # what `foresee` read, kept true by `put` and `remove`
        self._members: dict[str, set[str]] = {}
        self._heads: dict[str, int] = {}  # stream -> its last number, as long as nothing is published
        self._kept: list[dict[str, State | None]] = []  # for each open attempt: states as they were before it
        self._moves: list[tuple[int, str, str, str]] = []  # (index of entry, scope, root, made | enters | leaves)

    # Rows just made and fields just set wait for the next statement or for the end: then they are written many at a time.
    def run(self, sql: str, *params: object) -> object:
        """Runs a statement after what waits was written."""
        self._flush()
        return super().run(sql, *params)

    def foresee(self, record_ids: Iterable[str]) -> None:
        """Reads what judging these records will ask for, a few statements for all: their states and rows, their
        customers, the companies of those."""
        self._foresee_states({one for one in record_ids if one not in self._states})
        known = [state for one in record_ids if (state := self._states.get(one)) is not None]
        roots = {state.root_id for state in known if state.root_id}
        self._foresee_states({root for root in roots if root not in self._states})
        wanted: dict[str, set[str]] = {"customer": roots}
        for one in record_ids:
            if (state := self._states.get(one)) is not None:
                wanted.setdefault(state.entity, set()).add(one)
        for entity, ids in wanted.items():
            self._foresee_rows(entity, ids)
        companies = {str(row["company_id"]) for (entity, _), row in self._rows.items() if entity == "customer"}
        self._foresee_rows("company", companies)

    def _foresee_states(self, ids: set[str]) -> None:
        self._states.update(dict.fromkeys(ids))
        self._states.update(states.read(self, ids))

    def _foresee_rows(self, entity: str, ids: set[str]) -> None:
        fresh = sorted(one for one in ids if (entity, one) not in self._rows)
        self._rows.update({(entity, str(row["id"])): row for row in self.find_among(entity, "id", fresh)})

    def get(self, entity: str, record_id: str) -> Row | None:
        """The record with its "id", or None."""
        found = self._rows.get((entity, record_id))
        return dict(found) if found is not None else super().get(entity, record_id)

    def put(self, entity: str, record_id: str, row: Row) -> None:
        """Sets fields of a record that exists."""
        self._puts.setdefault((entity, record_id), {}).update(row)
        if (entity, record_id) in self._rows:
            self._rows[entity, record_id].update(row)

    def remove(self, entity: str, record_id: str) -> None:
        """Deletes the record."""
        self._rows.pop((entity, record_id), None)
        super().remove(entity, record_id)

    def new_id(self) -> str:
        """A new record id."""
        return self._ledger.new_id()

    def create(self, entity: str, values: Row, record_id: str | None = None) -> str:
        """Adds a record, defaults filled in. Values are checked; InvalidValue, and NotAllowed for what would bill an
        exclusive product to another customer, leave nothing behind."""
        one, record_id = registry.entity(entity), record_id or self.new_id()
        row = {field.name: values.get(field.name, field.default) for field in one.fields}
        row = checks.settled(entity, {name: check(entity, one.field(name), value) for name, value in row.items()})
        self.add(entity, record_id, row, CREATE)
        return record_id

    def add(self, entity: str, record_id: str, row: Row, kind: str) -> None:
        """Adds a whole checked record: `create`, or `restore` of one that was deleted. Raises NotAllowed."""
        one = registry.entity(entity)
        self._exclusive.require(entity, row)
        root = self.root_of(entity, record_id, row)
        stream = self._stream(one, root, row, record_id)
        state = self.state(record_id) if kind == RESTORE or self._kept else None
        if kind != RESTORE or state is None:
            version = (PENDING, self._stamp(), self.author.device_id)
            state = State(entity, root, stream, PENDING, self.author.device_id, version, self.author.user_id)
            self._states[record_id] = state
        state.deleted, state.made = False, (PENDING, self._stamp(), self.author.device_id)
        state.versions = {}
        self._inserts.append((entity, record_id, {name: row.get(name) for name in one.names}))
        if entity == "product":
            self._exclusive.made(record_id, row)
        patch: Patch = {name: (None, row[name]) for name in one.names if row.get(name) is not None}
        self._enter(kind, entity, record_id, patch, state)
        if entity == "customer" and kind == CREATE:
            self._moves += [(len(self._entries) - 1, scope, record_id, "made") for scope in scopes.of_customer(row)]
            self._members[record_id] = scopes.of_customer(row)
        if entity == "company":
            super().run("INSERT INTO stream (id, head) VALUES (?, 0) ON CONFLICT (id) DO NOTHING", record_id)

    def update(self, entity: str, record_id: str, values: Row) -> None:
        """Sets fields of a record; equal values are left out. Raises NotFound, InvalidValue."""
        one, row = registry.entity(entity), self.get(entity, record_id)
        if row is None:
            raise NotFound(entity, record_id)
        wanted = {name: check(entity, one.field(name), value) for name, value in values.items()}
        after = checks.settled(entity, {**row, **wanted}, before=row)
        self.change(entity, record_id, row, {name: after[name] for name in one.names if after[name] != row.get(name)})

    def change(self, entity: str, record_id: str, row: Row, values: Row) -> None:
        """Sets checked values that differ from `row`, the record as it stands. Raises NotAllowed."""
        if "product_id" in values:
            self._exclusive.require(entity, {**row, **values})
        if entity == "document" and "customer_id" in values:
            self._exclusive.moved(record_id, values["customer_id"])
        state = self.state(record_id)
        assert state is not None
        if values:
            self.put(entity, record_id, values)
        if entity == "product":
            self._exclusive.made(record_id, {**row, **values})
        quiet = _quiet(entity, values)
        if not quiet:
            version = (PENDING, self._stamp(), self.author.device_id)
            state.versions.update(dict.fromkeys(values, version))
        patch: Patch = {name: (row.get(name), value) for name, value in values.items()}
        self._enter(UPDATE, entity, record_id, patch, state, version=not quiet)
        if entity == "customer" and {"territory_id", "shared"} & set(values):
            self._move(record_id, scopes.of_customer(row), scopes.of_customer({**row, **values}))

    def delete(self, entity: str, record_id: str) -> None:
        """Deletes one record. What hangs on it is the caller's to delete first."""
        row, state = self.get(entity, record_id), self.state(record_id)
        if row is None or state is None:
            raise NotFound(entity, record_id)
        self.remove(entity, record_id)
        state.deleted = True
        patch: Patch = {name: (row[name], None) for name in registry.entity(entity).names if row[name] is not None}
        self._enter(DELETE, entity, record_id, patch, state)

    def lost(self, entity: str, record_id: str, patch: Patch) -> None:
        """Notes values that lost against what stands: history shows them, folding passes over them."""
        state = self.state(record_id)
        assert state is not None
        self._enter(LOST, entity, record_id, patch, state, version=False)

    def lead(self, entity: str, record_id: str, to_id: str) -> None:
        """Notes that `record_id` was made twice and that the other one stays."""
        twin = self.state(to_id)
        assert twin is not None
        self.state(record_id)
        version = (PENDING, self._stamp(), self.author.device_id)
        self._states[record_id] = State(
            entity, twin.root_id, twin.stream, PENDING, self.author.device_id, version, self.author.user_id,
            deleted=True, leads_to=to_id,
        )  # fmt: skip
        self._dirty[record_id] = None
        self._enter(UPDATE, entity, to_id, {}, twin)

    def redirect(self, record_id: str, to_id: str) -> None:
        """Notes that a deleted record goes on as another one: what still comes for it is judged there."""
        state = self.state(record_id)
        assert state is not None
        state.leads_to = to_id
        self._dirty[record_id] = None

    def state(self, record_id: str) -> State | None:
        """What is remembered of a record, deleted ones included."""
        if record_id not in self._states:
            self._states[record_id] = states.read(self, [record_id]).get(record_id)
        state = self._states[record_id]
        if self._kept and record_id not in self._kept[-1]:  # whoever asks may change it
            self._kept[-1][record_id] = deepcopy(state)
        return state

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What this transaction has entered so far, not numbered yet."""
        return tuple(self._entries)

    def deleted_patch(self, record_id: str) -> Patch | None:
        """What this transaction's own delete of a record took away, if it did."""
        gone = [entry.patch for entry in self._entries if entry.record_id == record_id and entry.kind == DELETE]
        return gone[-1] if gone else None

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Work that is taken back whole when the block raises."""
        self._flush()
        kept = dict(self._dirty), dict(self._members), len(self._entries), len(self._moves)
        self._kept.append({})
        try:
            with self.savepoint():
                yield
                self._flush()
        except BaseException:
            self._inserts.clear()
            self._puts.clear()
            self._rows.clear()
            self._exclusive = Exclusive(self)
            self._states.update(self._kept.pop())
            self._dirty, self._members, entries, moves = kept
            del self._entries[entries:], self._moves[moves:]
            raise
        before = self._kept.pop()
        if self._kept:
            self._kept[-1] = {**before, **self._kept[-1]}

    def head(self, stream: str) -> int:
        """The last published number of a stream plus what this transaction will add."""
        return self.published(stream) + sum(entry.stream == stream for entry in self._entries)

    def published(self, stream: str) -> int:
        """The last published number of a stream. Whoever writes is alone, so it stays until this transaction publishes."""
        if stream not in self._heads:
            self._heads[stream] = int(self.value("SELECT head FROM stream WHERE id=?", stream) or 0)
        return self._heads[stream]

    def publish(self) -> None:
        """Numbers the entries, writes log, chain, scopes and states. The last thing a transaction does."""
        self._flush()
        counts = Counter(entry.stream for entry in self._entries)
        before: dict[str, int] = {}
        for stream in sorted(counts):
            head = self.value("UPDATE stream SET head=head+? WHERE id=? RETURNING head", counts[stream], stream)
            before[stream] = int(head) - counts[stream]
        tally = sums.Tally(self)
        moving = {root for _, _, root, _ in self._moves}
        stood = sums.scopes_of(self, moving)
        self._write_log(before, tally)
        self._write_states()
        still = {e.root_id: self._members.get(e.root_id, set()) for e in self._entries if e.root_id}
        tally.keep({**still, **{root: set() for root in moving}, **stood}, {**still, **sums.scopes_of(self, moving)})

    def _write_log(self, before: dict[str, int], tally: sums.Tally) -> None:
        done, links = dict.fromkeys(before, 0), dict[str, str]()
        log, told = list[tuple[Plain, ...]](), dict[tuple[str, int, str], tuple[Plain, ...]]()
        moves: dict[int, list[tuple[str, str, str]]] = {}
        for index, scope, root, how in self._moves:
            moves.setdefault(index, []).append((scope, root, how))
        keys = {entry.root_id or entry.stream for entry in self._entries}
        links.update(self.among("SELECT id, hash FROM chain WHERE id IN ({marks})", sorted(keys)))
        roots = {entry.root_id for entry in self._entries if entry.root_id} - set(self._members)
        self._members.update({root: set() for root in roots} | sums.scopes_of(self, roots))
        for index, entry in enumerate(self._entries):
            done[entry.stream] += 1
            seq, txn = before[entry.stream] + done[entry.stream], before[entry.stream] + 1
            key = entry.root_id or entry.stream
            entry = _numbered(entry, seq, txn, self._ledger.random(SALT_BYTES).hex())
            links[key] = link(links.get(key, ""), entry)
            log.append((*_log_row(entry), links[key]))
            for scope in self._scopes_of(entry):
                told[(scope, seq, "p")] = (scope, seq, "p", entry.root_id)
            for scope, root, how in moves.get(index, ()):
                if how != "made":
                    told[(scope, seq, "m")] = (scope, seq, "m", root)
                self._membership(scope, root, seq, how != "leaves")
            self._version(entry, seq)
            if entry.kind != LOST and (state := self._states[entry.record_id]) is not None:
                state.digest = (state.digest + tally.entry(entry)) % digests.MODULUS
        marks = ",".join("?" * 15)
        self.many(f"INSERT INTO log VALUES ({marks})", log)
        self.many("INSERT INTO scope_log (scope, seq, kind, root_id) VALUES (?, ?, ?, ?)", list(told.values()))
        self.many(
            "INSERT INTO chain (id, hash) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET hash=excluded.hash",
            list(links.items()),
        )

    def _membership(self, scope: str, root: str, seq: int, member: bool) -> None:
        self.run("DELETE FROM member WHERE scope=? AND root_id=?", scope, root)
        if member:
            self.run("INSERT INTO member (scope, root_id, since) VALUES (?, ?, ?)", scope, root, seq)

    def _version(self, entry: Entry, seq: int) -> None:
        state = self._states[entry.record_id]
        if state is None or entry.kind == LOST or (entry.kind == UPDATE and _quiet(entry.entity, entry.patch)):
            return
        state.seq, state.device_id = seq, entry.device_id
        version = (seq, entry.stamp, entry.device_id)
        if entry.kind in (CREATE, RESTORE):
            state.made, state.versions = version, {}
        elif entry.kind == UPDATE:
            state.versions.update(dict.fromkeys(entry.patch, version))

    def _write_states(self) -> None:
        rows: dict[str, State] = {}
        for record_id in self._dirty:
            state = self._states[record_id]
            assert state is not None
            if state.seq == PENDING:  # a redirect has no entry of its own
                state.seq = state.made[0] if state.made[0] != PENDING else 0
                state.made = (state.seq, *state.made[1:])
            rows[record_id] = state
        states.write(self, rows)

    def _enter(
        self, kind: str, entity: str, record_id: str, patch: Patch, state: State, *, version: bool = True
    ) -> None:
        by = self.author
        self._entries.append(Entry(
            state.stream, 0, 0, entity, record_id, state.root_id, kind, patch, self._stamp(), by.user_id,
            by.device_id, by.dseq, by.at if by.at is not None else self.now,
        ))  # fmt: skip
        self._dirty[record_id] = None
        if version:
            state.seq, state.device_id = PENDING, by.device_id

    def _stamp(self) -> int:
        return clock.first(self.now) if self.author.stamp is None else self.author.stamp

    def _move(self, root: str, old: set[str], new: set[str]) -> None:
        index = len(self._entries) - 1
        self._moves += [(index, scope, root, "enters") for scope in sorted(new - old)]
        self._moves += [(index, scope, root, "leaves") for scope in sorted(old - new)]
        self._members[root] = new | old  # the entry that moves a customer is still told to those who lose it: as a move

    def _scopes_of(self, entry: Entry) -> list[str]:
        one = registry.entity(entry.entity)
        if entry.root_id:
            return [scope for scope in sorted(self._members[entry.root_id]) if scopes.carries(scope, one)]
        return [scopes.GLOBAL if entry.stream == scopes.GLOBAL else scopes.of_company(entry.stream)]

    def _stream(self, one: Entity, root: str | None, row: Row, record_id: str) -> str:
        if root and one.name != "customer":
            state = self.state(root)
            assert state is not None, "a record hangs on a customer that was never made"
            return state.stream
        if one.scope is Scope.GLOBAL:
            return scopes.GLOBAL
        if one.name == "conflict":  # of a record that hangs on no customer: told where that record is told
            state = self.state(str(row["record_id"]))
            return state.stream if state else scopes.GLOBAL
        return str(row["company_id"])

    def _flush(self) -> None:
        waiting, self._inserts = self._inserts, []
        by_entity: dict[str, list[tuple[str, Row]]] = {}
        for entity, record_id, row in waiting:
            by_entity.setdefault(entity, []).append((record_id, row))
        for entity, records in by_entity.items():
            self.insert_many(entity, records)
        if self._puts:
            puts, self._puts = self._puts, {}
            self.put_many(puts)


def _quiet(entity: str, names: Iterable[str]) -> bool:
    """Whether only fields change that HQ alone derives: no news of the record to who deletes or edits it unseen."""
    fields = [registry.entity(entity).field(name) for name in names]
    return bool(fields) and all(field.derived and field.merge is Merge.HQ for field in fields)


def _numbered(entry: Entry, seq: int, txn: int, salt: str) -> Entry:
    return Entry(
        entry.stream, seq, txn, entry.entity, entry.record_id, entry.root_id, entry.kind, entry.patch, entry.stamp,
        entry.user_id, entry.device_id, entry.dseq, entry.at, salt,
    )  # fmt: skip


def _log_row(entry: Entry) -> tuple[Plain, ...]:
    patch = orjson.dumps(patch_columns(entry.entity, entry.patch)).decode()
    return (
        entry.stream, entry.seq, entry.txn, entry.entity, entry.record_id, entry.root_id, entry.kind, patch,
        entry.stamp, entry.user_id, entry.device_id, entry.dseq, entry.at, entry.salt,
    )  # fmt: skip
