"""Images of the disk as a power cut leaves them: database and write-ahead log as they were at each acknowledged save, with a
torn or cut piece of the next one behind it. What was acknowledged is there, what was torn is not, half a save never is."""

from __future__ import annotations

import random
from pathlib import Path

from mobility_app.store.store import Store
from mobility_app.store.verify import faults
from tests.support.fleet import Fleet

SAVES, IMAGES_EACH = 8, 4


def test_what_was_acknowledged_survives_every_torn_image(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    fleet.user("Ana")
    ana = fleet.device("ana", "Ana")
    disk, chance = ana.store.path, random.Random(5)
    log = disk.with_name(disk.name + "-wal")
    images = [(disk.read_bytes(), log.read_bytes())]
    for number in range(SAVES):
        with ana.store.writing() as tx:
            customer = tx.create("customer", {"name": f"saved {number}"})
            tx.create("address", {"customer_id": customer, "line1": f"saved {number}", "country": "PT"})
        images.append((disk.read_bytes(), log.read_bytes()))
    assert len({len(wal) for _, wal in images}) == SAVES + 1, "the log was folded in between: the images prove nothing"
    for number in range(SAVES):
        (database, acknowledged), (_, after) = images[number], images[number + 1]
        assert after.startswith(acknowledged)
        for _ in range(IMAGES_EACH):
            rest = bytearray(after[len(acknowledged) : chance.randrange(len(acknowledged), len(after))])
            if rest and chance.random() < 0.5:
                rest[chance.randrange(len(rest))] ^= 1 << chance.randrange(8)
            assert _found(tmp_path / "image.db", database, acknowledged + rest) == number
    ana.store.close()


def _found(path: Path, database: bytes, log: bytes) -> int:
    """How many saves the image holds, each whole."""
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    path.write_bytes(database)
    path.with_name(path.name + "-wal").write_bytes(log)
    store = Store(path, None)
    with store.reading() as session:
        names = {str(row["name"]) for row in session.find("customer")}
        assert names == {str(row["line1"]) for row in session.find("address")}
        assert session.value("SELECT COUNT(*) FROM change") == 2 * len(names)
    assert faults(store) == []
    store.close()
    assert names == {f"saved {number}" for number in range(len(names))}
    return len(names)
