"""What a seed plays: which faults are switched on, how often each strikes, and which steps are taken.

Every step draws from a random source of its own, made of seed and number, so that a step left out changes no other
step. That is what lets `shrink.py` make a failing seed short.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass, replace

FAULTS = (
    "lost_request", "lost_answer", "repeated", "cut", "flipped", "delayed", "device_crash", "hq_crash", "device_full",
    "hq_full", "clock", "stuck_clock", "forged", "hostile", "rot", "merged", "snapshots",
    "hq_restored", "device_copied", "files", "mails",
)  # fmt: skip
ON = 0.6  # the chance of a fault to be switched on
RARE = frozenset({"merged", "hq_restored", "device_copied", "files", "mails"})  # they cost a seed the most
RARE_ON = 0.25
STEPS_MIN, STEPS_MAX = 60, 90


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. `rates`: fault -> how many times its usual chance; a fault that is not named never strikes."""

    seed: int
    rates: tuple[tuple[str, float], ...]
    steps: tuple[int, ...]

    def rate(self, fault: str) -> float:
        """How many times its usual chance the fault has; 0 where it is off."""
        return dict(self.rates).get(fault, 0.0)

    def source(self, what: object) -> random.Random:
        """The random source of one step, or of the stage."""
        return random.Random(f"{self.seed}/{what}")

    def without(self, fault: str) -> Plan:
        """The same run with that fault switched off."""
        return replace(self, rates=tuple(pair for pair in self.rates if pair[0] != fault))

    def keeping(self, steps: Collection[int]) -> Plan:
        """The same run with those steps alone."""
        return replace(self, steps=tuple(number for number in self.steps if number in steps))


def drawn(seed: int) -> Plan:
    """The plan of a seed."""
    source = random.Random(f"{seed}/plan")
    rates = tuple(
        (fault, source.choice([0.5, 1.0, 1.0, 2.0]))
        for fault in FAULTS
        if source.random() < (RARE_ON if fault in RARE else ON)
    )
    return Plan(seed, rates, tuple(range(source.randint(STEPS_MIN, STEPS_MAX))))
