#!/usr/bin/env python3
"""Plays a day of edits with real processes through a lossy proxy, everything killed each 5 to 20 seconds.

    python scripts/day.py --minutes 20 --devices 2

Prints what was saved, judged, killed and lost on the way. Exit code 1 where an edit is not accounted for, where tables
differ, or where either side is not whole.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.day import NAMES, play


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--devices", type=int, default=2, choices=range(2, len(NAMES) + 1))
    parser.add_argument("--pause", type=float, default=0.3, help="seconds between two saves of a device, on average")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mobility-day-"))
    try:
        day = play(folder, options.minutes * 60, devices=options.devices, pause=options.pause, seed=options.seed)
    except Exception:  # noqa: BLE001 - whatever it is, the folder is kept to look at
        traceback.print_exc()
        print(f"what is on disk was kept: {folder}")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    print(f"{day.saves:,} saves said, {day.changes:,} changes, each with one verdict; tables equal, both sides whole")
    print(f"verdicts     {_said(day.verdicts)}")
    print(f"kills        {_said(day.kills)}")
    print(f"connections  {_said(day.connections)}")
    print(f"quiet {day.settled_seconds:.1f} s after the last kill")
    return 0


def _said(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
