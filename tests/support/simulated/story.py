"""A failing seed as a story that a person can read, and the search for its shortest version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.fleet import START_MS
from tests.support.simulated.plan import Plan

REPLAYS_MAX = 300  # runs that shrinking may take
_MINUTE_MS, _DAY_MINUTES = 60_000, 24 * 60


@dataclass(slots=True)
class Story:
    """Lines of what happened, with the hour by the office's clock."""

    lines: list[str] = field(default_factory=list)

    def tell(self, at_ms: int, who: str, what: str) -> None:
        """A line more."""
        minutes = (at_ms - START_MS) // _MINUTE_MS + 9 * 60
        day, minute = divmod(minutes, _DAY_MINUTES)
        when = (
            f"{minute // 60:02}:{minute % 60:02}" if day == 0 else f"day {day + 1}, {minute // 60:02}:{minute % 60:02}"
        )
        self.lines.append(f"{when}  {who}: {what}")


def shrunk(plan: Plan, fails: Callable[[Plan], bool]) -> Plan:
    """The shortest plan that was found to fail still, in a bounded number of runs: faults are switched off one by one,
    then steps are left out in halves, quarters and so on, down to single ones."""
    runs = [0]

    def still(wanted: Plan) -> bool:
        runs[0] += 1
        return runs[0] <= REPLAYS_MAX and fails(wanted)

    for fault, _ in plan.rates:
        if still(smaller := plan.without(fault)):
            plan = smaller
    size = len(plan.steps) // 2
    while size >= 1 and runs[0] < REPLAYS_MAX:
        start, left_out = 0, False
        while start < len(plan.steps):
            smaller = plan.keeping(plan.steps[:start] + plan.steps[start + size :])
            if still(smaller):
                plan, left_out = smaller, True
            else:
                start += size
        if size > 1 or not left_out:
            size //= 2
    return plan
