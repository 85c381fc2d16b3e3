"""History that a device asks for: entries older than what it holds, customer by customer, newest first.

A device that began with a snapshot has the rows and none of the entries that made them. It asks in the background for
the last two years, and for what is older when somebody wants to see it. What left the log for the archive (`horizon.py`)
comes like the rest. What it may see is looked at now, as in a pull.
"""

from __future__ import annotations

from typing import Any

from mobility_app.hq import horizon
from mobility_app.hq.feed import PAGE_BYTES, Feed
from mobility_app.hq.ledger import Ledger
from mobility_app.store.records import Records
from mobility_app.sync.columns import Line, of_rows
from mobility_app.sync.frames import HistoryAnswer, HistoryRequest, WireFloor
from mobility_app.sync.protocol import ENTRIES_MAX


def past(session: Records, ledger: Ledger, feed: Feed, asked: HistoryRequest, most: int = ENTRIES_MAX) -> HistoryAnswer:
    """As much as one answer holds. Customers that are not named in its floors were not reached, or are not this user's:
    where a floor is given for none of them, none is."""
    members = feed.membership(asked.before)
    lines, sealed, floors, size = list[Line](), dict[int, dict[str, str]](), dict[str, WireFloor](), 0
    with horizon.before(session, ledger) as newest:
        for root, before in asked.before.items():
            if root not in members:
                continue
            if len(lines) >= most or size >= PAGE_BYTES:
                break
            given, older = _cut(newest(root, before, most - len(lines) + 1), asked.since, most - len(lines))
            for row in reversed(given):
                if (sight := feed.seen(row, members)) is not None:
                    if sight[1]:
                        sealed[len(lines)] = sight[1]
                    lines.append(sight[0])
            size += sum(len(str(row[7])) for row in given)
            more = older is not None and older[12] >= asked.since
            floors[root] = WireFloor(given[-1][1] if given else before, str(older[14]) if older else "", more)
    return HistoryAnswer(of_rows(lines, sealed), floors)


def _cut(rows: list[tuple[Any, ...]], since: int, most: int) -> tuple[list[tuple[Any, ...]], tuple[Any, ...] | None]:
    """(what is handed out, the line before it or None), newest first: without a gap, or the chain could not be checked."""
    for at, row in enumerate(rows):
        if at == most or row[12] < since:
            return rows[:at], row
    return rows, None
