"""Pages without what the device can work out: what a field held before, and the chain.

HQ leaves out of a line (`columns.thinned`) what the device must hold to make it: of an edit the values before, which are those
of its own record, of an edit that the device sent itself all that it said, and of every line the chain's hash, which follows
from the line and the one before it of the same customer. It does so for
those alone who see every line of the customer. One hash over all that was left out says whether the device came to the same;
else it asks for the page again, whole. So what a device takes this way it has verified, which it does of no other page.

Half of a page of edits were these two, measured 2026-11-25: 35 of 102 bytes an edit the chain, 16 what was before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import orjson

from mobility_app.domain import registry
from mobility_app.domain.change import CREATE, LOST, RESTORE, UPDATE, Entry, link
from mobility_app.domain.fields import Column
from mobility_app.store import overlay
from mobility_app.store.entries import Came
from mobility_app.store.records import Records, patch_plain, same
from mobility_app.sync.columns import LeanEntries, Line, check, lines, to_entries

Pair = tuple[str, str]  # (entity, record id)
_NOTHING: dict[str, Column] = {}


class Differs(Exception):
    """What was worked out is not what HQ has: the page is wanted whole."""


def filled(session: Records, columns: LeanEntries) -> Iterable[Came]:
    """The entries of a page as HQ has them, lean ones made whole by what lies here. Raises Differs where that is not what
    HQ has, Unreachable where the columns do not fit together."""
    return _Filling(session, columns).run(columns) if columns.check else to_entries(columns)


class _Filling:
    """Makes the lean lines of one page whole, in order. HQ's picture of a record is moved by the thread that syncs alone:
    so this may be done before the transaction that takes the page, without keeping anybody from saving."""

    def __init__(self, session: Records, columns: LeanEntries) -> None:
        self._session = session
        self._page = self._with_own(list(lines(columns, columns.patch)))
        lean = [line for line in self._page if not line[14]]
        self._known = self._kept(lean)
        self._links = self._heads(lean)
        self._places: dict[str, dict[str, int]] = {}
        self._columns: dict[Pair, tuple[Column, ...]] = {}  # what the tables show
        self._moved: dict[Pair, dict[str, Column]] = {}  # where HQ's picture is another than that
        self._stand(lean)

    def run(self, columns: LeanEntries) -> list[Came]:
        """The entries, with what of them the reader was not given."""
        found, chains = list[Came](), list[str]()
        for place, line in enumerate(self._page):
            stream, seq, txn, entity, record_id, root, kind, patch, *rest = line
            key = root or stream
            if not rest[-1] and kind == UPDATE:
                patch = self._sides(entity, record_id, patch)
            self._fold(entity, record_id, kind, patch)
            plain = patch_plain(entity, patch)
            entry = Entry(stream, seq, txn, entity, record_id, root, kind, plain, *rest)
            if not entry.chain:
                chain = self._known.get((stream, seq)) or link(self._links.get(key, ""), entry)
                chains.append(chain)
                entry = msgspec.structs.replace(entry, chain=chain)
            self._links[key] = entry.chain
            found.append((entry, columns.sealed.get(str(place), {})))
        if check(chains) != columns.check:
            raise Differs
        return found

    def _with_own(self, page: list[Line]) -> list[Line]:
        """The lines, those that name nothing but a change of this device with what it said."""
        own = [line[11] for line in page if not line[3]]
        if not own:
            return page
        sql = "SELECT dseq, entity, record_id, root_id, patch, stamp, at FROM change WHERE dseq BETWEEN ? AND ?"
        said = {row[0]: row[1:] for row in self._session.rows(sql, min(own), max(own))}
        found = list[Line]()
        for line in page:
            if not line[3]:
                if line[11] not in said:
                    raise Differs
                entity, record_id, root, text, stamp, at = said[line[11]]
                patch = {name: (before, after) for name, (before, after) in orjson.loads(text).items()}
                line = (*line[:3], entity, record_id, root, UPDATE, patch, stamp, *line[9:12], at, *line[13:])
            found.append(line)
        return found

    def _sides(self, entity: str, record_id: str, patch: dict[str, Any]) -> dict[str, tuple[Column, Column]]:
        """The patch of a lean edit, whole. What this device replaced itself is what HQ replaced, unless HQ's picture moved
        since; of a group, which it sent whole, HQ's log holds what became another."""
        moved = self._moved.get((entity, record_id), _NOTHING)
        found: dict[str, tuple[Column, Column]] = {}
        for name, after in patch.items():
            if type(after) is not tuple:
                found[name] = (moved[name] if name in moved else self._shown(entity, record_id, name), after)
                continue
            before, after = moved.get(name, after[0]), after[1]
            if not same(before, after):
                found[name] = (before, after)
        return found

    def _shown(self, entity: str, record_id: str, name: str) -> Column:
        columns = self._columns.get((entity, record_id))
        return columns[self._places[entity][name]] if columns else None

    def _fold(self, entity: str, record_id: str, kind: str, patch: dict[str, Any]) -> None:
        if kind in (CREATE, RESTORE):
            self._columns.pop((entity, record_id), None)
            self._moved[entity, record_id] = {}
        elif kind == LOST:
            return
        self._moved.setdefault((entity, record_id), {}).update({name: sides[1] for name, sides in patch.items()})

    def _kept(self, lean: list[Line]) -> dict[tuple[str, int], str]:
        """The chain of those lines that lie here already: of a page that was taken in part, or came twice."""
        found: dict[tuple[str, int], str] = {}
        for stream, numbers in _grouped((line[0], line[1]) for line in lean):
            sql = "SELECT seq, chain FROM entry WHERE stream=? AND seq BETWEEN ? AND ?"
            kept = self._session.rows(sql, stream, min(numbers), max(numbers))
            found.update({(stream, seq): chain for seq, chain in kept})
        return found

    def _heads(self, lean: list[Line]) -> dict[str, str]:
        """Each customer's chain before its first lean line."""
        first: dict[str, Line] = {}
        for line in lean:
            first.setdefault(line[5] or line[0], line)
        found = {
            root: (seq, chain)
            for root, seq, chain in self._session.among(
                "SELECT root_id, whole_seq, chain FROM anchor WHERE whole_seq > 0 AND root_id IN ({marks})", first
            )
            if seq < first[root][1]
        }
        newest = self._session.among(
            "SELECT e.root_id, e.seq, e.chain FROM (SELECT stream, MAX(seq) AS seq FROM entry WHERE root_id IN ({marks})"
            " GROUP BY root_id, stream) m CROSS JOIN entry e ON e.stream = m.stream AND e.seq = m.seq",
            first,
        )
        before = "SELECT seq, chain FROM entry WHERE root_id=? AND stream=? AND seq<? ORDER BY seq DESC LIMIT 1"
        for root, seq, chain in newest:
            if seq >= first[root][1]:  # its lines, or newer ones, lie here
                seq, chain = self._session.one(before, root, *first[root][:2]) or (0, "")
            if seq > found.get(root, (0, ""))[0]:
                found[root] = (seq, chain)
        return {root: chain for root, (_, chain) in found.items()}

    def _stand(self, lean: list[Line]) -> None:
        """Reads what HQ confirmed of the records that lean edits change, as columns hold it."""
        edits, own = list[Pair](), list[Pair]()
        for line in lean:
            if line[6] == UPDATE:
                sent = any(type(after) is tuple for after in line[7].values())
                (own if sent else edits).append((line[3], line[4]))
        for entity, ids in _grouped(edits):
            self._places[entity] = {name: place for place, name in enumerate(registry.entity(entity).names)}
            stand = self._session.columns(entity, dict.fromkeys(ids))
            self._columns.update({(entity, record_id): columns for record_id, columns in stand.items()})
            self._lies_under(entity, ids)
        for entity, ids in _grouped(own):
            self._lies_under(entity, overlay.apart(self._session, entity, ids))

    def _lies_under(self, entity: str, ids: Iterable[str]) -> None:
        for record_id, replaced in overlay.replaced(self._session, entity, ids).items():
            if replaced is None:
                self._columns.pop((entity, record_id), None)
            else:
                self._moved[entity, record_id] = replaced


def _grouped(pairs: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, list[Any]]]:
    found: dict[str, list[Any]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    yield from found.items()
