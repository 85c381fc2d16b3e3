"""A process that edits and syncs without pause until it is killed: prints each record's id once `writing()` has returned."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from mobility_app.config import Config
from mobility_app.device import unlock
from mobility_app.sync.status import Board


def main() -> None:
    folder, customer = Path(sys.argv[1]), sys.argv[2]
    passphrase = sys.stdin.readline().strip()
    device = unlock(Config(folder), passphrase)
    device.worker(Board()).start()
    for number in itertools.count():
        with device.store.writing() as tx:
            made = tx.create("activity", {"customer_id": customer, "kind": "call", "title": f"call {number}"})
            tx.update("customer", customer, {"website": f"https://{made}.example"})
        sys.stdout.write(made + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
