"""Looking at Today: from where on things are new to the reader, and that they have now been seen.

Looks less than PAUSE_MS apart are one visit, so what is new stays in sight while somebody goes to and fro, and is gone
the next time. The first visit of a device shows nothing as new: everything is. Kept in the encrypted store.
"""

from __future__ import annotations

import json

from mobility_app.store import identity
from mobility_app.store.queries import news
from mobility_app.store.queries.news import Since
from mobility_app.store.store import Store

PAUSE_MS = 30 * 60 * 1000
KEY = "today_seen"


def look(store: Store, now: int) -> Since:
    """Notes that somebody looks at Today at `now` (UTC milliseconds), and says since where things are new to them."""
    with store.transaction() as session:
        kept = json.loads(identity.meta(session, KEY) or "{}")
        seen = news.newest(session)
        if not kept:
            kept = {"from": seen, "from_at": None}
        elif now - kept["at"] >= PAUSE_MS:
            kept = {"from": kept["to"], "from_at": kept["at"]}
        identity.set_meta(session, KEY, json.dumps({**kept, "to": seen, "at": now}))
    return Since(kept["from"], kept["from_at"])
