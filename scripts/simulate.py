#!/usr/bin/env python3
"""Plays seeds of the fleet simulation and prints how often each fault and each verdict occurred.

    python scripts/simulate.py --seeds 200          # seeds 1 to 200
    python scripts/simulate.py --seed 4711          # one seed, twice: the same trace?

Exit code 1 and the seed's number on the first violation.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.simulation import Outcome, Violation, make_template, simulate


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200, help="how many seeds, from --first on")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seed", type=int, help="this seed alone, played twice")
    options = parser.parse_args()
    seeds = [options.seed] * 2 if options.seed is not None else range(options.first, options.first + options.seeds)
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    faults, verdicts, outcomes, began = Counter[str](), Counter[str](), list[Outcome](), time.monotonic()
    try:
        template = make_template(folder / "template")
        for number, seed in enumerate(seeds):
            place = folder / f"{seed}-{number}"
            try:
                outcomes.append(simulate(seed, place, template))
            except Violation as violation:
                print(f"seed {seed}: {violation}", file=sys.stderr)
                return 1
            except Exception as failed:
                print(f"seed {seed}: {type(failed).__name__}: {failed}", file=sys.stderr)
                raise
            finally:
                shutil.rmtree(place, ignore_errors=True)
            faults.update(outcomes[-1].faults)
            verdicts.update(outcomes[-1].verdicts)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.seed is not None and outcomes[0].trace != outcomes[1].trace:
        print(f"seed {options.seed}: two traces", file=sys.stderr)
        return 1
    spent = time.monotonic() - began
    print(f"{len(outcomes)} seeds, {sum(o.steps for o in outcomes)} steps, {sum(o.rounds for o in outcomes)} rounds,"
          f" {len(outcomes) / spent:.1f} seeds/s, 0 violations")  # fmt: skip
    print("faults  ", ", ".join(f"{name} {count}" for name, count in sorted(faults.items())))
    print("verdicts", ", ".join(f"{name} {count}" for name, count in sorted(verdicts.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
