"""What came from HQ, into the store: verdicts and pages, each in one transaction with the cursor.

Nothing here is captured: `applying` is set for the whole transaction, and reset as its last statement. Entries are kept
as history and folded into the rows; a row with open changes over it is folded in its base picture and shown anew.
Applying the same page twice changes nothing: an entry is known by (stream, number).
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from mobility_app.domain import registry
from mobility_app.domain.change import ACCEPTED, OPEN, REJECTED, SENT, Entry
from mobility_app.store import again, entries, identity, leaving, outgoing, overlay, snapshot, told
from mobility_app.store.aggregates import belonging
from mobility_app.store.cursor import HALFWAY, Cursor
from mobility_app.store.digests import forget
from mobility_app.store.entries import Came, Taking
from mobility_app.store.overlay import Pictures
from mobility_app.store.records import Records, patch_plain
from mobility_app.store.store import Store, Touched

PARTINGS = frozenset({"leave", "narrow", "forget"})
STEP_ENTRIES = 250  # of a page, after which it may end for who waits: about 20 ms
PAST_STEP = 250  # entries of late history that are kept at once where somebody saves: about 6 ms
PAST_MOST = 2_000  # otherwise: in the order of the table, each page of it is written once


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
def applying(store: Store, *, again: bool = False) -> Iterator[Records]:
    """A transaction in which nothing is captured: what HQ said is no change of the device. `again`: HQ would say it again,
    so it need not be on the disk at once (`Store.refilling`)."""
    with store.refilling() if again else store.transaction() as session:
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
        left = False
        answers = {
            one.dseq: one for one in said if not again.said(session, one.dseq, one.state, one.reason, one.fields)
        }
        sql = "SELECT dseq, entity, record_id, root_id FROM change WHERE state IN (?, ?) AND dseq IN ({marks})"
        answered = session.among(sql, answers, OPEN, SENT)
        taking = Taking(session, Pictures(session))
        taking.pictures.read_all((row[1], row[2]) for row in answered if answers[row[0]].state == REJECTED)
        noted: list[tuple[object, ...]] = []
        for dseq, entity, record_id, root_id in answered:
            one = answers[dseq]
            note = json.dumps({"state": one.state, "reason": one.reason, "fields": one.fields})
            taking.touched[(entity, record_id)] = root_id
            if one.state == REJECTED:
                noted.append((REJECTED, note, None, None, dseq))
                if root_id and not session.value("SELECT 1 FROM customer WHERE id=?", root_id):
                    leaving.alone(session, dseq)  # it left while this was on the way
                    left = True
                continue
            _keep_refused_part(session, one)
            _tell(session, one, store.now())
            noted.append((ACCEPTED, note, one.stream, one.seq, dseq))
        session.many("UPDATE change SET state=?, verdict=?, out_stream=?, out_seq=? WHERE dseq=?", noted)
        _close_passed(taking, Cursor.read(session), store.now(), answered=list(answers))
        taking.end()
        result = _touched(taking.touched)
    if left:
        store.scour()
    store.tell(result)
    return result


def _keep_refused_part(session: Records, one: Said) -> None:
    """Of a change that HQ took in part: the refused fields, kept under the negative number for the rep to see."""
    refused = {name: fate for name, fate in one.fields.items() if fate[0] == REJECTED}
    if not refused:
        return
    patch = json.loads(session.value("SELECT patch FROM change WHERE dseq=?", one.dseq))
    session.run(
        "INSERT INTO change (dseq, tx, entity, record_id, root_id, kind, patch, base, stamp, user_id, at, atomic, state,"
        " verdict) SELECT -dseq, tx, entity, record_id, root_id, kind, ?, base, stamp, user_id, at, atomic, ?, ?"
        " FROM change WHERE dseq=? ON CONFLICT (dseq) DO NOTHING",  # HQ may be asked twice: after a restore
        json.dumps({name: patch[name] for name in refused if name in patch}, ensure_ascii=False),
        REJECTED,
        json.dumps({"state": REJECTED, "reason": next(iter(refused.values()))[1], "fields": refused}),
        one.dseq,
    )


def _tell(session: Records, one: Said, now: int) -> None:
    """Of a change that HQ took: the fields about which its author is told something."""
    if not one.fields:
        return
    row = session.one("SELECT entity, record_id, root_id, patch FROM change WHERE dseq=?", one.dseq)
    assert row is not None
    if row[2] and not session.value("SELECT 1 FROM customer WHERE id=?", row[2]):
        return  # it left while this was on the way
    patch, found = patch_plain(row[0], json.loads(row[3])), list[told.Told]()
    for name, fate in one.fields.items():
        if name in patch and (how := told.how(row[0], name, fate)):
            found.append(told.Told(one.dseq, row[0], row[1], row[2] or "", name, patch[name][1], now, how))
    told.note(session, found)


def page(store: Store, came: Page) -> Touched:
    """Applies a page and its cursor. Returns what changed, after telling the listeners.

    One transaction, unless somebody waits to save: then it ends between two transactions of HQ, with the cursor as it was
    (applying a page again changes nothing), and goes on when the save is done."""
    at, whole, roots, records = 0, False, set[str](), set[tuple[str, str]]()
    while not whole:
        with applying(store) as session:
            taking = Taking(session, Pictures(session))
            if came.reset:
                _forget_everything(taking)
                if came.common is not None:  # typed since the last push, on what a life of HQ told that is over
                    session.run("UPDATE change SET base=MIN(base, ?) WHERE state=?", came.common, OPEN)
                    again.ask(session, came.common)
            at = _take(taking, came.steps, at, lambda: store.awaited and not came.reset)
            whole = at == len(came.steps)
            if not whole:
                identity.set_meta(session, HALFWAY, "1")
            else:
                came.cursor.keep(session)
                session.run("DELETE FROM meta WHERE k=?", HALFWAY)
                snapshot.note(session, came.offers, _own_territories(came.actor))
                snapshot.settle(session, came.cursor)
                identity.set_meta(session, "actor", json.dumps(came.actor))
                _close_passed(taking, came.cursor, store.now(), whole=not came.more)
            taking.end()
            result = _touched(taking.touched)
        roots |= result.roots
        records |= result.records
        if whole and (any(what in PARTINGS for what, _, _ in came.steps) or came.reset):
            store.scour()
        store.tell(result)
    return Touched(frozenset(roots), frozenset(records), "sync")


def _take(
    taking: Taking, steps: Sequence[tuple[str, Entry | str, dict[str, str]]], at: int, enough: Callable[[], bool]
) -> int:
    """Takes steps from a place on, to the end or, when it is `enough`, to where a transaction of HQ ends. Returns the
    place that was reached."""
    run: list[Came] = []
    for place, (what, subject, sealed) in enumerate(steps[at:], at):
        if isinstance(subject, Entry):
            if len(run) >= STEP_ENTRIES and (subject.stream, subject.txn) != (run[-1][0].stream, run[-1][0].txn):
                entries.take(taking, run)
                run = []
                if enough():
                    return place
            run.append((subject, sealed))
            continue
        entries.take(taking, run)
        run = []
        if what == "leads":
            _lead(taking.session, subject, sealed["to"])
        else:
            part(taking, what, subject)
    entries.take(taking, run)
    return len(steps)


def caught_up(store: Store) -> None:
    """Nothing more comes: changes that HQ took leave the overlay though their entries are none that the device gets."""
    with store.reading() as session:
        if not session.value(f"SELECT 1 FROM change WHERE {outgoing.NOT_OPEN} AND state=? LIMIT 1", ACCEPTED):
            return
    with applying(store) as session:
        taking = Taking(session, Pictures(session))
        _close_passed(taking, Cursor.read(session), store.now(), whole=True)
        taking.end()
    store.tell(_touched(taking.touched))


def _own_territories(actor: dict[str, object]) -> list[str]:
    """The scopes that the user works in most, first."""
    found = actor.get("territory_ids")
    return [f"t:{one}" for one in found] if isinstance(found, list) else []


def past(
    store: Store, asked: dict[str, int], found: Sequence[entries.Kept],
    floors: dict[str, tuple[int, str, bool]],
) -> None:  # fmt: skip
    """Keeps history that the device asked for and moves how far back it reaches, customer by customer: who waits to save
    is let in between. Rows are newer already. Where HQ answers for none of those asked, none is asked again."""
    if not floors:
        with store.transaction() as session:
            snapshot.unanswered(session, asked)
    by_root: dict[str, list[entries.Kept]] = {root: [] for root in floors}
    for row in found:
        by_root.get(row[entries.KEPT_ROOT] or "", []).append(row)
    waiting = deque(floors)
    while waiting:
        done, records = list[str](), set[tuple[str, str]]()
        with applying(store, again=True) as session:
            while waiting and not (done and store.busy):
                run, reached, most = list[entries.Kept](), list[str](), PAST_STEP if store.busy else PAST_MOST
                while waiting and len(run) < most:
                    reached.append(waiting.popleft())
                    run += by_root[reached[-1]]
                snapshot.reached(session, {root: asked.get(root, -1) for root in reached}, floors)
                entries.keep_late(session, run)
                done += reached
                records |= {(row[entries.KEPT_ENTITY], row[entries.KEPT_RECORD]) for row in run}
        store.tell(Touched(frozenset(done), frozenset(records), "sync"))


def _touched(touched: dict[tuple[str, str], str | None]) -> Touched:
    return Touched(frozenset(root for root in touched.values() if root), frozenset(touched), "sync")


def _close_passed(
    taking: Taking, cursor: Cursor, now: int, *, whole: bool = False, answered: Sequence[int] | None = None
) -> None:
    """Changes whose entry has come back leave the overlay: their value is HQ's now. They are kept for an HQ that loses
    them. Until the pages are `whole`, the cursor alone says little: of a customer that changes its scope, what lies
    before the cursor comes behind it, and an older value would show; and in another life of HQ its number was another
    entry's. Where the cursor did not move, only those that HQ just `answered` can have."""
    session = taking.session
    sql = "SELECT dseq, entity, record_id, root_id, out_stream, out_seq FROM change WHERE state=?"
    if answered is None:
        waiting = session.rows(f"{sql} AND {outgoing.NOT_OPEN} ORDER BY dseq", ACCEPTED)
    else:
        waiting = session.among(f"{sql} AND dseq IN ({{marks}})", answered, ACCEPTED)
    passed = [row for row in waiting if not row[4] or cursor.streams.get(row[4], 0) >= row[5]]
    if not whole:
        came, known = set[tuple[str, int, int]](), identity.read(session)
        for stream in {row[4] for row in passed if row[4]}:
            sql = "SELECT stream, seq, dseq FROM entry WHERE stream=? AND device_id=? AND seq IN ({marks})"
            numbers = [row[5] for row in passed if row[4] == stream]
            came.update(session.among(sql, numbers, stream, known.device_id if known else ""))
        passed = [row for row in passed if not row[4] or (row[4], row[5], row[0]) in came]
    if passed:
        taking.pictures.read_all((row[1], row[2]) for row in passed)
        again.keep(session, [row[0] for row in passed], now)
        taking.touched.update({(entity, record_id): root_id for _, entity, record_id, root_id, _, _ in passed})
    if waiting:
        again.tidy(session, now)


def part(taking: Taking, what: str, subject: str) -> None:
    """Takes a customer away (`leave`), all but its master data (`narrow`), or a company's own lists (`forget`)."""
    session, pictures = taking.session, taking.pictures
    if what == "forget":
        found = session.rows("SELECT DISTINCT entity, record_id FROM entry WHERE stream=? AND root_id IS NULL", subject)
        session.run("DELETE FROM entry WHERE stream=? AND root_id IS NULL", subject)
        doomed = list(dict.fromkeys([*found, *belonging(session, "company", subject)]))
    else:
        found = session.rows(
            "SELECT entity, record_id FROM entry WHERE root_id=? UNION SELECT entity, record_id FROM change"
            " WHERE root_id=?",
            subject, subject,
        )  # fmt: skip
        snapshot.forget(session, subject, narrow=what == "narrow")
        # what came as rows, its entries beyond the horizon of HQ's log, is found by what it hangs on
        every = dict.fromkeys([*found, *belonging(session, "customer", subject)])
        doomed = [pair for pair in every if what == "leave" or not registry.entity(pair[0]).shared]
        for entity in {pair[0] for pair in doomed}:
            session.run("DELETE FROM entry WHERE root_id=? AND entity=?", subject, entity)
    pictures.read_all(doomed)
    for entity, record_id in doomed:
        taking.touched[(entity, record_id)] = None if what == "forget" else subject
        under = pictures.read(entity, [record_id])
        taking.tally.moved(entity, record_id, under[record_id] if under else session.get(entity, record_id), None)
        session.remove(entity, record_id)
        if under:
            pictures.put(entity, record_id, None)
        # the rep's own unsent or refused words stay, without the values of HQ's that they replaced
        again.part(session, entity, record_id)
        leaving.own_words(session, entity, record_id)
    if what != "forget":
        taking.reworded.add(subject)
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


def _forget_everything(taking: Taking) -> None:
    """Everything that HQ confirmed goes; the device's own changes stay and lie over what comes next."""
    session, pictures = taking.session, taking.pictures
    lain_over = overlay.covered(session)
    pictures.read_all(lain_over)
    for pair in lain_over:
        pictures.put(*pair, None)
    for one in registry.ENTITIES:
        for (record_id,) in session.rows(f'SELECT id FROM "{one.name}"'):
            taking.touched[(one.name, record_id)] = record_id if one.name == "customer" else None
            taking.reworded |= {record_id} if one.name == "customer" else set()
        session.run(f'DELETE FROM "{one.name}"')
    session.run("DELETE FROM entry")
    snapshot.forget_everything(session)
    forget(session)
