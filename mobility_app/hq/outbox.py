"""The outbox: which mails are to leave because of what was just entered. Rows only; `post.py` sends them.

`note` runs in the ledger transaction of the change, so a change and its mails are both there or neither is. What waits is
folded: a row tells its receiver one net change, from what they knew (`before`) to what stands (`after`), so made and
changed is made, and made and deleted, or changed and changed back, is nothing. A row that may have left HQ (`sending`, or
`handed`) is never touched again: what comes after it is a row of its own, which waits until the first is done.

Whoever did something is not told about it; told what others did meanwhile, they are. Ids follow from activity, version and
receiver, and the version is the SEQUENCE of the calendar entry.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from mobility_app.domain.change import CREATE, DELETE, LOST, RESTORE, Entry, Row
from mobility_app.domain.entities.contact import UNDELIVERED
from mobility_app.hq import involved
from mobility_app.hq.involved import CONTACT, USER, Picture
from mobility_app.hq.ledger import Author, Transaction
from mobility_app.store.records import Records

WAITING, SENDING, SENT, DEAD = "waiting", "sending", "sent", "dead"
SKIPPED = "skipped"  # nobody is to get it any more
REPLACED = "replaced"  # never arrived, and a later row tells what it would have told
STATES = (WAITING, SENDING, SENT, DEAD, SKIPPED, REPLACED)

_NAMES = UUID("6f0e7f0a-3b0c-5c53-9d2e-2a5f6b1f1c6d")  # the space of our ids


@dataclass(frozen=True, slots=True)
class Mail:
    """A row of the outbox. Instants in UTC milliseconds. `handed`: it may have been taken by the mail server already."""

    id: str
    entity: str  # activity | message
    subject_id: str
    version: int
    receiver: str
    customer_id: str | None
    customer_name: str
    doer_id: str | None
    before: Row | None
    after: Row | None
    state: str
    handed: bool
    made_at: int
    changed_at: int
    retry_at: int
    tries: int
    tried_at: int | None
    done_at: int | None
    address: str | None
    raw: bytes | None
    reason: str | None
    said: str | None


COLUMNS = ",".join(Mail.__slots__)


def note(tx: Transaction) -> None:
    """Writes what is to be mailed about the entries of this transaction."""
    entries = tx.entries
    touched: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.kind != LOST and (activity_id := involved.activity_of(entry)):
            touched.setdefault(activity_id, []).append(entry)
    for activity_id, mine in touched.items():
        _activity(tx, activity_id, mine)
    for entry in entries:
        if entry.entity == "message" and entry.kind in (CREATE, RESTORE):
            _message(tx, entry.record_id)
        elif entry.entity == "message" and entry.kind == DELETE:
            tx.run("DELETE FROM outbox WHERE subject_id=? AND state=? AND handed=0", entry.record_id, WAITING)


# -- activities


def _activity(tx: Transaction, activity_id: str, entries: Sequence[Entry]) -> None:
    before, now = involved.pictures(tx, activity_id, entries)
    known = now or before
    if known is None:
        return  # made and deleted in one transaction
    customer_id = str(known.row["customer_id"])
    customer = tx.get("customer", customer_id) or {n: s[0] for n, s in (tx.deleted_patch(customer_id) or {}).items()}
    owner = str(customer["owner_id"]) if customer.get("owner_id") else None
    open_rows = _open(tx, activity_id)
    doers = {f"{USER}{entry.user_id}" for entry in entries if entry.user_id}
    then, there = _keys(before, owner), _keys(now, owner)
    persons = involved.persons(tx, [*there, *then, *open_rows, *doers])
    did, was, stands = ({persons[key] for key in keys} for keys in (doers, then, there))
    version = _next_version(tx, activity_id)
    by = next((entry.user_id for entry in reversed(entries) if entry.user_id), None)
    for key in dict.fromkeys(persons[key] for key in (*there, *then, *open_rows)):
        old = before.told(key) if before and key in was else None
        new = now.told(key) if now and key in stands else None
        row = open_rows.get(key)
        base = _known(row, old, new) if key in did else row.before if row else old
        if row is not None:
            _close(tx, row)
        if base == new or (row is None and involved.address(tx, key) is None):
            continue
        made_at = row.made_at if row is not None and row.state == WAITING else tx.now
        doer = row.doer_id if row is not None and (row.before is None or key in did) else by
        _insert(tx, "activity", activity_id, version, key, customer_id, str(customer.get("name") or ""), doer, base, new,
                made_at)  # fmt: skip
    show(tx, "activity", activity_id)


def _keys(picture: Picture | None, owner: str | None) -> list[str]:
    return picture.keys(owner) if picture else []


def _known(row: Mail | None, old: Row | None, new: Row | None) -> Row | None:
    """What somebody knows who has just made a change: what they knew, and what they did."""
    if row is None or new is None:
        return new
    if row.before is None:
        return new if old is None else None
    return {**row.before, **{name: value for name, value in new.items() if old is None or old.get(name) != value}}


def _open(tx: Records, subject_id: str) -> dict[str, Mail]:
    """receiver -> the row that tells them what they don't know yet: it waits and never left, or it died."""
    found: dict[str, Mail] = {}
    for mail in read(tx, "subject_id=? AND state IN (?, ?) ORDER BY version", subject_id, WAITING, DEAD):
        if mail.state == DEAD or not mail.handed:
            found[mail.receiver] = mail
    return found


def _close(tx: Transaction, row: Mail) -> None:
    """Takes back a row that the next one replaces."""
    if row.state == DEAD:
        tx.run("UPDATE outbox SET state=?, done_at=? WHERE id=?", REPLACED, tx.now, row.id)
    else:
        tx.run("DELETE FROM outbox WHERE id=?", row.id)


def _next_version(tx: Records, subject_id: str) -> int:
    """One more than what may have left HQ."""
    last = tx.value(
        "SELECT MAX(version) FROM outbox WHERE subject_id=? AND (state != ? OR handed=1)", subject_id, WAITING
    )
    return 0 if last is None else int(last) + 1


def _insert(
    tx: Transaction, entity: str, subject_id: str, version: int, receiver: str, customer_id: str | None, customer: str,
    doer_id: str | None, before: Row | None, after: Row | None, made_at: int, state: str = WAITING, reason: str = "",
) -> None:  # fmt: skip
    tx.run(
        "INSERT INTO outbox (id, entity, subject_id, version, receiver, customer_id, customer_name, doer_id, before, after,"
        " state, made_at, changed_at, reason) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO NOTHING",
        mail_id(subject_id, version, receiver), entity, subject_id, version, receiver, customer_id, customer, doer_id,
        _text(before), _text(after), state, made_at, tx.now, reason or None,
    )  # fmt: skip


def mail_id(subject_id: str, version: int, receiver: str) -> str:
    """The id of a mail: the same whenever and wherever it is made."""
    return uuid5(_NAMES, f"{subject_id}|{version}|{receiver}").hex


def _text(row: Row | None) -> str | None:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")) if row is not None else None


# -- composed messages


def _message(tx: Transaction, message_id: str) -> None:
    """One row for each contact; those who can't be written to are noted at once."""
    row = tx.get("message", message_id)
    if row is None:
        return
    customer_id = str(row["customer_id"])
    name = str((tx.get("customer", customer_id) or {}).get("name") or "")
    ids = row["contact_ids"] if isinstance(row["contact_ids"], list) else []
    persons = involved.persons(tx, [f"{CONTACT}{one}" for one in ids])
    for key in dict.fromkeys(persons.values()):
        address, reason = involved.reached(tx, key)
        state = WAITING if address else SKIPPED
        _insert(tx, "message", message_id, 0, key, customer_id, name, str(row["sender_id"]), None, None, tx.now,
                state, reason)  # fmt: skip
    show(tx, "message", message_id)


# -- what devices are shown


def show(tx: Transaction, entity: str, subject_id: str) -> None:
    """Writes on the record how its mails stand, where that has changed. HQ's own doing, in the same transaction."""
    row = tx.get(entity, subject_id)
    if row is None:
        return
    wanted = _activity_state(tx, subject_id) if entity == "activity" else _message_state(tx, subject_id)
    differing = {name: value for name, value in wanted.items() if row[name] != value}
    if differing:
        cause, tx.author = tx.author, Author()
        tx.change(entity, subject_id, row, differing)
        tx.author = cause


def _activity_state(tx: Records, activity_id: str) -> Row:
    """By the newest mail to each receiver: one waits, one died, all were sent. None: nobody was to be told."""
    newest: dict[str, str] = {}
    for receiver, state in tx.rows(
        "SELECT receiver, state FROM outbox WHERE subject_id=? AND state NOT IN (?, ?) ORDER BY version", activity_id,
        SKIPPED, REPLACED,
    ):  # fmt: skip
        newest[receiver] = WAITING if newest.get(receiver) == WAITING or state == SENDING else state
    states = set(newest.values())
    return {"mail_state": WAITING if WAITING in states else "failed" if DEAD in states else SENT if states else None}


def _message_state(tx: Records, message_id: str) -> Row:
    rows = tx.rows("SELECT receiver, state, reason FROM outbox WHERE subject_id=? ORDER BY receiver", message_id)
    if not rows or any(state in (WAITING, SENDING) for _, state, _ in rows):
        return {"state": WAITING, "reason": None, "undelivered_ids": None}
    missed = sorted((receiver.removeprefix(CONTACT), reason) for receiver, state, reason in rows if state != SENT)
    if not missed:
        return {"state": SENT, "reason": None, "undelivered_ids": None}
    reason = missed[0][1] if missed[0][1] in UNDELIVERED else "unreachable"
    return {"state": "failed", "reason": reason, "undelivered_ids": [one for one, _ in missed]}


# -- rows


def read(session: Records, condition: str, *params: object) -> list[Mail]:
    """Rows of the outbox that meet an SQL condition."""
    return [_mail(row) for row in session.rows(f"SELECT {COLUMNS} FROM outbox WHERE {condition}", *params)]


def _mail(found: Sequence[object]) -> Mail:
    row = dict(zip(Mail.__slots__, found, strict=True))
    for name in ("before", "after"):
        row[name] = json.loads(str(row[name])) if row[name] is not None else None
    return Mail(**{**row, "handed": bool(row["handed"])})  # type: ignore[arg-type]
