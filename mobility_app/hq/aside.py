"""Changes that HQ can't judge: kept verbatim, refused with `set_aside`, so that they hold up nothing behind them.

A change lands here when judging it raises, or when a device says that it failed alone three times and HQ has begun with it
twice without an end (it was killed by it, or too slow). `mobility hq aside` lists them, judges them anew, or drops them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

import msgspec

from mobility_app.domain.change import Change
from mobility_app.errors import MobilityError
from mobility_app.hq import devices
from mobility_app.hq.judge import Judge
from mobility_app.hq.ledger import Ledger, Transaction
from mobility_app.hq.reach import REJECTED
from mobility_app.hq.verdicts import Verdict
from mobility_app.store.records import Records
from mobility_app.sync import protocol
from mobility_app.sync.protocol import WireChange

REASON = "set_aside"
BEGUN_MAX = 2

logger = logging.getLogger("mobility.hq")


@dataclass(frozen=True, slots=True)
class Aside:
    """A change that was set aside."""

    device_id: str
    dseq: int
    user_id: str
    at: int
    change: WireChange


def begun(session: Records, device_id: str, dseq: int) -> bool:
    """Notes that HQ begins with a suspect. Whether it may: not where it began too often without an end."""
    tries = session.value(
        "INSERT INTO suspect (device_id, dseq, tries) VALUES (?, ?, 1)"
        " ON CONFLICT (device_id, dseq) DO UPDATE SET tries=suspect.tries+1 RETURNING tries",
        device_id, dseq,
    )  # fmt: skip
    return int(tries) <= BEGUN_MAX


def isolated(
    tx: Transaction, judge: Judge, changes: list[Change], trouble: Callable[[BaseException], MobilityError | None], *,
    may_judge: bool = True,
) -> list[Verdict]:  # fmt: skip
    """Verdicts where one change makes HQ stumble: that one is set aside, an atomic transaction whole, the others go on.
    `trouble` knows the errors that are the database's own."""
    verdicts: list[Verdict] = []
    for unit in _units(changes):
        try:
            if not may_judge:
                raise TimeoutError("begun too often")
            with tx.attempt():
                said = judge.judge(unit)
            verdicts += said  # what waits is written where the attempt ends: only now nothing stumbles any more
        except Exception as error:  # whatever judging stumbles over; it is logged, and `mobility hq aside` lists it
            if trouble(error) is not None:  # the database's own: no fault of the change, and nothing of this is kept
                raise
            logger.error("change %s set aside: %s", unit[0].dseq, type(error).__name__, exc_info=error)
            verdicts += [Verdict(change.dseq, REJECTED, REASON) for change in unit]
    return verdicts


def _units(changes: list[Change]) -> Iterator[list[Change]]:
    for _, unit in groupby(changes, key=lambda change: (change.tx, 0 if change.atomic else change.dseq)):
        yield list(unit)


def keep(tx: Transaction, device_id: str, user_id: str, change: WireChange) -> None:
    """Keeps a change verbatim."""
    said = msgspec.json.encode(change).decode()
    tx.run(
        "INSERT INTO aside (device_id, dseq, user_id, at, said) VALUES (?, ?, ?, ?, ?)",
        device_id, change.dseq, user_id, tx.now, said,
    )  # fmt: skip


def listed(session: Records) -> list[Aside]:
    """All that is set aside, oldest first."""
    rows = session.rows("SELECT device_id, dseq, user_id, at, said FROM aside ORDER BY at, device_id, dseq")
    return [
        Aside(device, dseq, user, at, msgspec.json.decode(said, type=WireChange))
        for device, dseq, user, at, said in rows
    ]


def retry(ledger: Ledger) -> tuple[int, int]:
    """Judges them anew, in their order, as their authors' changes. Returns (taken or refused now, still aside)."""
    with ledger.reading() as session:
        waiting = listed(session)
    done = 0
    for _, group in groupby(waiting, key=lambda one: (one.device_id, one.change.tx, one.change.atomic or one.dseq)):
        unit = list(group)
        try:
            with ledger.transaction() as tx:
                judge = Judge(tx, devices.actor(tx, unit[0].user_id), unit[0].device_id)
                judge.judge([protocol.plain_change(one.change) for one in unit])
                for one in unit:
                    drop(tx, one.device_id, one.dseq)
        except Exception as error:  # as in `isolated`: the others are judged all the same, and this one stays listed
            logger.error("change %s stays aside: %s", unit[0].dseq, type(error).__name__, exc_info=error)
        else:
            done += len(unit)
    return done, len(waiting) - done


def drop(session: Records, device_id: str, dseq: int) -> None:
    """Forgets one for good. Its author was told that it was not taken."""
    session.run("DELETE FROM aside WHERE device_id=? AND dseq=?", device_id, dseq)
