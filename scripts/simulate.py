#!/usr/bin/env python3
"""Plays seeds of the fleet simulation and prints how often each fault, step and verdict occurred.

    python scripts/simulate.py --seeds 200              # seeds 1 to 200
    python scripts/simulate.py --seeds 5000 --jobs 8    # in eight processes
    python scripts/simulate.py --seed 4711              # one seed, twice: the same trace?
    python scripts/simulate.py --seed 4711 --shrink     # a failing seed as a short story
    python scripts/simulate.py --crashes                # every scripted scenario, dying everywhere

Exit code 1 and the number of every seed that broke an invariant, with the command that tells its story.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mobility_app.errors import MobilityError
from tests.support.simulated import crashes, signatures
from tests.support.simulation import FAULTS, Outcome, Violation, make_template, shortest, simulate

PORTION = 10  # seeds that a process takes at a time


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200, help="how many seeds, from --first on")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--check-twice", action="store_true", help="play each seed twice and compare the traces")
    parser.add_argument("--seed", type=int, help="this seed alone, played twice")
    parser.add_argument("--shrink", action="store_true", help="with --seed: look for the shortest run that still fails")
    parser.add_argument("--crashes", action="store_true", help="die at every statement and file operation")
    parser.add_argument("--scenario", default="", help="with --crashes: only those with this in their name")
    parser.add_argument(
        "--same", action="store_true", help="with --crashes: also where a death finds the disks as before"
    )
    parser.add_argument("--every", type=int, default=1, help="with --crashes: only every so many deaths")
    options = parser.parse_args()
    if options.crashes:
        return _crashes(options.scenario, options.every, same=options.same)
    if options.seed is not None and options.shrink:
        return _shrink(options.seed)
    if options.seed is not None:
        return _seeds(range(options.seed, options.seed + 1), 1, twice=True)
    return _seeds(range(options.first, options.first + options.seeds), options.jobs, twice=options.check_twice)


def _seeds(seeds: range, jobs: int, *, twice: bool) -> int:
    began = time.monotonic()
    portions = [(list(seeds[start : start + PORTION]), twice) for start in range(0, len(seeds), PORTION)]
    outcomes, broken = list[Outcome](), list[str]()
    with ProcessPoolExecutor(max(jobs, 1), multiprocessing.get_context("spawn")) as pool:
        for good, bad in pool.map(_portion, portions):
            outcomes += good
            broken += bad
            print("\n".join(bad), end="\n" if bad else "", file=sys.stderr, flush=True)
    spent = time.monotonic() - began
    faults, did, verdicts = (Counter[str]() for _ in range(3))
    for outcome in outcomes:
        faults.update(outcome.faults)
        did.update(outcome.did)
        verdicts.update(outcome.verdicts)
    print(f"{len(outcomes) + len(broken)} seeds, {sum(o.steps for o in outcomes)} steps,"
          f" {sum(o.rounds for o in outcomes)} rounds, {(len(outcomes) + len(broken)) / spent:.1f} seeds/s in {jobs}"
          f" processes, {len(broken)} violations")  # fmt: skip
    for title, counted in (("faults", faults), ("steps", did), ("verdicts", verdicts)):
        print(f"{title:8}", ", ".join(f"{name} {count}" for name, count in sorted(counted.items())))
    if never := [fault for fault in FAULTS if not faults[fault]]:
        print("never    ", ", ".join(never))
    return 1 if broken else 0


def _portion(work: tuple[list[int], bool]) -> tuple[list[Outcome], list[str]]:
    seeds, twice = work
    good, bad = list[Outcome](), list[str]()
    with _place() as folder:
        template = make_template(folder / "template")
        for seed in seeds:
            try:
                outcome = simulate(seed, folder / "once", template)
                if twice and simulate(seed, folder / "twice", template).trace != outcome.trace:
                    raise Violation("25: two traces")
                good.append(outcome)
            except (AssertionError, MobilityError, LookupError, TypeError, ValueError) as failed:
                said = str(failed) if isinstance(failed, Violation) else f"{type(failed).__name__}: {failed}"
                bad.append(f"seed {seed}: {said}\n    python scripts/simulate.py --seed {seed} --shrink")
            finally:
                for name in ("once", "twice"):
                    shutil.rmtree(folder / name, ignore_errors=True)
    return good, bad


def _shrink(seed: int) -> int:
    with _place() as folder:
        found = shortest(seed, folder, make_template(folder / "template"))
    if found is None:
        print(f"seed {seed}: 0 violations")
        return 0
    plan, violation = found
    print(f"seed {seed}, {len(plan.steps)} steps ({', '.join(str(number) for number in plan.steps)}),"
          f" faults: {', '.join(name for name, _ in plan.rates) or 'none'}\n")  # fmt: skip
    print("\n".join(getattr(violation, "__notes__", ())))
    print(f"\n{violation}")
    return 1


def _crashes(wanted: str, every: int, *, same: bool) -> int:
    points, deaths, broken = 0, 0, 0
    with _place() as folder, signatures.quick():
        template = crashes.prepared(folder / "template")
        for name in sorted(crashes.SCENARIOS):
            if wanted in name:
                tried = crashes.every_point(name, folder / name, template, every, same=same)
                points, deaths, broken = points + tried.points, deaths + tried.deaths, broken + len(tried.failed)
                print(
                    f"{name:28} {tried.points:6} points {tried.deaths:6} deaths",
                    *tried.failed[:3],
                    sep="  ",
                    flush=True,
                )
    print(f"{points} points, {deaths} deaths, {broken} violations")
    return 1 if broken else 0


@contextmanager
def _place() -> Iterator[Path]:
    """A folder in memory where there is one, else on the disk."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
