"""What is chosen on the revenue tab, as an address says it: read from a query, written into one. Pure.

Called by the tab, which keeps its choice in the address, and by the CSV, which is asked with the same query.
"""

from __future__ import annotations

from collections.abc import Mapping
from json import dumps
from urllib.parse import urlencode

from mobility_app.store.queries.revenue import FROM_TO, LAST_12, PERIODS, Asked

Pairs = list[tuple[str, str]]


def asked_in(query: Mapping[str, str]) -> Asked:
    """The period and currency that a query names; days are taken as they stand there."""
    name = query.get("period", LAST_12)
    days = (query.get("from", ""), query.get("to", ""))
    return Asked(name if name in PERIODS else LAST_12, *days, query.get("currency", ""))


def pairs_of(asked: Asked, *, compare: bool) -> Pairs:
    """The same as names and values; what is usual is left out."""
    pairs = [("period", asked.name if asked.name != LAST_12 else ""), ("currency", asked.currency)]
    if asked.name == FROM_TO:
        pairs += [("from", asked.start), ("to", asked.end)]
    return [*pairs, ("compare", "1" if compare else "")]


def query_of(pairs: Pairs) -> str:
    """ "?a=b", or nothing."""
    query = urlencode([pair for pair in pairs if pair[1]])
    return f"?{query}" if query else ""


def keep_query(pairs: Pairs) -> str:
    """A line of script that puts the choice into the address without a new step in the browser's history."""
    return f"history.replaceState(history.state, '', location.pathname + {dumps(query_of(pairs))})"
