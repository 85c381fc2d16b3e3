"""Entries of HQ's log, into the history and the rows: what a pulled page mostly is. Called by `apply.py`.

Most entries change a few fields of a record that stands here with nothing open over it. Those are worked on as columns:
only what differs is written, summed and looked at for the search. A record that came, went or lies under open changes is
folded whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import orjson

from mobility_app.domain import registry
from mobility_app.domain.change import CREATE, LOST, UPDATE, Entry, Row, fold
from mobility_app.domain.fields import Column, encode
from mobility_app.store import search, snapshot
from mobility_app.store.digests import Tally
from mobility_app.store.overlay import Pair, Pictures
from mobility_app.store.records import Records, patch_columns, same

Came = tuple[Entry, dict[str, str]]  # an entry, and what of it the reader was not given
Kept = tuple[Any, ...]  # a row of `entry`, in its order
KEPT_ENTITY, KEPT_RECORD, KEPT_ROOT = 3, 4, 5  # places in it

_INSERT = f"INSERT INTO entry VALUES ({','.join('?' * 16)})"
_place = itemgetter(0, 1)  # in the order of the table, pages are written once


@dataclass(slots=True)
class Taking:
    """What a transaction gathers while it takes what HQ said. `touched`: record -> its customer. `reworded`: customers
    whose words or whose place in the list may be others now."""

    session: Records
    pictures: Pictures
    tally: Tally = field(default_factory=Tally)
    touched: dict[Pair, str | None] = field(default_factory=dict)
    reworded: set[str] = field(default_factory=set)

    def moved(self, pair: Pair, names: Iterable[str]) -> None:
        """These fields of a record are seen otherwise now."""
        root = self.touched.get(pair)
        if root and search.reads(pair[0], names):
            self.reworded.add(root)

    def end(self) -> None:
        """Shows what lies under open changes, keeps the sums and notes whose words are to be read anew."""
        self.tally.keep(self.session)
        for pair, names in self.pictures.show().items():
            self.moved(pair, names)
        search.postpone(self.session, sorted(self.reworded))


def keep(session: Records, run: Sequence[Came]) -> list[Came]:
    """Keeps entries as history. Returns those that were not known."""
    fresh = _unknown(session, run)
    session.many(_INSERT, [_kept(entry, sealed) for entry, sealed in fresh])
    return fresh


def keep_late(session: Records, rows: Iterable[Kept]) -> None:
    """Keeps entries that are older than what stands here, the rows of the table as they are."""
    session.many(f"{_INSERT} ON CONFLICT DO NOTHING", sorted(rows, key=_place))


def take(taking: Taking, run: Sequence[Came]) -> None:
    """Keeps a run of entries as history and folds them into rows and pictures."""
    session = taking.session
    fresh = keep(session, run)
    if not fresh:
        return
    session.run("UPDATE ctx SET stamp=MAX(stamp, ?)", max(entry.stamp for entry, _ in fresh))
    bounds = snapshot.bounds(session, {entry.root_id for entry, _ in fresh if entry.root_id})
    for root in {entry.root_id for entry, _ in fresh if _first(entry) and entry.root_id in bounds}:
        session.run("UPDATE anchor SET floor_seq=0, floor_chain='', wanted=0 WHERE root_id=?", root)
    by_entity: dict[str, dict[str, list[Entry]]] = {}
    for entry, _ in fresh:
        if not _stands(bounds, entry):
            by_entity.setdefault(entry.entity, {}).setdefault(entry.record_id, []).append(entry)
            taking.touched[(entry.entity, entry.record_id)] = entry.root_id
    for entity, records in by_entity.items():
        under = taking.pictures.read(entity, records)
        edits = {one: found for one, found in records.items() if one not in under and _edits(found)}
        _edit(taking, entity, edits)
        whole = {one: found for one, found in records.items() if one not in edits}
        _fold(taking, entity, whole, under)


def _edits(found: list[Entry]) -> bool:
    """Whether a record's entries change fields of what stands, and count for nobody else than whoever sees the record."""
    return found[0].entity != "conflict" and all(entry.kind in (UPDATE, LOST) for entry in found)


def _edit(taking: Taking, entity: str, records: dict[str, list[Entry]]) -> None:
    """Sets fields of records that stand and that nothing is open of."""
    one = registry.entity(entity)
    places = {name: place for place, name in enumerate(one.names)}
    moved: dict[str, dict[str, Column]] = {}
    for record_id, columns in taking.session.columns(entity, records).items():
        wanted: dict[str, Column] = {}
        for entry in records[record_id]:
            if entry.kind == UPDATE:
                for name, sides in entry.patch.items():
                    wanted[name] = encode(one.field(name), sides[1])
        differing = {name: value for name, value in wanted.items() if not same(value, columns[places[name]])}
        if differing:
            moved[record_id] = differing
            taking.tally.edited(
                entity, record_id, [(name, columns[places[name]], value) for name, value in differing.items()]
            )
            taking.moved((entity, record_id), differing)
    taking.session.set_columns(entity, moved)


def _fold(taking: Taking, entity: str, records: dict[str, list[Entry]], under: dict[str, Row | None]) -> None:
    """Folds entries into whole records: into HQ's pictures of those that open changes lie over."""
    standing = [one for one, found in records.items() if one not in under and found[0].kind != CREATE]
    stood: dict[str, Row | None] = {str(row["id"]): row for row in taking.session.find_among(entity, "id", standing)}
    stood.update(under)
    plain: dict[str, Row | None] = {}
    for record_id, found in records.items():
        before = row = stood.get(record_id)
        for entry in found:
            row = fold(row, entry.kind, entry.patch)
        taking.tally.moved(entity, record_id, before, row)
        if record_id in under:
            taking.pictures.put(entity, record_id, row)
        else:
            plain[record_id] = row
    for record_id, names in taking.session.hold(entity, plain).items():
        taking.moved((entity, record_id), names)


def _first(entry: Entry) -> bool:
    """Whether nothing of its customer comes before it."""
    return entry.kind == CREATE and entry.entity == "customer"


def _stands(bounds: dict[str, tuple[int, int]], entry: Entry) -> bool:
    """Whether the rows came by a snapshot that has this entry in it already."""
    master, rest = bounds.get(entry.root_id or "", (0, 0))
    return entry.seq <= (master if registry.entity(entry.entity).shared else rest)


def _unknown(session: Records, run: Sequence[Came]) -> list[Came]:
    known: set[tuple[str, int]] = set()
    by_stream: dict[str, list[int]] = {}
    for entry, _ in run:
        by_stream.setdefault(entry.stream, []).append(entry.seq)
    for stream, seqs in by_stream.items():
        found = session.among("SELECT seq FROM entry WHERE stream=? AND seq IN ({marks})", seqs, stream)
        known |= {(stream, row[0]) for row in found}
    fresh, seen = [], set(known)
    for entry, sealed in run:
        if (entry.stream, entry.seq) not in seen:
            seen.add((entry.stream, entry.seq))
            fresh.append((entry, sealed))
    return fresh


def _kept(entry: Entry, sealed: dict[str, str]) -> tuple[object, ...]:
    return (
        entry.stream, entry.seq, entry.txn, entry.entity, entry.record_id, entry.root_id, entry.kind,
        orjson.dumps(patch_columns(entry.entity, entry.patch)).decode(), json.dumps(sealed) if sealed else None,
        entry.stamp, entry.user_id, entry.device_id, entry.dseq, entry.at, entry.salt, entry.chain,
    )  # fmt: skip
