"""What an HQ that was restored from a backup is offered again: this device's changes that HQ had taken and has lost.

Accepted changes move here when their entry has come back (`apply.py`), and stay a month. They lie over nothing: what is
seen does not flicker while they are offered, and after the fresh pull they are HQ's rows again. Called by `apply.py` and
`sync/lives.py`. What other devices wrote is not offered here: that is evidence (`sync/lives.py`), never a fact.
"""

from __future__ import annotations

import json

from mobility_app.domain import versions
from mobility_app.domain.change import ACCEPTED, OPEN, REJECTED, SENT, VOID
from mobility_app.store.records import Records

KEPT_MS = 30 * 86_400_000
VOIDS_MAX = 100_000  # numbers in one new life that nothing is left of
NOTHING = "0" * 32  # the record of a void number
_SAME = "dseq, tx, entity, record_id, root_id, kind, patch, base, stamp, user_id, at, atomic, version"


def keep(session: Records, dseqs: list[int], now: int) -> None:
    """Moves changes whose entries have come back out of the overlay, into keeping."""
    session.many(
        f"INSERT INTO kept ({_SAME}, kept_at) SELECT {_SAME}, ? FROM change WHERE dseq=? AND dseq>0",
        [(now, dseq) for dseq in dseqs],
    )
    session.many("DELETE FROM change WHERE dseq=?", [(dseq,) for dseq in dseqs])


def tidy(session: Records, now: int) -> None:
    """Lets go of what HQ has had for a month."""
    session.run("DELETE FROM kept WHERE kept_at<? AND again=0", now - KEPT_MS)


def part(session: Records, entity: str, record_id: str) -> None:
    """A record left this device: what was said about it goes with it."""
    session.run("DELETE FROM kept WHERE entity=? AND record_id=? AND again=0", entity, record_id)


def lost_from(session: Records, wanted: int) -> bool:
    """HQ knows this device's changes below `wanted` and none from there: those that it had taken wait to be offered
    again, under their numbers. Returns whether that is news: then there is something to push.

    A change that HQ had refused is not offered again (its author was told, and may have typed it anew); it and numbers
    that are older than a month travel as void, so that HQ's count stays without a gap."""
    last = int(session.value("SELECT seq FROM sqlite_sequence WHERE name='change'") or 0)
    news = session.rows(
        "SELECT dseq FROM kept WHERE again=0 AND dseq>=? UNION ALL SELECT dseq FROM change WHERE state=? AND dseq>=?",
        wanted, ACCEPTED, wanted,
    )  # fmt: skip
    session.run("UPDATE kept SET again=1 WHERE dseq>=?", wanted)
    session.run("UPDATE change SET state=?, verdict=NULL, out_stream=NULL, out_seq=NULL WHERE state=? AND dseq>=?",
                SENT, ACCEPTED, wanted)  # fmt: skip
    there = {
        row[0]
        for row in session.rows(
            "SELECT dseq FROM kept WHERE dseq>=? UNION SELECT dseq FROM change WHERE dseq>=? AND state IN (?, ?)",
            wanted, wanted, OPEN, SENT,
        )
    }  # fmt: skip
    holes = [dseq for dseq in range(wanted, min(last, wanted + VOIDS_MAX) + 1) if dseq not in there]
    void(session, *holes)
    return bool(news or holes)


def ask(session: Records, common: int) -> None:
    """Changes that HQ took in the time that it lost, past `common`, and has all the same: a late copy of their request
    reached the new life. Their place in the old life's log says nothing in the new one's, so HQ is asked for its verdicts
    again; else they would lie over what comes until the new log has counted that far."""
    session.run("UPDATE change SET state=?, verdict=NULL, out_stream=NULL, out_seq=NULL WHERE state=? AND out_seq>?",
                SENT, ACCEPTED, common)  # fmt: skip


def void(session: Records, *dseqs: int) -> None:
    """Numbers that travel without a change."""
    session.many(
        f"INSERT INTO kept ({_SAME}, again, kept_at) VALUES (?, 0, '', '{NOTHING}', NULL, '{VOID}', '{{}}', 0, 0, '', 0, 0,"
        f" {versions.VERSION}, 1, 0)",
        [(dseq,) for dseq in dseqs],
    )


def said(session: Records, dseq: int, state: str, reason: str, fields: dict[str, tuple[str, str]]) -> bool:
    """HQ's verdict on a change that was offered again. False: it is none of those. Refused this time, it is shown to its
    author as any refused change."""
    found = session.one("SELECT kind FROM kept WHERE dseq=? AND again=1", dseq)
    if found is None:
        return False
    if found[0] == VOID:
        session.run("DELETE FROM kept WHERE dseq=?", dseq)
    elif state == REJECTED:
        note = json.dumps({"state": state, "reason": reason, "fields": fields})
        session.run(
            f"INSERT INTO change ({_SAME}, state, verdict) SELECT {_SAME}, ?, ? FROM kept WHERE dseq=?",
            REJECTED, note, dseq,
        )  # fmt: skip
        session.run("DELETE FROM kept WHERE dseq=?", dseq)
    else:
        session.run("UPDATE kept SET again=0 WHERE dseq=?", dseq)
    return True
