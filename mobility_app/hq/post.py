"""The post: takes what waits in the outbox to the mail server, one after the other, and notes what became of it.

State is on disk before and after each hand-over. A mail is claimed (`sending`, its bytes kept), handed over, noted. What
can happen between the server's "250" and the note on disk is a crash alone; such a mail is sent again with the same bytes
and the same Message-ID, and so is one whose connection broke while the answer was awaited. A mail that surely was not
taken goes back to be folded with what comes. Pauses double from a minute to six hours; after a day, or a permanent
refusal, a mail is dead until the office tries again.

One worker for a folder: HQ's server starts it. `tick` does one batch and is all that tests need.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mobility_app.hq import mail as letters
from mobility_app.hq import outbox, told
from mobility_app.hq.ledger import Ledger, Transaction
from mobility_app.hq.mail import Written
from mobility_app.hq.mail_settings import MailSettings
from mobility_app.hq.outage import Outage
from mobility_app.hq.outbox import DEAD, REPLACED, SENDING, SENT, SKIPPED, WAITING, Mail
from mobility_app.hq.smtp import Down, Line, Refused, Unsure
from mobility_app.store.records import Records

BATCH = 50
POLL_SECONDS = 1.0
HOLD_MAX_MS = 60_000  # however long people go on editing, nobody waits longer than this to be told
RETRY_MAX_MS = 6 * 3_600_000
DEAD_AFTER_MS = 24 * 3_600_000
BODIES_KEPT_MS = 7 * 24 * 3_600_000
TIDY_EVERY_MS = 3_600_000
OLD_AFTER_MS = 7 * 24 * 3_600_000  # what could not even be tried for so long goes to a person instead
UNWRITABLE, OLD = "unwritable", "old"
PAUSED = "mail_paused"  # key of hq_meta; whoever restores an HQ from a copy sets it

logger = logging.getLogger("mobility.hq.post")


class Post:
    """Sends the mails of one HQ."""

    def __init__(self, ledger: Ledger, settings: MailSettings, folder: Path | None = None) -> None:
        """`folder`: HQ's, where it is noted outside the database which mails have left."""
        self._ledger, self._settings, self._folder = ledger, settings, folder
        self._tidied_at = 0

    def run(self, stop: threading.Event) -> None:
        """Works until told to stop. A failure is logged and tried again: nothing may end the post but the process."""
        try:
            self.recover()
        except Exception as error:
            logger.error("recovery failed: %s", type(error).__name__, exc_info=error)
        outage = Outage(logger, "mail", POLL_SECONDS)
        while not stop.is_set():
            more = False
            with outage.met():
                more = self.tick()
            stop.wait(0 if more else outage.seconds)

    def recover(self) -> None:
        """After a crash: what was being sent may have been taken, so it goes again exactly as it was."""
        with self._ledger.database.transaction() as session:
            session.run("UPDATE outbox SET state=?, handed=1, retry_at=0 WHERE state=?", WAITING, SENDING)

    def tick(self) -> bool:
        """Sends what is due, at most a batch. Returns whether there may be more at once."""
        now = self._ledger.now()
        if now - self._tidied_at >= TIDY_EVERY_MS:
            self._tidy(now)
        with self._ledger.reading() as session:
            due = self._due(session, now)
        if not due:
            return False
        done = 0
        try:
            with Line(self._settings) as line:
                for mail in due:
                    self._one(line, mail)
                    done += 1
        except Down as down:
            if done:
                return True  # it took some: a server may end a connection when it likes
            self._put_off(str(down))
            return False
        return len(due) == BATCH

    def _due(self, session: Records, now: int) -> list[Mail]:
        """Mails whose time has come, none before an earlier one to the same receiver about the same thing."""
        if paused(session):
            return []
        settled = now - int(self._settings.settle_seconds * 1000)
        return outbox.read(
            session,
            "state=? AND retry_at<=? AND (handed=1 OR entity='message' OR changed_at<=? OR made_at<=?) AND NOT EXISTS"
            " (SELECT 1 FROM outbox e WHERE e.subject_id=outbox.subject_id AND e.receiver=outbox.receiver"
            f" AND e.version<outbox.version AND e.state IN (?, ?)) ORDER BY made_at, id LIMIT {BATCH}",
            WAITING, now, settled, now - HOLD_MAX_MS, WAITING, SENDING,
        )  # fmt: skip

    def _one(self, line: Line, mail: Mail) -> None:
        written = self._claim(mail)
        if written is None:
            return
        try:
            said = line.send(written.address, written.raw, international=written.international)
        except Refused as refused:
            with self._noting(mail) as tx:
                self._failed(tx, mail, refused.said, permanent=refused.permanent)
        except Unsure as unsure:
            with self._noting(mail) as tx:
                self._failed(tx, mail, str(unsure), handed=True)
            raise Down(str(unsure)) from unsure
        except Down as down:
            with self._noting(mail) as tx:
                self._failed(tx, mail, str(down))
            raise
        else:
            if self._folder is not None:
                told.note(self._folder, mail)
            with self._noting(mail) as tx:
                _set(tx, mail.id, state=SENT, handed=1, done_at=tx.now, said=said, reason=None)

    def _claim(self, mail: Mail) -> Written | None:
        """Writes the mail and notes that it is being sent. None: it was folded away meanwhile, or nobody is to get it."""
        with self._ledger.transaction(silent=True) as tx:
            found = outbox.read(tx, "id=? AND state=? AND changed_at=?", mail.id, WAITING, mail.changed_at)
            if not found:
                return None
            mail = found[0]
            same, version = told.settled(tx, mail) if not mail.handed else (False, mail.version)
            if same:  # before HQ was restored
                _set(tx, mail.id, state=SENT, handed=1, done_at=tx.now, reason=None)
                outbox.show(tx, mail.entity, mail.subject_id)
                return None
            if version != mail.version:
                told.moved(tx, mail, version)
                return None  # at its next turn
            if mail.raw is not None and mail.address is not None:  # it may have arrived: the very same bytes again
                written = Written(mail.address, mail.raw, not mail.address.isascii())
            elif not mail.tries and tx.now - mail.changed_at > OLD_AFTER_MS:
                written = Written(reason=OLD)
            else:
                written = self._written(tx, mail)
            if written.reason:
                state = DEAD if written.reason in (UNWRITABLE, OLD) else SKIPPED
                _set(tx, mail.id, state=state, reason=written.reason, done_at=tx.now)
                outbox.show(tx, mail.entity, mail.subject_id)
                return None
            _set(tx, mail.id, state=SENDING, address=written.address, raw=written.raw, tries=mail.tries + 1,
                 tried_at=mail.tried_at or tx.now)  # fmt: skip
            return written

    def _written(self, tx: Transaction, mail: Mail) -> Written:
        try:
            return letters.write(tx, mail, self._settings.sender, tx.now)
        except Exception as error:  # one record that can't be written must not hold up the others
            logger.error("mail %s can't be written: %s", mail.id, type(error).__name__, exc_info=error)
            return Written(reason=UNWRITABLE)

    @contextmanager
    def _noting(self, mail: Mail) -> Iterator[Transaction]:
        """A transaction that notes what became of a mail, and shows it on what the mail is about."""
        with self._ledger.transaction(silent=True) as tx:
            yield tx
            outbox.show(tx, mail.entity, mail.subject_id)

    def _failed(
        self, tx: Transaction, mail: Mail, said: str, *, permanent: bool = False, handed: bool = False
    ) -> None:  # fmt: skip
        """Back into the queue, or dead. `handed`: it may have arrived, so it keeps its bytes and is never folded."""
        (mail,) = outbox.read(tx, "id=?", mail.id)
        now, handed = tx.now, handed or mail.handed
        dead = permanent or now - (mail.tried_at or now) >= DEAD_AFTER_MS
        pause = min(int(self._settings.retry_seconds * 1000) * 2 ** min(mail.tries - 1, 30), RETRY_MAX_MS)
        _set(
            tx, mail.id, state=DEAD if dead else WAITING, handed=int(handed), retry_at=now + pause, said=said,
            reason=("refused" if permanent else "unreachable") if dead else None, done_at=now if dead else None,
            raw=mail.raw if handed else None,
        )  # fmt: skip
        if not handed:
            _joined(tx, mail, now)

    def _put_off(self, said: str) -> None:
        """The server can't be used: all that is due waits, whoever it is for."""
        with self._ledger.transaction(silent=True) as tx:
            for mail in self._due(tx, tx.now):
                _set(tx, mail.id, tries=mail.tries + 1, tried_at=mail.tried_at or tx.now)
                self._failed(tx, mail, said)
                outbox.show(tx, mail.entity, mail.subject_id)

    def _tidy(self, now: int) -> None:
        """Takes the contents of mails that were done a week ago; who got one when stays."""
        self._tidied_at = now
        with self._ledger.database.transaction() as session:
            session.run(
                "UPDATE outbox SET raw=NULL, before=NULL, after=NULL WHERE state IN (?, ?, ?) AND done_at<? AND"
                " (raw IS NOT NULL OR before IS NOT NULL OR after IS NOT NULL)",
                SENT, SKIPPED, REPLACED, now - BODIES_KEPT_MS,
            )  # fmt: skip


def _joined(tx: Transaction, mail: Mail, now: int) -> None:
    """A mail that surely did not arrive, after which another was noted: the later one tells both."""
    later = outbox.read(
        tx, "subject_id=? AND receiver=? AND version>? AND state=? AND handed=0 ORDER BY version", mail.subject_id,
        mail.receiver, mail.version, WAITING,
    )  # fmt: skip
    if not later:
        return
    _set(tx, mail.id, state=REPLACED, done_at=now)
    if mail.before == later[0].after:
        tx.run("DELETE FROM outbox WHERE id=?", later[0].id)
    else:
        before = tx.value("SELECT before FROM outbox WHERE id=?", mail.id)
        _set(tx, later[0].id, before=before, doer_id=mail.doer_id if before is None else later[0].doer_id)


def _set(session: Records, mail_id: str, **values: object) -> None:
    sets = ", ".join(f"{name}=?" for name in values)
    session.run(f"UPDATE outbox SET {sets} WHERE id=?", *values.values(), mail_id)


# -- what the office can do


def paused(session: Records) -> bool:
    """Whether mail is held back."""
    return bool(session.value("SELECT v FROM hq_meta WHERE k=?", PAUSED))


def pause(ledger: Ledger, *, on: bool) -> None:
    """Holds mail back, or lets it go. Changes go on being noted; nothing is lost, nothing ages."""
    with ledger.database.transaction() as session:
        session.run(
            "INSERT INTO hq_meta (k, v) VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v=excluded.v",
            PAUSED,
            "1" if on else "",
        )
        if not on:  # the day after which a mail dies begins anew
            session.run("UPDATE outbox SET tried_at=NULL, retry_at=0 WHERE state=?", WAITING)


def again(ledger: Ledger, mail_id: str | None = None) -> int:
    """Puts a dead mail, or all of them, back into the queue. Returns how many. One that a later mail has overtaken stays."""
    with ledger.transaction(silent=True) as tx:
        dead = outbox.read(
            tx,
            "state=? AND (? IS NULL OR id=?) AND NOT EXISTS (SELECT 1 FROM outbox l WHERE l.subject_id=outbox.subject_id"
            " AND l.receiver=outbox.receiver AND l.version>outbox.version)",
            DEAD, mail_id, mail_id,
        )  # fmt: skip
        for mail in dead:
            _set(tx, mail.id, state=WAITING, retry_at=0, tries=0, tried_at=None, done_at=None, reason=None,
                 changed_at=tx.now)  # fmt: skip
            outbox.show(tx, mail.entity, mail.subject_id)
    return len(dead)


def counts(session: Records) -> dict[str, int]:
    """How many mails are in each state; all states are keys."""
    found = dict(session.rows("SELECT state, COUNT(*) FROM outbox GROUP BY state"))
    return {state: int(found.get(state, 0)) for state in outbox.STATES}
