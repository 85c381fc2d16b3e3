"""What came from HQ, into the store: verdicts and pages, each in one transaction with the cursor.

Nothing here is captured: `applying` is set for the whole transaction, and reset as its last statement. Entries are kept
as history and folded into the rows; a row with open changes over it is folded in its base picture and shown anew.
Applying the same page twice changes nothing: an entry is known by (stream, number).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from mobility_app.domain import registry
from mobility_app.domain.change import ACCEPTED, CREATE, LIVE, OPEN, REJECTED, SENT, Entry, Row, fold
from mobility_app.store import again, identity, leaving, overlay, search, snapshot
from mobility_app.store.aggregates import belonging
from mobility_app.store.cursor import Cursor
from mobility_app.store.digests import Tally, forget
from mobility_app.store.records import Records, patch_columns
from mobility_app.store.store import Store, Touched

PARTINGS = frozenset({"leave", "narrow", "forget"})
PAST_STEP = 250  # entries of late history, after which it may end for who waits: about 5 ms
_LIVE = ",".join(f"'{state}'" for state in LIVE)


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict as the store keeps it (`sync.protocol.WireVerdict`)."""

    dseq: int
    state: str
    reason: str
    fields: dict[str, tuple[str, str]]
    stream: str
    seq: int


@dataclass(slots=True)
class Page:
    """A pulled page in plain values. Steps are entries or ("leave" | "narrow" | "forget" | "leads", id), in order. `more`: others
    follow. `offers`: as `snapshot.note` takes them."""

    cursor: Cursor
    actor: dict[str, object]
    steps: list[tuple[str, Entry | str, dict[str, str]]] = field(default_factory=list)
    reset: bool = False
    more: bool = False
    common: int | None = None  # after a restore of HQ: up to which number of any stream both lives tell the same
    offers: dict[str, tuple[str, int, int, int]] = field(default_factory=dict)


@contextmanager
def applying(store: Store) -> Iterator[Records]:
    """A transaction in which nothing is captured: what HQ said is no change of the device."""
    with store.transaction() as session:
        session.run("UPDATE ctx SET applying=1")
        yield session
        session.run("UPDATE ctx SET applying=0")


def sent(store: Store, dseqs: list[int]) -> None:
    """Notes that these changes were on the way to HQ: from now on they may have arrived."""
    with store.transaction() as session:
        session.run("UPDATE change SET state=? WHERE state=? AND dseq BETWEEN ? AND ?", SENT, OPEN, dseqs[0], dseqs[-1])


def verdicts(store: Store, said: Iterable[Said]) -> Touched:
    """Keeps HQ's answers. An accepted change stays over the row until the pull has passed it; a refused one is taken
    off at once and stays readable with its reason."""
    with applying(store) as session:
        touched: dict[tuple[str, str], str | None] = {}
        left = False
        taken_back: set[str] = set()  # customers that show other words without what was refused, or are gone
        answers = {
            one.dseq: one for one in said if not again.said(session, one.dseq, one.state, one.reason, one.fields)
        }
        sql = "SELECT dseq, entity, record_id, root_id FROM change WHERE state IN (?, ?) AND dseq IN ({marks})"
        noted: list[tuple[object, ...]] = []
        for dseq, entity, record_id, root_id in session.among(sql, answers, OPEN, SENT):
            one = answers[dseq]
            note = json.dumps({"state": one.state, "reason": one.reason, "fields": one.fields})
            touched[(entity, record_id)] = root_id
            if one.state == REJECTED:
                noted.append((REJECTED, note, None, None, dseq))
                taken_back |= {root_id} if root_id else set()
                if root_id and not session.value("SELECT 1 FROM customer WHERE id=?", root_id):
                    leaving.alone(session, dseq)  # it left while this was on the way
                    left = True
                continue
            _keep_refused_part(session, one)
            noted.append((ACCEPTED, note, one.stream, one.seq, dseq))
        session.many("UPDATE change SET state=?, verdict=?, out_stream=?, out_seq=? WHERE dseq=?", noted)
        _close_passed(session, Cursor.read(session), touched, store.now(), whole=False)
        overlay.recompute(session, touched)
        search.refresh(session, sorted(taken_back))
        result = _touched(touched)
    if left:
        _fold_in(store)
    store.tell(result)
    return result


def _fold_in(store: Store) -> None:
    """Empties the write-ahead log: what was just forgotten lies in it still."""
    with store.reading() as session:
        session.run("PRAGMA wal_checkpoint(TRUNCATE)")


def _keep_refused_part(session: Records, one: Said) -> None:
    """Of a change that HQ took in part: the refused fields, kept under the negative number for the rep to see."""
    refused = {name: fate for name, fate in one.fields.items() if fate[0] == REJECTED}
    if not refused:
        return
    patch = json.loads(session.value("SELECT patch FROM change WHERE dseq=?", one.dseq))
    session.run(
        "INSERT INTO change (dseq, tx, entity, record_id, root_id, kind, patch, base, stamp, user_id, at, atomic, state,"
        " verdict) SELECT -dseq, tx, entity, record_id, root_id, kind, ?, base, stamp, user_id, at, atomic, ?, ?"
        " FROM change WHERE dseq=?",
        json.dumps({name: patch[name] for name in refused if name in patch}, ensure_ascii=False),
        REJECTED,
        json.dumps({"state": REJECTED, "reason": next(iter(refused.values()))[1], "fields": refused}),
        one.dseq,
    )


def page(store: Store, came: Page) -> Touched:
    """Applies a page and its cursor. Returns what changed, after telling the listeners."""
    with applying(store) as session:
        touched: dict[tuple[str, str], str | None] = {}
        tally = Tally()
        if came.reset:
            _forget_everything(session, touched)
            if came.common is not None:  # typed since the last push, on what a life of HQ told that is over
                session.run("UPDATE change SET base=MIN(base, ?) WHERE state=?", came.common, OPEN)
        run: list[tuple[Entry, dict[str, str]]] = []
        for what, subject, sealed in came.steps:
            if isinstance(subject, Entry):
                run.append((subject, sealed))
                continue
            _entries(session, run, touched, tally)
            run = []
            if what == "leads":
                _lead(session, subject, sealed["to"])
                continue
            part(session, what, subject, touched, tally)
        _entries(session, run, touched, tally)
        tally.keep(session)
        came.cursor.keep(session)
        snapshot.note(session, came.offers, _own_territories(came.actor))
        snapshot.settle(session, came.cursor)
        identity.set_meta(session, "actor", json.dumps(came.actor))
        _close_passed(session, came.cursor, touched, store.now(), whole=not came.more)
        overlay.recompute(session, touched)
        search.refresh(session, sorted({root for root in touched.values() if root}))
        result = _touched(touched)
    if any(what in PARTINGS for what, _, _ in came.steps) or came.reset:
        _fold_in(store)
    store.tell(result)
    return result


def caught_up(store: Store) -> None:
    """Nothing more comes: changes that HQ took leave the overlay though their entries are none that the device gets."""
    with store.reading() as session:
        if not session.value("SELECT 1 FROM change WHERE state=? LIMIT 1", ACCEPTED):
            return
    with applying(store) as session:
        touched: dict[tuple[str, str], str | None] = {}
        _close_passed(session, Cursor.read(session), touched, store.now(), whole=True)
        overlay.recompute(session, touched)
        search.refresh(session, sorted({root for root in touched.values() if root}))
    store.tell(_touched(touched))


def _own_territories(actor: dict[str, object]) -> list[str]:
    """The scopes that the user works in most, first."""
    found = actor.get("territory_ids")
    return [f"t:{one}" for one in found] if isinstance(found, list) else []


def past(
    store: Store, asked: dict[str, int], found: list[tuple[Entry, dict[str, str]]],
    floors: dict[str, tuple[int, str, bool]],
) -> None:  # fmt: skip
    """Keeps history that the device asked for and moves how far back it reaches, customer by customer: who waits to save
    is let in between. Rows are newer already. Where HQ answers for none of those asked, none is asked again."""
    if not floors:
        with store.transaction() as session:
            snapshot.unanswered(session, asked)
    by_root: dict[str, list[tuple[Entry, dict[str, str]]]] = {root: [] for root in floors}
    for entry, sealed in found:
        by_root.get(entry.root_id or "", []).append((entry, sealed))
    waiting = list(floors)
    while waiting:
        done, records = list[str](), set[tuple[str, str]]()
        with applying(store) as session:
            while waiting and not (done and store.awaited):
                run = list[tuple[Entry, dict[str, str]]]()
                while waiting and len(run) < PAST_STEP:
                    root = waiting.pop(0)
                    done.append(root)
                    run += by_root[root]
                    snapshot.reached(session, root, asked.get(root, -1), floors[root])
                _keep(session, _unknown(session, run))
                records |= {(entry.entity, entry.record_id) for entry, _ in run}
        store.tell(Touched(frozenset(done), frozenset(records), "sync"))


def _touched(touched: dict[tuple[str, str], str | None]) -> Touched:
    return Touched(frozenset(root for root in touched.values() if root), frozenset(touched), "sync")


def _entries(
    session: Records, run: list[tuple[Entry, dict[str, str]]], touched: dict[tuple[str, str], str | None], tally: Tally
) -> None:
    """Keeps a run of entries as history and folds them into rows and base pictures."""
    fresh = _unknown(session, run)
    if not fresh:
        return
    _keep(session, fresh)
    session.run("UPDATE ctx SET stamp=MAX(stamp, ?)", max(entry.stamp for entry, _ in fresh))
    bounds = snapshot.bounds(session, {entry.root_id for entry, _ in fresh if entry.root_id})
    for root in {entry.root_id for entry, _ in fresh if _first(entry) and entry.root_id in bounds}:
        session.run("UPDATE anchor SET floor_seq=0, floor_chain='', wanted=0 WHERE root_id=?", root)
    fresh = [(entry, sealed) for entry, sealed in fresh if not _stands(bounds, entry)]
    if not fresh:
        return
    stood, based = _confirmed(session, fresh)
    rows = dict(stood)
    for entry, _ in fresh:
        pair = (entry.entity, entry.record_id)
        touched[pair] = entry.root_id
        rows[pair] = fold(rows[pair], entry.kind, entry.patch)
    plain: dict[str, dict[str, Row | None]] = {}
    under: dict[str, dict[str, Row | None]] = {}
    for (entity, record_id), row in rows.items():
        tally.moved(entity, record_id, stood[entity, record_id], row)
        (under if (entity, record_id) in based else plain).setdefault(entity, {})[record_id] = row
    for entity, pictures in under.items():
        overlay.keep_bases(session, entity, pictures)
    for entity, records in plain.items():
        session.hold(entity, records)


def _confirmed(
    session: Records, fresh: list[tuple[Entry, dict[str, str]]]
) -> tuple[dict[tuple[str, str], Row | None], set[tuple[str, str]]]:
    """(the records of these entries as HQ had confirmed them before, those among them that open changes lie over).
    What begins with its own creation did not stand."""
    found: dict[tuple[str, str], Row | None] = {}
    ids, plain, based = dict[str, list[str]](), dict[str, list[str]](), set[tuple[str, str]]()
    for entry, _ in fresh:
        if (entry.entity, entry.record_id) not in found:
            found[entry.entity, entry.record_id] = None
            ids.setdefault(entry.entity, []).append(entry.record_id)
            if entry.kind != CREATE:
                plain.setdefault(entry.entity, []).append(entry.record_id)
    for entity, wanted in ids.items():
        pictures = overlay.bases(session, entity, wanted)
        rest = [one for one in plain.get(entity, ()) if one not in pictures]
        found.update({(entity, str(row["id"])): row for row in session.find_among(entity, "id", rest)})
        found.update({(entity, one): row for one, row in pictures.items()})
        based |= {(entity, one) for one in pictures}
    return found, based


def _first(entry: Entry) -> bool:
    """Whether nothing of its customer comes before it."""
    return entry.kind == CREATE and entry.entity == "customer"


def _stands(bounds: dict[str, tuple[int, int]], entry: Entry) -> bool:
    """Whether the rows came by a snapshot that has this entry in it already."""
    master, rest = bounds.get(entry.root_id or "", (0, 0))
    return entry.seq <= (master if registry.entity(entry.entity).shared else rest)


def _keep(session: Records, fresh: list[tuple[Entry, dict[str, str]]]) -> None:
    marks = ",".join("?" * 16)
    session.many(f"INSERT INTO entry VALUES ({marks})", [_kept(entry, sealed) for entry, sealed in fresh])


def _unknown(session: Records, run: list[tuple[Entry, dict[str, str]]]) -> list[tuple[Entry, dict[str, str]]]:
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
    patch = json.dumps(patch_columns(entry.entity, entry.patch), ensure_ascii=False, separators=(",", ":"))
    return (
        entry.stream, entry.seq, entry.txn, entry.entity, entry.record_id, entry.root_id, entry.kind, patch,
        json.dumps(sealed) if sealed else None, entry.stamp, entry.user_id, entry.device_id, entry.dseq, entry.at,
        entry.salt, entry.chain,
    )  # fmt: skip


def _close_passed(
    session: Records, cursor: Cursor, touched: dict[tuple[str, str], str | None], now: int, *, whole: bool
) -> None:
    """Changes whose entry has come back leave the overlay: their value is HQ's now. They are kept for an HQ that loses
    them. Until the pages are `whole`, the cursor alone says little: of a customer that changes its scope, what lies
    before the cursor comes behind it, and an older value would show."""
    waiting = session.rows(
        "SELECT dseq, entity, record_id, root_id, out_stream, out_seq FROM change WHERE state=? ORDER BY dseq", ACCEPTED
    )
    passed = [row for row in waiting if not row[4] or cursor.streams.get(row[4], 0) >= row[5]]
    if not whole:
        came = "SELECT 1 FROM entry WHERE stream=? AND seq=?"
        passed = [row for row in passed if not row[4] or session.value(came, row[4], row[5])]
    if passed:
        again.keep(session, [row[0] for row in passed], now)
        touched.update({(entity, record_id): root_id for _, entity, record_id, root_id, _, _ in passed})
    if waiting:
        again.tidy(session, now)


def part(session: Records, what: str, subject: str, touched: dict[tuple[str, str], str | None], tally: Tally) -> None:
    """Takes a customer away (`leave`), all but its master data (`narrow`), or a company's own lists (`forget`)."""
    if what == "forget":
        found = session.rows("SELECT DISTINCT entity, record_id FROM entry WHERE stream=? AND root_id IS NULL", subject)
        session.run("DELETE FROM entry WHERE stream=? AND root_id IS NULL", subject)
        doomed = list(dict.fromkeys([*found, *belonging(session, "company", subject)]))
    else:
        found = session.rows(
            "SELECT entity, record_id FROM entry WHERE root_id=? UNION SELECT entity, record_id FROM base_row"
            " WHERE root_id=? UNION SELECT entity, record_id FROM change WHERE root_id=?",
            subject, subject, subject,
        )  # fmt: skip
        snapshot.forget(session, subject, narrow=what == "narrow")
        # what came as rows, its entries beyond the horizon of HQ's log, is found by what it hangs on
        every = dict.fromkeys([*found, *belonging(session, "customer", subject)])
        doomed = [pair for pair in every if what == "leave" or not registry.entity(pair[0]).shared]
        for entity in {pair[0] for pair in doomed}:
            session.run("DELETE FROM entry WHERE root_id=? AND entity=?", subject, entity)
    for entity, record_id in doomed:
        touched[(entity, record_id)] = None if what == "forget" else subject
        based, base = overlay.base(session, entity, record_id)
        tally.moved(entity, record_id, base if based else session.get(entity, record_id), None)
        session.remove(entity, record_id)
        session.run("DELETE FROM base_row WHERE entity=? AND record_id=?", entity, record_id)
        _keep_own_words(session, entity, record_id)
    if what == "leave":
        leaving.forget(session, subject)


def _lead(session: Records, old_id: str, new_id: str) -> None:
    """A record was merged at HQ: what this device alone keeps of it (drafts, pins, bytes) goes on with the other one."""
    identity.set_meta(session, f"{identity.LEADS}{old_id}", new_id)
    session.run("UPDATE OR IGNORE draft SET customer_id=? WHERE customer_id=?", new_id, old_id)
    session.run("UPDATE OR IGNORE draft SET slot=replace(slot, ?, ?) WHERE instr(slot, ?)", old_id, new_id, old_id)
    session.run("UPDATE OR IGNORE pin SET customer_id=? WHERE customer_id=?", new_id, old_id)
    session.run("DELETE FROM pin WHERE customer_id=?", old_id)
    for table in ("blob", "transfer"):
        session.run(f"UPDATE OR IGNORE {table} SET file_id=? WHERE file_id=?", new_id, old_id)


def _keep_own_words(session: Records, entity: str, record_id: str) -> None:
    """The rep's own unsent or refused words stay, without the values of HQ's that they replaced."""
    again.part(session, entity, record_id)
    leaving.own_words(session, entity, record_id)
    if session.value(
        f"SELECT 1 FROM change WHERE entity=? AND record_id=? AND state IN ({_LIVE}) LIMIT 1", entity, record_id
    ):
        session.run(
            "INSERT INTO base_row (entity, record_id, root_id, doc) VALUES (?, ?, NULL, NULL)", entity, record_id
        )


def _forget_everything(session: Records, touched: dict[tuple[str, str], str | None]) -> None:
    """Everything that HQ confirmed goes; the device's own changes stay and lie over what comes next."""
    for one in registry.ENTITIES:
        for (record_id,) in session.rows(f'SELECT id FROM "{one.name}"'):
            touched[(one.name, record_id)] = record_id if one.name == "customer" else None
        session.run(f'DELETE FROM "{one.name}"')
    session.run("DELETE FROM entry")
    snapshot.forget_everything(session)
    session.run("UPDATE base_row SET doc=NULL")
    forget(session)
