"""Revenue of one customer by whole months, from its first billed month to the last one that is over: what a forecast
goes by.

Called by the revenue tab. One statement, whatever the number of documents; the month that runs is left out, because
half a month is no month. Amounts in minor units of one currency, credit notes taken off in their own month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from mobility_app.domain.rules.revenue import Period
from mobility_app.store.store import Store

_SUMS = """SELECT substr(issued_on, 1, 7) AS month, SUM(net_minor * CASE kind WHEN 'credit_note' THEN -1 ELSE 1 END)
 FROM document WHERE customer_id=? AND currency=? AND issued_on < ? GROUP BY month ORDER BY month"""


@dataclass(frozen=True, slots=True)
class Months:
    """The months in order from `first` ("YYYY-MM") on; a month without revenue is 0. Empty where none is over."""

    first: str
    values: tuple[int, ...]


def months(store: Store, customer_id: str, currency: str, today: date, most: int) -> Months:
    """The last `most` whole months, at the earliest from the first billed one on."""
    this_month = today.replace(day=1)
    with store.reading() as session:
        sums = dict(session.rows(_SUMS, customer_id, currency, this_month.isoformat()))
    if not sums:
        return Months("", ())
    start = date.fromisoformat(f"{min(sums)}-01")
    names = Period(start, this_month).months()[:-1][-most:]
    return Months(names[0], tuple(int(sums.get(name, 0)) for name in names))
