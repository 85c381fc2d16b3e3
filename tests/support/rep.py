"""A rep at work, as a process: edits and syncs until it is killed, or standard input ends. After each save prints the
number of the last change.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from threading import Event, Thread

from mobility_app.config import Config
from mobility_app.device import unlock
from mobility_app.domain.change import Row
from mobility_app.errors import NotAllowed, NotFound
from mobility_app.store.store import Store
from mobility_app.sync.status import Board

KINDS = ("customer", "field", "field", "field", "notes", "contact", "call", "call", "done", "delete", "many")


def main() -> None:
    folder, seed, pause = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    passphrase = sys.stdin.readline().strip()
    device = unlock(Config(folder), passphrase)
    device.worker(Board()).start()
    gone, chance = Event(), random.Random(seed)
    Thread(target=_follow_parent, args=(gone,), daemon=True).start()
    while not gone.wait(chance.random() * 2 * pause):
        try:
            _edit(device.store, chance)
        except (NotFound, NotAllowed):
            continue  # what it meant to change has just gone
        with device.store.reading() as session:
            last = session.value("SELECT seq FROM sqlite_sequence WHERE name='change'")
        sys.stdout.write(f"{last}\n")
        sys.stdout.flush()


def _follow_parent(gone: Event) -> None:
    sys.stdin.read()
    gone.set()


def _edit(store: Store, chance: random.Random) -> None:
    kind = chance.choice(KINDS)
    with store.reading() as session:
        customer = chance.choice(session.find("customer"))
        calls = session.find("activity")
    here = str(customer["id"])
    with store.writing() as tx:
        match kind:
            case "customer":
                tx.create("customer", {"name": f"Cliente {chance.randrange(10_000)}", "notes": "a\nb\nc"})
            case "field":
                tx.update("customer", here, {"website": f"https://{chance.randrange(10_000)}.example"})
            case "notes":
                tx.update("customer", here, {"notes": _one_line(customer, chance)})
            case "contact":
                contact = tx.create("contact", {"customer_id": here, "first_name": f"C{chance.randrange(10_000)}"})
                tx.create("contact_email", {"contact_id": contact, "value": f"c{chance.randrange(10_000)}@x.example"})
            case "done" if calls:
                tx.update("activity", str(chance.choice(calls)["id"]), {"status": chance.choice(["open", "closed"])})
            case "delete" if calls:
                tx.delete("activity", str(chance.choice(calls)["id"]))
            case "many":
                for number in range(20):
                    tx.create("activity", {"customer_id": here, "kind": "call", "title": f"call {number}"})
            case _:
                tx.create("activity", {"customer_id": here, "kind": "call", "title": f"{chance.randrange(10_000)}"})


def _one_line(customer: Row, chance: random.Random) -> str:
    lines = str(customer["notes"] or "a\nb\nc").split("\n")
    lines[chance.randrange(len(lines))] = f"line {chance.randrange(10_000)}"
    return "\n".join(lines)


if __name__ == "__main__":
    main()
