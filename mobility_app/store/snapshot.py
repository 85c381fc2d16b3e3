"""A scope by snapshot, on the device: rows in bounded transactions, then the search index, then history, newest first.

`sync/first.py` fetches and calls; `apply.page` notes what HQ offers and what was taken. Parts are written in one
transaction with the place that was reached, so a kill anywhere goes on where it stood; nothing but the encrypted store
ever lies on the disk. A row of a snapshot stands for every entry up to its number: `anchor` remembers that number, and
entries up to it are kept as history and not folded again (`bounds`). Customers that this device knew before are compared
one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mobility_app.domain import registry
from mobility_app.domain.change import Row
from mobility_app.domain.digests import Sums, plus
from mobility_app.domain.fields import Column, decode
from mobility_app.store import capture, digests, overlay, search
from mobility_app.store.cursor import AWAITED, Cursor
from mobility_app.store.digests import Tally
from mobility_app.store.records import Records

INDEX_BATCH = 60  # customers whose words are read at once: about 5 ms
INDEX_MOST = 20  # batches of them in one transaction
# Rows of one entity from which on its trigger is taken off for a transaction of several parts: it costs 3 us a row. Every
# other connection then reads the schema anew, 3 ms at its next statement: not for a single part, while somebody saves.
MUTE_LEAST = 200

Pair = tuple[str, str]  # (entity, record id)


@dataclass(frozen=True, slots=True)
class Arriving:
    """A snapshot that is being taken: `piece` and `part` are the next ones, `done` customers of `customers` are here."""

    scope: str
    stream: str
    seq: int
    customers: int
    pieces: int
    piece: int
    part: int
    done: int
    lost: int


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one entity in columns, `names` first "id" (`sync.frames.Table`)."""

    entity: str
    names: Sequence[str]
    values: Sequence[Sequence[Column]]


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a snapshot: whole customers (`sync.frames.Part`). `made`: (root, record, user, at). `sums`: what its
    rows add to the digests."""

    roots: Sequence[str]
    chains: Sequence[str]
    last: Sequence[int]
    tables: Sequence[Rows]
    made: Sequence[tuple[str, str, str | None, int]]
    sums: Sums


# -- what is on its way


def note(session: Records, offers: Mapping[str, tuple[str, int, int, int]], first: Sequence[str]) -> None:
    """Notes offers, scope -> (stream, seq, customers, pieces). The scopes of `first` come first, in that order."""
    turns = {scope: turn for turn, scope in enumerate(first)}
    for scope, (stream, seq, customers, pieces) in offers.items():
        session.run(
            "INSERT INTO arriving (scope, stream, seq, customers, pieces, turn) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (scope) DO UPDATE SET stream=excluded.stream, seq=excluded.seq, customers=excluded.customers,"
            " pieces=excluded.pieces, piece=0, part=0, done=0, lost=0, turn=excluded.turn",
            scope, stream, seq, customers, pieces, turns.get(scope, len(turns)),
        )  # fmt: skip


def settle(session: Records, cursor: Cursor) -> None:
    """Forgets what HQ no longer waits for: it was taken, lost, or is no longer this device's."""
    for scope, seq in session.rows("SELECT scope, seq FROM arriving"):
        if cursor.scopes.get(scope) != (seq, AWAITED):
            session.run("DELETE FROM arriving WHERE scope=?", scope)


def arriving(session: Records) -> list[Arriving]:
    """Snapshots that are being taken, in their order."""
    rows = session.rows(
        "SELECT scope, stream, seq, customers, pieces, piece, part, done, lost FROM arriving ORDER BY turn, scope"
    )
    return [Arriving(*row) for row in rows]


def lose(session: Records, scope: str) -> None:
    """HQ no longer has that snapshot."""
    session.run("UPDATE arriving SET lost=1 WHERE scope=?", scope)


# -- rows


def take(
    session: Records, at: Arriving, parts: Sequence[Slice], of: int, me: str, enough: Callable[[], bool]
) -> tuple[int, frozenset[str]]:
    """Writes the next parts of a piece that has `of`, and moves the place; ends after a part when it is `enough`. `me`: the
    user whose activities are told apart. Call with `applying` set. Returns (how many parts, the customers); none where another
    place was reached meanwhile."""
    here = session.one("SELECT piece, part FROM arriving WHERE scope=? AND seq=?", at.scope, at.seq)
    if here != (at.piece, at.part):
        return 0, frozenset()
    rows = Counter[str]()
    for one in (one for part in parts for one in part.tables):
        rows[one.entity] += len(one.values[0])
    count, roots, sums = 0, set[str](), dict[str, int]()
    muted = [entity for entity, many in rows.items() if many >= MUTE_LEAST] if len(parts) > 1 else []
    with capture.muted(session, muted):
        for part in parts:
            sums = plus(sums, _take(session, at, part, me))
            roots.update(part.roots)
            count += 1
            if enough():
                break
    kept = digests.read(session)
    digests.write(session, plus({name: kept.get(name, 0) for name in sums}, sums))
    last = at.part + count == of
    session.run(
        "UPDATE arriving SET piece=?, part=?, done=done+? WHERE scope=?",
        at.piece + last, 0 if last else at.part + count, len(roots), at.scope,
    )  # fmt: skip
    return count, frozenset(roots)


def _take(session: Records, at: Arriving, part: Slice, me: str) -> Sums:
    """Writes a part. Returns what is still to be added to the kept sums."""
    known = _known(session, part)
    based = _lain_over(session, part)
    if known or based:
        _compare(session, at, part, known, based)
    else:
        for one in part.tables:
            _insert(session, one)
    fresh = [each for each in zip(part.roots, part.chains, part.last, strict=True) if each[0] not in known]
    _anchor(session, at, fresh, {str(key) for one in part.tables if one.entity == "customer" for key in one.values[0]})
    _keep_makers(session, part, me)
    return {} if known or based else part.sums


def _insert(session: Records, one: Rows, only: Sequence[int] | None = None) -> None:
    """Adds rows; columns and kinds of record that this version does not know are left out."""
    described = registry.BY_NAME.get(one.entity)
    if described is None:
        return
    kept = [at for at, name in enumerate(one.names) if name == "id" or name in described.names]
    columns = [one.values[at] for at in kept]
    if only is not None:
        columns = [[column[at] for at in only] for column in columns]
    names = ",".join(one.names[at] for at in kept)
    sql = f'INSERT INTO "{one.entity}" ({names}) VALUES ({",".join("?" * len(kept))})'
    session.many(sql, zip(*columns, strict=True))


def _known(session: Records, part: Slice) -> set[str]:
    """Customers of the part of which this device holds or held anything."""
    found = session.among("SELECT root_id FROM anchor WHERE root_id IN ({marks})", part.roots)
    found += session.among("SELECT DISTINCT root_id FROM entry WHERE root_id IN ({marks})", part.roots)
    found += session.among("SELECT id FROM customer WHERE id IN ({marks})", part.roots)
    return {row[0] for row in found}


def _lain_over(session: Records, part: Slice) -> set[Pair]:
    """Records of the part that open changes lie over: of a new customer, what was saved here hangs on none of its rows."""
    covered = overlay.covered(session)
    if not covered:
        return set()
    return covered & {(one.entity, str(key)) for one in part.tables for key in one.values[0]}


def _anchor(session: Records, at: Arriving, roots: Iterable[tuple[str, str, int]], standing: set[str]) -> None:
    whole = at.seq if _whole(at) else 0
    session.many(
        "INSERT INTO anchor VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (root, at.seq, whole, chain, at.seq + 1, chain, int(root in standing and chain != ""), newest)
            for root, chain, newest in roots
        ],
    )


def _whole(at: Arriving) -> bool:
    """Whether that scope carries everything of a customer, not its master data alone."""
    return at.scope.startswith("t:")


def _keep_makers(session: Records, part: Slice, me: str) -> None:
    """Who made requests and files is shown; of activities it matters whether it was this user."""
    others = {str(key) for one in part.tables if one.entity == "activity" for key in one.values[0]}
    rows = [row for row in part.made if row[2] == me or row[1] not in others]
    session.many("INSERT OR REPLACE INTO made VALUES (?, ?, ?, ?)", rows)


# -- customers that were here before


def _compare(session: Records, at: Arriving, part: Slice, known: set[str], based: set[Pair]) -> None:
    """Rows of known customers replace what is older than the snapshot; rows under open changes go into their pictures."""
    roots, tally = _roots(part), Tally()
    replaced = {root: _older(session, at, root) for root in known}
    came: dict[str, dict[Pair, Row]] = {root: {} for root in known}
    for one in part.tables:
        described = registry.BY_NAME.get(one.entity)
        if described is None:
            continue
        plain = list[int]()
        for place, key in enumerate(one.values[0]):
            pair = (one.entity, str(key))
            if roots[pair] not in known and pair not in based:
                plain.append(place)
            values = {name: column[place] for name, column in zip(one.names, one.values, strict=True)}
            row = {field.name: decode(field, values.get(field.name)) for field in described.fields}
            if plain and plain[-1] == place:
                tally.moved(*pair, None, row)
                continue
            if roots[pair] in known:
                came[roots[pair]][pair] = row
            else:
                _put(session, pair, row, based, tally)
        _insert(session, one, plain)
    for root, rows in came.items():
        _replace(session, root, rows, replaced[root], based, tally)
    tally.keep(session)
    chains = {root: (chain, last) for root, chain, last in zip(part.roots, part.chains, part.last, strict=True)}
    for root in known:
        _again(session, at, root, *chains[root], replaced[root], standing=("customer", root) in came[root])


def _roots(part: Slice) -> dict[Pair, str]:
    """The customer of each record: parents come before what hangs on them."""
    found: dict[Pair, str] = {}
    for one in part.tables:
        described = registry.BY_NAME.get(one.entity)
        if described is None:
            continue
        keys = one.values[0]
        if one.entity == "customer":
            found |= {("customer", str(key)): str(key) for key in keys}
            continue
        parent = described.field(described.parent).refers
        for key, above in zip(keys, one.values[list(one.names).index(described.parent)], strict=True):
            found[(one.entity, str(key))] = str(above) if parent == "customer" else found[(parent, str(above))]
    return found


def _older(session: Records, at: Arriving, root: str) -> dict[bool, bool]:
    """For master data (True) and the rest (False): whether the snapshot is to replace what this device has of them."""
    newest = {True: 0, False: 0}
    for entity, seq in session.rows("SELECT entity, MAX(seq) FROM entry WHERE root_id=? GROUP BY entity", root):
        shared = registry.entity(entity).shared
        newest[shared] = max(newest[shared], seq)
    bound = session.one("SELECT seq, whole_seq FROM anchor WHERE root_id=?", root)
    if bound:
        newest = {True: max(newest[True], bound[0]), False: max(newest[False], bound[1])}
    return {True: at.seq >= newest[True], False: _whole(at) and at.seq >= newest[False]}


def _replace(
    session: Records, root: str, rows: dict[Pair, Row], replaced: dict[bool, bool], based: set[Pair], tally: Tally
) -> None:
    standing = {*session.under("customer", root), ("customer", root)}
    standing |= overlay.covered(session, root)
    for pair in [*standing, *(pair for pair in rows if pair not in standing)]:
        if replaced[registry.entity(pair[0]).shared]:
            _put(session, pair, rows.get(pair), based, tally)


def _put(session: Records, pair: Pair, row: Row | None, based: set[Pair], tally: Tally) -> None:
    kept, stood = overlay.base(session, *pair)
    tally.moved(*pair, stood if kept else session.get(*pair), row)
    if pair in based:
        pictures = overlay.Pictures(session)
        pictures.read(pair[0], [pair[1]])
        pictures.put(*pair, row)
        pictures.show()
    else:
        session.hold(pair[0], {pair[1]: row})


def _again(
    session: Records, at: Arriving, root: str, chain: str, last: int, replaced: dict[bool, bool], *, standing: bool
) -> None:
    """The anchor of a customer that was known. Where its rows are the snapshot's now, so is its history's beginning."""
    session.run(
        "INSERT INTO anchor VALUES (?, 0, 0, '', 0, '', 0, 0) ON CONFLICT (root_id) DO NOTHING", root
    )  # fmt: skip
    if replaced[True]:
        session.run("UPDATE anchor SET seq=? WHERE root_id=?", at.seq, root)
    if replaced[False]:
        # Master data that is newer than the snapshot stays with its entries: without them, they would be folded in again.
        gone = [one.name for one in registry.ENTITIES if replaced[one.shared]]
        session.among("DELETE FROM entry WHERE root_id=? AND seq<=? AND entity IN ({marks})", gone, root, at.seq)
        session.run(
            "UPDATE anchor SET whole_seq=?, chain=?, floor_seq=?, floor_chain=?, wanted=?, last=? WHERE root_id=?",
            at.seq, chain, at.seq + 1, chain, int(standing and chain != ""), last, root,
        )  # fmt: skip


def bounds(session: Records, roots: Iterable[str]) -> dict[str, tuple[int, int]]:
    """root -> (number up to which its master data's rows stand for the entries, the same for the rest)."""
    found = session.among("SELECT root_id, seq, whole_seq FROM anchor WHERE root_id IN ({marks})", roots)
    return {row[0]: (row[1], row[2]) for row in found}


def forget(session: Records, root: str, *, narrow: bool = False) -> None:
    """The customer leaves, or keeps its master data alone."""
    session.run("DELETE FROM made WHERE root_id=?", root)
    if narrow:
        session.run("UPDATE anchor SET whole_seq=0, wanted=0 WHERE root_id=?", root)
    else:
        session.run("DELETE FROM anchor WHERE root_id=?", root)


def forget_everything(session: Records) -> None:
    """HQ begins anew with this device."""
    for table in ("arriving", "anchor", "made"):
        session.run(f"DELETE FROM {table}")


# -- search and history


def index(session: Records, after: str, enough: Callable[[], bool]) -> str:
    """Reads the words of some customers that no index holds yet, the first after that id, until it is `enough`. Returns
    the last one's id, empty where none is left."""
    for _ in range(INDEX_MOST):
        rows = session.rows(
            "SELECT c.id FROM customer c WHERE c.id>? AND NOT EXISTS"
            " (SELECT 1 FROM search_row r WHERE r.customer_id=c.id) ORDER BY c.id LIMIT ?",
            after, INDEX_BATCH,
        )  # fmt: skip
        search.refresh(session, [row[0] for row in rows])
        after = str(rows[-1][0]) if rows else ""
        if not after or enough():
            break
    return after


def unread(session: Records) -> bool:
    """Whether customers stand here that no index holds."""
    return bool(session.value(
        "SELECT EXISTS (SELECT 1 FROM customer c WHERE NOT EXISTS"
        " (SELECT 1 FROM search_row r WHERE r.customer_id=c.id))"
    ))  # fmt: skip


def wanting(session: Records, most: int) -> dict[str, int]:
    """Customers whose history is still to come, the most recently changed first -> the number before which."""
    rows = session.rows(
        "SELECT root_id, floor_seq FROM anchor INDEXED BY anchor_wanted WHERE wanted ORDER BY last DESC LIMIT ?", most
    )
    return dict(rows)


def reached(session: Records, asked: Mapping[str, int], floors: Mapping[str, tuple[int, str, bool]]) -> None:
    """Moves the floors of customers whose history came: root -> the number that was asked for, and where it is now."""
    session.many(
        "UPDATE anchor SET floor_seq=?, floor_chain=?, wanted=? WHERE root_id=? AND floor_seq=?",
        [(*floors[root], root, before) for root, before in asked.items()],
    )


def unanswered(session: Records, roots: Iterable[str]) -> None:
    """Customers that HQ says nothing of: they are not asked for again."""
    session.many("UPDATE anchor SET wanted=0 WHERE root_id=?", [(root,) for root in roots])
