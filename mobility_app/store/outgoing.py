"""How many of the device's own changes stand where, as SQL: asked at every stroke of the sync sign.

An open change is in no index by state: that would be a third of what writing it costs. Those that wait are counted as
all that the others are not, from indexes alone, and whoever looks for the others says `NOT_OPEN` so that theirs is used.
"""

from __future__ import annotations

from mobility_app.domain.change import OPEN, PARKED, REJECTED, SENT

NOT_OPEN = f"state != '{OPEN}'"  # as the index change_state has it

# The last number that was given to a change. HQ is told it at each pull: it witnesses how far this device had counted, so
# a database that was put back from an old copy is noticed before anything is typed into it.
LAST = "COALESCE((SELECT seq FROM sqlite_sequence WHERE name='change'), 0)"

WAITING = f"((SELECT COUNT(*) FROM change) - (SELECT COUNT(*) FROM change WHERE {NOT_OPEN} AND state != '{SENT}'))"
PARKED_COUNT = f"(SELECT COUNT(*) FROM change WHERE {NOT_OPEN} AND state = '{PARKED}')"
REFUSED = f"(SELECT COUNT(*) FROM change WHERE {NOT_OPEN} AND state = '{REJECTED}')"
